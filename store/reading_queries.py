"""Readings out of the database: the newest, rows for the rules to resume from. History is `store.history`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from psycopg import sql

from store.errors import translate
from store.partitions import DAY_US
from store.pool import AsyncConnection, Connection
from store.queries import query
from store.readings import ReadingColumns
from store.values import storable_us
from telemetry import signals

_SIGNALS: Final = sql.SQL(", ").join(sql.Identifier(s.name) for s in signals.CATALOGUE)
_FIXED_COUNT: Final = 9


@dataclass(frozen=True, slots=True)
class StoredReading:
    """One row; `values` by catalogue number holds what was measured, flags and enumerations as numbers."""

    unit_id: int
    epoch: str
    seq: int
    time_us: int
    mono_ms: int
    received_us: int
    phase: int
    flags: int
    invalid: int
    values: dict[int, float]


async def latest(conn: AsyncConnection, unit_ids: Sequence[int], now_us: int, days: int = 14) -> list[StoredReading]:
    """The newest reading of each unit in the last `days`; times more than a day ahead of now are a wrong clock's."""
    parameters = {
        "units": list(unit_ids), "start": storable_us(now_us - days * DAY_US), "end": storable_us(now_us + DAY_US),
    }  # fmt: skip
    with translate("read latest readings"):
        cursor = await conn.execute(_with_signals("latest_readings"), parameters, binary=True)
        return [_reading(row) async for row in cursor]


async def extremes(
    conn: AsyncConnection, unit_ids: Sequence[int], signal: str, start_us: int, end_us: int, step_s: int
) -> list[tuple[int, int, float, float]]:
    """(unit, step, least, greatest) of a signal in [start, end) by steps of `step_s` since 1970; late ones left out.

    A reading lies at the earlier of its own time and its reception, as its age on a screen is counted.
    """
    parameters = {
        "units": list(unit_ids), "start": storable_us(start_us), "end": storable_us(end_us),
        "step_us": step_s * 1_000_000,
    }  # fmt: skip
    text = sql.SQL(query("recent_extremes")).format(signal=sql.Identifier(signals.BY_NAME[signal].name))
    with translate("read recent extremes"):
        cursor = await conn.execute(text, parameters, binary=True)
        return [(int(unit), int(step), float(low), float(high)) async for unit, step, low, high in cursor]


def since(conn: Connection, unit_id: int, after_us: int, limit: int = 100_000) -> ReadingColumns:
    """Rows of one unit with time > after, in order of time and seq: what the rules have not seen yet."""
    # One microsecond before the calendar begins, so that rows at its very start are after it.
    after = storable_us(after_us + 1) - 1
    parameters = {"unit": unit_id, "after": after, "limit": limit}
    with translate("read readings"):
        rows = [_reading(row) for row in conn.execute(_with_signals("readings_since"), parameters, binary=True)]
    return _columns(rows)


def between(conn: Connection, unit_id: int, start_us: int, end_us: int) -> ReadingColumns:
    """Rows of one unit with start ≤ time < end, in order of time and seq."""
    parameters = {"unit": unit_id, "start": storable_us(start_us), "end": storable_us(end_us)}
    with translate("read readings"):
        rows = [_reading(row) for row in conn.execute(_with_signals("readings_between"), parameters, binary=True)]
    return _columns(rows)


def readings_by_number(
    conn: Connection, unit_id: int, epoch: str, seqs: Sequence[int], span_us: tuple[int, int]
) -> list[StoredReading]:
    """The readings with these numbers whose time lies within the span."""
    parameters = {
        "unit": unit_id, "epoch": epoch, "seqs": list(seqs), "start": storable_us(span_us[0]),
        "end": storable_us(span_us[1]),
    }  # fmt: skip
    with translate("read readings by number"):
        return [_reading(row) for row in conn.execute(_with_signals("readings_by_number"), parameters, binary=True)]


def _columns(rows: Sequence[StoredReading]) -> ReadingColumns:
    values = np.full((len(rows), signals.COUNT), np.nan, np.float32)
    for index, row in enumerate(rows):
        values[index, list(row.values)] = list(row.values.values())
    return ReadingColumns(
        unit_id=np.array([row.unit_id for row in rows], np.int32),
        epoch=np.array([row.epoch for row in rows], "S16"),
        seq=np.array([row.seq for row in rows], np.int64),
        time_us=np.array([row.time_us for row in rows], np.int64),
        mono_ms=np.array([row.mono_ms for row in rows], np.int64),
        phase=np.array([row.phase for row in rows], np.uint8),
        flags=np.array([row.flags for row in rows], np.uint8),
        invalid=np.array([row.invalid for row in rows], np.int64).view(np.uint64),
        received_us=np.array([row.received_us for row in rows], np.int64),
        values=values,
    )


def _reading(row: Sequence[Any]) -> StoredReading:
    values = {n: float(value) for n, value in enumerate(row[_FIXED_COUNT:]) if value is not None}
    fields: list[Any] = [*row[:_FIXED_COUNT], values]
    return StoredReading(*fields)


def _with_signals(name: str) -> sql.Composed:
    return sql.SQL(query(name)).format(signals=_SIGNALS)
