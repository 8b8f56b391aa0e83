from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest

from alerts.records import Finding
from store import care, patients, registry
from store.care import Entry
from store.patients import Prescription
from telemetry import signals
from telemetry.alarms import FindingState
from telemetry.care import Arranged, Limits
from telemetry.messages import Batch, Event, Lane, Reading
from tests.ingest.building import SECOND, START_US, batch, event, reading
from tests.ingest.conftest import Rig

LEAK = "MDC_EVT_HDIALY_BLOOD_LEAK"
MINUTES = 5
NUMBER = {signal.name: signal.number for signal in signals.CATALOGUE}


def treatment(unit: str) -> list[Batch]:
    """Five minutes with a high venous pressure, a needle that slips out, a blood leak alarm and a pump that stops."""
    dice = random.Random(7)
    batches, seq = [], 0
    for start in range(0, MINUTES * 60, 5):
        rows, noted = [], []
        for second in range(start, start + 5):
            rows.append(sample(seq, second, dice))
            seq += 1
            if second in (150, 190):
                noted.append(leak(seq, second, active=second == 150))
                seq += 1
        batches.append(batch(rows, noted, unit=unit))
    return batches


def sample(seq: int, second: int, dice: random.Random) -> Reading:
    venous = 420.0 if 60 <= second < 120 else 110.0 if 160 <= second < 180 else 150.0
    values = {
        "blood_flow": 0.0 if 220 <= second < 290 else 300.0 + dice.random(),
        "blood_pump_running": 0.0 if 220 <= second < 290 else 1.0,
        "venous_pressure": venous + dice.random(),
        "arterial_pressure": -150.0 + dice.random(),
        "transmembrane_pressure": 60.0 + dice.random(),
        "dialysate_conductivity": 14.0 + dice.random() / 10,
        "dialysate_temperature": 36.5 + dice.random() / 10,
    }
    by_number = {NUMBER[name]: value for name, value in values.items()}
    at_us = START_US + second * SECOND
    return reading(seq, time_us=at_us, mono_ms=1_000_000 + second * 1000, values=by_number)


def leak(seq: int, second: int, *, active: bool) -> Event:
    at_us, mono_ms = START_US + second * SECOND + 1, 1_000_000 + second * 1000
    return msgspec.structs.replace(event(seq, name=LEAK, active=active), time_us=at_us, mono_ms=mono_ms)


def play(rig: Rig, unit: str, restart_after: frozenset[int]) -> list[Any]:
    """Live through the treatment, the process dying after some batches; what the alert log says of the unit."""
    rig.add_unit(unit)
    rig.clock.jump((START_US - rig.clock.now_us()) / 1e6)
    rig.restart()
    for number, one in enumerate(treatment(unit)):
        rig.feed(one)
        if number in restart_after:
            rig.restart()
    names = "rule, rule_version, e.priority, e.state, to_us(time), reason, inputs, limits, late"
    unit_id = registry.unit_by_name(rig.conn, unit).unit_id
    query = f"SELECT {names} FROM alert_event AS e WHERE unit_id = %s ORDER BY event_id"
    return rig.conn.execute(query, [unit_id]).fetchall()


def findings(rig: Rig, unit: str) -> list[Finding]:
    session = rig.worker.session
    assert session is not None
    return session.engine.findings(session.units[unit].row)


@pytest.mark.parametrize("seed", [1, 2])
def test_rules_torn_by_restarts_find_what_they_find_undisturbed(rig: Rig, seed: int) -> None:
    undisturbed = play(rig, "calm", frozenset())
    calm = findings(rig, "calm")
    batches = len(treatment("calm"))
    torn = play(rig, "torn", frozenset(random.Random(seed).sample(range(batches), 12)))

    assert {row[0] for row in undisturbed} >= {"R10", "R13", "R19"}
    assert torn == undisturbed
    assert findings(rig, "torn") == calm


