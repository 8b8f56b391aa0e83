"""The times of a cycle's rows in the server's clock: applies `clock_offset` to all batches at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from ingest import clock_offset
from ingest.clock_offset import Shift
from ingest.columns import Bools, Ints, Rows
from ingest.reception import Part
from ingest.units import Unit
from telemetry.messages import Flag

_TIME_LIMIT: Final = 2**60


def observe(part: Part) -> None:
    """Let the clock estimate of the batch's boot learn from it."""
    batch = part.batch
    clock = part.unit.clock(batch.boot)
    if batch.count:
        time_us = int.from_bytes(batch.times[-8:], "little", signed=True)
        mono_ms = int.from_bytes(batch.monos[-8:], "little", signed=True)
    else:
        time_us, mono_ms = batch.events[-1].time_us, batch.events[-1].mono_ms
    clock.observe(part.message.received_us, batch.sent_us, time_us, mono_ms)


def shifts_of(parts: Sequence[Part]) -> Shift:
    """Per batch, what its rows are corrected by."""
    anchors: list[int] = []
    anchored, trusted, fallback, threshold = [], [], [], []
    for part in parts:
        clock, batch = part.unit.clock(part.batch.boot), part.batch
        flags = batch.flags[-1] if batch.count else batch.events[-1].flags
        synchronised = bool(flags & Flag.CLOCK_SYNCHRONISED)
        anchor = clock.anchor_us()
        anchors.append(anchor or 0)
        anchored.append(anchor is not None)
        trusted.append(clock.is_trusted(synchronised))
        behind = 0 if synchronised else part.message.received_us - batch.sent_us
        fallback.append(max(-_TIME_LIMIT, min(_TIME_LIMIT, behind)))
        threshold.append(clock.threshold_us())
    flag, number = np.bool_, np.int64
    return Shift(
        np.array(anchors, number),
        np.array(anchored, flag),
        np.array(trusted, flag),
        np.array(fallback, number),
        np.array(threshold, number),
    )


def in_server_time(times: Ints, monos: Ints, part: npt.NDArray[np.int32], shifts: Shift) -> tuple[Ints, Bools, Ints]:
    """Corrected times, which were changed, and by how much they are off."""
    per_row = Shift(*(getattr(shifts, name)[part] for name in Shift.__slots__))
    offset = clock_offset.offsets(times, monos, per_row)
    return *clock_offset.corrected(times, offset, per_row.threshold), offset


def note_clocks(parts: Sequence[Part], rows: Rows, moved: Bools, offset: Ints) -> list[tuple[Unit, int]]:
    """Note how every unit's clock stands by the newest row of each batch; those that crossed 60 s, with the offset."""
    last = np.flatnonzero(np.diff(rows.part, append=-1))
    crossed = []
    columns = zip(rows.part[last].tolist(), moved[last].tolist(), offset[last].tolist(), strict=True)
    for index, correcting, offset_us in columns:
        unit, clock = parts[index].unit, parts[index].unit.clock(parts[index].batch.boot)
        if clock.anchor_us() is None:
            continue
        clock.correcting = correcting
        off = abs(offset_us) > clock_offset.FINDING_US
        if off != unit.clock_off:
            unit.clock_off = off
            crossed.append((unit, offset_us))
    return crossed
