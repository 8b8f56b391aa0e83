"""Days in order: the same rows, whoever stores, changes, reads or drops what at whatever step; and killed at any."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import numpy as np
import pytest

from store import day_order, partitions, pool, readings, retention
from store.editions import Edition, edition
from store.errors import StoreError, Trouble
from store.partitions import DAY_US
from store.pool import Connection
from store.queries import run
from tests.store.rows import rows

NOON_US = 1_750_000_000_000_000 // DAY_US * DAY_US + DAY_US // 2
TODAY = date(2025, 6, 15)
DAY = TODAY - timedelta(days=1)
AT_US = NOON_US - DAY_US
HOMES = 40
ROWS = 200
# 40 homes × 200 rows of about 150 B: 150 pages, enough that order shows.
BLOCKS_OF_A_HOME = """
    SELECT count(DISTINCT (ctid::text::point)[0]) FROM reading
    WHERE unit_id = 7 AND time >= from_us(%s) AND time < from_us(%s)"""


@pytest.fixture
def conn(plain_url: str) -> Iterator[Connection]:
    with pool.connect(plain_url) as connection:
        yield connection


@pytest.fixture
def other(plain_url: str) -> Iterator[Connection]:
    with pool.connect(plain_url) as connection:
        yield connection


def fill(conn: Connection, at_us: int = AT_US) -> None:
    """A row of each home every second, as they come: all homes of a second, then those of the next."""
    for second in range(ROWS):
        columns = rows(1, [at_us + second * 1_000_000] * HOMES, first_seq=second * HOMES)
        columns.unit_id[:] = np.arange(1, HOMES + 1)
        readings.copy_readings(conn, columns)


def late(conn: Connection, seq: int, *, unit_id: int = 7, count: int = 1) -> None:
    readings.copy_readings(conn, rows(unit_id, [AT_US + 500 + seq + n for n in range(count)], first_seq=100_000 + seq))


def all_rows(conn: Connection) -> list[object]:
    return conn.execute("SELECT * FROM reading ORDER BY unit_id, time, seq, epoch").fetchall()


def blocks(conn: Connection) -> int:
    found: int = conn.execute(BLOCKS_OF_A_HOME, [AT_US, AT_US + DAY_US]).fetchall()[0][0]
    return found


def tables(conn: Connection) -> list[str]:
    found = conn.execute("SELECT relname FROM pg_class WHERE relname ~ '^reading_[0-9]' AND relkind = 'r' ORDER BY 1")
    return [row[0] for row in found]


def ours(day: date = DAY) -> list[str]:
    return [f"reading_{day:%Y%m%d}"]


def is_watched(conn: Connection) -> bool:
    return bool(conn.execute("SELECT count(*) FROM pg_trigger WHERE tgname = 'note_reading'").fetchall()[0][0])


def test_a_day_that_is_over_is_put_in_order_and_has_the_same_rows(conn: Connection) -> None:
    fill(conn)
    before, scattered = all_rows(conn), blocks(conn)
    assert day_order.due(conn, NOON_US) == [DAY]
    assert day_order.put_in_order(conn, NOON_US) == DAY
    assert all_rows(conn) == before
    assert blocks(conn) * 5 < scattered
    assert tables(conn) == ours()
    assert day_order.due(conn, NOON_US) == []
    assert day_order.put_in_order(conn, NOON_US) is None


def test_a_day_goes_on_until_two_hours_after_midnight(conn: Connection) -> None:
    fill(conn, NOON_US)
    midnight_us = (NOON_US // DAY_US + 1) * DAY_US
    assert day_order.due(conn, midnight_us + 2 * 3600 * 1_000_000 - 1) == []
    assert day_order.due(conn, midnight_us + 2 * 3600 * 1_000_000) == [TODAY]


def test_the_newest_first_and_a_wrong_clock_s_never(conn: Connection) -> None:
    readings.copy_readings(conn, rows(1, [AT_US - 3 * DAY_US, AT_US, 0]))
    assert day_order.put_in_order(conn, NOON_US) == DAY
    assert day_order.put_in_order(conn, NOON_US) == DAY - timedelta(days=3)
    assert day_order.put_in_order(conn, NOON_US) is None


def test_a_day_in_order_is_like_any_other(conn: Connection) -> None:
    """Stored to, by who knew it before, too; its constraints and its key stand; dropped by retention."""
    fill(conn)
    with pool.connect(conn.info.dsn) as ingest:
        late(ingest, 0)
        day_order.put_in_order(conn, NOON_US)
        late(ingest, 1)
        with pytest.raises(StoreError) as caught:
            late(ingest, 1)
        assert caught.value.trouble is Trouble.CONFLICT
    left = conn.execute("SELECT conname FROM pg_constraint WHERE contype = 'c' AND conname ~ '^reading_2'").fetchall()
    assert left == []
    index = "SELECT relname FROM pg_class WHERE relname ~ '^reading_2025.*pkey'"
    assert conn.execute(index).fetchall() == [(f"{ours()[0]}_pkey",)]
    assert partitions.prepare(conn, NOON_US) == [TODAY, TODAY + timedelta(days=1)]
    retention.drop(conn, DAY)
    assert conn.execute("SELECT count(*) FROM reading").fetchone() == (0,)


def steps(conn: Connection) -> list[Callable[[], object]]:
    return [
        lambda: day_order.begin(conn, DAY),
        lambda: run(conn, "copy_reading_day", {"day": DAY}),
        lambda: run(conn, "catch_up_reading_copy", {"day": DAY}),
        lambda: day_order.exchange(conn, DAY),
        lambda: day_order.settle(conn, DAY),
    ]


def meddle(conn: Connection) -> list[object]:
    """Rows come late, change, move to another time, go; what there is then."""
    late(conn, 0, count=50)
    conn.execute("UPDATE reading SET venous_pressure = 123 WHERE unit_id = 3 AND seq < 100")
    conn.execute("UPDATE reading SET time = time + interval '1 ms' WHERE unit_id = 4 AND seq < 100")
    conn.execute("DELETE FROM reading WHERE unit_id = 5 AND seq < 100")
    return all_rows(conn)


@pytest.mark.parametrize("at", range(4))
def test_what_comes_changes_or_goes_before_any_step_is_so_after_all(
    conn: Connection, other: Connection, at: int
) -> None:
    fill(conn)
    work = steps(conn)
    for step in work[:at]:
        step()
    expected = meddle(other)
    for step in work[at:]:
        step()
    assert all_rows(conn) == expected
    assert tables(conn) == ours()
    assert conn.execute("SELECT count(*) FROM reading_noted").fetchone() == (0,)


def test_a_transaction_that_is_open_when_it_begins_is_waited_for_briefly_and_never_passed_over(
    conn: Connection, other: Connection
) -> None:
    fill(conn)
    with pool.transaction(other):
        late(other, 0)
        with pytest.raises(StoreError) as caught:
            day_order.begin(conn, DAY)
        assert caught.value.trouble is Trouble.BUSY
    day_order.begin(conn, DAY)
    with pool.transaction(other):
        late(other, 1)
        day_order.copy(conn, DAY)  # without the row, which is not committed
    day_order.exchange(conn, DAY)
    day_order.settle(conn, DAY)
    assert conn.execute("SELECT count(*) FROM reading WHERE seq >= 100000").fetchone() == (2,)


def test_somebody_in_the_way_is_left_alone_and_nothing_is_changed(
    conn: Connection, other: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(day_order, "TRIES", 2)
    monkeypatch.setattr(day_order, "GONE_S", 0.1)
    fill(conn)
    with pool.transaction(other):
        other.execute("SELECT count(*) FROM reading").fetchall()
        with pytest.raises(StoreError) as caught:
            day_order.put_in_order(conn, NOON_US)
        assert caught.value.trouble is Trouble.BUSY
        assert tables(conn) == ours()
    assert day_order.put_in_order(conn, NOON_US) == DAY
    assert not is_watched(conn)


def test_behind_somebody_who_reads_nobody_waits_for_longer_than_the_lock_is_waited_for(
    conn: Connection, other: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(day_order, "TRIES", 1)
    monkeypatch.setattr(day_order, "_older_are_gone", lambda _: True)
    fill(conn)
    for step in steps(conn)[:3]:
        step()
    with pool.transaction(other):
        other.execute("SELECT count(*) FROM reading").fetchall()
        began = time.monotonic()
        with pytest.raises(StoreError) as caught:
            day_order.exchange(conn, DAY)
        assert time.monotonic() - began < 5
    assert caught.value.trouble is Trouble.BUSY
    day_order.exchange(conn, DAY)


def test_who_took_its_view_before_and_kept_it_never_finds_an_empty_day(
    conn: Connection, other: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dump: its view is of before the copy's rows, and it has not touched `reading` yet, so no lock shows it."""
    monkeypatch.setattr(day_order, "TRIES", 2)
    monkeypatch.setattr(day_order, "GONE_S", 0.1)
    fill(conn)
    other.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    other.execute("SELECT count(*) FROM unit").fetchall()
    with pytest.raises(StoreError):
        day_order.put_in_order(conn, NOON_US)
    assert other.execute("SELECT count(*) FROM reading").fetchone() == (HOMES * ROWS,)
    other.execute("COMMIT")


