"""Who inhibits whom, and what is told when."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from alerts import ruleset
from alerts.engine import Engine
from telemetry.alarms import FindingState, Priority
from tests.alerts.building import RULES, alarm, finding_of, one, state_of, told

ACTIVE, NOT_EVALUATED = FindingState.ACTIVE, FindingState.NOT_EVALUATED
LOW, MEDIUM, HIGH = Priority.LOW, Priority.MEDIUM, Priority.HIGH


def of_one_cause(folder: Path, *ids: str) -> Engine:
    """The shipped rules of these ids, made one cause group."""
    for path in ruleset.SHIPPED.glob("*.toml"):
        if path.name.split("_")[0].upper() in ids:
            shutil.copy(path, folder)
    for path in folder.glob("*.toml"):
        lines = [line for line in path.read_text().splitlines() if not line.startswith(("cause", "inhibits"))]
        path.write_text('cause = "one"\n' + "\n".join(lines) + "\n")
    engine = Engine(ruleset.load(folder), 1)
    engine.register("u0")
    return engine


def test_a_high_finding_keeps_lower_ones_of_its_cause_from_rising(tmp_path: Path) -> None:
    engine = of_one_cause(tmp_path, "R14", "R18")
    for t in range(100):
        engine.evaluate(one(0, t, arterial_pressure=-260, dialysate_temperature=39.5))
    assert state_of(engine, 0, "R14") == (ACTIVE, HIGH)
    assert state_of(engine, 0, "R18") == (NOT_EVALUATED, None)
    assert "inhibited by R14 (arterial pressure very negative, same cause)" in finding_of(engine, 0, "R18").reason
    # It has waited: when the high one goes, it rises with the next reading.
    for t in range(100, 117):
        engine.evaluate(one(0, t, arterial_pressure=-150, dialysate_temperature=39.5))
    assert state_of(engine, 0, "R14")[0] is FindingState.NORMAL
    assert state_of(engine, 0, "R18") == (ACTIVE, MEDIUM)


def test_high_is_not_kept_down_and_what_was_active_stays(tmp_path: Path) -> None:
    engine = of_one_cause(tmp_path, "R14", "R18")
    for t in range(70):
        engine.evaluate(one(0, t, arterial_pressure=-150, dialysate_temperature=39.5))
    assert state_of(engine, 0, "R18") == (ACTIVE, MEDIUM)
    for t in range(70, 150):
        engine.evaluate(one(0, t, arterial_pressure=-260, dialysate_temperature=41.5))
    assert state_of(engine, 0, "R14") == (ACTIVE, HIGH)
    assert state_of(engine, 0, "R18") == (ACTIVE, HIGH)


def test_of_two_high_findings_of_a_cause_one_is_enough_to_keep_the_others_lower_level_down(tmp_path: Path) -> None:
    engine = of_one_cause(tmp_path, "R14", "R18")
    for t in range(80):
        engine.evaluate(one(0, t, arterial_pressure=-260, dialysate_temperature=41.5))
    assert {state_of(engine, 0, rule) for rule in ("R14", "R18")} == {(ACTIVE, HIGH)}
    found = engine.evaluate(one(0, 80, arterial_pressure=-260, dialysate_temperature=32))
    assert told(found, "R18") == [(80, NOT_EVALUATED, None)]
    assert finding_of(engine, 0, "R18").reason.startswith("inhibited by R14")


def test_what_waits_below_an_active_level_is_no_news(tmp_path: Path) -> None:
    engine = of_one_cause(tmp_path, "R14", "R18")
    for t in range(100):
        engine.evaluate(one(0, t, arterial_pressure=-260 if t > 70 else -150, dialysate_temperature=39.5))
    assert (state_of(engine, 0, "R14"), state_of(engine, 0, "R18")) == ((ACTIVE, HIGH), (ACTIVE, MEDIUM))
    found = engine.evaluate(one(0, 100, arterial_pressure=-260, dialysate_temperature=39.5))
    assert found == []
    assert finding_of(engine, 0, "R18").reason == "Dialysate temperature 39.5 °C, above 39 °C, for 60 s"


def test_another_cause_is_not_inhibited() -> None:
    engine = Engine(RULES, 1)
    engine.register("u0")
    for t in range(100):
        engine.evaluate(one(0, t, arterial_pressure=-260, dialysate_temperature=39.5))
    assert state_of(engine, 0, "R18") == (ACTIVE, MEDIUM)


def test_another_unit_is_not_inhibited() -> None:
    engine = Engine(RULES, 2)
    rows = [engine.register(name) for name in ("u0", "u1")]
    engine.evaluate(one(0, 0, blood_flow=300, venous_pressure=150, events=[(0, alarm(0, "SAFETY_VEN_AIR_DETECT"))]))
    engine.evaluate(one(1, 0, blood_flow=300, venous_pressure=150))
    for row in rows:
        engine.evaluate(one(row, 1, blood_flow=300, venous_pressure=150))
    assert "inhibited by R20 (air detected)" in finding_of(engine, 0, "R10").reason
    assert "inhibited" not in finding_of(engine, 1, "R10").reason


@pytest.mark.parametrize("rule", ["R10", "R13", "R14", "R15"])
def test_a_long_stopped_pump_inhibits_what_needs_flow(rule: str) -> None:
    engine = Engine(RULES, 1)
    engine.register("u0")
    for t in range(123):
        wobble = t % 2
        values = {"venous_pressure": 100.0, "arterial_pressure": -100.0, "transmembrane_pressure": 50.0}
        engine.evaluate(one(0, t, blood_flow=0, **{name: x + wobble for name, x in values.items()}))
    assert "inhibited by R21" in finding_of(engine, 0, rule).reason


def test_active_and_inhibited_is_active_and_held() -> None:
    engine = Engine(RULES, 1)
    engine.register("u0")
    found = []
    for t in range(160):
        found += engine.evaluate(one(0, t, blood_flow=0, venous_pressure=310 + t % 2))
    assert [s for s in told(found, "R13") if s[1] is ACTIVE][-1][0] == 122
    assert finding_of(engine, 0, "R13").reason.startswith("Venous pressure high stays active – held: inhibited by R21")


def test_nothing_is_told_twice() -> None:
    engine = Engine(RULES, 1)
    engine.register("u0")
    found = []
    for t in range(100):
        found += engine.evaluate(one(0, t, blood_flow=300, venous_pressure=310 + t % 2))
    steps = told(found, "R13")
    assert [s[1:] for s in steps] == [(FindingState.PENDING, HIGH), (ACTIVE, HIGH)]


def test_a_finding_knows_since_when() -> None:
    engine = Engine(RULES, 1)
    engine.register("u0")
    for t in range(60):
        engine.evaluate(one(0, t, venous_pressure=262 + t % 2 if t < 30 else 310 + t % 2))
    found = finding_of(engine, 0, "R13")
    assert (found.state, found.priority, found.since_us) == (ACTIVE, HIGH, 15_000_000)
