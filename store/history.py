"""History for screens: readings reduced to equal buckets, in numpy arrays that no Python value was made for.

What is reduced is the rows themselves, so a least or greatest value cannot fall between two buckets or get lost in one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, LiteralString

import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from store.errors import translate
from store.machine_events import EventRow, event_row
from store.pool import AsyncConnection
from store.queries import arun, query
from store.values import storable_us
from telemetry import signals

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

# A question that reads this long is cut off by the server, before the pool's own patience (`pool.ANSWER_S`) ends.
PATIENCE_MS: Final = 8_000
LINKS_BEFORE: Final = 8  # events enough to know which link was lost when the span begins
MAX_EVENTS: Final = 10_000

_TO_NUMBER: Final[dict[signals.Kind, LiteralString]] = {
    signals.Kind.NUMERIC: "{}", signals.Kind.ENUMERATION: "{}::real", signals.Kind.BOOLEAN: "{}::int::real",
}  # fmt: skip
_SUMMARIES: Final = ("min", "max", "avg")
# The whole-number columns of the query, in its order.
_NUMBERS: Final = (
    "start_us", "first_us", "last_us", "readings", "late", "corrected", "invalid", "first_seq", "last_seq",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SignalBuckets:
    """One signal, one entry a bucket that has rows; NaN where it has no valid value. float32."""

    minimum: Floats
    maximum: Floats
    mean: Floats


@dataclass(frozen=True, slots=True)
class Buckets:
    """Readings reduced to equal buckets; buckets without any row are not there. Times in microseconds since 1970.

    Attributes:
        width_us: how long each is. start_us: where each begins.
        first_us, last_us: of the rows in it. first_seq, last_seq: least and greatest number among them.
        readings: how many rows. late, corrected: how many of them came late, had their time put right.
        invalid: signals (by catalogue number) that any of its rows had sent and was not believed.
        series: by signal name.
    """

    width_us: int
    start_us: Ints
    first_us: Ints
    last_us: Ints
    readings: Ints
    late: Ints
    corrected: Ints
    invalid: Ints
    first_seq: Ints
    last_seq: Ints
    series: dict[str, SignalBuckets]

    def __len__(self) -> int:
        return len(self.start_us)


async def buckets(
    conn: AsyncConnection, unit_id: int, names: Sequence[str], start_us: int, end_us: int, count: int
) -> Buckets:
    """Least, greatest and mean of these signals in at most `count` equal pieces of start ≤ time < end.

    KeyError for a name that is not in the catalogue; ValueError unless start < end and count > 0; StoreError BUSY when
    there is more to read than PATIENCE_MS allow.
    """
    if start_us >= end_us or count < 1:
        raise ValueError("history needs start < end and at least one bucket")
    chosen = [signals.BY_NAME[name] for name in names]
    width = -(-(end_us - start_us) // count)
    parameters = {"unit": unit_id, "start": storable_us(start_us), "end": storable_us(end_us), "width": width}
    with translate("read history"):
        async with conn.transaction(), conn.cursor(binary=True) as cursor:
            await conn.execute(query("history_limits"), {"patience": f"{PATIENCE_MS}ms"})
            await cursor.execute(_query(chosen), parameters)
            (found,) = await cursor.fetchall()
    return _buckets(width, chosen, found)


async def gap_events(conn: AsyncConnection, unit_id: int, start_us: int, told_until_us: int) -> list[EventRow]:
    """Links lost and found and what the box said of itself, in order of time; the first few links are from before."""
    parameters = {
        "unit": unit_id, "start": storable_us(start_us), "told_until": storable_us(told_until_us),
        "links_before": LINKS_BEFORE, "limit": MAX_EVENTS,
    }  # fmt: skip
    return [event_row(row) async for row in await arun(conn, "history_events", parameters)]


def _query(chosen: Sequence[signals.Signal]) -> sql.Composed:
    aggregates, columns = [], []
    for signal in chosen:
        value = sql.SQL(_TO_NUMBER[signal.kind]).format(sql.Identifier(signal.name))
        for summary in _SUMMARIES:
            column = sql.Identifier(f"{signal.name} {summary}")
            aggregates.append(sql.SQL(", {}({}) AS {}").format(sql.SQL(summary), value, column))
            columns.append(sql.SQL(", string_agg(float4send(coalesce({}::real, 'NaN')), '')").format(column))
    return sql.SQL(query("history_buckets")).format(aggregates=sql.Composed(aggregates), bytes=sql.Composed(columns))


def _buckets(width: int, chosen: Sequence[signals.Signal], found: Sequence[Any]) -> Buckets:
    # No row at all is no bytes at all.
    ints = [np.frombuffer(column or b"", ">i8") for column in found[: len(_NUMBERS)]]
    floats = [np.frombuffer(column or b"", ">f4") for column in found[len(_NUMBERS) :]]
    series = {signal.name: SignalBuckets(*floats[3 * i : 3 * i + 3]) for i, signal in enumerate(chosen)}
    numbers: dict[str, Ints] = dict(zip(_NUMBERS, ints, strict=True))
    return Buckets(width, **numbers, series=series)
