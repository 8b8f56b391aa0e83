"""Silence by the server's clock."""

from __future__ import annotations

import pytest

from alerts.engine import Engine
from telemetry.alarms import FindingState, Priority
from tests.alerts.building import RULES, SECOND, finding_of, one, state_of

LOW, MEDIUM, HIGH = Priority.LOW, Priority.MEDIUM, Priority.HIGH


def silent(seconds: float, **values: float) -> tuple[FindingState, Priority | None]:
    engine = Engine(RULES, 1)
    engine.register("u0")
    engine.evaluate(one(0, 0, **values))
    engine.tick(round(seconds * SECOND))
    return state_of(engine, 0, "R33")


@pytest.mark.parametrize(
    ("seconds", "state", "priority"),
    [(29.9, FindingState.NORMAL, None), (30, FindingState.PENDING, LOW), (59.9, FindingState.PENDING, LOW),
     (60, FindingState.ACTIVE, LOW), (120, FindingState.ACTIVE, MEDIUM), (299.9, FindingState.ACTIVE, MEDIUM),
     (300, FindingState.ACTIVE, HIGH)],
)  # fmt: skip
def test_the_steps(seconds: float, state: FindingState, priority: Priority | None) -> None:
    assert silent(seconds, blood_flow=300) == (state, priority)


def test_not_high_unless_the_pump_was_last_seen_running() -> None:
    assert silent(1000, blood_flow=0) == silent(1000) == (FindingState.ACTIVE, MEDIUM)


def test_the_last_known_pump_counts() -> None:
    engine = Engine(RULES, 1)
    engine.register("u0")
    engine.evaluate(one(0, 0, blood_flow=300))
    engine.evaluate(one(0, 1))
    engine.tick(301 * SECOND)
    assert state_of(engine, 0, "R33") == (FindingState.ACTIVE, HIGH)


def test_a_late_sample_does_not_hide_silence() -> None:
    engine = Engine(RULES, 1)
    engine.register("u0")
    engine.evaluate(one(0, 100, blood_flow=300))
    for second in range(101, 161):
        engine.evaluate(one(0, 50, received=second, blood_flow=300))
    engine.tick(160 * SECOND)
    assert state_of(engine, 0, "R33") == (FindingState.ACTIVE, LOW)


def test_three_readings_end_it_and_it_says_so_meanwhile() -> None:
    engine = Engine(RULES, 1)
    engine.register("u0")
    engine.evaluate(one(0, 0, blood_flow=300))
    engine.tick(70 * SECOND)
    for t in (71, 72):
        engine.evaluate(one(0, t, blood_flow=300))
        assert finding_of(engine, 0, "R33").reason == "Readings arrive again, waiting for them to last"
    engine.evaluate(one(0, 73, blood_flow=300))
    assert state_of(engine, 0, "R33") == (FindingState.NORMAL, None)


def test_the_end_of_the_treatment_ends_it() -> None:
    engine = Engine(RULES, 1)
    engine.register("u0")
    engine.evaluate(one(0, 0, blood_flow=300))
    engine.tick(400 * SECOND)
    engine.evaluate(one(0, 401, phase=4))
    assert state_of(engine, 0, "R33")[0] is FindingState.NOT_EVALUATED


def test_thresholds_for_replay() -> None:
    assert Engine(RULES).silence_thresholds_us == [s * SECOND for s in (30, 60, 120, 300)]
