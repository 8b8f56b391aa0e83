"""Making room in a full outbox: the oldest readings go, events stay. Pure SQL on an open transaction."""

from __future__ import annotations

import sqlite3
from typing import Final, NamedTuple

ROW_OVERHEAD: Final = 90  # bytes of file a row takes beside its payload: measured 64 (3 signals) to 90 (24 signals)


class Dropped(NamedTuple):
    """What has gone: rows, the bytes they took, and the number up to which no reading is left."""

    rows: int = 0
    bytes: int = 0
    last: int = 0


def drop_readings(db: sqlite3.Connection, *, after: int, newest: int, excess: int) -> Dropped:
    """Delete the oldest readings until `excess` bytes are free, or none is left up to number `newest`.

    `after`: up to this number there is none, as was found earlier. Below it there may be any number of events, and
    looking at each of them again for every append would take longer and longer.
    """
    last, count, freed = newest, 0, 0
    for seq, length in db.execute(
        "SELECT seq, length(payload) FROM entry WHERE kind = 0 AND seq > ? ORDER BY seq", (after,)
    ):
        count, freed = count + 1, freed + length + ROW_OVERHEAD
        if freed >= excess:
            last = seq
            break
    db.execute("DELETE FROM entry WHERE kind = 0 AND seq > ? AND seq <= ?", (after, last))
    return Dropped(count, freed, last)
