"""Beside its cases (tests/rules/between/R31.toml): its limits exactly, and when it is to be looked at again."""

from __future__ import annotations

from typing import Any

import pytest

from alerts.between.access_flow import AccessFlowLimits, judge
from telemetry.alarms import FindingState
from telemetry.care import Access, Measured
from tests.alerts.between.building import NOW_US, past

NUMBERS = {
    "graft": 600.0, "fistula": 500.0, "drop_percent": 25.0, "drop_days": 122.0, "drop_below": 1000.0,
    "max_age_days": 180.0,
}  # fmt: skip
LIMITS = AccessFlowLimits(**NUMBERS)


def measured(*flows: float, **values: Any) -> FindingState:
    taken = tuple((Measured.ACCESS_FLOW, flow, 10.0 + 24 * i) for i, flow in enumerate(flows))
    return judge(LIMITS, past(measured=taken, arranged=(Access(kind="fistula"),), **values)).state


@pytest.mark.parametrize(
    ("flows", "state"),
    [
        ((500,), FindingState.NORMAL),
        ((499,), FindingState.ACTIVE),
        ((1200, 900), FindingState.ACTIVE),
        ((1200, 901), FindingState.NORMAL),
        ((1200, 700, 950), FindingState.NORMAL),
        ((1300, 700, 950), FindingState.ACTIVE),  # of the highest in the time, not of the last
    ],
)
def test_exactly_at_a_limit(flows: tuple[float, ...], state: FindingState) -> None:
    assert measured(*flows) is state


def test_without_a_kind_of_access_no_limit_is_its_own() -> None:
    nobody_knows = past(measured=((Measured.ACCESS_FLOW, 400.0, 10.0),), arranged=())
    assert judge(LIMITS, nobody_knows).reason == "no vascular access on record"


def test_it_is_looked_at_again_when_the_figure_is_too_old() -> None:
    verdict = judge(LIMITS, past(measured=((Measured.ACCESS_FLOW, 900.0, 0.0),), arranged=(Access(kind="graft"),)))
    assert verdict.next_us == NOW_US + 180 * 86_400_000_000
    assert measured(900, now_h=180 * 24 + 10) is FindingState.NOT_EVALUATED


@pytest.mark.parametrize("change", [{"graft": 0.0}, {"drop_percent": 100.0}])
def test_limits_that_cannot_be(change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"graft|drop_percent"):
        AccessFlowLimits(**{**NUMBERS, **change}).check()
