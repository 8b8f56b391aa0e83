"""Room in the outbox: what is too old goes, then old readings are thinned, and only then dropped. SQL on an open
transaction.

The work in one call is bounded: `WINDOW` rows are looked at for each slice of thinning, one slice a call and one more
for every `WINDOW // 10` rows that arrive, so that an append takes milliseconds however full and however old the file
is. Thinning begins at fifteen sixteenths of the bound, so that it is rarely met. What a slice keeps is written back in
order after the whole slice was deleted: rows deleted singly would leave pages half empty, and the file would not shrink
in fact (measured: keeping 55 % of the rows leaves 98 % of the pages, written back 58 %).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import msgspec

from edge_agent.ledger import ROW_OVERHEAD, Gap, Ledger, Why
from edge_agent.salvage import EVENT_KIND
from edge_agent.thinning import STEPS_S, keep, levels
from telemetry import wire
from telemetry.clock import MICROSECONDS
from telemetry.errors import WireError
from telemetry.messages import Flag, Reading

WINDOW: Final = 300
DROP_BYTES: Final = 65536  # so much more than must goes at once, or a hundredth of a small file
AGE_EVERY_US: Final = 60 * MICROSECONDS
_ROW: Final = "seq, epoch, boot, kind, crc, payload"

Entry = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much, how much of it events, and for how long, counted from the newest row's own time."""

    max_bytes: int
    max_event_bytes: int
    max_age_us: int


class Arriving(NamedTuple):
    """What room is made for: rows, bytes, the highest number given so far, the newest time known to be right (or 0)."""

    rows: int
    bytes: int
    newest: int
    now_us: int


