from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest

from alerts.engine import Engine
from alerts.records import Samples, Transition
from ingest.operations_alarm import AFTER_S
from store import registry
from telemetry import wire
from telemetry.messages import Batch, Flag, Lane, LiveFrame, MachineLink, Status
from tests.ingest.building import EPOCH, SECOND, START_US, batch, event, reading, seconds
from tests.ingest.conftest import Gate, Rig
from tests.ingest.test_restore import findings, treatment

LEAK = "MDC_EVT_HDIALY_BLOOD_LEAK"


def leak(seq: int, *, active: bool = True) -> Batch:
    """A blood leak begins or ends at `seq` + 1, and is seen with the reading at `seq` + 2."""
    return batch([reading(seq), reading(seq + 2)], [event(seq + 1, name=LEAK, active=active)])


def told(rig: Rig, unit: str = "u1") -> LiveFrame:
    """The last live frame of the unit's shard."""
    topic = f"live/1/{rig.shards[unit]}"
    return wire.decode_live([data for to, data in rig.outlet.sent if to == topic][-1])


def again(one: Batch, rig: Rig) -> Batch:
    """As its agent sends it again."""
    return msgspec.structs.replace(one, lane=Lane.BACKFILL, sent_us=rig.clock.now_us())


def play(rig: Rig, gate: Gate, unit: str, outages: list[tuple[int, int]]) -> list[Any]:
    """A treatment, the database away from one batch to another; what the alert log says of it when all is caught up."""
    rig.add_unit(unit)
    rig.clock.jump((START_US - rig.clock.now_us()) / 1e6)
    rig.restart()
    waiting: list[Batch] = []
    for number, one in enumerate(treatment(unit)):
        if number in [first for first, _ in outages]:
            gate.lose()
        rig.arrive(one)
        if rig.worker.session is None:
            waiting.append(one)
        if number in [last for _, last in outages]:
            gate.open()
            rig.until_saved()
            rig.arrive(*(again(late, rig) for late in waiting))
            waiting.clear()
    rig.arrive()
    unit_id = registry.unit_by_name(rig.conn, unit).unit_id
    names = "rule, rule_version, e.priority, e.state, to_us(time), reason, inputs, limits, late"
    query = f"SELECT {names} FROM alert_event AS e WHERE unit_id = %s ORDER BY event_id"
    return rig.conn.execute(query, [unit_id]).fetchall()


def stored(rig: Rig, unit: str) -> list[Any]:
    where = f"unit_id = (SELECT unit_id FROM unit WHERE name = '{unit}')"
    names = "seq, to_us(time), flags"
    return [*rig.rows(names, where=where), *rig.rows(names, "machine_event", where)]


@pytest.mark.parametrize("outages", [[(14, 20)], [(10, 55)], [(5, 6), (30, 31), (38, 50)]])
def test_what_the_rules_find_without_a_database_is_what_they_find_with_one(
    rig: Rig, gate: Gate, outages: list[tuple[int, int]]
) -> None:
    undisturbed = play(rig, gate, "calm", [])
    calm, rows = findings(rig, "calm"), stored(rig, "calm")
    torn = play(rig, gate, "torn", outages)

    assert {row[0] for row in undisturbed} >= {"R10", "R13", "R19"}
    assert torn == undisturbed
    assert findings(rig, "torn") == calm
    assert stored(rig, "torn") == rows, "not marked late either: a rule did see them live"
    session = rig.worker.session
    assert session is not None
    assert session.units["torn"].judged == {}, "what is stored need not be remembered"

    rig.restart()
    assert findings(rig, "torn") == calm


