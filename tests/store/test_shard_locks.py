from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from store import pool, shard_locks
from store.errors import StoreError


def test_a_shard_has_one_writer(database_url: str) -> None:
    with pool.connect(database_url) as first, pool.connect(database_url) as second:
        assert shard_locks.take(first, range(64)) == set(range(64))
        assert shard_locks.take(second, [0, 63]) == set()
        assert shard_locks.take(first, [5]) == set(range(64))
        assert shard_locks.held(first) == set(range(64))


def test_a_writer_that_hangs_loses_its_shards(database_url: str) -> None:
    with pool.connect(database_url) as second, pool.connect(database_url, idle_s=3.0) as first:
        assert shard_locks.take(first, [1]) == {1}
        second.execute("SET lock_timeout = '10s'")
        second.execute(
            "SELECT pg_advisory_lock(%s, 1)", [shard_locks.LOCK_CLASS]
        )  # returns when the server gave up on it
        with pytest.raises(StoreError), pool.transaction(first):
            first.execute("SELECT 1")


def test_a_lost_connection_frees_its_shards(database_url: str) -> None:
    with pool.connect(database_url) as second:
        first = pool.connect(database_url)
        assert shard_locks.take(first, [1]) == {1}
        second.execute("SELECT pg_terminate_backend(%s, 5000)", [first.info.backend_pid])
        assert shard_locks.take(second, [1]) == {1}
        first.close()


def wait_for(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(500):
        if condition():
            return
        pause.wait(0.02)
    pytest.fail("waited in vain")


@pytest.mark.parametrize(
    "statements",
    [
        # A process that was paused right here: the server waits for the rest of the rows, and not by any time-out.
        ("BEGIN", "COPY reading_extra FROM STDIN"),
        # And here: the answer fills every buffer on the way, and nobody fetches it.
        ("SELECT repeat('x', 1000) FROM generate_series(1, 100000)",),
    ],
)
def test_a_writer_that_hangs_in_a_statement_loses_its_shards_to_one_that_stands_by(
    database_url: str, statements: tuple[str, ...]
) -> None:
    first = pool.connect(database_url, idle_s=0.2)
    try:
        with pool.connect(database_url) as second:
            assert shard_locks.take(first, [1]) == {1}
            *before, last = statements
            for statement in before:
                first.pgconn.exec_(statement.encode())
            first.pgconn.send_query(last.encode())
            first.pgconn.flush()
            assert shard_locks.free_hung(second, 60) == 0, "it may just be slow"
            assert shard_locks.take(second, [1]) == set()
            wait_for(lambda: shard_locks.free_hung(second, 0.4) == 1)
            wait_for(lambda: shard_locks.take(second, [1]) == {1})
    finally:
        first.close()


def test_a_writer_that_works_for_long_keeps_its_shards(database_url: str) -> None:
    with pool.connect(database_url) as second, pool.connect(database_url, idle_s=3.0) as first:
        assert shard_locks.take(first, [1]) == {1}
        with pool.transaction(first):
            first.pgconn.send_query(b"SELECT pg_sleep(2)")
            wait_for(
                lambda: (
                    second.execute("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'").fetchone() is not None
                )
            )
            for _ in range(20):
                assert shard_locks.free_hung(second, 0.0) == 0
                assert shard_locks.take(second, [1]) == set()
            while first.pgconn.get_result():
                pass
        assert shard_locks.held(first) == {1}


def test_what_is_left_of_a_connection_that_was_cut_is_ended_and_nobody_else(database_url: str) -> None:
    first, second = pool.connect(database_url), pool.connect(database_url)
    assert shard_locks.take(first, [1]) == {1}
    ghost = shard_locks.writer(first)

    assert not shard_locks.end(second, ghost._replace(began_us=ghost.began_us - 1)), "another of the same number"
    assert not shard_locks.end(second, shard_locks.writer(second)), "not itself"
    assert shard_locks.end(second, ghost)
    second.execute("SET lock_timeout = '10s'")
    second.execute("SELECT pg_advisory_lock(%s, 1)", [shard_locks.LOCK_CLASS])  # as soon as it is gone
    assert not shard_locks.end(second, ghost)
    first.close()
    second.close()
