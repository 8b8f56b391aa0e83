"""What an extension that is there makes of the readings, and that nothing above notices."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from store import history, migrate, pool, reading_export, reading_queries, readings, timescale
from store.editions import Edition, edition
from store.errors import StoreError, Trouble
from store.pool import Connection
from store.reading_export import Span
from store.readings import ReadingColumns
from telemetry import signals
from tests.store.rows import rows

START_US = 1_749_999_600_000_000
SECOND = 1_000_000
FIELDS = [field.name for field in dataclasses.fields(ReadingColumns)]
TIMES = [START_US + n * SECOND for n in range(3000)]


def cut(column: Any, n: int) -> Any:
    """Every other row, from the n-th on."""
    return column if isinstance(column, int) else column[n::2]


def test_a_hypertable_of_days_with_no_index_but_the_key(conn: Connection) -> None:
    if edition(conn) is Edition.NATIVE:
        assert timescale.use(conn) == []
        return
    readings.copy_readings(conn, rows(1, [START_US, START_US + 86_400 * SECOND]))
    chunks = conn.execute(
        "SELECT range_start::text, range_end::text FROM timescaledb_information.chunks"
        " WHERE hypertable_name = 'reading' ORDER BY 1"
    ).fetchall()
    assert chunks == [
        ("2025-06-15 00:00:00+00", "2025-06-16 00:00:00+00"), ("2025-06-16 00:00:00+00", "2025-06-17 00:00:00+00"),
    ]  # fmt: skip
    assert conn.execute("SELECT indexname FROM pg_indexes WHERE tablename = 'reading'").fetchall() == [
        ("reading_pkey",)
    ]


def test_only_the_community_edition_compresses_and_keeps_minutes(conn: Connection) -> None:
    there = conn.execute("SELECT to_regclass('reading_minute') IS NOT NULL").fetchone()
    assert there == (edition(conn) is Edition.COMMUNITY,)
    if edition(conn) is not Edition.NATIVE:
        jobs = {
            row[0] for row in conn.execute("SELECT proc_name FROM timescaledb_information.jobs WHERE job_id >= 1000")
        }
        assert jobs == ({"policy_compression"} if edition(conn) is Edition.COMMUNITY else set())


def test_a_second_time_changes_nothing(database_url: str, conn: Connection) -> None:
    if edition(conn) is Edition.COMMUNITY:
        conn.execute("SELECT remove_compression_policy('reading')")
    assert migrate.migrate(database_url) == []
    if edition(conn) is Edition.COMMUNITY:
        # Somebody took the policy away, and that stays so.
        assert conn.execute("SELECT FROM timescaledb_information.jobs WHERE job_id >= 1000").fetchall() == []


def test_an_extension_that_comes_after_the_first_rows_changes_nothing(plain_url: str) -> None:
    with pool.connect(plain_url) as conn:
        readings.copy_readings(conn, rows(1, TIMES[:3]))
        if not conn.execute("SELECT FROM pg_available_extensions WHERE name = 'timescaledb'").fetchall():
            assert timescale.use(conn) == []
            return
        # The extension is loaded by whoever connects after it was made.
        conn.execute("CREATE EXTENSION timescaledb")
    assert migrate.migrate(plain_url) == []
    with pool.connect(plain_url) as conn:
        assert edition(conn) is Edition.NATIVE
        readings.copy_readings(conn, rows(1, TIMES[3:6], first_seq=3))
        assert conn.execute("SELECT count(*) FROM reading").fetchone() == (6,)


async def everything(url: str) -> list[Any]:
    """What each way of reading gives of unit 1."""
    async with await pool.aconnect(url) as aconn:
        newest = await reading_queries.latest(aconn, [1, 2], START_US + 86_400 * SECOND)
        found = await history.buckets(aconn, 1, list(signals.BY_NAME), START_US, START_US + 3000 * SECOND, 100)
    with pool.connect(url) as conn:
        since = reading_queries.since(conn, 1, START_US + 1500 * SECOND)
        few = reading_queries.readings_by_number(conn, 1, "0123456789abcdef", [5, 7], (START_US, TIMES[-1]))
        span = Span(1, "u1", START_US, TIMES[-1])
        lines = b"".join(reading_export.csv_lines(conn, span, signals.CATALOGUE))
    buckets = [(s.minimum.tobytes(), s.maximum.tobytes(), s.mean.tobytes()) for s in found.series.values()]
    return [newest, found.readings.tolist(), buckets, since.seq.tolist(), since.values.tobytes(), few, lines]


@pytest.mark.usefixtures("community")
class TestCompressed:
    """Days that were compressed: read as before, and what comes late goes in."""

    async def test_reads_as_before(self, database_url: str, conn: Connection) -> None:
        for unit in (1, 2):
            readings.copy_readings(conn, rows(unit, TIMES))
        before = await everything(database_url)
        assert len(before[0]) == 2
        assert len(before[-1].splitlines()) == 2999
        conn.execute("SELECT compress_chunk(c) FROM show_chunks('reading') AS c")
        assert await everything(database_url) == before

    def test_what_comes_late_goes_in_however_much(self, database_url: str, conn: Connection) -> None:
        # A bad line: every other row came as it was taken, the others when its day is compressed.
        whole = rows(1, TIMES)
        early, late = (ReadingColumns(**{f: cut(getattr(whole, f), n) for f in FIELDS}) for n in (0, 1))
        readings.copy_readings(conn, early)
        conn.execute("SELECT compress_chunk(c) FROM show_chunks('reading') AS c")
        name = conn.info.dbname
        conn.execute(f"ALTER DATABASE {name} SET timescaledb.max_tuples_decompressed_per_dml_transaction = 10")
        # As older versions do, which unpack every batch that a row may be in.
        conn.execute(f"ALTER DATABASE {name} SET timescaledb.enable_dml_decompression_tuple_filtering = off")
        with pool.connect(database_url) as ingest, pool.transaction(ingest):
            readings.copy_readings(ingest, late)
        assert conn.execute("SELECT count(*), count(DISTINCT seq) FROM reading").fetchone() == (3000, 3000)

    def test_the_same_row_twice_is_refused(self, conn: Connection) -> None:
        readings.copy_readings(conn, rows(1, TIMES))
        conn.execute("SELECT compress_chunk(c) FROM show_chunks('reading') AS c")
        with pytest.raises(StoreError) as caught:
            readings.copy_readings(conn, rows(1, TIMES[40:41], first_seq=40))
        assert caught.value.trouble is Trouble.CONFLICT
        assert conn.execute("SELECT count(*) FROM reading").fetchone() == (3000,)

    def test_a_signal_can_be_added(self, database_url: str, conn: Connection) -> None:
        name = signals.CATALOGUE[-1].name
        conn.execute("DROP MATERIALIZED VIEW reading_minute")
        conn.execute(f"ALTER TABLE reading DROP COLUMN {name}")
        conn.execute("INSERT INTO reading (unit_id, time, received_at, seq, mono_ms, invalid, phase, flags, epoch)"
                     " VALUES (1, from_us(%s), now(), 1, 0, 0, 3, 1, 'e')", [START_US])  # fmt: skip
        conn.execute("SELECT compress_chunk(c) FROM show_chunks('reading') AS c")
        assert migrate.migrate(database_url) == [f"reading.{name}", "reading_minute"]
        assert conn.execute(f"SELECT seq, {name} FROM reading").fetchall() == [(1, None)]

    def test_the_policy_compresses_what_is_old_enough_and_no_more(self, conn: Connection) -> None:
        fortnight = "SELECT to_us(now() - interval '14 days'), to_us(now() - interval '18 days')"
        young, old = conn.execute(fortnight).fetchall()[0]
        readings.copy_readings(conn, rows(1, [old, young]))
        ((job,),) = conn.execute(
            "SELECT job_id FROM timescaledb_information.jobs WHERE proc_name = 'policy_compression'"
        ).fetchall()
        conn.execute(f"CALL run_job({job})")
        compressed = conn.execute(
            "SELECT is_compressed FROM timescaledb_information.chunks"
            " WHERE hypertable_name = 'reading' ORDER BY range_start"
        ).fetchall()
        assert compressed == [(True,), (False,)]
