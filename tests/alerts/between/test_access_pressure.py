"""Beside its cases (tests/rules/between/R30.toml): the formula's own numbers, and treatments one after the other."""

from __future__ import annotations

import pytest

from alerts.between.access_pressure import AccessPressureLimits, judge
from telemetry.alarms import FindingState
from telemetry.care import Access
from tests.alerts.between.building import past, treated

LIMITS = AccessPressureLimits(ratio=0.55, in_a_row=3, within_days=31)
# VDP0 = 0.225 Qb + 0.000375 Qb² through these points: 101.25 at 300.
NEEDLE = (Access(kind="fistula", needle=((200.0, 60.0), (300.0, 101.25), (400.0, 150.0))),)


def test_the_ratio_is_what_lies_above_needle_and_line_as_a_share_of_mean_pressure() -> None:
    answer = judge(LIMITS, past(treated(18, venous=150.0, flow=300.0, mean_pressure=95.0), arranged=NEEDLE), 0)
    assert answer.inputs["ratio"] == pytest.approx((150 - 101.25) / 95)
    by_cuff = judge(
        LIMITS, past(treated(18, venous=150.0, flow=300.0, systolic=135.0, diastolic=75.0), arranged=NEEDLE), 0
    )
    assert by_cuff.inputs["ratio"] == pytest.approx(answer.inputs["ratio"])


def test_exactly_at_the_limit_is_not_above_it() -> None:
    for venous, state in ((153.5, FindingState.NORMAL), (153.51, FindingState.PENDING)):
        one = past(treated(18, venous=venous, flow=300.0, mean_pressure=95.0), arranged=NEEDLE)
        assert judge(LIMITS, one, 0).state is state


def test_the_month_is_from_the_first_to_the_last_of_the_three() -> None:
    def three(days: float) -> FindingState:
        ones = (treated(24 * at, venous=165.0, flow=300.0, mean_pressure=95.0) for at in (0, days / 2, days))
        return judge(LIMITS, past(*ones, arranged=NEEDLE), 2).state

    assert (three(31), three(31.1)) == (FindingState.ACTIVE, FindingState.PENDING)


@pytest.mark.parametrize(
    ("access", "why"),
    [((), "no vascular access on record"), ((Access(kind="graft"),), "the needle is not calibrated")],
)
def test_without_an_access_or_a_calibration_it_is_not_evaluated(access: tuple[Access, ...], why: str) -> None:
    one = past(treated(18, venous=165.0, flow=300.0, mean_pressure=95.0), arranged=access)
    assert judge(LIMITS, one, 0).reason == why


def test_limits_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="ratio"):
        AccessPressureLimits(ratio=55, in_a_row=3, within_days=31).check()


@pytest.mark.parametrize("half", [{"systolic": 135.0}, {"diastolic": 75.0}, {"systolic": 135.0, "diastolic": 7.5}, {}])
def test_half_a_blood_pressure_is_none(half: dict[str, float]) -> None:
    one = past(treated(18, venous=150.0, flow=300.0, **half), arranged=NEEDLE)
    assert judge(LIMITS, one, 0).reason == "no blood pressure in the treatment, or implausible"
