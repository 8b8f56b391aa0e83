"""The heparin pump against its prescription and its planned stop."""

from __future__ import annotations

from math import inf, nan

import pytest

from alerts.engine import Context, Engine
from telemetry.alarms import FindingState, Priority
from tests.alerts.building import RULES, finding_of, one, state_of

PRESCRIBED = Context(prescribed_heparin_ml_h=1.2, heparin_stop_min=30.0)
NOT_EVALUATED, PENDING, NORMAL = FindingState.NOT_EVALUATED, FindingState.PENDING, FindingState.NORMAL


def engine_of(context: Context = PRESCRIBED) -> Engine:
    engine = Engine(RULES, 1)
    engine.set_context(engine.register("u0"), context)
    return engine


@pytest.mark.parametrize(
    ("rate", "left", "state"),
    [(0, 120, PENDING), (0.1, 120, NORMAL), (0, 30.1, PENDING), (0, 30, NORMAL), (nan, 120, NOT_EVALUATED),
     (0, nan, NOT_EVALUATED), (inf, 120, NOT_EVALUATED), (0, inf, NOT_EVALUATED), (-1, 120, NOT_EVALUATED),
     (11, 120, NOT_EVALUATED), (0, 601, NOT_EVALUATED)],
)  # fmt: skip
def test_edges(rate: float, left: float, state: FindingState) -> None:
    engine = engine_of()
    engine.evaluate(one(0, 0, heparin_rate=rate, treatment_remaining=left))
    assert finding_of(engine, 0, "R32").state is state


@pytest.mark.parametrize(
    ("context", "state"),
    [(Context(prescribed_heparin_ml_h=0.0, heparin_stop_min=30.0), NORMAL), (Context(), NOT_EVALUATED),
     (Context(prescribed_heparin_ml_h=1.2), NOT_EVALUATED), (Context(heparin_stop_min=30.0), NOT_EVALUATED),
     (Context(prescribed_heparin_ml_h=nan, heparin_stop_min=30.0), NOT_EVALUATED),
     (Context(prescribed_heparin_ml_h=1.2, heparin_stop_min=inf), NOT_EVALUATED),
     (Context(prescribed_heparin_ml_h=1.2, heparin_stop_min=0.0), PENDING)],
)  # fmt: skip
def test_the_prescription(context: Context, state: FindingState) -> None:
    engine = engine_of(context)
    engine.evaluate(one(0, 0, heparin_rate=0, treatment_remaining=120))
    assert finding_of(engine, 0, "R32").state is state


def test_an_interruption_in_the_middle_of_the_delay() -> None:
    engine = engine_of()
    for t in range(0, 300, 20):
        engine.evaluate(one(0, t, heparin_rate=0, treatment_remaining=120))
    again = engine_of()
    again.restore(0, engine.snapshot(0))
    again.evaluate(one(0, 300, heparin_rate=0, treatment_remaining=120))
    assert state_of(again, 0, "R32") == (PENDING, Priority.LOW)
    again.evaluate(one(0, 301, heparin_rate=0, treatment_remaining=120))
    assert state_of(again, 0, "R32") == (FindingState.ACTIVE, Priority.LOW)
    assert finding_of(again, 0, "R32").reason == (
        "Heparin rate 0 mL/h, 1.2 mL/h prescribed until 30 min before the end, 120 min left, for more than 300 s"
    )
