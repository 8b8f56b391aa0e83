from __future__ import annotations

from itertools import pairwise

from hypothesis import given

from alerts.rota.able import Unable, why_not
from alerts.rota.gaps import Gap, gaps
from alerts.rota.shifts import shifts
from telemetry.rota import Rota
from tests.alerts.rota.rotas import ANN, BOB, CY, PEOPLE, any_rota, override, rota, rotation, stretches, us


def test_a_gap_has_its_reason_and_who_was_named() -> None:
    one = rota(
        rotation(ANN, CY, BOB, 99, since="2026-03-02T07:00"),
        overrides=(override(1, "2026-03-03T00:00", "2026-03-03T12:00", None),),
    )
    assert gaps(one, PEOPLE, us("2026-02-28T00:00"), us("2026-03-24T07:00")) == [
        Gap(us("2026-02-28T00:00"), us("2026-03-02T07:00"), Unable.NOBODY, None),
        Gap(us("2026-03-03T00:00"), us("2026-03-03T12:00"), Unable.NOBODY, None),
        Gap(us("2026-03-09T07:00"), us("2026-03-16T07:00"), Unable.DISABLED, CY),
        Gap(us("2026-03-23T07:00"), us("2026-03-24T07:00"), Unable.UNKNOWN, 99),
    ]


def test_what_abuts_for_one_reason_is_one_gap() -> None:
    alone = rota(rotation(CY))
    assert len(gaps(alone, PEOPLE, us("2026-03-03T00:00"), us("2026-04-03T00:00"))) == 1


@given(any_rota(), stretches())
def test_a_moment_is_in_a_gap_exactly_when_its_shift_is_nobodys_who_can_answer(
    one: Rota, stretch: tuple[int, int]
) -> None:
    found = gaps(one, PEOPLE, *stretch)
    for shift in shifts(one, *stretch):
        holding = [gap for gap in found if gap.start_us <= shift.start_us and shift.end_us <= gap.end_us]
        assert [gap.reason for gap in holding] == [
            reason for reason in [why_not(one, shift.user_id, PEOPLE)] if reason is not None
        ]
    touching = [a.end_us == b.start_us and a.reason == b.reason and a.user_id == b.user_id
                for a, b in pairwise(found)]  # fmt: skip
    assert not any(touching)
