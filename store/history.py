"""History for screens: readings reduced to equal buckets, in numpy arrays that no Python value was made for.

What is reduced is the rows themselves, so a least or greatest value cannot fall between two buckets or get lost in one.
Buckets of whole minutes that begin on one come from what is kept of every minute, where it is kept (`store.minutes`):
the same extremes, and means equal but for the last bit of a float32.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, LiteralString

import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from store.errors import translate
from store.machine_events import EventRow, event_row
from store.minutes import EARLIEST_US, MINUTE_US
from store.pool import AsyncConnection
from store.queries import arun, query
from store.timescale import SUMMARIES, TO_NUMBER
from store.values import storable_us
from telemetry import signals

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

# A question that reads this long is cut off by the server, before the pool's own patience (`pool.ANSWER_S`) ends.
PATIENCE_MS: Final = 8_000
LINKS_BEFORE: Final = 8  # events enough to know which link was lost when the span begins
MAX_EVENTS: Final = 10_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_SUMMARIES: Final[dict[str, LiteralString]] = {"min": "min({})", "max": "max({})", "mean": "avg({})"}
# The same of minutes, by their columns.
_OF_MINUTES: Final[dict[str, LiteralString]] = {
    "min": "min({min})", "max": "max({max})", "mean": "sum({mean}::float8 * {count}) / nullif(sum({count}), 0)",
}  # fmt: skip
_EDGES: Final = ("edge", "due", "due_low", "due_high")
_OF_A_ROW: Final[LiteralString] = (
    ", {value} AS {min}, {value} AS {max}, {value} AS {mean}, ({value} IS NOT NULL)::int AS {count}"
)
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
    conn: AsyncConnection, unit_id: int, names: Sequence[str], start_us: int, end_us: int, count: int,
    hidden: Iterable[tuple[int, int]] = (),
) -> Buckets:  # fmt: skip
    """Least, greatest and mean of these signals in at most `count` equal pieces of start ≤ time < end.

    Pieces of more than a minute are of whole minutes. Nothing of the stretches in `hidden` (start ≤ time < end) is in
    them, and where whole minutes serve, nothing of a minute that one of these begins or ends in. KeyError for a name
    that is not in the catalogue; ValueError unless start < end and count > 0; StoreError BUSY when there is more to
    read than PATIENCE_MS allow.
    """
    if start_us >= end_us or count < 1:
        raise ValueError("history needs start < end and at least one bucket")
    chosen = [signals.BY_NAME[name] for name in names]
    width = -(-(end_us - start_us) // count)
    if width > MINUTE_US:
        width = -(-width // MINUTE_US) * MINUTE_US
    parameters = {
        "unit": unit_id, "start": storable_us(start_us), "end": storable_us(end_us), "width": width,
        "hidden": _ranges(hidden),
    }  # fmt: skip
    with translate("read history"):
        async with conn.transaction(), conn.cursor(binary=True) as cursor:
            await conn.execute(query("history_limits"), {"patience": f"{PATIENCE_MS}ms"})
            edges = await _edges(conn, parameters)
            await cursor.execute(_query(chosen, of_minutes=bool(edges)), {**parameters, **edges})
            (found,) = await cursor.fetchall()
    return _buckets(width, chosen, found)


async def gap_events(conn: AsyncConnection, unit_id: int, start_us: int, told_until_us: int) -> list[EventRow]:
    """Links lost and found and what the box said of itself, in order of time; the first few links are from before."""
    parameters = {
        "unit": unit_id, "start": storable_us(start_us), "told_until": storable_us(told_until_us),
        "links_before": LINKS_BEFORE, "limit": MAX_EVENTS,
    }  # fmt: skip
    return [event_row(row) async for row in await arun(conn, "history_events", parameters)]


def _ranges(spans: Iterable[tuple[int, int]]) -> str:
    """A multirange as PostgreSQL reads it."""
    pieces = [[(_EPOCH + timedelta(microseconds=storable_us(edge))).isoformat() for edge in span] for span in spans]
    return "{" + ",".join(f"[{start},{end})" for start, end in pieces) + "}"


async def _edges(conn: AsyncConnection, asked: dict[str, Any]) -> dict[str, Any]:
    """What a question of minutes has to know besides; empty when minutes do not serve."""
    if asked["width"] % MINUTE_US or asked["start"] % MINUTE_US or asked["start"] < EARLIEST_US:
        return {}
    found = await (await arun(conn, "history_edges", asked)).fetchone()
    return dict(zip(_EDGES, found, strict=True)) if found else {}


def _query(chosen: Sequence[signals.Signal], *, of_minutes: bool) -> sql.Composed:
    columns = [
        sql.SQL(", string_agg(float4send(coalesce({}::real, 'NaN')), '')").format(_column(signal, summary))
        for signal in chosen
        for summary in _SUMMARIES
    ]
    found = _found_in_minutes(chosen) if of_minutes else _found_in_rows(chosen)
    return sql.SQL(query("history_buckets")).format(found=found, bytes=sql.Composed(columns))


def _found_in_rows(chosen: Sequence[signals.Signal]) -> sql.Composed:
    aggregates = [
        sql.SQL(", {} AS {}").format(sql.SQL(form).format(_value(signal)), _column(signal, summary))
        for signal in chosen
        for summary, form in _SUMMARIES.items()
    ]
    return sql.SQL(query("history_of_rows")).format(aggregates=sql.Composed(aggregates))


def _found_in_minutes(chosen: Sequence[signals.Signal]) -> sql.Composed:
    aggregates, minutes, rows = [], [], []
    for signal in chosen:
        columns = {summary: sql.Identifier(f"{signal.name}_{summary}") for summary in SUMMARIES}
        minutes += [sql.SQL(", {}").format(column) for column in columns.values()]
        rows.append(sql.SQL(_OF_A_ROW).format(value=_value(signal), **columns))
        for summary, form in _OF_MINUTES.items():
            aggregates.append(sql.SQL(", {} AS {}").format(sql.SQL(form).format(**columns), _column(signal, summary)))
    return sql.SQL(query("history_of_minutes")).format(
        aggregates=sql.Composed(aggregates), minutes=sql.Composed(minutes), rows=sql.Composed(rows)
    )


def _value(signal: signals.Signal) -> sql.Composed:
    return sql.SQL(TO_NUMBER[signal.kind]).format(sql.Identifier(signal.name))


def _column(signal: signals.Signal, summary: str) -> sql.Identifier:
    return sql.Identifier(f"{signal.name} {summary}")


def _buckets(width: int, chosen: Sequence[signals.Signal], found: Sequence[Any]) -> Buckets:
    # No row at all is no bytes at all.
    ints = [np.frombuffer(column or b"", ">i8") for column in found[: len(_NUMBERS)]]
    floats = [np.frombuffer(column or b"", ">f4") for column in found[len(_NUMBERS) :]]
    series = {signal.name: SignalBuckets(*floats[3 * i : 3 * i + 3]) for i, signal in enumerate(chosen)}
    numbers: dict[str, Ints] = dict(zip(_NUMBERS, ints, strict=True))
    return Buckets(width, **numbers, series=series)
