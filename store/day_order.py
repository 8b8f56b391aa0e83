"""Days that are over, put in the order of their key, so that a treatment is read from pages of its own.

Rows come from all homes at once and lie as they came: eight hours of one home are spread over every page of the day. A
day that is over is copied in order, and the copy takes its place. PostgreSQL's own partitions only; a hypertable has
its own way (compression).

No row is lost to it, whoever stores what meanwhile (`docs/decisions/0017-days-in-order.md`):

1. from `begin` on, a trigger notes what comes for that day, in the transaction that brings it;
2. `copy` sees all that was committed before;
3. `exchange` brings the copy what was noted, and takes the day's place only when nothing more is;
4. `settle` drops what was there before only when each of its rows is found in its place.
"""

from __future__ import annotations

import logging
import threading
from datetime import UTC, date, datetime, timedelta
from typing import Final

from psycopg import sql

from store.errors import StoreError, Trouble, translate
from store.pool import Connection, transaction
from store.queries import query, run

log = logging.getLogger(__name__)

# A day is over for so long before it is put in order: what a short outage kept back has come within this.
OVER: Final = timedelta(hours=2)
# Everybody who stores or reads waits behind us for so long at most.
LOCK: Final = "200ms"
# So often somebody may have been in the way, and so often a row may have come between catching up and the lock; the
# latter makes nobody wait, and under a backlog of that day the right moment is one in ten or less.
TRIES: Final = 20
PAUSE_S: Final = 0.5
CATCH_UPS: Final = 500
LOOK_S: Final = 0.002
GONE_S: Final = 5.0  # for the transactions of others to end; people's take less, a dump takes hours


def due(conn: Connection, now_us: int) -> list[date]:
    """The days (UTC) that are over and not in order, newest first; none on a hypertable."""
    before = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=now_us) - OVER).date()
    return [row[0] for row in run(conn, "unordered_reading_days", {"before": before})]


def put_in_order(conn: Connection, now_us: int) -> date | None:
    """Put the newest day that is due in order; which it was, None when there is none or somebody else is at it.

    It takes a minute of one core for some million rows and twice the day's room on the disk, and may be killed at any
    moment. StoreError BUSY when somebody was in the way: nothing has changed then, and the next time it is tried again.
    """
    if not run(conn, "lock_ordering").fetchall()[0][0]:
        return None
    try:
        run(conn, "ordering_takes_time")
        for left in [row[0] for row in run(conn, "reading_days_before")]:
            settle(conn, left)
        for day in due(conn, now_us)[:1]:
            _order(conn, day)
            return day
        return None
    finally:
        if not conn.closed:
            run(conn, "unlock_ordering")


def begin(conn: Connection, day: date) -> None:
    """From now on note what comes for this day."""
    with transaction(conn, "begin to put a day in order"):
        run(conn, "wait_briefly", {"limit": LOCK})
        run(conn, "note_reading_day", {"day": day})


def copy(conn: Connection, day: date) -> None:
    """Copy the day in order. Nobody waits."""
    run(conn, "copy_reading_day", {"day": day})
    name = sql.Identifier(f"reading_{day:%Y%m%d}_copy")
    with translate("freeze the copy of a day"):
        conn.execute(sql.SQL(query("freeze_reading_copy")).format(copy=name))


def exchange(conn: Connection, day: date) -> None:
    """Let the copy take the day's place; StoreError BUSY when there was no moment for it in `TRIES` or `CATCH_UPS`."""
    pause = threading.Event()
    tries = catch_ups = 0
    while tries < TRIES and catch_ups < CATCH_UPS:
        run(conn, "catch_up_reading_copy", {"day": day})
        done = _exchanged(conn, day) if _older_are_gone(conn) else None
        if done:
            return
        if done is None:
            tries += 1
            pause.wait(PAUSE_S)
        else:
            catch_ups += 1
            pause.wait(LOOK_S)
    hint = "somebody reads or writes without end (a dump, a backlog, an open psql): it is tried again"
    raise StoreError("put a day in order", f"{day}", trouble=Trouble.BUSY, hint=hint)


def settle(conn: Connection, day: date) -> None:
    """Drop what was there before the exchange; StoreError when a row of it is not in its place: then it stays."""
    missing = run(conn, "drop_reading_before", {"day": day}).fetchall()[0][0]
    if missing:
        what = f"{missing} rows of reading_{day:%Y%m%d}_before are not in reading_{day:%Y%m%d}"
        hint = "nothing is dropped: compare the two, bring over what is missing, drop the former"
        raise StoreError("put a day in order", what, trouble=Trouble.CONFLICT, hint=hint)


def _order(conn: Connection, day: date) -> None:
    try:
        begin(conn, day)
        copy(conn, day)
        exchange(conn, day)
    except StoreError:
        if not conn.closed:
            _forget(conn, day)
        raise
    settle(conn, day)


def _forget(conn: Connection, day: date) -> None:
    try:
        with transaction(conn, "forget the copy of a day"):
            run(conn, "wait_briefly", {"limit": LOCK})
            run(conn, "forget_reading_copy", {"day": day})
    except StoreError as error:
        # It goes when the next copy of that day is begun; until then its rows are noted in vain.
        log.warning("copy of a day stays", extra={"fields": {"day": str(day), "error": error.line()}})


def _older_are_gone(conn: Connection) -> bool:
    """Wait until all transactions that may not see the copy's rows are over; whether they are.

    One that took its view of the database before the copy was committed, and keeps it (a dump), would find no row of
    the day.
    """
    older = set(_open(conn))
    pause = threading.Event()
    for _ in range(int(GONE_S / LOOK_S)):
        if not older:
            return True
        pause.wait(LOOK_S)
        older &= set(_open(conn))
    return False


def _open(conn: Connection) -> list[str]:
    found: list[str] = run(conn, "transactions_open").fetchall()[0][0]
    return found


def _exchanged(conn: Connection, day: date) -> bool | None:
    """Whether it is done; False when another row had come, None when somebody was in the way."""
    try:
        with transaction(conn, "exchange a day"):
            run(conn, "wait_briefly", {"limit": LOCK})
            done: bool = run(conn, "exchange_reading_day", {"day": day}).fetchall()[0][0]
            return done
    except StoreError as error:
        if error.trouble is not Trouble.BUSY:
            raise
        return None
