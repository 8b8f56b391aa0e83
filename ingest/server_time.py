"""The times of a cycle's rows in the server's clock: applies `clock_offset` to all batches at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ingest import clock_offset
from ingest.clock_offset import Shift
from ingest.columns import Bools, Ints, Rows
from ingest.reception import Part
from ingest.units import Unit
from telemetry.messages import Flag

Flags = npt.NDArray[np.uint8]
_TIME_LIMIT: Final = 2**60
_UNCERTAIN: Final = int(Flag.TIME_UNCERTAIN)


def observe(parts: Sequence[Part], rows: Rows) -> None:
    """Let the clock estimate of every batch's boot learn from it. `rows`: theirs, as sent."""
    if not parts:
        return
    ends = np.cumsum([part.batch.count for part in parts])
    last = np.maximum(ends - 1, 0)
    columns = (rows.time_us, rows.mono_ms, rows.flags) if len(rows) else (np.zeros(1, np.int64),) * 3
    newest = zip(*(column[last].tolist() for column in columns), strict=True)
    for part, (time_us, mono_ms, flags) in zip(parts, newest, strict=True):
        batch = part.batch
        if not batch.count:
            event = batch.events[-1]
            time_us, mono_ms, flags = event.time_us, event.mono_ms, event.flags
        # An uncertain time is placed beside the moment of sending, and so it always looks fresh.
        if not flags & _UNCERTAIN:
            part.clock.observe(part.message.received_us, batch.sent_us, time_us, mono_ms)


def shifts_of(parts: Sequence[Part]) -> Shift:
    """Per batch, what its rows are corrected by."""
    clocks = [part.clock for part in parts]
    anchors = [clock.anchor_us for clock in clocks]
    behind = [max(-_TIME_LIMIT, min(_TIME_LIMIT, part.message.received_us - part.batch.sent_us)) for part in parts]
    flag, number = np.bool_, np.int64
    return Shift(
        np.array([anchor or 0 for anchor in anchors], number),
        np.array([anchor is not None for anchor in anchors], flag),
        np.array([clock.is_proven for clock in clocks], flag),
        np.array(behind, number),
        np.array([clock.threshold_us() for clock in clocks], number),
    )


@dataclass(frozen=True, slots=True)
class Placed:
    """Rows in the server's time.

    Attributes:
        flags: as the agent set them, TIME_CORRECTED where ingest changed the time, TIME_UNCERTAIN only where nothing
            better is known of the row's boot. offset: by how much the agent's times are off.
    """

    time_us: Ints
    flags: Flags
    offset: Ints
    moved: Bools

    @property
    def uncertain(self) -> Bools:
        """Whose time is only the latest it can have been."""
        marked: Bools = (self.flags & np.uint8(Flag.TIME_UNCERTAIN)) != 0
        return marked


def in_server_time(times: Ints, monos: Ints, flags: Flags, part: npt.NDArray[np.int32], shifts: Shift) -> Placed:
    """Rows as they came, `part` saying in which batch, put into the server's time."""
    per_row = Shift(*(getattr(shifts, name)[part] for name in Shift.__slots__))
    right = (flags & np.uint8(Flag.CLOCK_SYNCHRONISED)) != 0
    offset = clock_offset.offsets(times, monos, right, per_row)
    time_us, moved = clock_offset.corrected(times, offset, per_row.threshold)
    known = np.where(per_row.anchored, flags & ~np.uint8(Flag.TIME_UNCERTAIN), flags)
    return Placed(time_us, known | (moved * np.uint8(Flag.TIME_CORRECTED)), offset, moved)


def note_clocks(parts: Sequence[Part], rows: Rows, moved: Bools, offset: Ints) -> list[tuple[Unit, int]]:
    """Note how every unit's clock stands by the newest row of each batch; those that crossed 60 s, with the offset."""
    last = np.flatnonzero(np.diff(rows.part, append=-1))
    crossed = []
    columns = zip(rows.part[last].tolist(), moved[last].tolist(), offset[last].tolist(), strict=True)
    for index, correcting, offset_us in columns:
        unit, clock = parts[index].unit, parts[index].clock
        if clock.anchor_us is None:
            continue
        clock.correcting = correcting
        off = abs(offset_us) > clock_offset.FINDING_US
        if off != unit.clock_off:
            unit.clock_off = off
            crossed.append((unit, offset_us))
    return crossed
