"""A reading of two values: what belongs to it, and what it lacks until the next."""

from __future__ import annotations

from math import nan

import pytest

from alerts.engine import Context, Engine
from telemetry.alarms import FindingState, Priority
from tests.alerts.building import RULES, finding_of, one, state_of

ACTIVE, NORMAL, NOT = FindingState.ACTIVE, FindingState.NORMAL, FindingState.NOT_EVALUATED


def engine_of() -> Engine:
    engine = Engine(RULES, 1)
    engine.set_context(engine.register("u0"), Context())
    return engine


def test_a_value_that_comes_with_no_reading_belongs_to_none() -> None:
    engine = engine_of()
    engine.evaluate(one(0, 0, systolic=150, diastolic=nan))
    assert state_of(engine, 0, "R06") == (NOT, None)
    # With the next one it is another reading: something of the cuff's has changed.
    engine.evaluate(one(0, 1, systolic=150, diastolic=90))
    assert state_of(engine, 0, "R06") == (NORMAL, None)


def test_a_reading_told_once_keeps_its_second_value_too() -> None:
    engine = engine_of()
    engine.evaluate(one(0, 0, systolic=150, diastolic=90))
    for t in range(1, 60):
        engine.evaluate(one(0, t, blood_flow=300))
        assert state_of(engine, 0, "R06") == (NORMAL, None)


@pytest.mark.parametrize("marked", ["systolic", "diastolic"])
def test_what_the_box_marked_is_not_evaluated(marked: str) -> None:
    engine = engine_of()
    engine.evaluate(one(0, 0, systolic=150, diastolic=90, invalid=[marked]))
    found = finding_of(engine, 0, "R06")
    assert (found.state, found.reason) == (NOT, f"{marked} pressure implausible")


def test_an_interruption_between_the_two_readings_changes_nothing() -> None:
    engine = engine_of()
    engine.evaluate(one(0, 0, systolic=185, diastolic=90))
    again = engine_of()
    again.restore(0, engine.snapshot(0))
    again.evaluate(one(0, 900, systolic=186, diastolic=90))
    assert state_of(again, 0, "R06") == (ACTIVE, Priority.MEDIUM)


def test_a_patients_own_limit_counts_for_the_first_value() -> None:
    engine = engine_of()
    engine.set_context(0, Context(limits={"R06 medium": 200.0}))
    engine.evaluate(one(0, 0, systolic=190, diastolic=90))
    engine.evaluate(one(0, 900, systolic=195, diastolic=90))
    assert state_of(engine, 0, "R06") == (NORMAL, None)
    engine.evaluate(one(0, 1800, systolic=200, diastolic=90))
    engine.evaluate(one(0, 2700, systolic=201, diastolic=90))
    assert state_of(engine, 0, "R06") == (ACTIVE, Priority.MEDIUM)
