"""PostgreSQL's own partitions, wherever the tests run; a hypertable needs none of this."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import date

import numpy as np
import psycopg
import pytest

from store import partitions, pool
from store.partitions import DAY_US, ensure_partitions
from store.pool import Connection

NOW_US = 1_750_000_000_000_000
TODAY = date(2025, 6, 15)


@pytest.fixture
def conn(plain_url: str) -> Iterator[Connection]:
    with pool.connect(plain_url) as connection:
        yield connection


def names(conn: Connection) -> list[str]:
    rows = conn.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'reading'::regclass")
    return sorted(row[0] for row in rows)


def times(*days: int) -> np.ndarray:
    return NOW_US + np.array(days, dtype=np.int64) * DAY_US


def insert(conn: Connection, time_us: int, seq: int = 0) -> None:
    conn.execute(
        """INSERT INTO reading (time, received_at, seq, mono_ms, invalid, unit_id, phase, flags, epoch)
           VALUES (from_us(%s), now(), %s, 0, 0, 1, 0, 0, 'e')""",
        [time_us, seq],
    )


def test_days_are_made_when_needed(conn: Connection) -> None:
    assert ensure_partitions(conn, times(0, 0, -1), NOW_US) == [date(2025, 6, 14), TODAY]
    assert ensure_partitions(conn, times(0), NOW_US) == []
    assert names(conn) == ["reading_20250614", "reading_20250615", "reading_default"]


def test_a_wrong_clock_makes_none(conn: Connection) -> None:
    far = np.array([0, 2**63 - 1, -(2**63), *times(2, -401)], dtype=np.int64)
    assert ensure_partitions(conn, far, NOW_US) == []
    assert partitions.days_of(times(1, -400), NOW_US) == [NOW_US // DAY_US - 400, NOW_US // DAY_US + 1]


def test_rows_that_came_before_their_day_move_over(conn: Connection) -> None:
    tomorrow = NOW_US + 3 * DAY_US
    insert(conn, tomorrow)
    insert(conn, 0)
    assert ensure_partitions(conn, np.array([tomorrow]), tomorrow) == [date(2025, 6, 18)]
    assert conn.execute("SELECT count(*) FROM reading_20250618").fetchone() == (1,)
    assert conn.execute("SELECT count(*) FROM reading_default").fetchone() == (1,)


def test_midnight_belongs_to_the_day_it_begins(conn: Connection) -> None:
    midnight = NOW_US // DAY_US * DAY_US
    ensure_partitions(conn, np.array([midnight, midnight - 1]), NOW_US)
    insert(conn, midnight)
    insert(conn, midnight - 1)
    assert conn.execute("SELECT count(*) FROM reading_20250615").fetchone() == (1,)
    assert conn.execute("SELECT count(*) FROM reading_20250614").fetchone() == (1,)


def test_what_was_rolled_back_is_made_again(conn: Connection) -> None:
    with pool.transaction(conn):
        ensure_partitions(conn, times(0), NOW_US)
        ensure_partitions(conn, times(0), NOW_US)
        raise psycopg.Rollback
    assert ensure_partitions(conn, times(0), NOW_US) == [TODAY]


def test_two_writers_make_one(plain_url: str, conn: Connection) -> None:
    made: list[date] = []

    def make() -> None:
        with pool.connect(plain_url) as own:
            made.extend(ensure_partitions(own, times(*range(-5, 1)), NOW_US))

    threads = [threading.Thread(target=make) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 6
    assert len(names(conn)) == 7


def test_readers_are_not_locked_out(plain_url: str, conn: Connection) -> None:
    ensure_partitions(conn, times(0), NOW_US)
    with pool.connect(plain_url) as other, pool.transaction(conn):
        insert(conn, NOW_US)
        ensure_partitions(conn, times(-1), NOW_US)
        other.execute("SET lock_timeout = '200ms'")
        start = "2025-06-15"
        assert other.execute(
            "SELECT count(*) FROM reading WHERE time >= %s AND time < '2025-06-16'", [start]
        ).fetchone()


def test_tomorrow_is_made_ahead_and_waits_for_nobody(conn: Connection, plain_url: str) -> None:
    with pool.connect(plain_url) as reader:
        with reader.transaction():
            reader.execute("SELECT count(*) FROM reading")  # a dump of the database, over midnight
            began_s = time.monotonic()
            assert partitions.prepare(conn, NOW_US) == []
            assert time.monotonic() - began_s < 5, "a connection of ours else waits ten seconds for a lock"
            insert(conn, NOW_US)
        assert partitions.prepare(conn, NOW_US) == [TODAY, date(2025, 6, 16)]
        assert partitions.prepare(conn, NOW_US) == []
    assert conn.execute("SELECT count(*) FROM reading_20250615").fetchone() == (1,)
    assert conn.execute("SHOW lock_timeout").fetchone() == ("10s",)
