from __future__ import annotations

from store import editions, migrate, pool
from store.editions import Edition
from store.pool import Connection


def test_it_is_what_carries_the_readings(conn: Connection, plain_url: str) -> None:
    hyper = conn.execute("SELECT relkind FROM pg_class WHERE oid = 'reading'::regclass").fetchone() == ("r",)
    licence = conn.execute("SELECT current_setting('timescaledb.license', true)").fetchall()[0][0]
    told = {"timescale": Edition.COMMUNITY, "apache": Edition.APACHE}
    assert editions.edition(conn) is (told[licence] if hyper else Edition.NATIVE)
    with pool.connect(plain_url) as plain:
        assert editions.edition(plain) is Edition.NATIVE


def test_without_a_schema_it_is_native(plain_url: str) -> None:
    with pool.connect(plain_url) as conn:
        conn.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        assert editions.edition(conn) is Edition.NATIVE
        migrate.migrate(plain_url)
        assert editions.edition(conn) is Edition.NATIVE
