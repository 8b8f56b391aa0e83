"""Beside its cases (tests/rules/between/R35.toml): the charts, their false signals, and what compares with what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from alerts.between import ruleset
from alerts.between.drift import DriftLimits, judge
from alerts.statistics import ewma, run_length
from telemetry.alarms import FindingState
from telemetry.care import Access, Arranged
from telemetry.past import Past
from tests.alerts.between.building import past, treated

NUMBERS: dict[str, Any] = {
    "chart": "ewma", "weight": 0.2, "limit": 2.962, "k": 0.5, "h": 5.0, "baseline": 20.0, "flow_percent": 5.0,
}  # fmt: skip
LIMITS = DriftLimits(**NUMBERS)
CUSUM = DriftLimits(**{**NUMBERS, "chart": "cusum"})


def evenings(venous: list[float], flow: float = 300.0) -> Past:
    dice = np.random.default_rng(3)
    return past(
        *(
            treated(
                24 * i, venous=mmhg, flow=flow, arterial=-150 + dice.normal(), spktv=1.4 + 0.01 * dice.normal(),
                systolic_before=140 + dice.normal(),
            )
            for i, mmhg in enumerate(venous)
        )
    )  # fmt: skip


def test_the_ewma_is_that_of_the_textbook_over_scores_of_the_first_twenty() -> None:
    values = np.random.default_rng(5).normal(120, 6, 45)
    answer = judge(LIMITS, evenings(values.tolist()), 44)
    scores = (values[20:] - values[:20].mean()) / values[:20].std(ddof=1)
    mean = 0.0
    for score in scores:
        mean = 0.2 * score + 0.8 * mean
    assert answer.inputs["venous_pressure_chart"] == pytest.approx(mean)
    assert answer.inputs["venous_pressure_baseline"] == pytest.approx(values[:20].mean())


@pytest.mark.parametrize(("limits", "name"), [(LIMITS, "EWMA"), (CUSUM, "CUSUM")])
@pytest.mark.parametrize("shift", [9.0, -9.0])
def test_either_chart_sees_a_shift_of_one_and_a_half_either_way(limits: DriftLimits, name: str, shift: float) -> None:
    usual = [120 + 6 * (-1) ** i for i in range(20)]
    found = judge(limits, evenings([*usual, *(value + shift for value in usual)]), 39)
    assert found.state is FindingState.ACTIVE
    assert f"{name} at {'−' if shift < 0 else ''}" in found.reason


def test_limits_have_their_final_width_from_the_first_value_on() -> None:
    # A first value of four standard deviations: 0.8 is beyond what exact limits allow it (0.59), not beyond 0.99.
    usual = [120 + 5 * (-1) ** i for i in range(20)]
    deviation = float(np.std(usual, ddof=1))
    once = evenings([*usual, 120 + 4 * deviation])
    assert judge(LIMITS, once, 20).state is FindingState.NORMAL
    assert ewma.chart([4.0], ewma.Design(0.2, 2.962)).signal[-1]


def test_treatments_at_another_flow_are_passed_over_and_those_near_it_are_not() -> None:
    whole = evenings([120 + 5 * (-1) ** i for i in range(22)])
    near = replace(whole, treatments=(*whole.treatments[:21], replace(whole.treatments[21], flow=312.5)))
    wide = DriftLimits(**{**NUMBERS, "flow_percent": 4.0})  # 312.5 less 4 % is 300
    assert judge(wide, near, 21).state is FindingState.NORMAL
    far = replace(whole, treatments=(*whole.treatments[:21], replace(whole.treatments[21], flow=316.0)))
    assert "0 of 20 treatments for a baseline at this blood flow" in judge(LIMITS, far, 21).reason


def test_the_charts_that_ship_have_the_run_lengths_of_their_sources() -> None:
    (rule,) = [rule for rule in ruleset.load() if rule.id == "R35"]
    shipped = rule.limits
    assert isinstance(shipped, DriftLimits)
    found = [run_length.ewma(shipped.ewma(), shift) for shift in (0, 1, 2)]
    assert found == pytest.approx([500, 10.5, 3.74], rel=0.01)
    found = [run_length.cusum_two_sided(shipped.cusum(), shift) for shift in (0, 1, 2)]
    assert found == pytest.approx([465, 10.4, 4.01], rel=0.01)


@pytest.mark.parametrize("change", [{"weight": 0.0}, {"h": 0.0}, {"baseline": 5.0}, {"flow_percent": 30.0}])
def test_limits_that_cannot_be(change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"lambda|h:|baseline"):
        DriftLimits(**{**NUMBERS, **change}).check()


def test_a_new_access_is_a_new_baseline_from_its_moment_on() -> None:
    whole = evenings([120 + 5 * (-1) ** i for i in range(22)])
    for since_us, state in ((0, FindingState.NORMAL), (1, FindingState.NOT_EVALUATED)):
        access = Arranged(whole.treatments[1].start_us + since_us, Access(kind="graft"))
        found = judge(LIMITS, replace(whole, arranged=(access,)), 21)
        assert found.state is state
    assert "venous pressure: 19 of 20" in found.reason


def test_clearance_is_the_dose_per_hour() -> None:
    whole = evenings([120 + 5 * (-1) ** i for i in range(22)])
    newest = replace(whole.treatments[21], spktv=1.4, treated_min=210.0)
    found = judge(LIMITS, replace(whole, treatments=(*whole.treatments[:21], newest)), 21)
    assert found.inputs["clearance"] == pytest.approx(0.4)
    assert found.inputs["clearance_baseline"] == pytest.approx(0.35, abs=0.002)


def test_the_cusum_says_on_which_side_it_is() -> None:
    usual = [120 + 6 * (-1) ** i for i in range(20)]
    for shift in (9.0, -9.0):
        found = judge(CUSUM, evenings([*usual, *(value + shift for value in usual)]), 39)
        assert np.sign(found.inputs["venous_pressure_chart"]) == np.sign(shift)
