from __future__ import annotations

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
    with pool.connect(database_url) as second, pool.connect(database_url, idle_s=0.2) as first:
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
