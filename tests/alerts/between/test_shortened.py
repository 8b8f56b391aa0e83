"""Beside its cases (tests/rules/between/R25.toml): its limits, and exactly where they lie."""

from __future__ import annotations

import pytest

from alerts.between.shortened import ShortenedLimits, judge
from telemetry.alarms import FindingState, Priority
from tests.alerts.between.building import past, treated

LIMITS = ShortenedLimits(low_min=10, medium_min=30, agree_min=5)


@pytest.mark.parametrize(
    ("minutes", "priority"),
    [(210.001, Priority.MEDIUM), (210.01, Priority.LOW), (230, Priority.LOW), (230.01, None), (260, None)],
)
def test_exactly_at_a_limit(minutes: float, priority: Priority | None) -> None:
    answer = judge(LIMITS, past(treated(18, minutes)), 0)
    assert answer.priority is priority
    assert answer.inputs["planned_min"] == 240


def test_what_nobody_saw_of_it_stands_with_the_finding() -> None:
    assert judge(LIMITS, past(treated(18, 200, unseen_min=12.5)), 0).inputs["unseen_min"] == 12.5


def test_clocks_that_differ_matter_only_where_the_answer_differs() -> None:
    assert judge(LIMITS, past(treated(18, 239, machine_min=250.0)), 0).state is FindingState.NORMAL
    assert judge(LIMITS, past(treated(18, 239, machine_min=220.0)), 0).state is FindingState.NOT_EVALUATED
    assert judge(LIMITS, past(treated(18, treated_min=None)), 0).reason == "its duration is not known"


@pytest.mark.parametrize("numbers", [(0, 30, 5), (30, 10, 5), (10, 30, -1)])
def test_limits_that_cannot_be(numbers: tuple[float, float, float]) -> None:
    low, medium, agree = numbers
    with pytest.raises(ValueError, match="low_min"):
        ShortenedLimits(low_min=low, medium_min=medium, agree_min=agree).check()


@pytest.mark.parametrize(("machine", "evaluated"), [(226.0, True), (225.9, False)])
def test_how_far_apart_the_clocks_may_be(machine: float, *, evaluated: bool) -> None:
    # 231 min are 9 short; by the machine's clock more than ten.
    answer = judge(LIMITS, past(treated(18, 231, machine_min=machine)), 0)
    assert (answer.state is FindingState.ACTIVE) is evaluated
