"""Readings into the database: binary COPY of wide rows, built by numpy without a Python step per row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from store.copy_layout import FIXED, NUMBERS, ORDER, layout
from store.errors import translate
from store.partitions import ensure_partitions
from store.pool import Connection
from store.values import EARLIEST_US, LATEST_US
from telemetry import signals

_HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER: Final = b"\xff\xff"
_EPOCH_2000_US: Final = 946_684_800_000_000

# As bytes: composed anew for every COPY it costs as much as a hundred rows.
COPY: Final = (
    sql.SQL("COPY reading ({}) FROM STDIN (FORMAT binary)")
    .format(
        sql.SQL(", ").join(
            sql.Identifier(n) for n in [*(f[0] for f in FIXED), *(signals.CATALOGUE[n].name for n in ORDER)]
        )
    )
    .as_bytes()
)


@dataclass(frozen=True, slots=True)
class ReadingColumns:
    """Readings as columns; every array has one entry a row.

    Attributes:
        unit_id: int32. epoch: 'S16', 16 hex digits. seq, mono_ms: int64. phase, flags: uint8. invalid: uint64 mask.
        time_us: int64, microseconds since 1970; a time no calendar has is stored as the year 1 or 9999.
        received_us: int64 per row, or one for all.
        values: float32 [row, catalogue number]; NaN = not measured.
    """

    unit_id: NDArray[np.int32]
    epoch: NDArray[np.bytes_]
    seq: NDArray[np.int64]
    time_us: NDArray[np.int64]
    mono_ms: NDArray[np.int64]
    phase: NDArray[np.uint8]
    flags: NDArray[np.uint8]
    invalid: NDArray[np.uint64]
    received_us: NDArray[np.int64] | int
    values: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.unit_id)


def copy_readings(conn: Connection, cols: ReadingColumns) -> None:
    """Store all rows; the caller's transaction commits them. StoreError, on a duplicate (unit, time, seq, epoch) too.

    A value its column cannot hold (an infinite flag, an enumeration of 10⁹) is stored as absent and marked invalid.
    """
    if not len(cols):
        return
    ensure_partitions(conn, cols.time_us, int(np.max(cols.received_us)))
    with translate("store readings", f"{len(cols)} rows"), conn.cursor() as cursor, cursor.copy(COPY) as copy:
        copy.write(encode_rows(cols))


def encode_rows(cols: ReadingColumns) -> bytes:
    """The rows as a binary COPY stream, header and trailer included; columns in the order of `COPY`."""
    if np.any(np.ascontiguousarray(cols.epoch, dtype="S16").view(np.uint8) == 0):
        raise ValueError("an epoch has 16 hex digits")
    absent, unfit = _absent(cols.values)
    form = layout(np.asarray(~absent.all(axis=0)))
    # Filling a structured array costs numpy a call per row; repeating its bytes is one copy.
    buffer = np.frombuffer(bytearray(form.template) * len(cols), dtype=form.row)
    invalid = cols.invalid | unfit
    fixed = (
        cols.unit_id, _timestamp(cols.time_us), _timestamp(cols.received_us), cols.seq, cols.mono_ms,
        invalid.view(np.int64), cols.phase, cols.flags, cols.epoch,
    )  # fmt: skip
    for (name, _), column in zip(FIXED, fixed, strict=True):
        buffer[name]["data"] = column
    some = [block for block in form.blocks if absent[:, block.numbers].any()]
    for block in form.blocks:
        gone = absent[:, block.numbers]
        buffer[block.name]["data"] = _storable(block.kind, cols.values[:, block.numbers], gone)
        if block in some:
            buffer[block.name]["length"][gone] = -1
    if not some:
        return b"".join((_HEADER, buffer.tobytes(), _TRAILER))
    keep = np.ones(buffer.nbytes, dtype=np.bool_).view(form.keep)
    for block in some:
        keep[block.name]["data"] = ~absent[:, block.numbers][:, :, np.newaxis]
    return b"".join((_HEADER, buffer.view(np.uint8)[keep.view(np.bool_)].tobytes(), _TRAILER))


def storable(
    values: NDArray[np.float32], invalid: NDArray[np.uint64]
) -> tuple[NDArray[np.float32], NDArray[np.uint64]]:
    """Values and validity masks as they come back once stored: whole numbers whole, flags 0 or 1, misfits absent."""
    absent, unfit = _absent(values)
    kept = values.copy()
    for kind in (signals.Kind.ENUMERATION, signals.Kind.BOOLEAN):
        numbers = NUMBERS[kind]
        kept[:, numbers] = _storable(kind, values[:, numbers], absent[:, numbers])
    kept[absent] = np.nan
    return kept, invalid | unfit


def _absent(values: NDArray[np.float32]) -> tuple[NDArray[np.bool_], NDArray[np.uint64]]:
    """Which cells become NULL, and per row the mask of those that were sent but do not fit their column."""
    absent = np.isnan(values)
    unfit = np.zeros(len(values), dtype=np.uint64)
    narrow = (
        (NUMBERS[signals.Kind.ENUMERATION], np.float32(32767)),
        (NUMBERS[signals.Kind.BOOLEAN], np.finfo(np.float32).max),
    )
    for numbers, largest in narrow:
        misfit = np.abs(values[:, numbers]) > largest
        if misfit.any():
            absent[:, numbers] |= misfit
            unfit |= (misfit.astype(np.uint64) << numbers.astype(np.uint64)).sum(axis=1, dtype=np.uint64)
    return absent, unfit


def _storable(kind: signals.Kind, values: NDArray[np.float32], absent: NDArray[np.bool_]) -> NDArray[Any]:
    if kind is signals.Kind.NUMERIC:
        return values
    present = np.where(absent, np.float32(0), values)
    return np.rint(present).astype(np.int16) if kind is signals.Kind.ENUMERATION else (present != 0).astype(np.uint8)


def _timestamp(time_us: NDArray[np.int64] | int) -> NDArray[np.int64]:
    return np.clip(np.asarray(time_us, dtype=np.int64), EARLIEST_US, LATEST_US) - _EPOCH_2000_US