def test_nobody_is_acknowledged_and_the_screens_go_on(rig: Rig, gate: Gate) -> None:
    rig.arrive(seconds(1))
    rig.clock.advance(5)
    rig.step()
    assert rig.outlet.acked("u1") == [(1, 1)]
    gate.lose()
    lost_us = rig.clock.now_us()
    rig.outlet.sent.clear()
    for seq in range(10, 16):
        rig.arrive(seconds(seq))

    assert rig.outlet.acks("u1") == []
    frames = rig.outlet.frames()
    assert {r.seq for frame in frames for r in frame.readings} >= {14, 15}
    assert all(frame.unsaved == [] for frame in frames)
    assert all(0 < frame.unsaved_since_us <= lost_us for frame in frames)
    assert frames[0].server_us - frames[0].unsaved_since_us >= AFTER_S * SECOND, "a restart is no alarm"


def test_a_restart_of_the_database_is_nobody_s_business(rig: Rig, gate: Gate) -> None:
    rig.arrive(seconds(1))
    gate.lose()
    rig.outlet.sent.clear()
    rig.arrive(leak(2))
    assert rig.outlet.frames() == []
    gate.open()
    rig.until_saved()
    rig.arrive(seconds(5))
    rig.step()

    assert rig.rows() == [1, 2, 4, 5], "what came meanwhile was kept"
    assert all(frame.unsaved_since_us == 0 for frame in rig.outlet.frames())
    assert rig.rows("state", "alert") == ["active, unacknowledged"]
    rig.clock.advance(60)
    rig.step()
    assert rig.rows("kind", "operations_event") == []


def test_an_alert_found_meanwhile_is_told_as_unsaved_and_saved_once(rig: Rig, gate: Gate) -> None:
    rig.arrive(seconds(1))
    gate.lose()
    rig.arrive(leak(2))
    rig.clock.advance(AFTER_S)
    rig.step()
    (alert,) = told(rig).unsaved
    assert (alert.unit, alert.rule, alert.priority, alert.state) == ("u1", "R19", "high", "active, unacknowledged")
    assert alert.since_us == alert.time_us == START_US + 4 * SECOND
    assert "lood" in alert.reason

    gate.open()
    rig.outlet.sent.clear()
    rig.until_saved()
    assert all((frame.unsaved_since_us, frame.unsaved) == (0, []) for frame in rig.outlet.frames())
    assert told(rig).unsaved == []
    assert rig.rows("rule, state, to_us(since), late", "alert") == [
        ("R19", "active, unacknowledged", START_US + 4 * SECOND, False)
    ]
    assert rig.rows("to_us(time), reason", "alert_event") == [(alert.time_us, alert.reason)]
    rig.arrive(again(leak(2), rig))
    rig.arrive(seconds(100))
    rig.step()
    assert rig.rows("count(*)", "alert_event") == [1]
    assert rig.rows("seq", "machine_event") == [3]


def test_every_shard_with_an_unsaved_alert_is_told_of_it_every_second(rig: Rig, gate: Gate) -> None:
    rig.add_unit("u2")
    assert rig.shards["u1"] != rig.shards["u2"]
    rig.arrive(seconds(1), seconds(1, unit="u2"))
    gate.lose()
    rig.arrive(leak(2))
    rig.clock.advance(AFTER_S)
    rig.step()
    topic = f"live/1/{rig.shards['u1']}"
    for _ in range(3):
        rig.outlet.sent.clear()
        rig.clock.advance(1)
        rig.step()
        (frame,) = [wire.decode_live(data) for to, data in rig.outlet.sent if to == topic]
        assert [alert.rule for alert in frame.unsaved] == ["R19"]
        others = [wire.decode_live(data) for to, data in rig.outlet.sent if to != topic]
        assert others, "the heartbeat goes on"
        assert all(other.unsaved == [] for other in others)


def test_an_alert_that_stood_before_and_ends_meanwhile_is_told_and_saved_as_ended(rig: Rig, gate: Gate) -> None:
    rig.arrive(leak(1))
    (before,) = rig.rows("alert_id", "alert")
    gate.lose()
    rig.arrive(leak(10, active=False), *(seconds(seq) for seq in range(13, 80)))
    rig.clock.advance(AFTER_S)
    rig.step()
    (alert,) = told(rig).unsaved
    assert (alert.rule, alert.state, alert.since_us) == ("R19", "latched, clear", START_US + 3 * SECOND)
    gate.open()
    rig.until_saved()

    assert rig.rows("alert_id, state", "alert") == [(before, "latched, clear")]
    assert rig.rows("count(*)", "alert_event") == [2]


