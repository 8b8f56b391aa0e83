from __future__ import annotations

from collections.abc import Sequence

import pytest

from ingest import ahead
from ingest.admission import Reason
from ingest.ahead import HANDFUL, PIECE, Ahead
from ingest.inbox import Inbox, Message
from ingest.intake import Intake, take
from ingest.kept import MOST_MESSAGES
from ingest.reception import Desk
from store.pool import Connection
from store.readings import ReadingColumns, copy_readings
from telemetry import wire
from tests.ingest.building import seconds
from tests.ingest.conftest import Rig

UP = "hhd/1/7/u1/up"


def filled(count: int, payload: bytes | None = None) -> tuple[Inbox, list[Message]]:
    inbox = Inbox()
    inbox.put(*(Message(UP, payload or wire.encode(seconds(n + 1)), n) for n in range(count)))
    return inbox, inbox.oldest(0, count)


def all_of(work: Ahead) -> int:
    """Work to its end; in how many pieces."""
    go_on, pieces = work.begin(lambda: None), 0
    while go_on():
        pieces += 1
    return pieces


def test_what_comes_first_is_done_first_and_messages_piece_by_piece() -> None:
    inbox, messages = filled(2 * PIECE + 1)
    done: list[str] = []
    go_on = Ahead(inbox).begin(lambda: done.append("first"))
    assert go_on() and done == ["first"] and messages[0].decoded is None
    assert go_on() and [message.decoded is not None for message in messages].index(False) == PIECE
    while go_on():
        pass
    assert done == ["first"]
    assert [message.decoded for message in messages] == [wire.decode_batch(message.payload) for message in messages]
    assert len(inbox) == len(messages), "they wait as before"


def test_more_than_a_cycle_takes_is_not_decoded() -> None:
    inbox, messages = filled(MOST_MESSAGES + HANDFUL)
    assert all_of(Ahead(inbox)) >= MOST_MESSAGES // PIECE
    assert sum(message.decoded is not None for message in messages) == MOST_MESSAGES


def test_nor_more_bytes_than_a_cycle_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    inbox, messages = filled(1000)
    monkeypatch.setattr(ahead, "MOST_BYTES", 100 * messages[0].size)
    all_of(Ahead(inbox))
    assert 100 <= sum(message.decoded is not None for message in messages) < 100 + PIECE


def test_what_cannot_be_decoded_keeps_its_reason_and_others_are_left_alone() -> None:
    inbox = Inbox()
    inbox.put(Message(UP, b"nonsense", 1), Message("hhd/1/7/u1/status", b"", 2), Message("x", b"y", 3))
    bad, status, strange = inbox.oldest(0, 3)
    all_of(Ahead(inbox))
    assert bad.decoded is Reason.UNDECODABLE
    assert (status.decoded, strange.decoded) == (None, None)


def test_what_waits_when_the_database_is_at_work_is_decoded_by_then_and_stored(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = [rig.message(seconds(n)) for n in (2, 3)]

    def and_more_come(messages: Sequence[Message], desk: Desk) -> Intake:
        rig.inbox.put(*(message for message in later if message.decoded is None))
        return take(messages, desk)

    def slowly(conn: Connection, columns: ReadingColumns) -> None:
        conn.execute("SELECT pg_sleep(0.1)")
        copy_readings(conn, columns)

    monkeypatch.setattr("ingest.pipeline.take", and_more_come)
    monkeypatch.setattr("store.readings.copy_readings", slowly)
    rig.feed(seconds(1))
    assert rig.rows() == [1]
    assert [message.decoded for message in later] == [seconds(2), seconds(3)]

    monkeypatch.setattr("telemetry.wire.decode_batch", lambda _data: pytest.fail("decoded once more"))
    rig.clock.advance(2.5)
    rig.turn()
    assert rig.rows() == [1, 2, 3]
    assert rig.outlet.acked("u1") == [(1, 3)]
    assert [reading.seq for frame in rig.outlet.frames() for reading in frame.readings] == [1, 3]
