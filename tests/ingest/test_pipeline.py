from __future__ import annotations

import random
from itertools import pairwise

import msgspec
import pytest

from alerts.engine import Engine
from alerts.records import Samples, Transition
from ingest.inbox import Message
from ingest.units import MAX_EPOCHS
from store import registry
from telemetry import wire
from telemetry.messages import Batch, EventKind, Flag, Lane, MachineLink, Status
from tests.ingest.building import EPOCH, SECOND, START_US, batch, event, reading, seconds
from tests.ingest.conftest import Rig


def a_while(epoch: str = EPOCH, length: int = 60) -> list[Batch]:
    """A minute in batches of one to five rows, with an event here and there, as an agent sends them."""
    dice = random.Random(epoch)
    batches, seq = [], 0
    while seq < length:
        rows = [reading(s) for s in range(seq, seq + dice.randint(1, 5))]
        seq += len(rows)
        noted = [event(seq)] if dice.random() < 0.2 else []
        seq += len(noted)
        batches.append(batch(rows, noted, epoch=epoch))
    return batches


def stored_once(rig: Rig, batches: list[Batch]) -> None:
    """The database holds every row and event of `batches` exactly once, with its values, and says so."""
    rows = {(b.epoch, seq) for b in batches for seq in wire.sequence_numbers(b)[: b.count]}
    events = {(b.epoch, e.seq) for b in batches for e in b.events}
    found = rig.rows("epoch, seq, blood_flow, venous_pressure")
    assert [row[:2] for row in found] == sorted(rows)
    assert all(row[2:] == (300.0, 120.0 + row[1] % 10) for row in found)
    assert rig.rows("epoch, seq", "machine_event") == sorted(events)
    held = rig.conn.execute("SELECT epoch, lower(p), upper(p) - 1 FROM received, unnest(seqs) AS p").fetchall()
    assert {(e, s) for e, first, last in held for s in range(first, last + 1)} == rows | events


@pytest.mark.parametrize("seed", range(4))
def test_permuted_and_duplicated_batches_are_stored_exactly_once(rig: Rig, seed: int) -> None:
    dice = random.Random(seed)
    batches = [*a_while(), *a_while("fedcba9876543210")]
    sent = [*batches, *dice.choices(batches, k=len(batches))]
    dice.shuffle(sent)
    while sent:
        size = dice.randint(1, 12)
        rig.feed(*sent[:size])
        sent = sent[size:]

    stored_once(rig, batches)
    rig.clock.advance(5)
    rig.turn()
    assert rig.outlet.acked("u1") == [(0, max(wire.sequence_numbers(batches[-1])))]


def test_a_process_killed_between_commit_and_acknowledgement_loses_and_doubles_nothing(rig: Rig) -> None:
    batches = a_while()
    rig.feed(*batches[:7])
    assert rig.outlet.acked("u1") == []  # it died before it could say so
    rig.restart()
    rig.feed(*batches)

    stored_once(rig, batches)
    assert rig.outlet.acked("u1") == [(0, max(wire.sequence_numbers(batches[-1])))]


def test_more_epochs_in_one_handful_than_are_remembered(rig: Rig) -> None:
    epochs = [f"{number:016x}" for number in range(MAX_EPOCHS * 3)]
    batches = [seconds(1, 2, epoch=epoch) for epoch in epochs]
    rig.feed(*batches, *batches)
    rig.feed(*reversed(batches))

    stored_once(rig, batches)


def test_rows_that_come_after_newer_ones_are_stored_and_marked_late(rig: Rig) -> None:
    rig.feed(seconds(5))
    rig.feed(seconds(3, 4), seconds(6))

    late = {seq: bool(flags & Flag.LATE) for seq, flags in rig.rows("seq, flags")}
    assert late == {3: True, 4: True, 5: False, 6: False}


def test_late_stays_late_after_a_restart(rig: Rig) -> None:
    rig.feed(seconds(5))
    rig.feed(seconds(6))
    rig.restart()
    rig.feed(seconds(4), seconds(7))

    assert rig.rows("seq", where="flags & 4 <> 0") == [4]


def test_live_rows_are_shown_once_committed_newest_per_unit(rig: Rig) -> None:
    rig.add_unit("u2")
    rig.feed(seconds(1, 2), seconds(2, unit="u2"), seconds(3))

    shown = {r.unit: r for frame in rig.outlet.frames() for r in frame.readings}
    assert {unit: r.seq for unit, r in shown.items()} == {"u1": 3, "u2": 2}
    assert shown["u1"].values == {0: 300.0, 3: 123.0}
    assert shown["u1"].time_us == START_US + 3 * SECOND


