"""What began, ended or was noted at a machine, and what a model says beyond the catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from store.pool import AsyncConnection, Connection
from store.queries import arun, run
from store.values import storable_text, storable_us
from telemetry.messages import Event, EventKind


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event of one unit; `event.time_us` is the time to store."""

    unit_id: int
    epoch: str
    received_us: int
    event: Event


@dataclass(frozen=True, slots=True)
class ExtraRow:
    """The vendor extras of one reading."""

    unit_id: int
    epoch: str
    seq: int
    time_us: int
    extras: Mapping[str, str]


def add_events(conn: Connection, rows: Sequence[EventRow]) -> None:
    """Store events; StoreError on a duplicate (unit, time, seq, epoch)."""
    if not rows:
        return
    events = [row.event for row in rows]
    columns = {
        "units": [row.unit_id for row in rows],
        "epochs": [row.epoch for row in rows],
        "received": [storable_us(row.received_us) for row in rows],
        "times": [storable_us(event.time_us) for event in events],
        "seqs": [event.seq for event in events],
        "monos": [event.mono_ms for event in events],
        "flags": [event.flags for event in events],
        "kinds": [str(event.kind) for event in events],
        "names": [storable_text(event.name) for event in events],
        "codes": [event.code for event in events],
        "active": [event.active for event in events],
        "signals": [storable_text(event.signal) for event in events],
        "texts": [storable_text(event.text) for event in events],
    }
    run(conn, "add_machine_events", columns)


def add_extras(conn: Connection, rows: Sequence[ExtraRow]) -> None:
    """Store vendor extras."""
    if not rows:
        return
    columns = {
        "units": [row.unit_id for row in rows],
        "epochs": [row.epoch for row in rows],
        "seqs": [row.seq for row in rows],
        "times": [storable_us(row.time_us) for row in rows],
        "extras": [
            Jsonb({storable_text(key): storable_text(text) for key, text in row.extras.items()}) for row in rows
        ],
    }
    run(conn, "add_reading_extras", columns)


async def events(conn: AsyncConnection, unit_id: int, start_us: int, end_us: int) -> list[EventRow]:
    """Events of a unit with start ≤ time < end, in order of time."""
    parameters = {"unit": unit_id, "start": storable_us(start_us), "end": storable_us(end_us)}
    return [event_row(row) async for row in await arun(conn, "machine_events", parameters)]


def events_between(conn: Connection, unit_id: int, start_us: int, end_us: int) -> list[Event]:
    """The same, for whoever waits."""
    parameters = {"unit": unit_id, "start": storable_us(start_us), "end": storable_us(end_us)}
    return [event_row(row).event for row in run(conn, "machine_events", parameters)]


def standing_alarms(conn: Connection, unit_ids: Sequence[int]) -> list[EventRow]:
    """The last event of every machine alarm that has begun and not ended: what the rules need after a restart."""
    return [event_row(row) for row in run(conn, "standing_alarms", {"units": list(unit_ids)})]


def events_by_number(
    conn: Connection, unit_id: int, epoch: str, seqs: Sequence[int], span_us: tuple[int, int]
) -> list[Event]:
    """The events with these numbers whose time lies within the span."""
    parameters = {
        "unit": unit_id, "epoch": epoch, "seqs": list(seqs), "start": storable_us(span_us[0]),
        "end": storable_us(span_us[1]),
    }  # fmt: skip
    return [event_row(row).event for row in run(conn, "events_by_number", parameters)]


def event_row(row: tuple[Any, ...]) -> EventRow:
    """A row of the columns that the queries about events select."""
    unit_id, epoch, received_us, *fields = row
    fields[4] = EventKind(fields[4])
    return EventRow(unit_id, epoch, received_us, Event(*fields))
