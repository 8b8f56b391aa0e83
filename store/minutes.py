"""Keeping `reading_minute` what the rows say, and saying up to when it is: TimescaleDB's community edition only.

TimescaleDB notes itself what was changed, but as one span a chunk and transaction, and one of our transactions holds
many homes: two that catch up an hour each, at either end of a day, would have all of it computed again. So the minutes
that were touched are noted here, exactly, in the transaction of the rows; a kill loses none, and whoever reads takes
just these from the rows meanwhile.

What comes within LIVE_US of its time is not noted: it is computed an hour later, when no transaction can be open that
still brings any.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from store.partitions import DAY_US
from store.pool import Connection
from store.queries import run
from telemetry.messages import Flag

MINUTE_US: Final = 60_000_000
# Ingest's transactions end after a minute or are ended; 55 minutes between the two is room for clocks that differ, too.
LIVE_US: Final = 5 * MINUTE_US
LAG_US: Final = 60 * MINUTE_US
# The newest are computed so many at a time, so that a quiet hour costs nothing.
STRIDE_US: Final = 10 * MINUTE_US
# Times before are a wrong clock's: history reads them from the rows.
EARLIEST_US: Final = 1_420_070_400_000_000  # 2015-01-01
MAX_NOTES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Span:
    """Minutes with start ≤ minute < end, microseconds since 1970, both whole minutes."""

    start_us: int
    end_us: int


def touched(time_us: NDArray[np.int64], flags: NDArray[np.uint8], now_us: int) -> list[Span]:
    """The minutes that rows of these times change although they may have been computed already; disjoint, in order."""
    old = (time_us >= EARLIEST_US) & (time_us < now_us - LIVE_US) & (flags & int(Flag.TIME_UNCERTAIN) == 0)
    minutes = np.unique(time_us[old] // MINUTE_US)
    if not len(minutes):
        return []
    edges = np.flatnonzero(np.diff(minutes) > 1)
    firsts, lasts = minutes[[0, *(edges + 1)]], minutes[[*edges, -1]]
    return [Span(int(first) * MINUTE_US, int(last + 1) * MINUTE_US) for first, last in zip(firsts, lasts, strict=True)]


def note(conn: Connection, time_us: NDArray[np.int64], flags: NDArray[np.uint8], now_us: int) -> None:
    """Write down what rows of these times touch, in the caller's transaction, which stores them; mostly nothing."""
    spans = touched(time_us, flags, now_us)
    if spans:
        run(conn, "note_minutes", {"lows": [s.start_us for s in spans], "highs": [s.end_us for s in spans]})


def take_time(conn: Connection) -> None:
    """Let this connection compute for longer than the others may ask."""
    run(conn, "minutes_take_time")


def catch_up(conn: Connection, now_us: int) -> Generator[Span]:
    """Compute what is due, a piece of at most a day a step, and yield each when it is committed.

    First what came late, then the newest. Nothing where there is no aggregate, or while somebody else does it. May be
    left at any step: what is not done stays due.
    """
    if not _is_kept(conn) or not run(conn, "lock_minutes").fetchall()[0][0]:
        return
    try:
        yield from _late(conn)
        yield from _newest(conn, now_us)
    finally:
        if not conn.closed:
            run(conn, "unlock_minutes")


def _late(conn: Connection) -> Generator[Span]:
    ids = run(conn, "noted_minutes", {"limit": MAX_NOTES}).fetchall()[0][0]
    if ids is None:
        return
    for start_us, end_us in run(conn, "noted_spans", {"ids": ids}).fetchall():
        for low in range(start_us, end_us, DAY_US):
            yield _refresh(conn, Span(low, min(low + DAY_US, end_us)))
    run(conn, "strike_minutes_off", {"ids": ids})


def _newest(conn: Connection, now_us: int) -> Generator[Span]:
    target = (now_us - LAG_US) // STRIDE_US * STRIDE_US
    while (found := run(conn, "next_minutes", {"target": target}).fetchone()) is not None:
        done = _refresh(conn, Span(*found))
        run(conn, "minutes_hold_until", {"until": done.end_us})
        yield done
    # Back, too, when the clock was set back: what happens now must not be taken for computed already.
    run(conn, "minutes_hold_until", {"until": target})


def _refresh(conn: Connection, span: Span) -> Span:
    run(conn, "refresh_minutes", {"start": span.start_us, "end": span.end_us})
    return span


def _is_kept(conn: Connection) -> bool:
    return run(conn, "minutes_until").fetchone() is not None
