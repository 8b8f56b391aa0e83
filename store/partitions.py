"""Daily partitions of `reading`, made when the first row of a day comes. A hypertable makes its own chunks."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from psycopg.pq import TransactionStatus

from store.errors import StoreError, Trouble
from store.pool import Connection
from store.queries import run

DAY_US: Final = 86_400_000_000
# A day outside these, seen from the server's clock, is a wrong clock's: its rows go to the default partition. Otherwise
# one box with a dead battery would leave partitions all over the calendar.
PAST_DAYS: Final = 400
FUTURE_DAYS: Final = 1

_known: Final[WeakKeyDictionary[Connection, set[int]]] = WeakKeyDictionary()


def days_of(time_us: NDArray[np.int64], received_us: int) -> list[int]:
    """The days (since 1970, UTC) of these times that may have a partition of their own."""
    today = received_us // DAY_US
    days = np.unique(time_us // DAY_US)
    return [int(day) for day in days[(days >= today - PAST_DAYS) & (days <= today + FUTURE_DAYS)]]


def ensure_partitions(conn: Connection, time_us: NDArray[np.int64], received_us: int) -> list[date]:
    """Make the partitions these times need; the days made. Cheap when there is nothing to do.

    What was seen to exist is remembered per connection, but only outside a transaction: inside one it may still be
    rolled back. So call it before the transaction that copies the rows, and the COPY inside asks no questions.
    """
    known = _known.get(conn)
    if known is None:
        run(conn, "decompress_without_limit")
        known = set()
        if conn.info.transaction_status is TransactionStatus.IDLE:
            _known[conn] = known
    wanted = [day for day in days_of(time_us, received_us) if day not in known]
    if not wanted:
        return []
    calendar = {day: date(1970, 1, 1) + timedelta(days=day) for day in wanted}
    made = [row[0] for row in run(conn, "create_reading_partitions", {"days": list(calendar.values())})]
    if conn.info.transaction_status is TransactionStatus.IDLE:
        known.update(wanted)
    return made


def prepare(conn: Connection, now_us: int) -> list[date]:
    """Make the partitions of today and tomorrow before a row needs them; the days made.

    A new partition waits for whoever reads without saying which days (a dump of the database, somebody's open psql),
    and at midnight every row would wait with it. Here nobody waits: when it cannot be had at once, nothing is made.
    """
    days = np.array([now_us, now_us + DAY_US])
    try:
        with conn.transaction():
            run(conn, "wait_briefly", {"limit": "200ms"})
            return ensure_partitions(conn, days, now_us)
    except StoreError as error:
        if error.trouble is not Trouble.BUSY:
            raise
        return []
