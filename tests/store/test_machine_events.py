from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from store import machine_events
from store.errors import StoreError, Trouble
from store.machine_events import EventRow, ExtraRow
from store.pool import Connection, Pool
from telemetry.messages import Event, EventKind

NOW_US = 1_750_000_000_000_000
EPOCH = "0123456789abcdef"
AIR = "MDC_EVT_HDIALY_SAFETY_VEN_AIR_DETECT"


def alarm(seq: int, active: bool, unit_id: int = 1, name: str = AIR, signal: str = "") -> EventRow:
    event = Event(seq, NOW_US + seq, seq, 1, EventKind.ALARM, name, 198262, active, signal, "air")
    return EventRow(unit_id, EPOCH, NOW_US + 100, event)


async def test_events_come_back_in_order(conn: Connection, apool: Pool) -> None:
    rows = [
        alarm(0, True),
        EventRow(1, EPOCH, NOW_US, Event(1, NOW_US + 1, 1, 0, EventKind.PHASE, "TX", 0, True, "", "x")),
    ]
    machine_events.add_events(conn, rows[::-1])
    machine_events.add_events(conn, [])
    async with apool.connection() as aconn:
        assert await machine_events.events(aconn, 1, NOW_US, NOW_US + 2) == rows
        assert await machine_events.events(aconn, 1, NOW_US + 1, NOW_US + 2) == rows[1:]
    assert machine_events.events_between(conn, 1, NOW_US, NOW_US + 2) == [row.event for row in rows]
    assert machine_events.events_between(conn, 1, NOW_US + 1, NOW_US + 2) == [rows[1].event]


def test_standing_alarms(conn: Connection) -> None:
    rows = [alarm(0, True), alarm(1, False), alarm(2, True), alarm(3, True, name="A"), alarm(4, False, name="A")]
    machine_events.add_events(conn, [*rows, alarm(5, True, unit_id=2)])
    assert machine_events.standing_alarms(conn, [1]) == [rows[2]]
    assert machine_events.standing_alarms(conn, []) == []


def test_an_impossible_time_does_not_say_that_an_alarm_stands(conn: Connection) -> None:
    ended, early, ahead = alarm(1, False), alarm(2, True), alarm(3, True)
    times = {early: 0, ahead: NOW_US + 3 * 86_400_000_000}
    wrong = [replace(row, event=msgspec.structs.replace(row.event, time_us=at)) for row, at in times.items()]
    machine_events.add_events(conn, [ended, *wrong])
    assert machine_events.standing_alarms(conn, [1]) == []


def test_absurd_events_are_stored(conn: Connection) -> None:
    event = Event(0, 2**62, -5, 255, EventKind.AGENT, "nul\0", 2**31 - 1, True, "\ud800", "x" * 20_000)
    machine_events.add_events(conn, [EventRow(1, EPOCH, NOW_US, event)])
    found = conn.execute(
        "SELECT name, signal, length(text), extract(year FROM time)::int FROM machine_event"
    ).fetchone()
    assert found == ("nul\ufffd", "\ufffd\ufffd\ufffd", 10_000, 9999)


def test_twice_is_refused(conn: Connection) -> None:
    machine_events.add_events(conn, [alarm(0, True)])
    with pytest.raises(StoreError) as caught:
        machine_events.add_events(conn, [alarm(0, True)])
    assert caught.value.trouble is Trouble.CONFLICT


def test_extras(conn: Connection) -> None:
    machine_events.add_extras(conn, [ExtraRow(1, EPOCH, 3, NOW_US, {"dialyser": "X\0-1", "n": "2"})])
    machine_events.add_extras(conn, [])
    found = conn.execute("SELECT unit_id, seq, extra FROM reading_extra").fetchall()
    assert found == [(1, 3, {"dialyser": "X\ufffd-1", "n": "2"})]
