"""What is told of rotas and self-tests, held against the models; nothing in it changes by time alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.rota.local_time import DAY_US
from clinician_api.access import Role, scope_of
from clinician_api.duty import duty_models as models
from clinician_api.duty.duty_views import duty, may_change, rota_view, sees, selftest, selftest_line
from store.selftests import Broken, ChannelOutcome, Run
from telemetry.rota import Acceptance, Audience, Rota
from tests.alerts.rota.rotas import (
    ANN,
    BOB,
    CY,
    DEE,
    NORTH,
    TEC,
    any_rota,
    book,
    override,
    rota,
    rotation,
    stretches,
    us,
)

NOW = us("2026-03-03T00:00")
NURSE, CHIEF, OPS = scope_of(Role.NURSE, NORTH), scope_of(Role.NEPHROLOGIST, NORTH), scope_of(Role.OPERATIONS, None)


def channel(user_id: int, state: str, label: str = "pocket") -> ChannelOutcome:
    return ChannelOutcome(user_id, user_id, f"user {user_id}", "apprise", label, "h", state, 1, 0.4, False, "said")


RUN = Run(1, NOW, NOW + 5, "daily", Broken.NOTHING, "", 0.1, 0.2, 0.3, (channel(ANN, "sent"), channel(DEE, "failed")))


@given(any_rota(), stretches(), st.sampled_from([NURSE, CHIEF, OPS]))
def test_every_rota_there_can_be_is_told_as_described(one: Rota, stretch: tuple[int, int], scope: object) -> None:
    assert isinstance(scope, type(NURSE))
    view = rota_view(book(one), one, ANN, scope, (stretch[0], stretch[0] + DAY_US), stretch[0])
    found = models.RotaView.model_validate(view)
    assert all(shift.yours is (shift.person == "Ann") for shift in found.shifts)
    assert all(("accept" in shift.may or "decline" in shift.may) <= shift.yours for shift in found.shifts)
    told = duty(book(one), {ANN}, RUN, stretch[0]).view(scope)
    models.Duty.model_validate(told)


def test_what_is_told_of_duty_is_the_same_a_second_later() -> None:
    weekly = rota(rotation(ANN, CY), overrides=(override(1, "2026-03-04T00:00", "2026-09-04T00:00", None),))
    assert duty(book(weekly), {ANN}, RUN, NOW) == duty(book(weekly), {ANN}, RUN, NOW + 1_000_000)


def test_a_revision_changes_with_anything_on_the_rota() -> None:
    weekly = rota(rotation(ANN, BOB))
    accepted = replace(weekly, acceptances=(Acceptance(1, BOB, NOW + 20 * DAY_US, NOW + 21 * DAY_US),))
    one, other = (duty(book(found), {ANN}, None, NOW).clinics[NORTH] for found in (weekly, accepted))
    assert one["coverage"] == other["coverage"] and one["revision"] != other["revision"]


def test_who_sees_and_changes_which() -> None:
    clinical = rota(rotation(ANN))
    technical = rota(rotation(TEC), rota_id=9, clinic_id=None, audience=Audience.TECHNICAL)
    own_technical = replace(technical, clinic_id=NORTH)
    south = replace(clinical, clinic_id=2)
    assert [sees(NURSE, one) for one in (clinical, technical, south)] == [True, True, False]
    assert [may_change(CHIEF, one) for one in (clinical, technical, own_technical, south)] == [
        True,
        False,
        False,
        False,
    ]
    assert not may_change(NURSE, clinical) and not may_change(OPS, technical)
    assert not any(sees(scope_of(Role.NURSE, None), one) for one in (clinical, technical, south))


def test_a_rota_in_a_zone_that_is_not_known_says_so() -> None:
    odd = rota(rotation(ANN), zone="Mars/Base")
    view = models.RotaView.model_validate(rota_view(book(odd), odd, ANN, CHIEF, (NOW, NOW + DAY_US), NOW))
    assert "tzdata" in view.trouble and view.shifts == []


@pytest.mark.parametrize(
    ("run", "after_us", "state"),
    [
        (None, 0, "never"), (RUN, 60, "passed"), (replace(RUN, broken=Broken.INGEST), 60, "failed"),
        (replace(RUN, ended_us=None), 60, "running"), (replace(RUN, ended_us=None), 700_000_000, "failed"),
        (RUN, 27 * 3_600_000_000, "overdue"),
    ],
)  # fmt: skip
def test_a_self_test_in_a_word(run: Run | None, after_us: int, state: str) -> None:
    assert selftest_line(run, NOW + after_us)["state"] == state


def test_of_a_self_test_one_sees_the_people_of_ones_clinic() -> None:
    told = models.Selftest.model_validate({"server_time": "2026-03-03T00:00:00Z", **selftest(
        book(), {ANN}, RUN, NURSE, NOW)})  # fmt: skip
    assert (told.line.taken, told.line.channels) == (1, 1)
    assert told.run is not None and [one.person for one in told.run.channels] == [f"user {ANN}"]
    assert told.untested == ["Bob"], "a disabled account has no shift to be called in"
    broken = replace(RUN, broken=Broken.CHANNELS, detail="channel 4 (pocket): gone")
    assert selftest(book(), {ANN}, broken, NURSE, NOW)["run"]["detail"] == ""
    assert selftest(book(), {ANN}, broken, OPS, NOW)["run"]["detail"] == "channel 4 (pocket): gone"
