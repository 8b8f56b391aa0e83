from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from ingest.metrics import Metrics
from ingest.summaries import AGAIN_US, Summariser
from ingest.treatment_book import SUMMARY_AFTER_US
from store import pool, treatment_summaries
from store.errors import StoreError
from store.pool import Connection
from telemetry.signals import BY_NAME
from tests.ingest.conftest import Rig
from tests.ingest.phases import START
from tests.ingest.test_treatment_book import as_backlog, batches, wait

BLOOD_FLOW = BY_NAME["blood_flow"].name


@pytest.fixture
def conn(database_url: str) -> Iterator[Connection]:
    with pool.connect(database_url) as connection:
        yield connection


def summariser(rig: Rig) -> Summariser:
    return Summariser(rig.url, lambda: rig.worker.owned, rig.clock, Metrics())


def kept(rig: Rig) -> list[object]:
    return rig.rows("revision, readings, machine_time_min", "treatment_summary")


def test_once_at_the_end_and_again_after_a_late_backlog(rig: Rig, conn: Connection) -> None:
    work = summariser(rig)
    day = batches("TX@1 70, POSTTX 7")
    rig.feed(*day[:4])
    wait(rig, SUMMARY_AFTER_US)
    assert work.step(conn) == 0
    rig.feed(*day[6:])
    assert work.step(conn) == 0
    wait(rig, SUMMARY_AFTER_US)
    assert work.step(conn) == 1
    ((revision, readings, minutes),) = kept(rig)  # type: ignore[misc]
    assert (readings, minutes) == (56, 70.0)
    assert work.step(conn) == 0

    rig.feed(*[as_backlog(one, rig.clock.now_us()) for one in day[4:6]])
    wait(rig, SUMMARY_AFTER_US)
    assert work.step(conn) == 1
    assert kept(rig) == [(revision + 1, 70, 70.0)]
    assert rig.rows(f"signals -> '{BLOOD_FLOW}' ->> 'median'", "treatment_summary") == ["300.0"]


def test_only_of_shards_that_are_ours(rig: Rig, conn: Connection) -> None:
    rig.feed(*batches("TX 10, DIS 1"))
    wait(rig, SUMMARY_AFTER_US)
    assert Summariser(rig.url, frozenset, rig.clock, Metrics()).step(conn) == 0
    rig.worker.close()
    assert rig.worker.owned == frozenset()


def test_one_that_fails_does_not_keep_others_waiting(
    rig: Rig, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.feed(*batches("TX 10, DIS 70, TX 10, DIS 1"))
    wait(rig, SUMMARY_AFTER_US)
    whole = treatment_summaries.summarise

    def fails_for_the_first(conn: Connection, wanted: treatment_summaries.Due) -> treatment_summaries.Summary:
        if wanted.stored.treatment.start_us == START:
            raise ZeroDivisionError
        return whole(conn, wanted)

    monkeypatch.setattr(treatment_summaries, "summarise", fails_for_the_first)
    work = summariser(rig)
    assert work.step(conn) == 2
    assert len(kept(rig)) == 1
    assert work.step(conn) == 0
    wait(rig, AGAIN_US)
    monkeypatch.undo()
    assert work.step(conn) == 1
    assert len(kept(rig)) == 2


def test_a_database_that_is_away_is_told(rig: Rig, conn: Connection) -> None:
    conn.close()
    with pytest.raises(StoreError):
        summariser(rig).step(conn)


def test_the_thread_works_until_it_is_stopped(rig: Rig) -> None:
    rig.feed(*batches("TX 10, DIS 1"))
    wait(rig, SUMMARY_AFTER_US)
    work = summariser(rig)
    work.start()
    until(lambda: bool(kept(rig)))
    work.stop()
    assert not work._thread.is_alive()


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "never happened"
        time.sleep(0.05)
