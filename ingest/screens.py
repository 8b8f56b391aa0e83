"""The newest values of every unit in a cycle, as the screens get them. Pure."""

from __future__ import annotations

import numpy as np

from ingest.intake import Intake
from telemetry.messages import LiveReading


def live_readings(intake: Intake) -> list[tuple[int, LiveReading]]:
    """(shard, reading) of every unit that has a row here which is not late: its newest."""
    rows, parts = intake.rows, intake.parts
    live = np.flatnonzero(~intake.late)
    if not len(live):
        return []
    # Live rows of a unit come in order of time: its last one is its newest.
    place = np.array([part.unit.row for part in parts], np.int64)[rows.part[live]]
    newest = live[len(live) - 1 - np.unique(place[::-1], return_index=True)[1]]
    columns = (rows.part, rows.time_us, rows.seq, rows.phase, rows.flags, rows.invalid, rows.values)
    found = []
    for index, time_us, seq, phase, flags, invalid, values in zip(
        *(column[newest].tolist() for column in columns), strict=True
    ):
        part = parts[index]
        # A value that was not measured is NaN, the only number that does not equal itself.
        measured = {number: value for number, value in enumerate(values) if value == value}
        reading = LiveReading(
            part.unit.known.name, time_us, part.message.received_us, seq, phase, flags, invalid, measured
        )
        found.append((part.unit.known.shard, reading))
    return found
