"""Falls from the pressure of before: edges, symptoms, what a reading lacks, and an interruption at any reading."""

from __future__ import annotations

from math import inf, nan
from pathlib import Path

import numpy as np
import pytest

from alerts.engine import Context, Engine
from telemetry.alarms import FindingState, Priority
from telemetry.messages import Event, EventKind
from tests.alerts.building import RULES, SECOND, finding_of, one, state_of, subset

ACTIVE, NORMAL, NOT = FindingState.ACTIVE, FindingState.NORMAL, FindingState.NOT_EVALUATED


def engine_of(pre: float | None = 130.0) -> Engine:
    engine = Engine(RULES, 1)
    engine.set_context(engine.register("u0"), Context(pre_systolic_mmhg=pre))
    return engine


def symptom(t: float, active: bool = True) -> list[tuple[int, Event]]:
    return [(0, Event(0, round(t * SECOND), 0, 0, EventKind.SYMPTOM, "cramps", 0, active))]


def after(*readings: tuple[float, float], felt: bool) -> Engine:
    engine = engine_of()
    for n, (systolic, diastolic) in enumerate(readings):
        last = n == len(readings) - 1
        events = symptom(900 * n) if felt and last else []
        engine.evaluate(one(0, 900 * n, systolic=systolic, diastolic=diastolic, events=events))
    return engine


@pytest.mark.parametrize(
    ("systolic", "diastolic", "state"),
    [(110, 80, ACTIVE), (111, 80, NORMAL), (119, 70, ACTIVE), (120, 70, ACTIVE), (121, 70, NORMAL)],
)
def test_the_edges_of_a_fall_with_a_symptom(systolic: float, diastolic: float, state: FindingState) -> None:
    # 130/80 has a mean of 96.67: 120/70 is 10 less, 121/70 is 9.67 less.
    assert state_of(after((130, 80), (systolic, diastolic), felt=True), 0, "R02")[0] is state
    assert state_of(after((130, 80), (systolic, diastolic), felt=False), 0, "R02") == (NORMAL, None)


@pytest.mark.parametrize(("before", "now"), [(118.2, 98.2), (130.1, 110.1), (99.9, 79.9)])
def test_twenty_is_twenty_in_float32_too(before: float, now: float) -> None:
    engine = engine_of(None)
    engine.evaluate(one(0, 0, systolic=before, diastolic=60))
    engine.evaluate(one(0, 900, systolic=now, diastolic=60, events=symptom(900)))
    assert state_of(engine, 0, "R02") == (ACTIVE, Priority.MEDIUM)


def test_another_pressure_of_before_counts_from_the_next_sample_on_without_a_new_reading() -> None:
    engine = engine_of(120.0)
    for t in range(2):
        engine.evaluate(one(0, t, systolic=98, diastolic=70))
    assert state_of(engine, 0, "R03")[0] is NORMAL, "22 less"
    engine.set_context(0, Context(pre_systolic_mmhg=130.0))
    engine.evaluate(one(0, 2, systolic=98, diastolic=70))
    assert state_of(engine, 0, "R03") == (ACTIVE, Priority.LOW)


def test_a_symptom_that_comes_after_a_silent_fall() -> None:
    engine = after((130, 80), (99, 70), felt=False)
    assert state_of(engine, 0, "R03") == (ACTIVE, Priority.LOW)
    engine.evaluate(one(0, 1000, systolic=99, diastolic=70, events=symptom(1000)))
    assert state_of(engine, 0, "R02") == (ACTIVE, Priority.MEDIUM)
    # The low one ends by evidence only.
    assert state_of(engine, 0, "R03") == (ACTIVE, Priority.LOW)


@pytest.mark.parametrize("bad", [nan, inf, -inf, 3e38, -3e38])
@pytest.mark.parametrize("signal", ["systolic", "diastolic"])
def test_what_cannot_be_read_is_not_evaluated_and_never_normal(signal: str, bad: float) -> None:
    engine = engine_of()
    engine.evaluate(one(0, 0, systolic=130, diastolic=80))
    engine.evaluate(one(0, 1, systolic=129, diastolic=80))
    assert state_of(engine, 0, "R02") == (NORMAL, None)
    engine.evaluate(one(0, 2, **({"systolic": 128.0, "diastolic": 79.0} | {signal: bad})))
    assert state_of(engine, 0, "R02") == (NOT, None)
    if signal == "systolic":
        assert state_of(engine, 0, "R03") == (NOT, None)


def test_the_first_mean_is_that_of_the_first_whole_reading_of_this_treatment() -> None:
    engine = engine_of()
    engine.evaluate(one(0, 0, phase=2, systolic=200, diastolic=120))
    engine.evaluate(one(0, 1, systolic=130))
    engine.evaluate(one(0, 2, systolic=130, diastolic=80))
    engine.evaluate(one(0, 3, systolic=120, diastolic=70, events=symptom(3)))
    found = finding_of(engine, 0, "R02")
    assert found.state is ACTIVE
    assert "mean pressure 10 mmHg below the first one of 96.67 mmHg" in found.reason


def test_one_rule_without_a_second_value_stands_alone(tmp_path: Path) -> None:
    engine = Engine(subset(tmp_path, "R03"), 1)
    engine.set_context(engine.register("u0"), Context(pre_systolic_mmhg=130.0))
    engine.evaluate(one(0, 0, systolic=99))
    assert state_of(engine, 0, "R03") == (ACTIVE, Priority.LOW)


def test_an_interrupted_run_tells_the_same_as_an_uninterrupted_one() -> None:
    rng = np.random.default_rng(2)
    fired: set[str] = set()
    for pre in (None, 130.0, 150.0):
        through, broken = engine_of(pre), engine_of(pre)
        t = 0
        for _ in range(150):
            t += int(rng.choice([1, 20, 300, 900]))
            systolic = nan if rng.random() < 0.1 else float(rng.integers(92, 150))
            diastolic = nan if rng.random() < 0.1 else float(rng.integers(55, 90))
            events = symptom(t, bool(rng.random() < 0.7)) if rng.random() < 0.15 else []
            if rng.random() < 0.3:
                saved, broken = broken.snapshot(0), engine_of(pre)
                broken.restore(0, saved)
            sample = one(
                0, t, phase=4 if rng.random() < 0.03 else 3, systolic=systolic, diastolic=diastolic, events=events
            )
            told = through.evaluate(sample)
            assert told == broken.evaluate(sample)
            fired |= {x.rule for x in told if x.state is ACTIVE}
        assert through.snapshot(0) == broken.snapshot(0)
    assert {"R02", "R03", "R04"} <= fired
