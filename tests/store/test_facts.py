from __future__ import annotations

import pytest

from store import facts, minutes, readings, retention
from store.editions import Edition, edition
from store.facts import Keeping
from store.partitions import DAY_US
from store.pool import Connection
from tests.store.rows import rows

START_US = 1_749_999_600_000_000


def test_the_server_says_what_it_is(conn: Connection) -> None:
    server = facts.server(conn)
    assert int(server.version.split(".")[0]) * 10_000 <= conn.info.server_version < 10_000_000
    installed = conn.execute("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'").fetchone()
    assert server.timescale == (installed[0] if installed else None)


def test_how_readings_are_kept(conn: Connection) -> None:
    kept = facts.keeping(conn)
    if edition(conn) is Edition.COMMUNITY:
        assert kept == Keeping(Edition.COMMUNITY, "16 days", 0, 0, minutes=True)
    else:
        assert kept == Keeping(edition(conn))


@pytest.mark.usefixtures("community")
def test_what_is_in_force(conn: Connection) -> None:
    readings.copy_readings(conn, rows(1, [START_US, START_US + DAY_US]))
    list(minutes.catch_up(conn, START_US + 2 * DAY_US))
    conn.execute(
        "SELECT compress_chunk(c) FROM show_chunks('reading', older_than => from_us(%s)) AS c", [START_US + DAY_US]
    )
    retention.set_policy(conn, 400)
    conn.execute("SELECT remove_compression_policy('reading')")
    until = START_US + 2 * DAY_US - minutes.LAG_US
    assert facts.keeping(conn) == Keeping(
        Edition.COMMUNITY, None, 1, 2, minutes=True, minutes_until_us=until, retention_days=400
    )
