"""An intake as the rows of the store's tables. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ingest.columns import Ints
from ingest.intake import Intake
from ingest.outcasts import Outcast
from ingest.ranges import Range
from ingest.reception import Said
from store import received
from store.machine_events import EventRow, ExtraRow
from store.quarantine import QuarantineRow
from store.readings import ReadingColumns
from store.unit_status import StatusRow
from telemetry import wire


def reading_columns(intake: Intake, arrived: Ints) -> ReadingColumns:
    """The admitted rows; `arrived` says of each when."""
    rows, parts = intake.rows, intake.parts
    return ReadingColumns(
        unit_id=np.array([part.unit.known.unit_id for part in parts], np.int32)[rows.part],
        epoch=np.array([part.batch.epoch for part in parts], "S16")[rows.part],
        seq=rows.seq,
        time_us=rows.time_us,
        mono_ms=rows.mono_ms,
        phase=rows.phase,
        flags=rows.flags,
        invalid=rows.invalid,
        received_us=arrived,
        values=rows.values,
    )


def fresh_ranges(intake: Intake) -> dict[received.Key, list[Range]]:
    """The seqs stored with this intake, by unit id and epoch."""
    held: dict[received.Key, list[Range]] = {}
    for part in intake.parts:
        if not part.sifted.fresh:
            continue
        pieces = held.setdefault((part.unit.known.unit_id, part.batch.epoch), [])
        for first, last in part.sifted.fresh:
            # Messages of a unit mostly continue each other: what is one range costs the database one.
            if pieces and pieces[-1][1] + 1 == first:
                pieces[-1] = pieces[-1][0], last
            else:
                pieces.append((first, last))
    return held


def event_rows(intake: Intake) -> list[EventRow]:
    """The admitted events."""
    parts = intake.parts
    return [
        EventRow(parts[at].unit.known.unit_id, parts[at].batch.epoch, parts[at].message.received_us, event)
        for at, event in intake.events
    ]


def extras(intake: Intake) -> list[ExtraRow]:
    """Vendor extras of the admitted rows."""
    found: list[ExtraRow] = []
    rows = intake.rows
    for index, part in enumerate(intake.parts):
        if not part.batch.extras:
            continue
        mine = np.flatnonzero(rows.part == index)
        times = dict(zip(rows.seq[mine].tolist(), rows.time_us[mine].tolist(), strict=True))
        numbers = wire.sequence_numbers(part.batch)
        for row, extras in part.batch.extras.items():
            if (time_us := times.get(numbers[row])) is not None:
                found.append(ExtraRow(part.unit.known.unit_id, part.batch.epoch, numbers[row], time_us, extras))
    return found


def status_rows(statuses: Iterable[Said]) -> list[StatusRow]:
    """The statuses; one the broker had kept does not count as heard."""
    return [
        StatusRow(
            said.unit.known.unit_id,
            said.received_us,
            said.status,
            heard_us=None if said.retained else said.received_us,
        )
        for said in statuses
    ]


def quarantine_row(outcast: Outcast) -> QuarantineRow:
    """An outcast as it is kept."""
    message = outcast.message
    reason = f"{outcast.reason}: {outcast.detail}" if outcast.detail else str(outcast.reason)
    return QuarantineRow(message.received_us, message.topic, outcast.unit, reason, message.payload)
