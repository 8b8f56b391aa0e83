from __future__ import annotations

from store import backups
from store.backups import Stream
from store.pool import Connection


# One test, not several: slots are the whole server's, which tests at the same time share.
def test_what_nobody_fetches_is_told_in_bytes(conn: Connection) -> None:
    assert backups.stream(conn) == Stream(0, 0)
    conn.execute("SELECT pg_create_physical_replication_slot('test_backups', true)")
    try:
        before = backups.stream(conn)
        conn.execute("CREATE TABLE ballast AS SELECT repeat('x', 1000) AS x FROM generate_series(1, 2000)")
        after = backups.stream(conn)
    finally:
        conn.execute("SELECT pg_drop_replication_slot('test_backups')")
    assert after.active == 0, "a slot that nobody reads is no stream"
    assert after.behind_bytes > before.behind_bytes + 1_000_000
