"""Readings into the database: binary COPY of wide rows, built by numpy without a Python step per row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from store.errors import translate
from store.partitions import ensure_partitions
from store.pool import Connection
from store.values import EARLIEST_US, LATEST_US
from telemetry import signals

_HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER: Final = b"\xff\xff"
_EPOCH_2000_US: Final = 946_684_800_000_000


_KINDS: Final = (signals.Kind.NUMERIC, signals.Kind.ENUMERATION, signals.Kind.BOOLEAN)
_NUMBERS: Final = {k: np.array([s.number for s in signals.CATALOGUE if s.kind is k], dtype=np.intp) for k in _KINDS}
_ORDER: Final = [int(number) for kind in _KINDS for number in _NUMBERS[kind]]

# (column, format) in the order of the COPY; each is preceded by its length.
_FIXED: Final = (
    ("unit_id", ">i4"), ("time", ">i8"), ("received_at", ">i8"), ("seq", ">i8"), ("mono_ms", ">i8"),
    ("invalid", ">i8"), ("phase", ">i2"), ("flags", ">i2"), ("epoch", "S16"),
)  # fmt: skip
_SIGNAL_FORMAT: Final = {"numeric": ">f4", "enumeration": ">i2", "boolean": "u1"}

COPY: Final = sql.SQL("COPY reading ({}) FROM STDIN (FORMAT binary)").format(
    sql.SQL(", ").join(
        sql.Identifier(name) for name in [f[0] for f in _FIXED] + [signals.CATALOGUE[n].name for n in _ORDER]
    )
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
    # Filling a structured array costs numpy a call per row; repeating its bytes is one copy.
    buffer = np.frombuffer(bytearray(_TEMPLATE) * len(cols), dtype=_ROW)
    invalid = cols.invalid | unfit
    fixed = (
        cols.unit_id, _timestamp(cols.time_us), _timestamp(cols.received_us), cols.seq, cols.mono_ms,
        invalid.view(np.int64), cols.phase, cols.flags, cols.epoch,
    )  # fmt: skip
    for (name, _), column in zip(_FIXED, fixed, strict=True):
        buffer[name]["data"] = column
    keep = np.ones(buffer.nbytes, dtype=np.bool_).view(_KEEP)
    for kind in _KINDS:
        gone = absent[:, _NUMBERS[kind]]
        cells = buffer[kind.value]
        cells["data"] = _storable(kind, cols.values[:, _NUMBERS[kind]], gone)
        cells["length"][gone] = -1
        keep[kind.value]["data"] = ~gone[:, :, np.newaxis]
    whole = buffer.view(np.uint8)[keep.view(np.bool_)] if absent.any() else buffer
    return b"".join((_HEADER, whole.tobytes(), _TRAILER))


def storable(
    values: NDArray[np.float32], invalid: NDArray[np.uint64]
) -> tuple[NDArray[np.float32], NDArray[np.uint64]]:
    """Values and validity masks as they come back once stored: whole numbers whole, flags 0 or 1, misfits absent."""
    absent, unfit = _absent(values)
    kept = values.copy()
    for kind in (signals.Kind.ENUMERATION, signals.Kind.BOOLEAN):
        numbers = _NUMBERS[kind]
        kept[:, numbers] = _storable(kind, values[:, numbers], absent[:, numbers])
    kept[absent] = np.nan
    return kept, invalid | unfit


def _absent(values: NDArray[np.float32]) -> tuple[NDArray[np.bool_], NDArray[np.uint64]]:
    """Which cells become NULL, and per row the mask of those that were sent but do not fit their column."""
    absent = np.isnan(values)
    unfit = np.zeros(len(values), dtype=np.uint64)
    narrow = (
        (_NUMBERS[signals.Kind.ENUMERATION], np.float32(32767)),
        (_NUMBERS[signals.Kind.BOOLEAN], np.finfo(np.float32).max),
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


def _layout(*, keep: bool) -> np.dtype[Any]:
    """One row of the stream, or the same shape in booleans: which of its bytes are sent."""

    def cell(form: str) -> list[tuple[Any, ...]]:
        width = np.dtype(form).itemsize
        return [("length", "?", (4,)), ("data", "?", (width,))] if keep else [("length", ">i4"), ("data", form)]

    fields: list[tuple[Any, ...]] = [("fields", "?", (2,)) if keep else ("fields", ">i2")]
    fields += [(name, cell(form)) for name, form in _FIXED]
    fields += [(kind.value, cell(_SIGNAL_FORMAT[kind.value]), (len(_NUMBERS[kind]),)) for kind in _KINDS]
    return np.dtype(fields)


def _template() -> bytes:
    row = np.zeros((), dtype=_ROW)
    row["fields"] = len(_FIXED) + signals.COUNT
    for name, form in _FIXED:
        row[name]["length"] = np.dtype(form).itemsize
    for kind in _KINDS:
        row[kind.value]["length"] = np.dtype(_SIGNAL_FORMAT[kind.value]).itemsize
    return row.tobytes()


_ROW: Final = _layout(keep=False)
_KEEP: Final = _layout(keep=True)
_TEMPLATE: Final = _template()