def test_an_alert_and_its_cause_are_in_one_transaction(rig: Rig) -> None:
    play(rig, "u2", frozenset())

    found = rig.conn.execute(
        "SELECT count(*) FROM alert_event AS e WHERE EXISTS"
        " (SELECT FROM reading AS r WHERE r.unit_id = e.unit_id AND r.time = e.time"
        "  AND r.xmin::text = e.xmin::text)"
    ).fetchone()
    total = rig.conn.execute("SELECT count(*) FROM alert_event").fetchone()
    assert found == total
    assert total is not None
    assert total[0] > 4


def test_an_outage_of_ours_is_no_silence_of_the_patients(rig: Rig) -> None:
    for one in treatment("u1")[:6]:
        rig.feed(one)
    rig.clock.advance(3600)
    rig.restart()
    rig.turn()
    assert rig.rows("rule", "alert", "rule = 'R33'") == []

    for _ in range(130):
        rig.clock.advance(1)
        rig.turn()
    assert rig.rows("rule", "alert", "rule = 'R33'") == ["R33"]


def test_a_silence_that_was_found_before_a_restart_stays_found(rig: Rig) -> None:
    for one in treatment("u1")[:6]:
        rig.feed(one)
    for _ in range(130):
        rig.clock.advance(1)
        rig.turn()
    before = rig.rows("state, priority", "alert")
    rig.restart()
    for _ in range(3):
        rig.clock.advance(1)
        rig.turn()

    assert rig.rows("state, priority", "alert") == before
    states = {f.rule: f.state for f in findings(rig, "u1")}
    assert states["R33"] is FindingState.ACTIVE


def test_state_that_cannot_be_read_costs_the_memory_not_the_service(rig: Rig) -> None:
    for one in treatment("u1")[:31]:  # the blood leak stands
        rig.feed(one)
    rig.conn.execute("UPDATE engine_state SET state = 'rubbish'")
    rig.restart()
    for one in treatment("u1")[31:35]:
        rig.feed(one)

    states = {f.rule: f.state for f in findings(rig, "u1")}
    assert states["R19"] is FindingState.ACTIVE
    assert rig.rows("count(*)", "alert", "rule = 'R19'") == [1]


def test_backlog_is_not_shown_to_the_rules_nor_after_a_restart(rig: Rig) -> None:
    batches = treatment("u1")
    rig.feed(batches[-1])
    backlog = [msgspec.structs.replace(one, lane=Lane.BACKFILL, events=[]) for one in batches[:-1]]
    rig.feed(*backlog)
    rig.restart()
    rig.turn()

    assert rig.rows("rule", "alert") == []


def test_what_was_changed_of_a_patient_while_we_were_away_is_told_with_the_next_readings(rig: Rig) -> None:
    """Taken through the rules silently, the last stored rows would swallow the alert that the change makes of them."""
    unit = registry.unit_by_name(rig.conn, "u1")
    patient = patients.add_patient(rig.conn, "Ann", None, Prescription())
    patients.bind(rig.conn, unit.unit_id, patient, START_US)
    own = Limits(rule="R13", limits={"medium": 450.0, "high": 500.0})
    care.arrange(rig.conn, patient, Entry(Arranged(START_US, own), "os:ann", "narrow graft", START_US))
    rig.restart()
    batches = treatment("u1")
    for one in batches[:18]:  # to the middle of the high pressure
        rig.feed(one)
    assert rig.rows("rule", "alert", "rule = 'R13'") == []
    back = Entry(Arranged(START_US + 1, Limits(rule="R13", limits={})), "os:ann", "new graft", START_US + 1)
    care.arrange(rig.conn, patient, back)
    rig.restart()
    assert rig.rows("rule", "alert", "rule = 'R13'") == []
    for one in batches[18:24]:
        rig.feed(one)
    ((limits, at_us),) = rig.rows("limits, to_us(time)", "alert_event", "rule = 'R13' AND priority = 'high'")
    assert limits["limit"] == 300.0
    # Of a reading after the restart: fifteen seconds of breach that count from there.
    assert at_us == START_US + (18 * 5 + 15) * SECOND