def test_backlog_is_stored_acknowledged_at_once_and_not_shown(rig: Rig) -> None:
    rig.feed(seconds(*range(60), lane=Lane.BACKFILL, sent_us=START_US + 900 * SECOND))

    assert rig.outlet.acked("u1") == [(0, 59)]
    assert not [frame for frame in rig.outlet.frames() if frame.readings]
    assert len(rig.rows()) == 60


def test_an_acknowledgement_waits_a_moment_for_more(rig: Rig) -> None:
    rig.feed(seconds(1))
    assert rig.outlet.acked("u1") == []
    rig.clock.advance(1)
    rig.feed(seconds(2))
    rig.clock.advance(1)
    rig.turn()

    (ack,) = rig.outlet.acks("u1")
    assert ack.ranges == [(1, 2)]


def test_events_extras_and_marks_are_stored(rig: Rig) -> None:
    marked = reading(1, invalid=1 << 3, extras={"program": "Na 3"})
    link = event(2, kind=EventKind.LINK, name="silent", active=True)
    rig.feed(batch([marked], [link]))

    assert rig.rows("invalid, phase") == [(8, 3)]
    assert rig.rows("kind, name, active", "machine_event") == [("link", "silent", True)]
    assert rig.rows("seq, extra", "reading_extra") == [(1, {"program": "Na 3"})]


def test_extras_of_a_row_that_was_held_are_not_stored_again(rig: Rig) -> None:
    first, second = reading(1, extras={"a": "1"}), reading(2, extras={"b": "2"})
    rig.feed(batch([first]))
    rig.feed(batch([first, second]))

    assert rig.rows("extra", "reading_extra") == [{"a": "1"}, {"b": "2"}]


