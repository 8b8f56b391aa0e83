"""Every rule over a restart: while pending, while active, while it cannot be evaluated; the timeline is the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from math import inf, nan
from pathlib import Path

import numpy as np
import pytest

from alerts.engine import Context, Engine, Samples
from telemetry import signals
from telemetry.alarms import FindingState, Priority
from telemetry.messages import Event, EventKind
from telemetry.treatment import Phase
from tests.alerts.building import RULES, SECOND, alarm, one, state_of, subset

CONTEXT = Context(
    target_weight_kg=75.0,
    pre_systolic_mmhg=150.0,
    prescribed_conductivity_ms_cm=14.0,
    prescribed_spktv=1.4,
    prescribed_heparin_ml_h=1.0,
    heparin_stop_min=10.0,
)
POOL: dict[str, tuple[float, ...]] = {
    "blood_flow": (300, 300, 300, 300, 200, 0),
    "venous_pressure": (150, 150, 110, 18, 262, 310, 600, inf),
    "arterial_pressure": (-150, -150, -120, -210, -260, nan),
    "transmembrane_pressure": (100, 100, 320),
    "ultrafiltration_rate": (600, 800, 1000),
    "ultrafiltration_volume": (1000, 2950, 3500),
    "ultrafiltration_target": (3000,),
    "treatment_remaining": (60,),
    "treatment_elapsed": (200,),
    "online_spktv": (0.5, 0.5, 1.4),
    "heparin_rate": (0, 1),
    "dialysate_conductivity": (14, 14.5, 15),
    "dialysate_temperature": (36.5, 36.5, 32, 39.5, 42),
    "systolic": (130, 130, 96, 88, 75, 185, 190, 195),
    "diastolic": (80, 70),
}
ALARMS = ("BLOOD_LEAK", "SAFETY_VEN_AIR_DETECT", "UF_LO")
UNITS, MOMENTS = 50, 440
# What takes an hour to be found is restarted in tests/alerts/detectors/test_trend.py.
TAKES_AN_HOUR = {"R16", "R23"}


def ward() -> Engine:
    engine = Engine(RULES, UNITS)
    for number in range(UNITS):
        engine.set_context(engine.register(f"u{number}"), CONTEXT)
    return engine


def restarted(engine: Engine) -> Engine:
    fresh = ward()
    for row in range(UNITS):
        # As the database hands it back, and what is known of the patient once more.
        fresh.restore(row, bytes(memoryview(engine.snapshot(row))))
        fresh.set_context(row, CONTEXT)
    return fresh


def symptom(now: int, *, active: bool) -> Event:
    """One is told, or taken back."""
    return Event(0, now, 0, 0, EventKind.SYMPTOM, "cramps", 0, active)


def moment(rng: np.random.Generator, now: int, held: list[dict[str, float]], phases: list[Phase], k: int) -> Samples:
    """What those units send that send at all; each has its own values, which stay for a while."""
    speaking = [row for row in range(UNITS) if rng.random() < 0.98]
    values = np.full((len(speaking), signals.COUNT), np.nan, np.float32)
    events: list[tuple[int, Event]] = []
    for place, row in enumerate(speaking):
        for name in POOL:
            if rng.random() < 0.012:
                held[row][name] = float(rng.choice(POOL[name]))
            wobble = (0.5 if k % 2 else -0.5) if name.endswith("l_pressure") or name.startswith("trans") else 0.0
            values[place, signals.BY_NAME[name].number] = held[row][name] + wobble
        if rng.random() < 0.01:
            phases[row] = Phase.TX if phases[row] is not Phase.TX else (Phase.UNKNOWN, Phase.POSTTX)[row % 2]
        if rng.random() < 0.02:
            name = str(rng.choice(ALARMS))
            events.append((row, alarm(now / SECOND, name, active=bool(rng.random() < 0.5))))
        if rng.random() < 0.01:
            events.append((row, symptom(now, active=k % 3 != 0)))
    return Samples(
        row=np.array(speaking, np.int32),
        time_us=np.full(len(speaking), now, np.int64),
        phase=np.array([phases[row] for row in speaking], np.uint8),
        values=values,
        invalid=np.zeros(len(speaking), np.uint64),
        received_us=np.full(len(speaking), now, np.int64),
        events=events,
    )


def test_every_rule_goes_on_over_a_restart_whatever_it_was_about() -> None:
    rng = np.random.default_rng(36)
    through, broken = ward(), ward()
    held = [{name: float(pool[0]) for name, pool in POOL.items()} for _ in range(UNITS)]
    phases = [Phase.TX] * UNITS
    now, met = 1_000 * SECOND, Counter[tuple[str, FindingState]]()
    for k in range(MOMENTS):
        # After a quarter of an hour the line is gone now and then, for everybody.
        lost = int(rng.choice([45, 70, 130, 310])) if k > 380 and k % 10 == 9 else 0
        now += (lost or int(rng.choice([1, 1, 1, 2, 5]))) * SECOND
        assert broken.tick(now) == through.tick(now)
        if lost or rng.random() < 0.2:
            broken = restarted(broken)
            met += Counter((f.rule, f.state) for row in range(UNITS) for f in broken.findings(row))
        sent = moment(rng, now, held, phases, k)
        assert broken.evaluate(sent) == through.evaluate(sent), k
    assert [broken.snapshot(row) for row in range(UNITS)] == [through.snapshot(row) for row in range(UNITS)]
    for rule in [rule for rule in RULES.rules if rule.id not in TAKES_AN_HOUR]:
        assert met[rule.id, FindingState.ACTIVE] > 0, rule.id
        assert met[rule.id, FindingState.NOT_EVALUATED] > 0, rule.id
        waits = any(rung.on_us for rung in rule.rungs)
        assert not waits or met[rule.id, FindingState.PENDING] > 0, rule.id


@pytest.mark.parametrize("restarts_at", range(1, 9))
def test_a_symptom_taken_back_and_a_restart_before_the_next_reading_of_the_cuff(restarts_at: int) -> None:
    # Systolic pressures: before, then below the limit and fallen by more than 30. A symptom: told, then taken back.
    course, felt = [150.0, 85.0, 85.0, 85.0, 85.0, 85.0, 85.0, 95.0], {3: True, 5: False}
    through, broken = Engine(RULES, 1), Engine(RULES, 1)
    for engine in (through, broken):
        engine.set_context(engine.register("u0"), CONTEXT)
    found = []
    for k, systolic in enumerate(course, start=1):
        events = [(0, symptom(k * SECOND, active=felt[k]))] if k in felt else []
        sent = one(0, k, events=events, systolic=systolic, diastolic=60.0)
        told = through.evaluate(sent)
        assert broken.evaluate(sent) == told, k
        found += [(k, step.rule, step.priority) for step in told if step.state is FindingState.ACTIVE]
        if k == restarts_at:
            snapshot = broken.snapshot(0)
            broken = Engine(RULES, 1)
            broken.set_context(broken.register("u0"), CONTEXT)
            broken.restore(0, snapshot)
            broken.set_context(0, CONTEXT)
        assert broken.snapshot(0) == through.snapshot(0), k
    # What was taken back stays until a reading says otherwise.
    assert found[:3] == [(2, "R01", Priority.MEDIUM), (2, "R03", Priority.LOW), (3, "R01", Priority.HIGH)]
    assert state_of(through, 0, "R01") == (FindingState.ACTIVE, Priority.HIGH)


def test_what_was_changed_of_the_patient_during_a_restart_counts_from_the_next_sample_on() -> None:
    engine = Engine(RULES, 1)
    engine.set_context(engine.register("u0"), CONTEXT)
    engine.evaluate(one(0, 1, systolic=95.0, diastolic=60.0))
    assert state_of(engine, 0, "R01")[0] is FindingState.NORMAL
    fresh = Engine(RULES, 1)
    fresh.set_context(fresh.register("u0"), CONTEXT)
    fresh.restore(0, engine.snapshot(0))
    fresh.set_context(0, replace(CONTEXT, limits={"R01 medium": 97.0}))
    assert [t.rule for t in fresh.evaluate(one(0, 2, systolic=95.0, diastolic=60.0))] == ["R01"]


def test_a_rule_that_a_snapshot_does_not_know_goes_by_what_is_known_of_the_patient(tmp_path: Path) -> None:
    other = Engine(subset(tmp_path, "R14"), 1)
    snapshot = other.snapshot(other.register("u0"))
    engine = Engine(RULES, 1)
    engine.set_context(engine.register("u0"), replace(CONTEXT, limits={"R13 medium": 290.0}))
    engine.restore(0, snapshot)
    for t in range(30):
        engine.evaluate(one(0, t, blood_flow=300, blood_pump_running=1, venous_pressure=270.0 + t % 2))
    assert state_of(engine, 0, "R13")[0] is FindingState.NORMAL
    assert state_of(engine, 0, "R17") == (FindingState.NOT_EVALUATED, None), "no conductivity, but one is prescribed"
    assert "not measured" in next(f.reason for f in engine.findings(0) if f.rule == "R17")


def test_a_symptom_told_from_home_counts_as_one_that_the_machine_s_wire_brought() -> None:
    by_wire, from_home = Engine(RULES, 1), Engine(RULES, 1)
    for engine in (by_wire, from_home):
        engine.set_context(engine.register("u0"), CONTEXT)
        engine.evaluate(one(0, 1, systolic=150.0, diastolic=60.0))
        engine.evaluate(one(0, 2, systolic=85.0, diastolic=60.0))
    by_wire.evaluate(one(0, 3, events=[(0, symptom(3 * SECOND, active=True))], systolic=85.0, diastolic=60.0))
    from_home.set_context(0, replace(CONTEXT, symptom_us=3 * SECOND))
    from_home.evaluate(one(0, 3, systolic=85.0, diastolic=60.0))
    assert state_of(from_home, 0, "R01") == state_of(by_wire, 0, "R01") == (FindingState.ACTIVE, Priority.HIGH)
    # An older one told later changes nothing.
    from_home.set_context(0, replace(CONTEXT, symptom_us=1 * SECOND))
    assert from_home.snapshot(0) == by_wire.snapshot(0)