def test_what_a_person_did_meanwhile_counts(rig: Rig, gate: Gate) -> None:
    rig.arrive(leak(1))
    gate.lose()
    rig.conn.execute(
        "INSERT INTO alert_event (alert_id, unit_id, rule, rule_version, priority, state, time, recorded_at, reason,"
        " inputs, limits, late, note) SELECT alert_id, unit_id, rule, rule_version, priority,"
        " 'active, acknowledged', now(), now(), 'acknowledged', '{}', '{}', false, '' FROM alert_event"
    )
    rig.arrive(leak(10, active=False), *(seconds(seq) for seq in range(13, 80)))
    gate.open()
    rig.until_saved()

    assert rig.rows("state", "alert") == ["normal"], "somebody had seen it: it is over, not latched"


def test_a_home_that_falls_silent_is_found_and_no_other(rig: Rig, gate: Gate) -> None:
    rig.add_unit("u2")
    rig.arrive(seconds(1), seconds(1, unit="u2"))
    gate.lose()
    for seq in range(2, 160, 2):
        rig.arrive(seconds(seq))

    assert {(a.unit, a.rule) for frame in rig.outlet.frames() for a in frame.unsaved} == {("u2", "R33")}


def test_silence_is_not_judged_beyond_what_was_read(rig: Rig, gate: Gate) -> None:
    rig.arrive(seconds(1))
    gate.lose()
    # Five minutes in which this process could not read: what waits says that nobody was silent.
    for seq in range(2, 300):
        rig.inbox.put(rig.message(seconds(seq)))
    rig.clock.advance(300)
    whole = rig.inbox.drain
    rig.inbox.drain = lambda *_: whole(10, 10**9, 0)  # type: ignore[method-assign]
    for _ in range(40):
        rig.clock.advance(1)
        rig.step()

    assert not any(frame.unsaved for frame in rig.outlet.frames())


def test_a_box_s_last_word_of_its_state_is_saved_afterwards(rig: Rig, gate: Gate) -> None:
    up = Status(1, "u1", True, START_US, EPOCH, "boot", "0.1.0", True, MachineLink.CONNECTED)
    rig.put([rig.message(up, direction="status")])
    gate.lose()
    for trouble, online in (("disk full", True), ("", False)):
        said = msgspec.structs.replace(up, trouble=trouble, online=online, sent_us=up.sent_us + 1)
        rig.inbox.put(rig.message(said, direction="status"))
        rig.clock.advance(AFTER_S)
        rig.step()
    assert [s.online for frame in rig.outlet.frames() for s in frame.statuses] == [True, True, False]
    gate.open()
    rig.until_saved()
    assert rig.rows("online, trouble", "unit_status") == [(False, "")]


