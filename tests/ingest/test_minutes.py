"""What is kept of every minute follows what ingest stores, live and late."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ingest.metrics import Metrics
from ingest.minutes import MinuteKeeper
from store import pool, readings
from store.errors import StoreError
from store.minutes import LAG_US, MINUTE_US
from store.partitions import DAY_US
from store.pool import Connection
from tests.ingest.building import START_US, batch, reading
from tests.ingest.conftest import Rig
from tests.ingest.test_summaries import until
from tests.ingest.test_treatment_book import as_backlog
from tests.store.rows import rows

# What the minutes of one home must be, from its rows.
BY_MINUTE = """
    SELECT time_bucket('1 minute', time) AS minute, count(*), min(seq), max(seq),
        count(*) FILTER (WHERE flags & 4 <> 0), min(venous_pressure), max(venous_pressure), count(venous_pressure)
    FROM reading GROUP BY minute ORDER BY minute"""
KEPT = """
    SELECT minute, readings, first_seq, last_seq, late, venous_pressure_min, venous_pressure_max, venous_pressure_count
    FROM reading_minute ORDER BY minute"""


@pytest.fixture
def conn(database_url: str) -> Iterator[Connection]:
    with pool.connect(database_url) as connection:
        yield connection


def keeper(rig: Rig) -> MinuteKeeper:
    return MinuteKeeper(rig.url, rig.clock, Metrics())


def minute(number: int) -> list[object]:
    """The readings of one whole minute after the start, one every ten seconds."""
    return [reading(40 + number * 60 + second) for second in range(0, 60, 10)]


def feed_live(rig: Rig, *numbers: int) -> None:
    for number in numbers:
        rig.feed(batch(minute(number)))  # type: ignore[arg-type]


def noted(rig: Rig) -> int:
    return len(rig.rows("due_id", "reading_minute_due"))


@pytest.mark.usefixtures("community")
def test_live_rows_are_not_noted_and_late_ones_are(rig: Rig, conn: Connection) -> None:
    work = keeper(rig)
    feed_live(rig, *range(20), *range(40, 60))
    assert noted(rig) == 0
    rig.clock.advance((LAG_US + 10 * MINUTE_US) / 1e6)
    assert work.step(conn) > 0
    assert conn.execute(KEPT).fetchall() == conn.execute(BY_MINUTE).fetchall()
    assert work.step(conn) == 0

    late = [as_backlog(batch(minute(number)), rig.clock.now_us()) for number in range(20, 40)]  # type: ignore[arg-type]
    rig.feed(*late)
    assert noted(rig) >= 1
    assert len(conn.execute(KEPT).fetchall()) == 40
    assert work.step(conn) == 1
    assert noted(rig) == 0
    kept = conn.execute(KEPT).fetchall()
    assert len(kept) == 60
    assert kept == conn.execute(BY_MINUTE).fetchall()


@pytest.mark.usefixtures("community")
def test_what_waited_for_the_database_is_late_when_it_is_stored(rig: Rig) -> None:
    # It was received as it happened; an hour later, when it can be stored at last, its minutes may be computed already.
    message = rig.message(batch(minute(0)))  # type: ignore[arg-type]
    rig.clock.advance(2 * LAG_US / 1e6)
    rig.inbox.put(message)
    rig.turn()
    assert len(rig.rows()) == 6
    assert noted(rig) == 1


@pytest.mark.usefixtures("community")
def test_the_thread_works_until_it_is_stopped(rig: Rig) -> None:
    feed_live(rig, *range(3))
    rig.clock.advance(2 * LAG_US / 1e6)
    work = keeper(rig)
    work.start()
    until(lambda: len(rig.rows("minute", "reading_minute")) == 3)
    work.stop(20)
    assert not work._thread.is_alive()


@pytest.mark.usefixtures("community")
def test_stopped_it_leaves_the_rest_for_later(rig: Rig, conn: Connection) -> None:
    readings.copy_readings(conn, rows(1, [START_US, START_US + 3 * DAY_US]))
    rig.clock.advance(4 * DAY_US / 1e6)
    work = keeper(rig)
    work.stop()
    assert work.step(conn) == 1
    assert keeper(rig).step(conn) == 1
    assert keeper(rig).step(conn) == 0


def test_where_no_minutes_are_kept_there_is_nothing_to_do(rig: Rig, conn: Connection) -> None:
    conn.execute("DELETE FROM reading_minute_state")
    feed_live(rig, 0)
    rig.clock.advance(2 * LAG_US / 1e6)
    assert keeper(rig).step(conn) == 0


def test_a_database_that_is_away_is_told(rig: Rig, conn: Connection) -> None:
    conn.close()
    with pytest.raises(StoreError):
        keeper(rig).step(conn)