def make(db: sqlite3.Connection, ledger: Ledger, bounds: Bounds, arriving: Arriving) -> Ledger:
    """Make room for what arrives. Events go only when they alone are beyond their own bound; all of it is counted."""
    ledger = _expire(db, ledger, bounds, arriving.now_us)
    soft = bounds.max_bytes - bounds.max_bytes // 16
    for _ in range(1 + arriving.rows * 10 // WINDOW):
        thinner = _thin(db, ledger, arriving.newest) if ledger.bytes + arriving.bytes > soft else ledger
        if thinner is ledger:
            break
        ledger = thinner
    more = min(DROP_BYTES, bounds.max_bytes // 100)
    events = ledger.event_bytes - bounds.max_event_bytes
    if events > 0:
        ledger = _drop(db, ledger, EVENT_KIND, events + more, arriving.newest)
    excess = ledger.bytes + arriving.bytes - bounds.max_bytes
    if excess > 0:
        ledger = _drop(db, ledger, 0, excess + more, arriving.newest)
    return ledger


def _thin(db: sqlite3.Connection, ledger: Ledger, newest: int) -> Ledger:
    """Thin the next slice; the same ledger when there is nothing left to thin."""
    found = db.execute(
        "SELECT seq FROM entry WHERE kind = 0 AND seq > ? ORDER BY seq LIMIT 1", (ledger.no_reading_to,)
    ).fetchone()
    if found is None:
        return msgspec.structs.replace(ledger, no_reading_to=newest)
    ledger = msgspec.structs.replace(ledger, no_reading_to=found[0] - 1)
    for level, start in levels(ledger.reached, found[0], newest):
        end = newest if level == 0 else ledger.reached[level - 1]
        rows = db.execute(
            f"SELECT {_ROW} FROM entry WHERE seq BETWEEN ? AND ? ORDER BY seq LIMIT ?", (start, end, WINDOW)
        ).fetchall()
        gone, upto = _superfluous(rows, STEPS_S[level])
        if upto:
            reached = (*ledger.reached[:level], upto, *ledger.reached[level + 1 :])
            return _rewrite(db, msgspec.structs.replace(ledger, reached=reached), rows, gone, STEPS_S[level])
    return ledger


def _superfluous(rows: Sequence[Entry], step_s: int) -> tuple[dict[int, Reading], int]:
    """Which readings of a window may go, and up to which number that is decided: of its whole stretches.

    The last stretch may go on behind the window, so it waits, unless it fills a window by itself.
    """
    gone: dict[int, Reading] = {}
    stretch: list[tuple[int, Reading]] = []
    key: tuple[Any, ...] = ()
    upto = 0
    for seq, epoch, boot, kind, _crc, payload in rows:
        reading = _reading(kind, payload)
        if reading is None:
            continue
        here = (epoch, boot, reading.time_us // (step_s * MICROSECONDS))
        if key != here and stretch:
            gone |= _spare(stretch)
            stretch, upto = [], seq - 1
        key = here
        stretch.append((seq, reading))
    if not upto and len(rows) == WINDOW:
        return _spare(stretch), rows[-1][0]
    return gone, upto


def _spare(stretch: Sequence[tuple[int, Reading]]) -> dict[int, Reading]:
    kept = keep([reading for _, reading in stretch])
    return {seq: reading for i, (seq, reading) in enumerate(stretch) if i not in kept}


def _rewrite(
    db: sqlite3.Connection, ledger: Ledger, rows: Sequence[Entry], gone: dict[int, Reading], step_s: int
) -> Ledger:
    if not gone:
        return ledger
    first, last = min(gone), max(gone)
    db.execute("DELETE FROM entry WHERE seq BETWEEN ? AND ?", (first, last))
    stay = [row for row in rows if first <= row[0] <= last and row[0] not in gone]
    db.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?)", stay)
    size = sum(len(row[5]) + ROW_OVERHEAD for row in rows if row[0] in gone)
    return ledger.lost(Why.THINNED, Gap(len(gone), first, last, gone[first].time_us, gone[last].time_us, step_s), size)


def _expire(db: sqlite3.Connection, ledger: Ledger, bounds: Bounds, now_us: int) -> Ledger:
    """Remove readings of the oldest window up to the last one that is known to be too old.

    Only times of a clock known to be right count, here and in `now_us`. What lies before such a reading came before it
    and is older still, whatever its own time says.
    """
    if not now_us or 0 <= now_us - ledger.aged_us < AGE_EVERY_US:
        return ledger
    rows = db.execute(
        "SELECT seq, kind, length(payload), payload FROM entry WHERE kind = 0 AND seq > ? ORDER BY seq LIMIT ?",
        (ledger.no_reading_to, WINDOW),
    ).fetchall()
    old = [i for i, row in enumerate(rows) if _is_older(_reading(row[1], row[3]), now_us - bounds.max_age_us)]
    if len(old) < WINDOW:  # else look again at once: there may be more
        ledger = msgspec.structs.replace(ledger, aged_us=now_us)
    return _remove(db, ledger, Why.EXPIRED, [(row[0], row[2]) for row in rows[: old[-1] + 1]]) if old else ledger


def _is_older(reading: Reading | None, than_us: int) -> bool:
    return reading is not None and bool(reading.flags & Flag.CLOCK_SYNCHRONISED) and reading.time_us < than_us


def _drop(db: sqlite3.Connection, ledger: Ledger, kind: int, excess: int, newest: int) -> Ledger:
    """Delete the oldest rows of a kind until `excess` bytes are free, or none is left up to number `newest`."""
    after = ledger.no_event_to if kind == EVENT_KIND else ledger.no_reading_to
    rows: list[tuple[int, int]] = []
    freed, upto = 0, newest
    for seq, length in db.execute(
        "SELECT seq, length(payload) FROM entry WHERE kind = ? AND seq > ? ORDER BY seq", (kind, after)
    ):
        rows.append((seq, length))
        freed += length + ROW_OVERHEAD
        if freed >= excess:
            upto = seq
            break
    if kind == EVENT_KIND:
        return _remove(db, msgspec.structs.replace(ledger, no_event_to=upto), Why.EVENTS, rows)
    return _remove(db, msgspec.structs.replace(ledger, no_reading_to=upto), Why.DROPPED, rows)


def _remove(db: sqlite3.Connection, ledger: Ledger, why: Why, rows: Sequence[tuple[int, int]]) -> Ledger:
    """Delete rows, given as (seq, length of payload) and all there are of their kind in between."""
    if not rows:
        return ledger
    kind = EVENT_KIND if why is Why.EVENTS else 0
    first, last = rows[0][0], rows[-1][0]
    times = [_time_us(db, kind, seq) for seq in (first, last)]
    db.execute("DELETE FROM entry WHERE kind = ? AND seq BETWEEN ? AND ?", (kind, first, last))
    size = sum(length + ROW_OVERHEAD for _, length in rows)
    return ledger.lost(why, Gap(len(rows), first, last, *times), size)


def _time_us(db: sqlite3.Connection, kind: int, seq: int) -> int:
    (payload,) = db.execute("SELECT payload FROM entry WHERE seq = ?", (seq,)).fetchone()
    try:
        return (wire.decode_event(payload) if kind == EVENT_KIND else wire.decode_reading(payload)).time_us
    except WireError:
        return 0


def _reading(kind: int, payload: bytes) -> Reading | None:
    """The reading of an entry; None for an event, and for damage, which is for `read` to find and to set aside."""
    try:
        return None if kind == EVENT_KIND else wire.decode_reading(payload)
    except WireError:
        return None
