"""Beside its cases (tests/rules/between/R36.toml): which sample it is about, and when it is to be looked at again."""

from __future__ import annotations

import pytest

from alerts.between.water import WaterLimits, judge
from alerts.between.words import HOUR_US
from telemetry.alarms import FindingState, Priority
from telemetry.care import Measured
from tests.alerts.between.building import NOW_US, past

NUMBERS = {
    "bacteria": 100.0, "endotoxin": 0.5, "chlorine": 0.1, "action_percent": 50.0, "max_age_days": 92.0,
    "chlorine_age_days": 31.0,
}  # fmt: skip
LIMITS = WaterLimits(**NUMBERS)
GOOD = ((Measured.BACTERIA, 3.0, 10.0), (Measured.ENDOTOXIN, 0.05, 11.0), (Measured.CHLORINE, 0.02, 12.0))


def test_it_is_about_the_sample_that_is_worst_whatever_else_comes_later() -> None:
    worst = judge(LIMITS, past(now_h=50, measured=((Measured.BACTERIA, 300.0, 5.0), *GOOD[1:])))
    assert (worst.about, worst.priority) == ("measurement 0", Priority.MEDIUM)
    later = judge(
        LIMITS, past(now_h=90, measured=((Measured.BACTERIA, 300.0, 5.0), *GOOD[1:], (Measured.CHLORINE, 0.01, 80.0)))
    )
    assert (later.about, later.time_us) == (worst.about, worst.time_us)


def test_a_limit_exceeded_goes_before_an_action_level() -> None:
    both = ((Measured.BACTERIA, 60.0, 10.0), (Measured.CHLORINE, 0.2, 11.0))
    assert judge(LIMITS, past(now_h=50, measured=both)).priority is Priority.MEDIUM


def test_it_is_looked_at_again_when_the_first_of_them_is_too_old() -> None:
    verdict = judge(LIMITS, past(now_h=50, measured=GOOD))
    assert verdict.state is FindingState.NORMAL
    assert verdict.next_us == NOW_US + (12 + 31 * 24) * HOUR_US
    old = judge(LIMITS, past(now_h=12 + 31 * 24, measured=GOOD))
    assert (old.state, old.next_us) == (FindingState.NOT_EVALUATED, NOW_US + (10 + 92 * 24) * HOUR_US)


def test_an_old_sample_that_was_bad_is_not_active_for_ever() -> None:
    assert (
        judge(LIMITS, past(now_h=3000, measured=((Measured.BACTERIA, 300.0, 5.0),))).state is FindingState.NOT_EVALUATED
    )


@pytest.mark.parametrize("change", [{"bacteria": 0.0}, {"action_percent": 120.0}])
def test_limits_that_cannot_be(change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="bacteria"):
        WaterLimits(**{**NUMBERS, **change}).check()


@pytest.mark.parametrize(
    ("what", "value", "priority"),
    [
        (Measured.BACTERIA, 50.0, None),
        (Measured.BACTERIA, 50.1, Priority.LOW),
        (Measured.BACTERIA, 100.0, Priority.LOW),
        (Measured.BACTERIA, 100.1, Priority.MEDIUM),
        (Measured.ENDOTOXIN, 0.25, None),
        (Measured.ENDOTOXIN, 0.26, Priority.LOW),
        (Measured.ENDOTOXIN, 0.5, Priority.LOW),
        (Measured.ENDOTOXIN, 0.51, Priority.MEDIUM),
        (Measured.CHLORINE, 0.1, None),
        (Measured.CHLORINE, 0.11, Priority.MEDIUM),
    ],
)
def test_exactly_at_a_level(what: Measured, value: float, priority: Priority | None) -> None:
    others = tuple(one for one in GOOD if one[0] is not what)
    assert judge(LIMITS, past(now_h=50, measured=(*others, (what, value, 10.0)))).priority is priority
