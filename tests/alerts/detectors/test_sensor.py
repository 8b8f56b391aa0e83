"""Sensors that are stuck or absurd."""

from __future__ import annotations

import pytest

from alerts.engine import Engine
from telemetry.alarms import FindingState
from tests.alerts.building import RULES, finding_of, one

ACTIVE, NORMAL = FindingState.ACTIVE, FindingState.NORMAL


def run(signal: str, value: float, until: int, **others: float) -> FindingState:
    engine = Engine(RULES, 1)
    engine.register("u0")
    for t in range(until + 1):
        engine.evaluate(one(0, t, **{signal: value}, **others))
    return finding_of(engine, 0, "R34").state


@pytest.mark.parametrize("signal", ["venous_pressure", "arterial_pressure", "transmembrane_pressure"])
def test_pressures_that_do_not_move(signal: str) -> None:
    assert run(signal, 150, 129, blood_flow=300) is FindingState.PENDING
    assert run(signal, 150, 130, blood_flow=300) is ACTIVE


@pytest.mark.parametrize(
    "signal", ["dialysate_pressure", "dialysate_temperature", "blood_flow", "dialysate_flow", "systolic"]
)
def test_what_may_stand_still(signal: str) -> None:
    value = 36.5 if signal == "dialysate_temperature" else 120
    assert run(signal, value, 300, blood_pump_running=1) is NORMAL


@pytest.mark.parametrize("others", [{"blood_flow": 0.0}, {}, {"blood_flow": 300.0, "blood_pump_running": 0.0}])
def test_no_flow_no_pulse(others: dict[str, float]) -> None:
    assert run("venous_pressure", 150, 300, **others) is NORMAL


def test_a_missing_value_neither_starts_nor_ends_it() -> None:
    engine = Engine(RULES, 1)
    engine.register("u0")
    for t in range(20):
        engine.evaluate(one(0, t, venous_pressure=900, blood_flow=300))
    for t in range(20, 120):
        engine.evaluate(one(0, t, blood_flow=300))
    assert finding_of(engine, 0, "R34").state is ACTIVE


def test_a_phase_in_which_values_may_be_anything() -> None:
    engine = Engine(RULES, 1)
    engine.register("u0")
    for t in range(30):
        engine.evaluate(one(0, t, phase=5, dialysate_temperature=85))
    assert finding_of(engine, 0, "R34").state is FindingState.NOT_EVALUATED


def test_a_text_says_what_is_plausible_and_how_long_it_was_stuck() -> None:
    engine = Engine(RULES, 1)
    engine.register("u0")
    for t in range(131):
        engine.evaluate(one(0, t, venous_pressure=150, dialysate_temperature=97, blood_flow=300))
    assert finding_of(engine, 0, "R34").reason == (
        "Dialysate temperature not readable or outside 25 … 45 °C; "
        "Venous pressure stuck at 150 mmHg for more than 120 s while the blood pump runs, for 10 s"
    )


def test_a_sensor_that_was_stuck_and_then_lost_is_not_said_to_stand_at_nothing() -> None:
    engine = Engine(RULES, 1)
    engine.register("u0")
    for t in range(145):
        engine.evaluate(one(0, t, venous_pressure=150 if t < 131 else 900, blood_flow=300))
    assert "Venous pressure stuck for more than 120 s before it was lost" in finding_of(engine, 0, "R34").reason


def test_with_nothing_measured_an_active_finding_has_lost_its_input_also_after_a_gap() -> None:
    engine = Engine(RULES, 1)
    engine.register("u0")
    for t in range(11):
        engine.evaluate(one(0, t, venous_pressure=900))
    engine.evaluate(one(0, 40))
    assert finding_of(engine, 0, "R34").reason == (
        "Sensor implausible or flat stays active – input lost: none of its signals is measured"
    )
