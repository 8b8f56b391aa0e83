"""Beside its cases (tests/rules/between/R28.toml): the worked value, and which week it is about."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alerts.between.weekly_dose import WeeklyDoseLimits, judge
from alerts.between.words import HOUR_US
from telemetry.alarms import FindingState, Priority
from telemetry.care import Access
from telemetry.past import Past
from tests.alerts.between.building import NOW_US, past, treated

LIMITS = WeeklyDoseLimits(low=2.3, medium=2.1, weeks=2)
FISTULA = (Access(kind="fistula"),)


def six(now_h: float = 336, spktv: float = 1.4, **values: float) -> Past:
    starts = (18, 66, 114, 186, 234, 282)
    ones = (treated(at, spktv=spktv + 1e-9 * i, **values) for i, at in enumerate(starts))
    return past(*ones, now_h=now_h, arranged=FISTULA)


def test_the_worked_value_of_the_printed_form() -> None:
    # sp 1.4, 4 h, three a week, arterial e = 1.22: 2.1921 with x = sp (clinical.md §2).
    verdict = judge(LIMITS, six())
    assert verdict.inputs["stdktv"] == pytest.approx(2.1921, abs=5e-5)
    assert (verdict.inputs["ektv"], verdict.inputs["per_week"]) == (pytest.approx(1.22), 3)
    assert (verdict.state, verdict.priority) == (FindingState.ACTIVE, Priority.LOW)


def test_a_venous_catheter_and_a_machine_that_tells_it_have_another_equilibrated_dose() -> None:
    told = judge(LIMITS, six(ektv=1.1)).inputs["ektv"]
    catheter = replace(six(), arranged=past(arranged=(Access(kind="catheter"),)).arranged)
    assert (told, judge(LIMITS, catheter).inputs["ektv"]) == (pytest.approx(1.1), pytest.approx(1.2555))


def test_weeks_end_on_monday_at_midnight_and_the_next_look_is_a_week_later() -> None:
    before, after = judge(LIMITS, six(now_h=335.9)), judge(LIMITS, six(now_h=336))
    assert (before.about, after.about) == ("week 2026-W10", "week 2026-W11")
    assert before.next_us == NOW_US + 336 * HOUR_US
    assert after.next_us == NOW_US + 504 * HOUR_US


def test_what_the_formula_will_not_have_is_not_evaluated() -> None:
    short = six(treated_min=3.0)
    assert "eKt/V: hours is 0.05" in judge(LIMITS, short).reason
    open_one = replace(six(), treatments=(*six().treatments[:5], replace(six().treatments[5], summarised=False)))
    assert "1 of 6 treatments without" in judge(LIMITS, open_one).reason


def test_limits_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="low"):
        WeeklyDoseLimits(low=2.0, medium=2.1, weeks=2).check()


def test_a_treatment_belongs_to_the_week_it_begins_in() -> None:
    edges = past(*(treated(at, spktv=1.4 + at * 1e-9) for at in (0, 335.99, 336)), now_h=340, arranged=FISTULA)
    assert judge(LIMITS, edges).inputs["per_week"] == 1.0


def test_followed_from_the_first_minute_of_the_weeks_on_is_long_enough() -> None:
    for bound_us, state in ((NOW_US, FindingState.ACTIVE), (NOW_US + 1, FindingState.NOT_EVALUATED)):
        assert judge(LIMITS, replace(six(), bound_us=bound_us)).state is state


@pytest.mark.parametrize(("count", "state"), [(3, FindingState.ACTIVE), (4, FindingState.NOT_EVALUATED)])
def test_four_doses_that_are_equal_to_the_digit_stand_still(count: int, state: FindingState) -> None:
    equal = past(*(treated(48 * i, spktv=1.4) for i in range(count)), now_h=336, arranged=FISTULA)
    assert judge(LIMITS, equal).state is state
