from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from store import migrate, pool
from store.editions import Edition, edition
from store.errors import StoreError, Trouble
from store.pool import Connection
from telemetry import signals

MIGRATIONS = Path(migrate.__file__).parent / "sql/migrations"

# Everything a schema is made of, as text, from PostgreSQL's own catalogues.
CATALOGUE = (
    """SELECT attrelid::regclass::text, attname, format_type(atttypid, atttypmod), attnotnull, attidentity,
              attgenerated, pg_get_expr(adbin, adrelid), attcollation::regcollation::text, attcompression, attstorage
       FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
       WHERE attnum > 0 AND NOT attisdropped
           AND attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)""",
    """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
       FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
    "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "SELECT viewname, definition FROM pg_views WHERE schemaname = 'public'",
    "SELECT proname, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "SELECT tgrelid::regclass::text, pg_get_triggerdef(oid), tgenabled FROM pg_trigger WHERE NOT tgisinternal",
    """SELECT relname, relkind, pg_get_expr(relpartbound, oid), pg_get_partkeydef(oid), reloptions, relpersistence,
              relrowsecurity, relacl
       FROM pg_class WHERE relnamespace = 'public'::regnamespace""",
    "SELECT tablename, policyname, permissive, roles, cmd, qual, with_check FROM pg_policies",
    """SELECT typname, typtype, enumlabel, pg_get_constraintdef(c.oid)
       FROM pg_type LEFT JOIN pg_enum ON enumtypid = pg_type.oid LEFT JOIN pg_constraint AS c ON contypid = pg_type.oid
       WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd', 'r')""",
    "SELECT sequencename, data_type, start_value, increment_by, cycle FROM pg_sequences WHERE schemaname = 'public'",
    "SELECT extname FROM pg_extension",
)


def catalogue_of(conn: Connection) -> list[list[tuple[Any, ...]]]:
    rows = [conn.execute(query).fetchall() for query in CATALOGUE]
    return [sorted(tuple(map(str, r)) for r in part if "schema_migration" not in str(r)) for part in rows]


@pytest.fixture
def empty_url(postgres_url: str, database_url: str) -> str:
    with pool.connect(database_url) as conn:
        # TimescaleDB, where there is any, goes too: a schema from the start is compared without.
        conn.execute("DROP SCHEMA public CASCADE")
        conn.execute("CREATE SCHEMA public")
    return database_url


def test_schema_and_migrations_give_the_same(empty_url: str, postgres_url: str) -> None:
    with pool.connect(empty_url) as conn:
        migrate.build(conn)
        built = catalogue_of(conn)
        conn.execute("DROP SCHEMA public CASCADE")
        conn.execute("CREATE SCHEMA public")
        migrate.migrate(empty_url)
        assert catalogue_of(conn) == built
    assert sum(map(len, built)) > 200


@pytest.mark.parametrize(
    "difference",
    [
        "ALTER TABLE unit ADD COLUMN colour text",
        "ALTER TABLE unit ALTER COLUMN label DROP NOT NULL",
        "ALTER TABLE unit ALTER COLUMN label SET DEFAULT ''",
        "ALTER TABLE unit ALTER COLUMN label TYPE varchar(200)",
        "ALTER TABLE unit DROP CONSTRAINT unit_shard_check",
        "ALTER TABLE unit DROP CONSTRAINT unit_clinic_id_fkey",
        """ALTER TABLE unit DROP CONSTRAINT unit_clinic_id_fkey,
           ADD FOREIGN KEY (clinic_id) REFERENCES clinic ON DELETE CASCADE""",
        "DROP INDEX machine_event_gap",
        "DROP INDEX binding_unit_now; CREATE UNIQUE INDEX binding_unit_now ON binding (unit_id)",
        "ALTER TABLE received RESET (fillfactor)",
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "ALTER FUNCTION to_us(timestamptz) STABLE",
        "DROP TRIGGER alert_event_append_only ON alert_event",
        "ALTER TABLE alert_event DISABLE TRIGGER alert_event_append_only",
        "DROP VIEW alert_current; CREATE VIEW alert_current AS SELECT alert.* FROM alert",
        "CREATE VIEW more AS SELECT 1",
        "CREATE TYPE mood AS ENUM ('well')",
        "ALTER TABLE patient DISABLE ROW LEVEL SECURITY",
        "ALTER POLICY clinic ON patient USING (true)",
        "ALTER FUNCTION audit_event_chain() SECURITY INVOKER",
        "CREATE POLICY mine ON patient USING (clinic_id = 1)",
        "GRANT SELECT ON patient TO PUBLIC",
        "ALTER TABLE alert_event ALTER COLUMN event_id SET INCREMENT BY 2",
        "ALTER TABLE engine_state SET UNLOGGED",
    ],
)
def test_the_comparison_of_schemas_sees(plain_url: str, difference: str) -> None:
    with pool.connect(plain_url) as conn:
        before = catalogue_of(conn)
        assert catalogue_of(conn) == before
        conn.execute(difference)
        assert catalogue_of(conn) != before


