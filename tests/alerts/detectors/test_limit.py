"""Limits: sides, edges, deadbands, context, a patient's own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alerts.engine import Context, Engine
from telemetry.alarms import FindingState, Priority
from tests.alerts.building import RULES, one, state_of

LOW, MEDIUM, HIGH = Priority.LOW, Priority.MEDIUM, Priority.HIGH
CONTEXT = Context(target_weight_kg=75.0, prescribed_conductivity_ms_cm=14.0, transmembrane_limit_mmhg=None)


def pending(context: Context, rule: str, **values: float) -> Priority | None:
    engine = Engine(RULES, 1)
    engine.set_context(engine.register("u0"), context)
    engine.evaluate(one(0, 0, **values))
    state, priority = state_of(engine, 0, rule)
    assert state in (FindingState.PENDING, FindingState.NORMAL)
    return priority


@pytest.mark.parametrize(
    ("rule", "signal", "value", "priority"),
    [
        ("R13", "venous_pressure", 250, None), ("R13", "venous_pressure", 250.1, MEDIUM),
        ("R13", "venous_pressure", 300, MEDIUM), ("R13", "venous_pressure", 300.1, HIGH),
        ("R14", "arterial_pressure", -200, None), ("R14", "arterial_pressure", -200.1, MEDIUM),
        ("R14", "arterial_pressure", -250, MEDIUM), ("R14", "arterial_pressure", -250.1, HIGH),
        ("R18", "dialysate_temperature", 39.0, None), ("R18", "dialysate_temperature", 39.1, MEDIUM),
        ("R18", "dialysate_temperature", 40.9, MEDIUM), ("R18", "dialysate_temperature", 41.0, HIGH),
        ("R18", "dialysate_temperature", 33.0, None), ("R18", "dialysate_temperature", 32.9, LOW),
        ("R07", "ultrafiltration_rate", 750, None), ("R07", "ultrafiltration_rate", 750.1, LOW),
        ("R07", "ultrafiltration_rate", 975, LOW), ("R07", "ultrafiltration_rate", 975.1, MEDIUM),
        ("R17", "dialysate_conductivity", 14.35, None), ("R17", "dialysate_conductivity", 14.36, LOW),
        ("R17", "dialysate_conductivity", 13.65, None), ("R17", "dialysate_conductivity", 13.64, LOW),
        ("R17", "dialysate_conductivity", 14.7, LOW), ("R17", "dialysate_conductivity", 14.71, MEDIUM),
        ("R17", "dialysate_conductivity", 13.29, MEDIUM), ("R15", "transmembrane_pressure", 300, None),
        ("R15", "transmembrane_pressure", 301, MEDIUM), ("R21", "blood_flow", 0, HIGH), ("R21", "blood_flow", 1, None),
    ],
)  # fmt: skip
def test_the_edges_of_every_shipped_limit(rule: str, signal: str, value: float, priority: Priority | None) -> None:
    assert pending(CONTEXT, rule, **{signal: value}) is priority


@pytest.mark.parametrize("weight", [50.0, 63.7, 71.3, 75.0, 88.9, 120.0])
def test_exactly_the_limit_is_never_above_it_whatever_the_weight(weight: float) -> None:
    context = replace(CONTEXT, target_weight_kg=weight)
    assert pending(context, "R07", ultrafiltration_rate=10 * weight) is None
    assert pending(context, "R07", ultrafiltration_rate=13 * weight) is LOW


def test_the_dialysers_limit_replaces_the_default() -> None:
    context = replace(CONTEXT, transmembrane_limit_mmhg=400.0)
    assert pending(context, "R15", transmembrane_pressure=350) is None
    assert pending(context, "R15", transmembrane_pressure=401) is MEDIUM


def test_a_patients_own_limits_on_every_side() -> None:
    own = replace(
        CONTEXT,
        limits={"R13 high": 200.0, "R14 medium": -120.0, "R17 low": 1.0, "R18 low": 35.0, "R15 medium": float("nan")},
    )
    assert pending(own, "R13", venous_pressure=201) is HIGH
    assert pending(own, "R14", arterial_pressure=-121) is MEDIUM
    assert pending(own, "R17", dialysate_conductivity=14.2) is LOW
    assert pending(own, "R17", dialysate_conductivity=13.8) is LOW
    assert pending(own, "R17", dialysate_conductivity=14.1) is None
    assert pending(own, "R18", dialysate_temperature=34.9) is LOW
    assert pending(own, "R15", transmembrane_pressure=301) is MEDIUM


def test_a_context_taken_back_is_gone() -> None:
    engine = Engine(RULES, 1)
    row = engine.register("u0")
    engine.set_context(row, replace(CONTEXT, limits={"R13 medium": 100.0}))
    engine.set_context(row, CONTEXT)
    engine.evaluate(one(row, 0, venous_pressure=150))
    assert state_of(engine, row, "R13")[0] is FindingState.NORMAL
