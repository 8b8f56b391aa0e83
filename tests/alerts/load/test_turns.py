from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.load.figures import HOUR_US, Stretch
from alerts.load.turns import LONGEST_US, Turn, next_turns, shift_of
from alerts.rota.able import Unable
from telemetry.rota import Audience, Rota
from tests.alerts.rota.rotas import ANN, BOB, CY, MOMENTS, NORTH, SOUTH, any_rota, book, override, rota, rotation, us

NOW = us("2026-03-10T12:00")


def test_the_shift_that_runs_and_the_one_before() -> None:
    daily = book(rota(rotation(ANN, BOB, every=1)))
    assert shift_of(daily, NORTH, NOW) == Stretch(us("2026-03-10T07:00"), NOW)
    assert shift_of(daily, NORTH, NOW, last=True) == Stretch(us("2026-03-09T07:00"), us("2026-03-10T07:00"))


def test_on_the_minute_of_the_hand_over_it_is_not_empty() -> None:
    daily = book(rota(rotation(ANN, BOB, every=1)))
    found = shift_of(daily, NORTH, us("2026-03-10T07:00"))
    assert found.to_us == us("2026-03-10T07:00") > found.from_us


@pytest.mark.parametrize("clinic", [SOUTH, None])
def test_without_a_rota_it_is_twelve_hours(clinic: int | None) -> None:
    own = book(rota(rotation(ANN)))
    assert shift_of(own, clinic, NOW) == Stretch(NOW - 12 * HOUR_US, NOW)
    assert shift_of(own, clinic, NOW, last=True) == Stretch(NOW - 24 * HOUR_US, NOW - 12 * HOUR_US)


def test_a_zone_that_is_not_known_is_no_reason_to_have_no_report() -> None:
    odd = book(rota(rotation(ANN), zone="Mars/Base"))
    assert shift_of(odd, NORTH, NOW) == Stretch(NOW - 12 * HOUR_US, NOW)
    (turn,) = next_turns(odd, NORTH, NOW)
    assert (turn.covered, turn.why_not) == (False, "unknown time zone Mars/Base")


def test_the_next_turn_is_covered_or_says_why_not() -> None:
    good, closed = rota(rotation(ANN, BOB)), rota(rotation(ANN, CY), rota_id=8, line=2)
    found = list(next_turns(book(good, closed), NORTH, us("2026-03-03T00:00")))
    assert found == [
        Turn("North, clinical, primary", us("2026-03-09T07:00"), "Bob", True),
        Turn("North, clinical, backup", us("2026-03-09T07:00"), "Cy", False, str(Unable.DISABLED)),
    ]


def test_a_clinic_without_a_clinical_rota_is_not_covered_whatever_others_have() -> None:
    technical = rota(rotation(ANN), clinic_id=None, audience=Audience.TECHNICAL)
    backup = rota(rotation(ANN), rota_id=8, line=2)
    for clinic in (NORTH, None):  # South has no patients
        found = list(next_turns(book(technical, backup), clinic, NOW))
        assert found[0] == Turn("North, clinical, primary", NOW, None, covered=False, why_not="there is no rota")
        assert len(found) == 3
    assert next(next_turns(book(technical), SOUTH, NOW)).where == "South, clinical, primary"


def test_a_hole_in_the_middle_of_the_next_turn_is_not_covered() -> None:
    one = rota(rotation(ANN, BOB), overrides=(override(2, "2026-03-09T07:00", "2026-03-10T07:00", None),))
    (found,) = next_turns(book(one), NORTH, us("2026-03-03T00:00"))
    assert (found.covered, found.why_not) == (False, str(Unable.NOBODY))


@given(any_rota(), MOMENTS, st.booleans())
def test_any_rota_gives_a_shift_that_is_over_by_now(one: Rota, now_us: int, last: bool) -> None:
    one = replace(one, clinic_id=NORTH)
    found = shift_of(book(one), NORTH, now_us, last=last)
    assert found.from_us < found.to_us <= now_us and found.to_us - found.from_us <= LONGEST_US
    assert len(list(next_turns(book(one), NORTH, now_us))) == 1