def test_who_waits_for_the_exchange_waits_for_a_moment_and_stores(conn: Connection, other: Connection) -> None:
    """Late rows, a transaction every 20 ms, through all of it: each is there, and none was refused."""
    fill(conn)
    over = threading.Event()
    stored: list[int] = []

    def store() -> None:
        while not over.wait(0.02):
            late(other, 1000 * len(stored), count=20)
            stored.append(20)

    worker = threading.Thread(target=store)
    worker.start()
    try:
        for _ in range(15):
            assert day_order.put_in_order(conn, NOON_US) == DAY
            conn.execute(f"ALTER TABLE {ours()[0]} SET WITHOUT CLUSTER")
    finally:
        over.set()
        worker.join()
    assert len(stored) > 10
    found = conn.execute("SELECT count(*), count(*) FILTER (WHERE seq >= 100000) FROM reading").fetchone()
    assert found == (HOMES * ROWS + sum(stored), sum(stored))


@pytest.mark.parametrize("done", range(1, 5))
def test_killed_after_any_step_the_next_one_finishes_it(conn: Connection, other: Connection, done: int) -> None:
    fill(conn)
    for step in steps(other)[:done]:
        step()
    other.close()
    late(conn, 0)
    expected = all_rows(conn)
    assert day_order.put_in_order(conn, NOON_US) == (None if done == 4 else DAY)
    assert all_rows(conn) == expected
    assert tables(conn) == ours()
    assert not is_watched(conn)
    assert conn.execute("SELECT count(*) FROM reading_noted").fetchone() == (0,)


