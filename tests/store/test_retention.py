"""Days go only when somebody says so, whole, when they are summarised, and never at the cost of ingest."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from store import minutes, pool, readings, retention
from store.editions import Edition, edition
from store.errors import StoreError, Trouble
from store.partitions import DAY_US
from store.pool import Connection
from store.registry import Unit
from tests.store.rows import rows

NOON_US = 1_750_000_000_000_000 // DAY_US * DAY_US + DAY_US // 2
TODAY = date(2025, 6, 15)
KEEP = 40


def fill(conn: Connection, *days_ago: int) -> None:
    """Two readings at noon of each day; the server's clock stands where the test is."""
    for n, ago in enumerate(days_ago):
        at = NOON_US - ago * DAY_US
        readings.copy_readings(conn, rows(1, [at, at + 1], first_seq=n * 10))


def days(conn: Connection) -> list[int]:
    """How many days ago there are readings."""
    found = conn.execute("SELECT DISTINCT time::date FROM reading WHERE time > '2015-01-01' ORDER BY 1").fetchall()
    return [(TODAY - day).days for (day,) in found]


def ago(*days_ago: int) -> list[date]:
    return [TODAY - timedelta(days=n) for n in days_ago]


def test_whole_days_that_are_older_go_and_nothing_else(conn: Connection) -> None:
    fill(conn, 60, 41, 40, 39, 0)
    assert retention.droppable(conn, KEEP, NOON_US) == ago(60, 41)
    assert days(conn) == [60, 41, 40, 39, 0]
    for day in retention.droppable(conn, KEEP, NOON_US):
        retention.drop(conn, day)
    assert days(conn) == [40, 39, 0]
    assert retention.droppable(conn, KEEP, NOON_US) == []


def test_a_day_that_was_dropped_takes_readings_again(conn: Connection) -> None:
    fill(conn, 60)
    (day,) = retention.droppable(conn, KEEP, NOON_US)
    retention.drop(conn, day)
    with pool.connect(conn.info.dsn) as fresh:
        fill(fresh, 60)
    assert days(conn) == [60]


def test_a_connection_that_knew_the_day_stores_on(conn: Connection) -> None:
    with pool.connect(conn.info.dsn) as ingest:
        fill(ingest, 60)
        for day in retention.droppable(conn, KEEP, NOON_US):
            retention.drop(conn, day)
        fill(ingest, 60, 0)
    assert days(conn) == [60, 0]


def test_what_has_no_summary_stays_and_all_that_is_younger(conn: Connection, unit: Unit) -> None:
    fill(conn, 80, 60, 50)
    treatment = """
        INSERT INTO treatment
            (unit_id, started_at, ended_at, end_known, derived, unusual, interruptions, changed_at, summary_due_at)
        VALUES (%s, from_us(%s), from_us(%s), %s, false, 0, '[]', now(), %s)"""
    began = NOON_US - 60 * DAY_US
    conn.execute(treatment, [unit.unit_id, began, began + 1, "derived", "2025-01-01"])
    assert retention.droppable(conn, KEEP, NOON_US) == ago(80)
    conn.execute("UPDATE treatment SET summary_due_at = NULL")
    assert retention.droppable(conn, KEEP, NOON_US) == ago(80, 60, 50)
    conn.execute(treatment, [unit.unit_id, began + 1, None, None, None])
    assert retention.droppable(conn, KEEP, NOON_US) == ago(80)


def test_a_wrong_clock_s_times_are_no_days(conn: Connection) -> None:
    readings.copy_readings(conn, rows(1, [0, 86_400_000_000 * 365]))
    assert retention.droppable(conn, KEEP, NOON_US) == []


def test_less_than_boxes_may_still_send_is_refused(conn: Connection) -> None:
    for ask in (lambda: retention.droppable(conn, 36, NOON_US), lambda: retention.set_policy(conn, 0)):
        with pytest.raises(ValueError, match="at least 37 days"):
            ask()


def test_a_day_in_use_is_left_and_who_stores_waits_no_longer_than_a_second(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "TRIES", 1)
    fill(conn, 60, 0)
    with pool.connect(conn.info.dsn) as reader, pool.transaction(reader):
        reader.execute("SELECT count(*) FROM reading WHERE time >= '2025-04-16' AND time < '2025-04-17'").fetchall()
        with pytest.raises(StoreError, match="drop reading day") as caught:
            retention.drop(conn, *ago(60))
        assert caught.value.trouble is Trouble.BUSY
        fill(conn, 1)
    assert days(conn) == [60, 1, 0]
    retention.drop(conn, *ago(60))
    assert days(conn) == [1, 0]


def test_the_database_s_own_policy(conn: Connection) -> None:
    assert retention.policy(conn) is None
    if edition(conn) is not Edition.COMMUNITY:
        with pytest.raises(StoreError, match="community edition"):
            retention.set_policy(conn, KEEP)
        return
    # The job looks at the server's own clock.
    fill(conn, 60, 41)
    today_us = int(conn.execute("SELECT to_us(now())").fetchall()[0][0])
    readings.copy_readings(conn, rows(1, [today_us - 39 * DAY_US, today_us - 37 * DAY_US, today_us], first_seq=500))
    retention.set_policy(conn, 50)
    retention.set_policy(conn, 38)
    assert retention.policy(conn) == 38
    ((job,),) = conn.execute(
        "SELECT job_id FROM timescaledb_information.jobs WHERE proc_name = 'drop_old_readings'"
    ).fetchall()
    conn.execute(f"CALL run_job({job})")
    kept = [row[0] for row in conn.execute("SELECT to_us(time) FROM reading ORDER BY time")]
    assert kept == [today_us - 37 * DAY_US, today_us]
    retention.set_policy(conn, None)
    assert retention.policy(conn) is None


@pytest.mark.usefixtures("community")
def test_minutes_go_with_their_day(conn: Connection) -> None:
    fill(conn, 60, 59, 1)
    list(minutes.catch_up(conn, NOON_US))
    assert conn.execute("SELECT count(*) FROM reading_minute").fetchone() == (3,)
    retention.drop(conn, *ago(60))
    assert conn.execute("SELECT count(*), min(minute)::date FROM reading_minute").fetchone() == (2, *ago(59))
