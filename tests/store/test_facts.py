from __future__ import annotations

from store import facts
from store.pool import Connection


def test_the_server_says_what_it_is(conn: Connection) -> None:
    server = facts.server(conn)
    assert int(server.version.split(".")[0]) * 10_000 <= conn.info.server_version < 10_000_000
    installed = conn.execute("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'").fetchone()
    assert (server.timescale is None) == (installed is None)