def test_what_is_not_in_its_place_keeps_what_was_there_before(conn: Connection) -> None:
    fill(conn)
    for step in steps(conn)[:4]:
        step()
    conn.execute("DELETE FROM reading WHERE unit_id = 3 AND seq < 200")
    with pytest.raises(StoreError, match="5 rows of reading_20250614_before") as caught:
        day_order.put_in_order(conn, NOON_US)
    assert caught.value.trouble is Trouble.CONFLICT
    assert conn.execute(f"SELECT count(*) FROM {ours()[0]}_before").fetchone() == (HOMES * ROWS,)


@pytest.mark.parametrize("done", range(1, 5))
def test_a_day_dropped_meanwhile_stays_dropped(conn: Connection, other: Connection, done: int) -> None:
    fill(conn)
    for step in steps(conn)[:done]:
        step()
    retention.drop(other, DAY)
    assert tables(conn) == []
    if done < 4:
        with pytest.raises(StoreError):
            day_order.exchange(conn, DAY)
    late(other, 0)
    with pytest.raises(StoreError):
        day_order.exchange(conn, DAY)  # made anew: nothing of the old day comes back
    assert conn.execute("SELECT count(*) FROM reading").fetchone() == (1,)


def test_nothing_of_a_day_that_was_dropped_by_hand_and_made_anew_comes_back(
    conn: Connection, other: Connection
) -> None:
    fill(conn)
    day_order.begin(conn, DAY)
    day_order.copy(conn, DAY)
    other.execute(f"DROP TABLE {ours()[0]}")
    with pool.connect(conn.info.dsn) as ingest:
        late(ingest, 0)
    with pytest.raises(StoreError):
        day_order.exchange(conn, DAY)
    assert conn.execute("SELECT count(*) FROM reading").fetchone() == (1,)
    assert day_order.put_in_order(conn, NOON_US) == DAY
    assert conn.execute("SELECT count(*) FROM reading").fetchone() == (1,)
    assert tables(conn) == ours()


def test_a_row_that_comes_between_catching_up_and_the_lock_is_noticed_under_the_lock(conn: Connection) -> None:
    fill(conn)
    for step in steps(conn)[:3]:
        step()
    late(conn, 0)
    assert run(conn, "exchange_reading_day", {"day": DAY}).fetchone() == (False,)
    run(conn, "catch_up_reading_copy", {"day": DAY})
    assert run(conn, "exchange_reading_day", {"day": DAY}).fetchone() == (True,)
    assert conn.execute("SELECT count(*) FROM reading").fetchone() == (HOMES * ROWS + 1,)


def test_one_at_a_time(conn: Connection, other: Connection) -> None:
    fill(conn)
    assert run(other, "lock_ordering").fetchone() == (True,)
    assert day_order.put_in_order(conn, NOON_US) is None
    run(other, "unlock_ordering")
    assert day_order.put_in_order(conn, NOON_US) == DAY


def test_clustered_by_hand_is_in_order(conn: Connection) -> None:
    fill(conn)
    conn.execute(f"CLUSTER {ours()[0]} USING {ours()[0]}_pkey")
    assert day_order.due(conn, NOON_US) == []


def test_on_a_hypertable_nothing_is_due(database_url: str) -> None:
    with pool.connect(database_url) as conn:
        if edition(conn) is Edition.NATIVE:
            pytest.skip("needs TimescaleDB: ./run timescale")
        fill(conn)
        assert day_order.put_in_order(conn, NOON_US) is None
        assert len(all_rows(conn)) == HOMES * ROWS
