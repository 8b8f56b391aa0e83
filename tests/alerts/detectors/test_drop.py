"""A drop under the rolling median: windows by time, not by count. What comes after it: `test_baseline.py`."""

from __future__ import annotations

import pytest

from alerts.engine import Engine
from telemetry.alarms import FindingState
from tests.alerts.building import RULES, finding_of, one


def series(engine: Engine, hz: float, venous: float, start: float, end: float) -> None:
    for k in range(round((end - start) * hz)):
        engine.evaluate(one(0, start + k / hz, blood_flow=300, venous_pressure=venous + k % 2))


@pytest.mark.parametrize("hz", [0.2, 1.0, 10.0])
def test_the_window_is_as_long_at_any_rate(hz: float) -> None:
    engine = Engine(RULES, 1)
    engine.register("u0")
    series(engine, hz, 150, 0, 25)
    assert "window" in finding_of(engine, 0, "R10").reason
    series(engine, hz, 150, 25, 100)
    assert finding_of(engine, 0, "R10").state is FindingState.NORMAL
    series(engine, hz, 110, 100, 110)
    assert finding_of(engine, 0, "R10").state is FindingState.ACTIVE


def test_the_last_treatment_is_not_in_the_window() -> None:
    engine = Engine(RULES, 1)
    engine.register("u0")
    series(engine, 1, 150, 0, 60)
    engine.evaluate(one(0, 60, phase=4, blood_flow=300, venous_pressure=150))
    engine.evaluate(one(0, 61, blood_flow=300, venous_pressure=100))
    assert "window" in finding_of(engine, 0, "R10").reason


@pytest.mark.parametrize(("before", "after"), [(130.1, 110.1), (-29.6, -49.6)])
def test_twenty_is_a_drop_of_twenty_in_float32_too(before: float, after: float) -> None:
    engine = Engine(RULES, 1)
    engine.register("u0")
    for t in range(60):
        engine.evaluate(one(0, t, blood_flow=300, venous_pressure=before))
    engine.evaluate(one(0, 60, blood_flow=300, venous_pressure=after))
    assert finding_of(engine, 0, "R10").state is FindingState.PENDING


def test_one_odd_flow_reading_does_not_blind_it() -> None:
    engine = Engine(RULES, 1)
    engine.register("u0")
    for t in range(90):
        engine.evaluate(one(0, t, blood_flow=330 if t % 30 == 29 else 300, venous_pressure=150 + t % 2))
    engine.evaluate(one(0, 90, blood_flow=300, venous_pressure=150))
    assert finding_of(engine, 0, "R10").state is FindingState.NORMAL


def test_the_present_second_is_not_part_of_the_window() -> None:
    engine = Engine(RULES, 1)
    engine.register("u0")
    for n, t in enumerate(range(40, 100, 5)):
        engine.evaluate(one(0, t, blood_flow=300, venous_pressure=150 if n % 2 else 100))
    engine.evaluate(one(0, 100, blood_flow=300, venous_pressure=150))
    engine.evaluate(one(0, 100.5, blood_flow=300, venous_pressure=100))
    assert finding_of(engine, 0, "R10").state is FindingState.NORMAL
