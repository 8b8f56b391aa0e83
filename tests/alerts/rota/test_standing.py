from __future__ import annotations

from hypothesis import given

from alerts.rota.able import Unable, why_not
from alerts.rota.local_time import DAY_US
from alerts.rota.shifts import shift_at
from alerts.rota.standing import standing
from telemetry.rota import Rota
from tests.alerts.rota.rotas import ANN, CY, PEOPLE, any_rota, rota, rotation, stretches, us


def test_covered_until_the_first_gap() -> None:
    found = standing(rota(rotation(ANN, CY)), PEOPLE, us("2026-03-03T00:00"), us("2026-03-30T00:00"))
    assert found.covered and found.shift.user_id == ANN
    assert found.next_gap is not None
    assert (found.next_gap.start_us, found.next_gap.reason) == (us("2026-03-09T07:00"), Unable.DISABLED)


def test_not_covered_says_why() -> None:
    found = standing(rota(rotation(ANN, CY)), PEOPLE, us("2026-03-10T00:00"), us("2026-03-11T00:00"))
    assert not found.covered and found.why_not is Unable.DISABLED
    never = standing(rota(), PEOPLE, us("2026-03-10T00:00"), us("2026-03-10T00:00") - DAY_US)
    assert never.why_not is Unable.NOBODY


@given(any_rota(), stretches())
def test_covered_is_never_said_while_nobody_who_can_answer_has_it(one: Rota, stretch: tuple[int, int]) -> None:
    found = standing(one, PEOPLE, *stretch)
    assert found.why_not is why_not(one, shift_at(one, stretch[0]).user_id, PEOPLE)
    if found.covered and found.next_gap is not None:
        assert found.next_gap.start_us > stretch[0]
