"""Dropping readings that are older than somebody decided to keep them: whole days, never by itself.

Events, alerts, treatments and their summaries stay. A day goes only when every treatment up to it has its summary.
"""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Final

from store.editions import Edition, edition
from store.errors import StoreError, Trouble
from store.pool import Connection
from store.queries import run

# A box sends what it has kept for up to thirty days; a week is left for somebody to look at it.
LEAST_DAYS: Final = 37
TRIES: Final = 5
PAUSE_S: Final = 2.0


def droppable(conn: Connection, keep_days: int, now_us: int) -> list[date]:
    """The days (UTC) that may go when `keep_days` are kept, oldest first; ValueError below LEAST_DAYS."""
    _check(keep_days)
    today = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=now_us)).date()
    before = today - timedelta(days=keep_days)
    return [row[0] for row in run(conn, "droppable_reading_days", {"before": before})]


def drop(conn: Connection, day: date) -> None:
    """Drop the readings of one day, and its minutes.

    StoreError BUSY when somebody still reads or writes it, having made others wait for a second a try at most.
    """
    pause = threading.Event()
    for attempt in range(TRIES):
        try:
            with conn.transaction():
                run(conn, "wait_briefly", {"limit": "1s"})
                run(conn, "drop_reading_day", {"day": day})
        except StoreError as error:
            if error.trouble is not Trouble.BUSY or attempt == TRIES - 1:
                raise
        else:
            return
        pause.wait(PAUSE_S)


def policy(conn: Connection) -> int | None:
    """For how many days TimescaleDB's scheduler keeps readings, or None where it drops none."""
    if edition(conn) is not Edition.COMMUNITY:
        return None
    found = run(conn, "retention_policy").fetchone()
    return found[0] if found else None


def set_policy(conn: Connection, keep_days: int | None) -> None:
    """Have the database itself drop what is older, every day; None ends that.

    ValueError below LEAST_DAYS; StoreError where there is no such scheduler.
    """
    if keep_days is not None:
        _check(keep_days)
    if edition(conn) is not Edition.COMMUNITY:
        hint = "only TimescaleDB's community edition has one: run `homehd retention --keep-days` from a timer"
        raise StoreError("set the retention policy", "readings", trouble=Trouble.REFUSED, hint=hint)
    with conn.transaction():
        run(conn, "stop_retention_policy")
        if keep_days is not None:
            run(conn, "start_retention_policy", {"days": keep_days})


def _check(keep_days: int) -> None:
    if keep_days < LEAST_DAYS:
        raise ValueError(f"at least {LEAST_DAYS} days: boxes may still have as much to send")