def test_signal_columns_are_the_catalogue(conn: Connection) -> None:
    rows = conn.execute(
        """SELECT column_name, data_type FROM information_schema.columns
           WHERE table_schema = 'public' AND table_name = 'reading' ORDER BY ordinal_position"""
    ).fetchall()
    expected = [(s.name, migrate.COLUMN_TYPE[s.kind]) for s in signals.CATALOGUE]
    assert rows[-signals.COUNT :] == expected
    assert len(rows) == signals.COUNT + 9


def test_migrating_again_does_nothing(database_url: str, conn: Connection) -> None:
    assert migrate.migrate(database_url) == []
    migrate.check(conn)
    newest = max(path.stem for path in MIGRATIONS.glob("*.sql"))
    assert migrate.schema_version(conn) == newest


def test_a_new_signal_is_only_a_column(database_url: str, conn: Connection) -> None:
    name = signals.CATALOGUE[-1].name
    conn.execute("DROP MATERIALIZED VIEW IF EXISTS reading_minute")
    conn.execute(f"ALTER TABLE reading DROP COLUMN {name} CASCADE")
    with pytest.raises(StoreError, match=rf"reading\.{name} missing – run `homehd migrate`"):
        migrate.check(conn)
    # Where minutes are kept, those of this signal went with it, and the others with them.
    again = ["reading_minute"] if edition(conn) is Edition.COMMUNITY else []
    assert migrate.migrate(database_url) == [f"reading.{name}", *again, "walls"]
    migrate.check(conn)


def test_several_migrate_at_once(empty_url: str) -> None:
    done: list[list[str]] = []
    threads = [threading.Thread(target=lambda: done.append(migrate.migrate(empty_url))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(bool, done)) == [False, False, True]


def test_no_schema(empty_url: str) -> None:
    with pool.connect(empty_url) as conn:
        assert migrate.schema_version(conn) == ""
        with pytest.raises(StoreError, match="there is no schema of ours – run `homehd migrate`") as caught:
            migrate.check(conn)
    assert caught.value.trouble is Trouble.SCHEMA
    assert not caught.value.recoverable


def test_a_newer_database_is_left_alone(database_url: str, conn: Connection) -> None:
    conn.execute("INSERT INTO schema_migration VALUES ('9999_from_the_future', now(), false)")
    for attempt in (lambda: migrate.check(conn), lambda: migrate.migrate(database_url)):
        with pytest.raises(StoreError, match="9999_from_the_future – the database is newer") as caught:
            attempt()
        assert caught.value.trouble is Trouble.SCHEMA


def test_a_newer_database_that_serves_us_too_is_used_and_told_of_once(
    database_url: str, conn: Connection, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "_told", set())
    conn.execute("INSERT INTO schema_migration VALUES ('9998_from_the_future', now(), true)")
    for _ in range(3):
        migrate.check(conn)
    assert migrate.migrate(database_url) == []
    assert migrate.newer(conn) == ["9998_from_the_future"]
    assert [record.message for record in caplog.records] == ["database is newer; running on"]
    # One more that does not: it is over.
    conn.execute("INSERT INTO schema_migration VALUES ('9999_from_the_future', now(), false)")
    with pytest.raises(StoreError, match="9999_from_the_future"):
        migrate.check(conn)


def test_what_is_missing_is_missing_on_a_newer_database_too(conn: Connection) -> None:
    conn.execute("INSERT INTO schema_migration VALUES ('9998_from_the_future', now(), true)")
    conn.execute("DELETE FROM schema_migration WHERE name = '0006_treatments'")
    with pytest.raises(StoreError, match="0006_treatments missing"):
        migrate.check(conn)


def test_a_database_of_the_first_release_is_brought_up_to_date(database_url: str, conn: Connection) -> None:
    conn.execute("ALTER TABLE schema_migration DROP COLUMN compatible")
    migrate.check(conn)
    assert migrate.migrate(database_url) == []
    assert conn.execute("SELECT bool_or(compatible) FROM schema_migration").fetchone() == (False,)