def test_what_was_kept_does_not_take_the_place_of_a_box_s_last_word(
    rig: Rig, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.kept.MOST_MESSAGES", 1)
    up = Status(1, "u1", True, START_US, EPOCH, "boot", "0.1.0", True, MachineLink.CONNECTED)
    rig.put([rig.message(up, direction="status")])
    gate.lose()
    for online in (True, False):
        rig.inbox.put(rig.message(msgspec.structs.replace(up, online=online), direction="status"))
        rig.clock.advance(AFTER_S)
        rig.step()
    gate.open()
    rig.until_saved()
    rig.outlet.sent.clear()
    rig.clock.advance(1)
    rig.step()
    assert rig.rows("online", "unit_status") == [False]
    assert not any(frame.statuses for frame in rig.outlet.frames())


def test_strangers_other_shards_and_nonsense_are_passed_over(rig: Rig, gate: Gate) -> None:
    rig.arrive(seconds(1))
    gate.lose()
    rig.arrive(seconds(2, unit="stranger"), b"\xc1", seconds(3))
    rig.clock.advance(AFTER_S)
    rig.step()
    assert [r.seq for frame in rig.outlet.frames() for r in frame.readings][-1] == 3
    gate.open()
    rig.until_saved()
    rig.step()
    assert len(rig.rows("*", "quarantine")) == 2, "what was kept is judged as ever"


def test_a_message_we_stumble_over_takes_nobody_else_s_rules_away(
    rig: Rig, gate: Gate, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    whole = wire.decode_batch

    def decode(data: bytes) -> Batch:
        found = whole(data)
        if found.first_seq == 50:
            raise ZeroDivisionError
        return found

    rig.arrive(seconds(1))
    gate.lose()
    monkeypatch.setattr(wire, "decode_batch", decode)
    rig.arrive(leak(2), seconds(50))
    rig.clock.advance(AFTER_S)
    rig.step()

    assert [alert.rule for alert in told(rig).unsaved] == ["R19"]
    assert [r.message for r in caplog.records].count("message passed over") == 1


def test_rules_that_fail_are_told_and_do_not_stop_ingest(
    rig: Rig, gate: Gate, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def evaluate(_engine: Engine, _samples: Samples) -> list[Transition]:
        raise ZeroDivisionError

    rig.arrive(seconds(1))
    gate.lose()
    monkeypatch.setattr(Engine, "evaluate", evaluate)
    rig.arrive(seconds(2))
    monkeypatch.undo()
    rig.arrive(leak(3))
    rig.clock.advance(AFTER_S)
    rig.step()

    assert [alert.rule for alert in told(rig).unsaved] == ["R19"]
    assert "rules failed" in [r.message for r in caplog.records]


def test_an_event_that_comes_again_and_again_is_noted_once(rig: Rig, gate: Gate) -> None:
    rig.arrive(seconds(1))
    gate.lose()
    rig.arrive(leak(2))
    rig.arrive(leak(10, active=False), *(seconds(seq) for seq in range(13, 80)))
    for seq in range(80, 90):
        rig.arrive(again(leak(2), rig), seconds(seq))

    assert [alert.state for alert in told(rig).unsaved] == ["latched, clear"]


def test_what_an_agent_kept_from_before_is_late_now_and_when_it_is_stored(rig: Rig, gate: Gate) -> None:
    rig.arrive(seconds(100))
    gate.lose()
    old = batch([reading(5)], [event(6)], lane=Lane.BACKFILL, sent_us=rig.clock.now_us())
    rig.arrive(old)
    gate.open()
    rig.until_saved()
    rig.arrive(again(old, rig))
    rig.step()

    late = int(Flag.CLOCK_SYNCHRONISED | Flag.LATE)
    assert rig.rows("seq, flags", where="seq < 10") == [(5, late)]
    assert rig.rows("seq, flags", "machine_event") == [(6, late)]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_losses_on_the_way_during_an_outage_are_filled_as_late_and_nothing_else_is(
    rig: Rig, gate: Gate, seed: int
) -> None:
    dice = random.Random(seed)
    rig.arrive(seconds(0))
    gate.lose()
    lost = set(dice.sample(range(1, 59), 20))
    sent = [seconds(seq) for seq in range(1, 60)]
    rig.arrive(*(one for one in sent if one.first_seq not in lost))
    gate.open()
    rig.until_saved()
    rig.arrive(*(again(one, rig) for one in sent))
    rig.step()

    assert {seq for seq, flags in rig.rows("seq, flags") if flags & Flag.LATE} == lost
    assert rig.held() == [(0, 59)]


def test_a_process_that_was_stopped_itself_does_not_take_it_for_the_database_s_silence(rig: Rig, gate: Gate) -> None:
    rig.arrive(seconds(1))
    gate.shut()
    rig.clock.advance(300)
    rig.outlet.sent.clear()
    rig.step()
    rig.step()
    assert rig.worker.session is None
    assert rig.outlet.frames() == [], "whoever has the shards by now tells of them"
    rig.clock.advance(AFTER_S)
    rig.step()
    assert rig.outlet.frames() != []