def test_impossible_times_are_stored_and_acknowledged_and_neither_shown_nor_judged(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[int] = []
    whole = Engine.evaluate

    def evaluate(engine: Engine, samples: Samples) -> list[Transition]:
        shown.extend([*samples.time_us.tolist(), *(event.time_us for _, event in samples.events)])
        return whole(engine, samples)

    monkeypatch.setattr(Engine, "evaluate", evaluate)
    early = msgspec.structs.replace(event(3), time_us=SECOND, mono_ms=0)
    rig.feed(batch([reading(1), reading(2, time_us=0, mono_ms=0)], [early, event(4)]))
    rig.clock.advance(5)
    rig.turn()

    assert rig.rows("seq, to_us(time), flags & 4") == [(1, START_US + SECOND, 0), (2, 0, 4)]
    assert rig.rows("seq, flags & 4", "machine_event") == [(3, 4), (4, 0)]
    assert rig.rows("reason", "quarantine") == []
    assert rig.outlet.acked("u1") == [(1, 4)]
    assert [r.seq for frame in rig.outlet.frames() for r in frame.readings] == [1]
    assert shown == [START_US + SECOND, START_US + 4 * SECOND]


def test_a_unit_gone_mad_does_not_fill_the_quarantine_and_is_told_only_of_what_is_kept(rig: Rig) -> None:
    broken = [wire.encode(msgspec.structs.replace(seconds(seq), times=b"")) for seq in range(50)]
    rig.feed(*broken, seconds(60))

    kept = len(rig.rows("reason", "quarantine"))
    assert kept == 10
    assert sum(len(ack.refused) for ack in rig.outlet.acks("u1")) == kept
    assert rig.rows() == [60]


def test_a_unit_revoked_is_taken_no_more_and_its_agent_keeps_its_rows(rig: Rig) -> None:
    rig.feed(seconds(1))
    registry.revoke_unit(rig.conn, "u1", rig.clock.now_us())
    rig.clock.advance(20)
    rig.turn()
    rig.feed(seconds(2))

    assert rig.rows() == [1]
    assert rig.rows("reason", "quarantine") == ["revoked"]
    assert rig.outlet.acked("u1") == [(1, 1)]
    assert not any(ack.refused for ack in rig.outlet.acks("u1"))


def test_a_unit_revoked_a_second_ago_is_taken_no_more(rig: Rig) -> None:
    rig.feed(seconds(1))
    registry.revoke_unit(rig.conn, "u1", rig.clock.now_us())
    rig.clock.advance(1)
    rig.worker.turn(0)
    rig.feed(seconds(2))
    assert rig.rows() == [1]
    assert rig.rows("reason", "quarantine") == ["revoked"]


def leaking(rig: Rig) -> list[object]:
    """A blood leak of `u1` that nobody has seen yet; the state of the alert."""
    rig.feed(batch([reading(1)], [event(2, name="MDC_EVT_HDIALY_BLOOD_LEAK")]), seconds(3))
    return rig.rows("state", "alert")


@pytest.mark.parametrize("restart", [False, True])
def test_what_stands_of_a_unit_that_is_revoked_is_closed_and_its_silence_is_nobody_s_business(
    rig: Rig, restart: bool, caplog: pytest.LogCaptureFixture
) -> None:
    rig.add_unit("u2")
    rig.feed(seconds(1, unit="u2"))
    assert leaking(rig) == ["active, unacknowledged"]
    registry.revoke_unit(rig.conn, "u1", rig.clock.now_us())
    if restart:
        rig.restart()
    for _ in range(30):
        rig.clock.advance(20)
        rig.turn()

    of_u1 = "unit_id = (SELECT unit_id FROM unit WHERE name = 'u1')"
    assert rig.rows("state", "alert", of_u1) == ["normal"]
    assert rig.rows("event_id, reason", "alert_event", of_u1)[-1][1] == "the unit was revoked"
    assert rig.rows("rule", "alert", f"NOT {of_u1}") == ["R33"]  # of the other box the silence is told
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_a_status_from_the_broker_s_memory_is_stored_and_not_shown_as_news(rig: Rig) -> None:
    def kept() -> Message:
        said = Status(1, "u1", True, START_US, trouble="disk full")
        return msgspec.structs.replace(rig.message(said, direction="status"), retained=True)

    rig.put([kept()])
    rig.clock.advance(1)
    assert rig.rows("online, trouble, heard_at", "unit_status") == [(True, "disk full", None)]
    assert not any(frame.statuses for frame in rig.outlet.frames())

    rig.put([rig.message(Status(1, "u1", True, START_US + 1), direction="status")])
    rig.clock.advance(5)
    rig.put([kept()])
    assert rig.rows("extract(epoch FROM received_at - heard_at)::int", "unit_status") == [5]
    assert [s.trouble for frame in rig.outlet.frames() for s in frame.statuses] == [""]


def test_a_unit_provisioned_a_moment_ago_is_taken_and_a_stranger_is_not_answered(rig: Rig) -> None:
    rig.feed(seconds(1, unit="stranger"))
    rig.add_unit("newcomer")
    rig.feed(seconds(1, unit="newcomer"))

    assert len(rig.rows()) == 1
    assert rig.outlet.acks("stranger") == []
    assert rig.rows("unit, reason", "quarantine") == [("", "unknown unit")]


def test_a_status_is_stored_and_shown_and_the_last_will_too(rig: Rig) -> None:
    up = Status(1, "u1", True, START_US, EPOCH, "boot", "0.1.0", True, MachineLink.CONNECTED, "jsdt", "v1", 12)
    rig.put([rig.message(up, direction="status")])
    assert rig.rows("online, machine, outbox_rows", "unit_status") == [(True, "connected", 12)]
    rig.clock.advance(1)
    rig.put([rig.message(msgspec.structs.replace(up, online=False), direction="status")])

    assert rig.rows("online", "unit_status") == [False]
    assert [s.online for frame in rig.outlet.frames() for s in frame.statuses] == [True, False]


def test_a_box_at_1970_is_stored_with_times_put_right_and_a_mark(rig: Rig) -> None:
    for seq in (1, 2):
        rig.clock.advance(START_US / 1e6 + seq - rig.clock.now_us() / 1e6)
        one = batch([reading(seq, time_us=(100 + seq) * SECOND, flags=0)])
        rig.put([rig.message(wire.encode(one))])

    times = rig.rows("to_us(time)")
    assert times == pytest.approx([START_US + SECOND, START_US + 2 * SECOND], abs=SECOND // 2)
    assert all(after - before == SECOND for before, after in pairwise(times))
    assert all(flags & Flag.TIME_CORRECTED for flags in rig.rows("flags"))


def test_a_quiet_process_says_every_second_that_it_lives(rig: Rig) -> None:
    for _ in range(5):
        rig.clock.advance(1)
        rig.turn()

    assert len(rig.outlet.frames()) >= 5
    assert rig.rows("service, (detail->>'shards')::int", "service_heartbeat") == [("ingest", 64)]
