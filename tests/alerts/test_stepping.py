"""The second half of a round: sensors that join an active finding, and what silence does."""

from __future__ import annotations

from alerts.engine import Engine
from telemetry.alarms import FindingState
from tests.alerts.building import RULES, SECOND, finding_of, one, told


def ward(units: int = 1) -> Engine:
    engine = Engine(RULES, units)
    for number in range(units):
        engine.register(f"u{number}")
    return engine


def test_an_active_sensor_finding_is_told_again_when_another_joins_or_leaves() -> None:
    engine = ward()
    found = []
    for t in range(100):
        venous = 900 if t < 60 else 150 + t % 2
        found += engine.evaluate(one(0, t, venous_pressure=venous, dialysate_temperature=97 if t >= 20 else 36))
    steps = told(found, "R34")
    assert [(t, state) for t, state, _ in steps] == [
        (0, FindingState.PENDING), (10, FindingState.ACTIVE), (30, FindingState.ACTIVE), (90, FindingState.ACTIVE),
    ]  # fmt: skip
    reasons = [t.reason for t in found if t.rule == "R34"]
    assert "Venous pressure" in reasons[2] and "Dialysate temperature" in reasons[2]
    assert "Venous pressure" not in reasons[3]


def test_a_doubted_sensor_is_trusted_again_when_it_is_well() -> None:
    engine = ward()
    for t in range(20):
        engine.evaluate(one(0, t, venous_pressure=900))
    for t in range(20, 51):
        engine.evaluate(one(0, t, venous_pressure=150 + t % 2))
        doubted = "sensor implausible or flat" in finding_of(engine, 0, "R13").reason
        assert doubted is (t <= 50), t
    engine.evaluate(one(0, 51, venous_pressure=150))
    assert finding_of(engine, 0, "R13").state is FindingState.NORMAL


def test_silence_ends_pending_and_it_starts_anew() -> None:
    engine = ward()
    for t in range(60):
        engine.evaluate(one(0, t, dialysate_temperature=42))
    found = engine.tick(89 * SECOND)
    assert told(found, "R18") == [(89, FindingState.NOT_EVALUATED, None)]
    assert told(engine.evaluate(one(0, 89.5, dialysate_temperature=42)), "R18")[0][1] is FindingState.NOT_EVALUATED
    assert told(engine.evaluate(one(0, 90, dialysate_temperature=42)), "R18")[0][1] is FindingState.PENDING


def test_silence_ends_pending_though_the_reading_that_ends_it_was_taken_in_time() -> None:
    engine = ward()
    for t in range(60):
        engine.evaluate(one(0, t, dialysate_temperature=42))
    engine.tick(90 * SECOND)
    found = engine.evaluate(one(0, 80, received=91, dialysate_temperature=42))
    assert [state for _, state, _ in told(found, "R18")] == [FindingState.PENDING]


def test_silence_of_one_unit_is_not_anothers() -> None:
    engine = ward(3)
    for row in range(3):
        engine.evaluate(one(row, 0, dialysate_temperature=36))
    engine.evaluate(one(1, 20, dialysate_temperature=36))
    assert {t.row for t in engine.tick(40 * SECOND)} == {0, 2}
    assert finding_of(engine, 1, "R18").state is FindingState.NORMAL


def test_a_unit_never_heard_of_is_not_stale() -> None:
    engine = ward()
    assert engine.tick(10_000 * SECOND) == []
    assert {f.reason for f in engine.findings(0)} == {"no data yet"}


def test_silence_outside_a_treatment_is_nobodys() -> None:
    engine = ward()
    engine.evaluate(one(0, 0, phase=1, dialysate_temperature=36))
    assert engine.tick(10_000 * SECOND) == []
