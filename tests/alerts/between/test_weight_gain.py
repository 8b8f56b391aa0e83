"""Beside its cases (tests/rules/between/R26.toml): its limits, and what it names."""

from __future__ import annotations

import pytest

from alerts.between.weight_gain import WeightGainLimits, judge
from telemetry.alarms import FindingState, Priority
from telemetry.care import TargetWeight
from tests.alerts.between.building import past, treated

LIMITS = WeightGainLimits(low_percent=4, medium_percent=6, implausible_percent=15)
TARGET = (TargetWeight(kg=75.0),)


@pytest.mark.parametrize(
    ("before", "priority"), [(78.0, None), (78.01, Priority.LOW), (79.5, Priority.LOW), (79.51, Priority.MEDIUM)]
)
def test_exactly_at_a_limit(before: float, priority: Priority | None) -> None:
    pair = (treated(18, weight_after_kg=75.0), treated(66, weight_before_kg=before))
    assert judge(LIMITS, past(*pair, arranged=TARGET), 1).priority is priority


def test_a_loss_is_normal_and_a_huge_one_is_no_kilogram() -> None:
    for before, state in (
        (74.0, FindingState.NORMAL),
        (63.75, FindingState.NORMAL),
        (63.7, FindingState.NOT_EVALUATED),
    ):
        pair = (treated(18, weight_after_kg=75.0), treated(66, weight_before_kg=before))
        assert judge(LIMITS, past(*pair, arranged=TARGET), 1).state is state


def test_without_a_target_weight_there_is_no_share() -> None:
    pair = (treated(18, weight_after_kg=75.0), treated(66, weight_before_kg=78.0))
    assert judge(LIMITS, past(*pair, arranged=()), 1).reason == "no target weight"
    prescribed = past(*pair, arranged=(), target_weight_kg=70.0)
    assert judge(LIMITS, prescribed, 1).inputs["gain_percent"] == pytest.approx(4.2857, abs=1e-4)


def test_limits_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="low_percent"):
        WeightGainLimits(low_percent=4, medium_percent=6, implausible_percent=5).check()
