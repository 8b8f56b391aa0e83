"""Beside its cases (tests/rules/between/R27.toml): the share of treatments far off."""

from __future__ import annotations

import pytest

from alerts.between.weight_target import WeightTargetLimits, judge
from telemetry.alarms import Priority
from telemetry.care import TargetWeight
from tests.alerts.between.building import past, treated

NUMBERS = {
    "low_kg": 1.0, "medium_kg": 2.0, "share_percent": 30.0, "recent": 10.0, "least": 4.0, "implausible_kg": 15.0,
    "moved_ml": 500.0,
}  # fmt: skip
LIMITS = WeightTargetLimits(**NUMBERS)


@pytest.mark.parametrize(("far", "priority"), [(1, Priority.LOW), (2, Priority.LOW), (3, Priority.MEDIUM)])
def test_three_of_ten_are_thirty_per_cent(far: int, priority: Priority) -> None:
    weights = [70.2] * (10 - far) + [72.1] * far
    evenings = past(
        *(treated(18 + 48 * i, weight_after_kg=kg) for i, kg in enumerate(weights)), arranged=(TargetWeight(kg=70),)
    )
    answer = judge(LIMITS, evenings, 9)
    assert (answer.priority, answer.inputs["far_off"]) == (priority, far)


def test_older_ones_and_those_not_weighed_do_not_count() -> None:
    weights = [75.0] * 5 + [70.0] * 9 + [72.5]
    evenings = [treated(18 + 48 * i, weight_after_kg=kg) for i, kg in enumerate(weights)]
    assert judge(LIMITS, past(*evenings, arranged=(TargetWeight(kg=70),)), 14).inputs["far_off"] == 1
    few = [treated(0), treated(48), treated(96, weight_after_kg=73.0), treated(144, weight_after_kg=73.0)]
    answer = judge(LIMITS, past(*few, arranged=(TargetWeight(kg=70),)), 3)
    assert (answer.priority, answer.inputs["weighed"]) == (Priority.LOW, 2)


@pytest.mark.parametrize("change", [{"low_kg": 3.0}, {"least": 0.0}, {"recent": 3.0}, {"share_percent": 0.0}])
def test_limits_that_cannot_be(change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"low_kg|recent"):
        WeightTargetLimits(**{**NUMBERS, **change}).check()


@pytest.mark.parametrize(("kg", "evaluated"), [(85.0, True), (85.01, False), (55.0, True), (54.99, False)])
def test_so_far_off_it_is_no_kilogram(kg: float, *, evaluated: bool) -> None:
    one = past(treated(18, weight_after_kg=kg), arranged=(TargetWeight(kg=70),))
    assert (judge(LIMITS, one, 0).priority is not None) is evaluated


@pytest.mark.parametrize(("removed", "evaluated"), [(500.0, False), (499.0, True), (None, True)])
def test_the_same_weight_twice_says_nothing_once_enough_was_removed(removed: float | None, *, evaluated: bool) -> None:
    same = treated(18, weight_before_kg=70.5, weight_after_kg=70.5, removed_ml=removed)
    assert ("entered again" not in judge(LIMITS, past(same, arranged=(TargetWeight(kg=70),)), 0).reason) is evaluated


def test_exactly_the_medium_limit_is_not_beyond_it() -> None:
    for kg, priority in ((72.0, Priority.LOW), (72.01, Priority.MEDIUM)):
        evenings = [treated(18 + 48 * i, weight_after_kg=72.5) for i in range(4)] + [treated(300, weight_after_kg=kg)]
        assert judge(LIMITS, past(*evenings, arranged=(TargetWeight(kg=70),)), 4).priority is priority
