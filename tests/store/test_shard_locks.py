from __future__ import annotations

from store import pool, shard_locks


def test_a_shard_has_one_writer(database_url: str) -> None:
    with pool.connect(database_url) as first, pool.connect(database_url) as second:
        assert shard_locks.take(first, range(64)) == set(range(64))
        assert shard_locks.take(second, [0, 63]) == set()
        # Taking again takes it once: one release is enough.
        assert shard_locks.take(first, [5]) == set(range(64))
        shard_locks.release(first, [5, 6])
        assert shard_locks.held(first) == set(range(64)) - {5, 6}
        assert shard_locks.take(second, [4, 5]) == {5}


def test_a_lost_connection_frees_its_shards(database_url: str) -> None:
    with pool.connect(database_url) as second:
        first = pool.connect(database_url)
        assert shard_locks.take(first, [1]) == {1}
        second.execute("SELECT pg_terminate_backend(%s, 5000)", [first.info.backend_pid])
        assert shard_locks.take(second, [1]) == {1}
        first.close()
