"""Readings taken now and then: what counts as a new one."""

from __future__ import annotations

from math import nan

import pytest

from alerts.engine import Context, Engine
from telemetry.alarms import FindingState, Priority
from telemetry.messages import Event, EventKind
from tests.alerts.building import RULES, SECOND, finding_of, one, state_of

ACTIVE, NORMAL = FindingState.ACTIVE, FindingState.NORMAL


def ward(pre: float | None = 150.0) -> Engine:
    engine = Engine(RULES, 1)
    engine.set_context(engine.register("u0"), Context(pre_systolic_mmhg=pre))
    return engine


def cuff(engine: Engine, t: float, systolic: float, diastolic: float = nan, pulse: float = nan) -> FindingState:
    engine.evaluate(one(0, t, systolic=systolic, diastolic=diastolic, pulse_rate=pulse))
    return finding_of(engine, 0, "R01").state


@pytest.mark.parametrize("second", [(96.0, 61.0, 70.0), (96.0, 60.0, 71.0), (97.0, 60.0, 70.0)])
def test_another_number_of_the_cuff_is_another_reading(second: tuple[float, float, float]) -> None:
    engine = ward()
    cuff(engine, 0, 88, 60, 70)
    assert cuff(engine, 1, 96, 60, 70) is ACTIVE
    assert cuff(engine, 2, *second) is NORMAL


def test_the_same_numbers_a_second_later_are_the_same_reading() -> None:
    engine = ward()
    cuff(engine, 0, 88)
    for t in range(1, 100):
        assert cuff(engine, t, 96, 60, 70) is ACTIVE


def test_the_same_numbers_after_they_were_absent_are_a_new_reading() -> None:
    engine = ward()
    cuff(engine, 0, 88)
    cuff(engine, 1, 96)
    cuff(engine, 2, nan)
    assert cuff(engine, 3, 96) is NORMAL


def test_a_reading_in_between_that_is_low_starts_the_count_again() -> None:
    engine = ward()
    for t, x in enumerate((88, 96, 88, 97)):
        assert cuff(engine, t, x) is ACTIVE
    assert cuff(engine, 9, 98) is NORMAL


def test_high_ends_in_medium() -> None:
    engine = ward()
    for t, x in enumerate((75, 86)):
        cuff(engine, t, x)
    assert state_of(engine, 0, "R01") == (ACTIVE, Priority.HIGH)
    cuff(engine, 2, 87)
    assert state_of(engine, 0, "R01") == (ACTIVE, Priority.MEDIUM)


@pytest.mark.parametrize(("pre", "x", "state"), [(159.9, 95, NORMAL), (160, 95, ACTIVE), (None, 95, NORMAL)])
def test_the_limit_depends_on_the_pressure_before(pre: float | None, x: float, state: FindingState) -> None:
    assert cuff(ward(pre), 0, x) is state


def test_a_patients_own_limit() -> None:
    engine = ward()
    engine.set_context(0, Context(pre_systolic_mmhg=150.0, limits={"R01 medium": 110.0}))
    assert cuff(engine, 0, 105) is ACTIVE


def symptom(t: float, active: bool = True) -> list[tuple[int, Event]]:
    return [(0, Event(0, round(t * SECOND), 0, 0, EventKind.SYMPTOM, "cramps", 0, active))]


def test_a_symptom_alone_is_no_hypotension() -> None:
    engine = ward()
    engine.evaluate(one(0, 0, systolic=120, events=symptom(0)))
    assert state_of(engine, 0, "R01") == (NORMAL, None)


@pytest.mark.parametrize(("later", "priority"), [(899, Priority.HIGH), (900, Priority.MEDIUM)])
def test_a_symptom_counts_for_a_quarter_of_an_hour(later: float, priority: Priority) -> None:
    engine = ward()
    engine.evaluate(one(0, 0, systolic=120, events=symptom(0)))
    engine.evaluate(one(0, later, systolic=88))
    assert state_of(engine, 0, "R01") == (ACTIVE, priority)


def test_a_symptom_that_ended_does_not_count() -> None:
    engine = ward()
    engine.evaluate(one(0, 0, systolic=120, events=symptom(0)))
    engine.evaluate(one(0, 1, systolic=88, events=symptom(1, active=False)))
    assert state_of(engine, 0, "R01") == (ACTIVE, Priority.MEDIUM)


def test_readings_before_the_treatment_do_not_count() -> None:
    engine = ward(None)
    engine.evaluate(one(0, 0, phase=2, systolic=170))
    engine.evaluate(one(0, 1, systolic=95))
    assert state_of(engine, 0, "R01") == (NORMAL, None)


def test_a_limit_that_changes_holds_from_the_next_sample_on_whoever_else_is_measured() -> None:
    engine = Engine(RULES)
    row = engine.register("A")
    for t in range(3):
        engine.evaluate(one(row, t, systolic=95, diastolic=60, blood_flow=300))
    engine.set_context(row, Context(limits={"R01 high": 97.0}))
    told = engine.evaluate(one(row, 3, systolic=95, diastolic=60, blood_flow=300))
    assert [(t.rule, t.priority, t.state) for t in told if t.rule == "R01"] == [
        ("R01", Priority.HIGH, FindingState.ACTIVE)
    ]
