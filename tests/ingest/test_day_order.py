"""Days that are over are put in order beside ingest, and trouble with that is told and harms nobody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ingest import day_order
from ingest.day_order import DayKeeper
from ingest.metrics import Metrics
from store import pool, readings
from store.day_order import due
from store.errors import StoreError
from store.partitions import DAY_US
from store.pool import Connection
from store.queries import run
from telemetry.clock import ManualClock
from tests.ingest.test_summaries import until
from tests.store.rows import RECEIVED_US, rows

YESTERDAY_US = RECEIVED_US - DAY_US


@pytest.fixture
def conn(plain_url: str) -> Iterator[Connection]:
    with pool.connect(plain_url) as connection:
        readings.copy_readings(connection, rows(1, [YESTERDAY_US - DAY_US, YESTERDAY_US]))
        yield connection


def days(metrics: Metrics, outcome: str) -> float | None:
    return metrics.registry.get_sample_value("homehd_ingest_days_ordered_total", {"outcome": outcome})


def test_a_day_a_look_until_all_are_in_order(conn: Connection, plain_url: str) -> None:
    metrics = Metrics()
    keeper = DayKeeper(plain_url, ManualClock(RECEIVED_US), metrics)
    for left in (1, 0, 0):
        keeper.step()
        assert len(due(conn, RECEIVED_US)) == left
    assert days(metrics, "ordered") == 2
    assert conn.execute("SELECT count(*) FROM reading").fetchone() == (2,)


def test_the_thread_looks_again_after_a_failure_until_it_is_stopped(
    conn: Connection, plain_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(day_order, "LOOK_S", 0.05)
    metrics = Metrics()
    keeper = DayKeeper(plain_url, ManualClock(RECEIVED_US), metrics)
    with pool.transaction(conn):
        # Somebody stores rows of that day and has not committed: it cannot even begin.
        readings.copy_readings(conn, rows(2, [YESTERDAY_US]))
        keeper.start()
        until(lambda: bool(days(metrics, "failed")))
    until(lambda: days(metrics, "ordered") == 2)
    keeper.stop(20)
    assert not keeper._thread.is_alive()
    assert conn.execute("SELECT count(*) FROM reading").fetchone() == (3,)


def test_a_second_ingest_leaves_it_to_the_first(conn: Connection, plain_url: str) -> None:
    assert run(conn, "lock_ordering").fetchone() == (True,)
    metrics = Metrics()
    DayKeeper(plain_url, ManualClock(RECEIVED_US), metrics).step()
    assert days(metrics, "ordered") is None
    assert len(due(conn, RECEIVED_US)) == 2


def test_a_database_that_is_away_is_told() -> None:
    with pytest.raises(StoreError):
        DayKeeper("postgresql://127.0.0.1:1/none", ManualClock(RECEIVED_US), Metrics()).step()
