"""Stored readings as they are, row by row, for others: streamed, whatever the span, in memory that does not grow.

One statement reads them, so an export is of one moment; what arrives meanwhile is not in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, LiteralString

import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from store.errors import StoreError, Trouble, translate
from store.pool import Connection
from store.queries import query, run
from store.values import storable_us
from telemetry import signals
from telemetry.treatment import Phase

_HEADER: Final = 19  # bytes of a binary COPY before its first row, extensions none
_TRAILER: Final = b"\xff\xff"
# One name a bit of `flags`, from the lowest up.
MARKS: Final = ("clock_synchronised", "phase_derived", "late", "time_corrected", "time_uncertain")
FIXED: Final = ("time", "epoch", "seq", "phase", *MARKS, "invalid")

_TEXT: Final[dict[signals.Kind, LiteralString]] = {
    signals.Kind.NUMERIC: "{}", signals.Kind.ENUMERATION: "{}", signals.Kind.BOOLEAN: "{}::int",
}  # fmt: skip
_REAL: Final[dict[signals.Kind, LiteralString]] = {
    signals.Kind.NUMERIC: "{}", signals.Kind.ENUMERATION: "{}::real", signals.Kind.BOOLEAN: "{}::int::real",
}  # fmt: skip
_EPOCH_CHARACTERS: Final = 16


@dataclass(frozen=True, slots=True)
class Span:
    """Readings of one unit with start ≤ time < end, microseconds since 1970."""

    unit_id: int
    unit: str
    start_us: int
    end_us: int


def treatment_span(conn: Connection, treatment_id: int, now_us: int) -> Span:
    """When and where a treatment was; one that goes on ends now. StoreError CONFLICT when there is none."""
    found = run(conn, "treatment_span", {"treatment": treatment_id}).fetchone()
    if found is None:
        hint = "the number is the treatment_id in the table `treatment`"
        raise StoreError("export readings", f"treatment {treatment_id}", trouble=Trouble.CONFLICT, hint=hint)
    unit_id, unit, start_us, end_us = found
    # The end is the time of its last reading, which belongs to it.
    return Span(unit_id, unit, start_us, now_us if end_us is None else end_us + 1)


def csv_lines(conn: Connection, span: Span, chosen: Sequence[signals.Signal]) -> Iterator[bytes]:
    """CSV without its header line, made by the database and passed on as it comes; absent values are empty.

    Columns: FIXED, then the signals. Phases and signals by name, marks as 0 or 1.
    """
    with _copying(conn, "export_csv", span, _columns(chosen, _TEXT, ", {}")) as blocks:
        yield from map(bytes, blocks)


def batches(
    conn: Connection, span: Span, chosen: Sequence[signals.Signal], rows: int = 65_536
) -> Iterator[NDArray[Any]]:
    """Arrays of up to `rows` records: time_us, seq, invalid, phase, flags, epoch, and float32 a signal, NaN = absent.

    Numbers are big-endian as they came; each array is a view of the bytes.
    """
    row = _layout(chosen)
    size = rows * row.itemsize
    buffer = bytearray()
    begun = False
    with _copying(conn, "export_rows", span, _columns(chosen, _REAL, ", coalesce({}, 'NaN')")) as blocks:
        for block in blocks:
            buffer += block
            if not begun and len(buffer) >= _HEADER:
                del buffer[:_HEADER]
                begun = True
            # The trailer is no row: what ends a batch is followed by something.
            while len(buffer) > size:
                yield np.frombuffer(bytes(buffer[:size]), row)
                del buffer[:size]
    if not buffer.endswith(_TRAILER):
        raise StoreError("export readings", span.unit, trouble=Trouble.UNAVAILABLE, hint="the stream broke off")
    if len(buffer) > len(_TRAILER):
        yield np.frombuffer(bytes(buffer[: -len(_TRAILER)]), row)


def _layout(chosen: Sequence[signals.Signal]) -> np.dtype[Any]:
    fields = [("time_us", ">i8"), ("seq", ">i8"), ("invalid", ">i8"), ("phase", ">i2"), ("flags", ">i2"),
              ("epoch", f"S{_EPOCH_CHARACTERS}"), *((signal.name, ">f4") for signal in chosen)]  # fmt: skip
    # Each value is preceded by its length, each row by the number of its fields.
    names, formats, offsets, at = [], [], [], 2
    for name, form in fields:
        names.append(name)
        formats.append(form)
        offsets.append(at + 4)
        at += 4 + np.dtype(form).itemsize
    return np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": at})


def _columns(
    chosen: Sequence[signals.Signal], forms: dict[signals.Kind, LiteralString], wrapped: LiteralString
) -> sql.Composed:
    return sql.Composed(
        [sql.SQL(wrapped).format(sql.SQL(forms[s.kind]).format(sql.Identifier(s.name))) for s in chosen]
    )


@contextmanager
def _copying(conn: Connection, name: str, span: Span, columns: sql.Composed) -> Iterator[Any]:
    statement = sql.SQL(query(name)).format(
        signals=columns,
        phases=sql.SQL(" ").join(sql.SQL("WHEN {} THEN {}").format(phase.value, phase.name) for phase in Phase),
        invalid=sql.SQL(", ").join(
            sql.SQL("CASE WHEN invalid >> {} & 1 = 1 THEN {} END").format(s.number, s.name) for s in signals.CATALOGUE
        ),
        unit=span.unit_id,
        start=storable_us(span.start_us),
        end=storable_us(span.end_us),
    )
    with translate("export readings", span.unit), conn.transaction():
        # An export takes as long as it takes.
        conn.execute("SET LOCAL statement_timeout = 0")
        with conn.cursor() as cursor, cursor.copy(statement) as copy:
            yield copy
