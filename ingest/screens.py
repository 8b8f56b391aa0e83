"""The newest values of every unit in a cycle, as the screens get them. Pure."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import numpy.typing as npt

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
    columns = (rows.part, rows.time_us, rows.seq, rows.phase, rows.flags, rows.invalid)
    found = []
    for index, time_us, seq, phase, flags, invalid, values in zip(
        *(column[newest].tolist() for column in columns), _measured(rows.values[newest]), strict=True
    ):
        part = parts[index]
        known = part.unit.known
        reading = LiveReading(known.name, time_us, part.message.received_us, seq, phase, flags, invalid, values)
        found.append((known.shard, reading))
    return found


def _measured(values: npt.NDArray[np.float32]) -> list[dict[int, float]]:
    """Of each row the values that were measured. Rows that measured the same signals are taken together."""
    there = ~np.isnan(values)
    patterns = np.packbits(there, axis=1)
    alike: defaultdict[bytes, list[int]] = defaultdict(list)
    for row, pattern in enumerate(patterns.view(f"V{patterns.shape[1]}").ravel().tolist()):
        alike[pattern].append(row)
    found: list[dict[int, float]] = [{}] * len(values)
    for rows in alike.values():
        numbers = np.flatnonzero(there[rows[0]]).tolist()
        for row, measured in zip(rows, values[np.ix_(rows, numbers)].tolist(), strict=True):
            found[row] = dict(zip(numbers, measured, strict=True))
    return found
