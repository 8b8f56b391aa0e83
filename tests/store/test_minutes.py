"""Minutes are what the rows say, whatever comes late and whatever is killed, and only what was touched is computed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import closing
from itertools import pairwise

import numpy as np
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import history, migrate, minutes, pool, readings
from store.editions import Edition, edition
from store.history import Buckets
from store.minutes import LAG_US, LIVE_US, MINUTE_US, Span
from store.partitions import DAY_US
from store.pool import Connection
from store.readings import ReadingColumns
from telemetry import signals
from telemetry.messages import Flag
from tests.store.rows import rows

START_US = 1_749_999_600_000_000  # 15:00 UTC
HOUR_US = 60 * MINUTE_US
NAMES = list(signals.BY_NAME)
NOW_US = START_US + 10 * HOUR_US


def lines(start_us: int, count: int, every_s: int = 10) -> list[int]:
    return [start_us + n * every_s * 1_000_000 for n in range(count)]


def store(conn: Connection, found: ReadingColumns, now_us: int) -> None:
    """As ingest does, in one transaction."""
    with pool.transaction(conn):
        readings.copy_readings(conn, found)
        minutes.note(conn, found.time_us, found.flags, now_us)


def live(conn: Connection, unit_id: int, start_us: int, count: int) -> None:
    """Rows that came as they were taken."""
    readings.copy_readings(conn, rows(unit_id, lines(start_us, count)))


def computed(conn: Connection) -> dict[tuple[int, int], int]:
    """(unit, minute) -> the transaction that computed it."""
    ((table,),) = conn.execute(
        "SELECT format('%I.%I', materialization_hypertable_schema, materialization_hypertable_name)"
        " FROM timescaledb_information.continuous_aggregates WHERE view_name = 'reading_minute'"
    ).fetchall()
    found = conn.execute(f"SELECT unit_id, (to_us(minute) - {START_US}) / {MINUTE_US}, xmin::text::bigint FROM {table}")
    return {(unit, minute): xmin for unit, minute, xmin in found}


def due(conn: Connection) -> int:
    return int(conn.execute("SELECT count(*) FROM reading_minute_due").fetchall()[0][0])


async def ask(url: str, start_us: int, end_us: int, width_us: int) -> tuple[Buckets, Buckets]:
    """The same span from the minutes and from the rows."""
    async with await pool.aconnect(url) as conn:
        count = -(-(end_us - start_us) // width_us)
        kept = await history.buckets(conn, 1, NAMES, start_us, end_us, count)
        assert kept.width_us == width_us
        async with conn.transaction(force_rollback=True):
            await conn.execute("DELETE FROM reading_minute_state")
            return kept, await history.buckets(conn, 1, NAMES, start_us, end_us, count)


def same(url: str, start_us: int, end_us: int, width_us: int = MINUTE_US) -> int:
    """Fail unless both say the same; how many buckets there are."""
    kept, exact = asyncio.run(ask(url, start_us, end_us, width_us))
    for name in (
        "start_us",
        "first_us",
        "last_us",
        "readings",
        "late",
        "corrected",
        "invalid",
        "first_seq",
        "last_seq",
    ):
        np.testing.assert_array_equal(getattr(kept, name), getattr(exact, name), name)
    for name, series in exact.series.items():
        np.testing.assert_array_equal(kept.series[name].minimum, series.minimum, name)
        np.testing.assert_array_equal(kept.series[name].maximum, series.maximum, name)
        np.testing.assert_allclose(kept.series[name].mean, series.mean, rtol=3e-7, err_msg=name)
    return len(exact)


spans = st.lists(st.integers(0, 200), max_size=30)


@given(spans)
def test_touched_are_exactly_the_minutes_of_the_rows(offsets: list[int]) -> None:
    times = np.array([START_US + n * MINUTE_US + 7 for n in offsets], np.int64)
    found = minutes.touched(times, np.ones(len(times), np.uint8), NOW_US)
    covered = [at for span in found for at in range(span.start_us, span.end_us, MINUTE_US)]
    assert covered == sorted({START_US + n * MINUTE_US for n in offsets})
    assert all(a.end_us < b.start_us for a, b in pairwise(found))


def test_what_is_as_it_happens_or_nowhere_touches_nothing() -> None:
    times = np.array([NOW_US, NOW_US - LIVE_US, NOW_US - LIVE_US - 1, 0, NOW_US - DAY_US], np.int64)
    flags = np.array([1, 1, 1, 1, int(Flag.TIME_UNCERTAIN)], np.uint8)
    late = (NOW_US - LIVE_US - 1) // MINUTE_US * MINUTE_US
    assert minutes.touched(times, flags, NOW_US) == [Span(late, late + MINUTE_US)]


def test_without_an_aggregate_nothing_is_noted_or_computed(conn: Connection) -> None:
    if edition(conn) is Edition.COMMUNITY:
        conn.execute("DELETE FROM reading_minute_state")
    store(conn, rows(1, lines(START_US, 10)), NOW_US)
    assert due(conn) == 0
    assert list(minutes.catch_up(conn, NOW_US)) == []


@pytest.mark.usefixtures("community")
class TestKept:
    """On the community edition."""

    def test_a_late_backlog_is_computed_again_and_nothing_else_is(self, database_url: str, conn: Connection) -> None:
        for unit in (1, 2):
            live(conn, unit, START_US, 1800)  # five hours
        assert list(minutes.catch_up(conn, NOW_US)) != []
        before = computed(conn)
        assert len(before) == 600
        assert same(database_url, START_US, START_US + 5 * HOUR_US) == 300

        # One home catches up twenty minutes of the first hour, another ten of the fifth, in one transaction.
        late = rows(1, lines(START_US + 20 * MINUTE_US + 1, 120), np.arange(120) - 500, flags=5, first_seq=5000)
        other = rows(2, lines(START_US + 250 * MINUTE_US + 1, 60), np.arange(60) + 900, flags=5, first_seq=5000)
        with pool.transaction(conn):
            for part in (late, other):
                readings.copy_readings(conn, part)
                minutes.note(conn, part.time_us, part.flags, NOW_US)
        # Not computed yet, and yet told.
        assert same(database_url, START_US, START_US + 5 * HOUR_US) == 300
        assert computed(conn) == before

        done = list(minutes.catch_up(conn, NOW_US))
        assert done == [
            Span(START_US + 20 * MINUTE_US, START_US + 40 * MINUTE_US),
            Span(START_US + 250 * MINUTE_US, START_US + 260 * MINUTE_US),
        ]
        assert due(conn) == 0
        after = computed(conn)
        assert after.keys() == before.keys()
        again = {minute for (_, minute), xmin in after.items() if before[_, minute] != xmin}
        assert again == {*range(20, 40), *range(250, 260)}
        assert same(database_url, START_US, START_US + 5 * HOUR_US) == 300
        assert same(database_url, START_US, START_US + 5 * HOUR_US, 7 * MINUTE_US) == 43
        low, high = conn.execute(
            "SELECT min(venous_pressure_min), max(venous_pressure_max) FROM reading_minute"
        ).fetchall()[0]
        assert (low, high) == (-500, 959)

    def test_the_newest_hour_comes_from_the_rows(self, database_url: str, conn: Connection) -> None:
        live(conn, 1, START_US, 1080)  # three hours
        now_us = START_US + 3 * HOUR_US
        list(minutes.catch_up(conn, now_us))
        assert max(minute for _, minute in computed(conn)) == 119
        assert same(database_url, START_US, now_us, 2 * MINUTE_US) == 90
        live(conn, 1, now_us, 60)
        assert list(minutes.catch_up(conn, now_us + MINUTE_US)) == []
        assert same(database_url, START_US, now_us + 10 * MINUTE_US + 30_000_000, 2 * MINUTE_US) == 95
        # A span that begins behind what is kept, and one that ends before.
        assert same(database_url, now_us, now_us + 9 * MINUTE_US) == 9
        assert same(database_url, START_US, START_US + 61 * MINUTE_US) == 61

    def test_what_comes_late_before_it_is_computed_at_all_is_computed_once(self, conn: Connection) -> None:
        live(conn, 1, START_US, 360)
        now_us = START_US + HOUR_US + 20 * MINUTE_US
        store(conn, rows(1, lines(START_US + 40 * MINUTE_US + 1, 6), first_seq=999), now_us)
        assert due(conn) == 1
        first = list(minutes.catch_up(conn, now_us))
        assert [span.end_us for span in first] == [START_US + 20 * MINUTE_US]
        assert due(conn) == 0
        rest = list(minutes.catch_up(conn, now_us + HOUR_US))
        assert rest == [Span(START_US + 20 * MINUTE_US, START_US + 80 * MINUTE_US)]

    def test_a_kill_at_any_step_loses_nothing(self, database_url: str, conn: Connection) -> None:
        live(conn, 1, START_US, 1080)
        list(minutes.catch_up(conn, NOW_US))
        late = [START_US + at * MINUTE_US + 1 for at in (5, 65, 125)]
        store(conn, rows(1, late, [900, 901, 902], flags=5, first_seq=5000), NOW_US)
        with pool.connect(database_url) as killed:
            steps = minutes.catch_up(killed, NOW_US)
            next(steps)
            conn.execute("SELECT pg_terminate_backend(%s)", [killed.info.backend_pid])
            with pytest.raises(Exception, match=r"went away|closed"):
                list(steps)
        assert due(conn) == 3
        assert same(database_url, START_US, START_US + 3 * HOUR_US) == 180
        assert len(list(minutes.catch_up(conn, NOW_US))) == 3
        assert same(database_url, START_US, START_US + 3 * HOUR_US) == 180

    def test_left_half_way_it_is_free_for_the_next(self, database_url: str, conn: Connection) -> None:
        live(conn, 1, START_US, 6)
        live(conn, 1, START_US + DAY_US, 6)
        now_us = START_US + 2 * DAY_US
        with pool.connect(database_url) as other:
            with closing(minutes.catch_up(other, now_us)) as steps:
                next(steps)
                assert list(minutes.catch_up(conn, now_us)) == []
            assert len(list(minutes.catch_up(conn, now_us))) == 1
        assert same(database_url, START_US, START_US + 2 * DAY_US, HOUR_US) == 2

    def test_what_was_rolled_back_was_not_noted(self, conn: Connection) -> None:
        with pool.transaction(conn):
            late = rows(1, lines(START_US, 5))
            readings.copy_readings(conn, late)
            minutes.note(conn, late.time_us, late.flags, NOW_US)
            raise psycopg.Rollback
        assert due(conn) == 0

    def test_long_stretches_are_computed_by_the_day(self, database_url: str, conn: Connection) -> None:
        now_us = START_US + 5 * DAY_US
        live(conn, 1, START_US, 6)
        list(minutes.catch_up(conn, now_us))
        store(conn, rows(1, lines(START_US + 1, 1500, every_s=60), flags=5, first_seq=100), now_us)
        done = list(minutes.catch_up(conn, now_us))
        assert [(span.end_us - span.start_us) // MINUTE_US for span in done] == [1440, 60]
        assert same(database_url, START_US, START_US + 2 * DAY_US, 10 * MINUTE_US) == 150

    def test_impossible_and_uncertain_times(self, database_url: str, conn: Connection) -> None:
        live(conn, 1, START_US, 60)
        store(conn, rows(1, [0, -(2**62), 2**62, START_US + 5], flags=17, first_seq=900), NOW_US)
        store(conn, rows(1, [MINUTE_US], flags=1, first_seq=950), NOW_US)
        assert due(conn) == 0
        list(minutes.catch_up(conn, NOW_US))
        assert same(database_url, START_US, START_US + 10 * MINUTE_US) == 10
        assert same(database_url, 0, 10 * MINUTE_US) == 1

    def test_a_new_signal_makes_them_anew(self, database_url: str, conn: Connection) -> None:
        live(conn, 1, START_US, 1080)
        list(minutes.catch_up(conn, NOW_US))
        store(conn, rows(1, lines(START_US + 1, 5), first_seq=5000), NOW_US)
        conn.execute("DROP MATERIALIZED VIEW reading_minute")
        conn.execute(f"ALTER TABLE reading DROP COLUMN {NAMES[-1]}")
        migrate.migrate(database_url)
        assert due(conn) == 0
        assert same(database_url, START_US, START_US + 3 * HOUR_US) == 180
        assert computed(conn) == {}
        list(minutes.catch_up(conn, NOW_US))
        assert len(computed(conn)) == 180
        assert same(database_url, START_US, START_US + 3 * HOUR_US) == 180

    def test_a_server_s_clock_that_was_ahead_hides_nothing(self, database_url: str, conn: Connection) -> None:
        live(conn, 1, START_US, 360)
        list(minutes.catch_up(conn, START_US + 4 * HOUR_US))
        now_us = START_US + HOUR_US
        assert list(minutes.catch_up(conn, now_us)) == []
        live(conn, 1, now_us, 360)
        assert same(database_url, START_US, START_US + 2 * HOUR_US) == 120
        list(minutes.catch_up(conn, START_US + 4 * HOUR_US))
        assert len(computed(conn)) == 120
        assert same(database_url, START_US, START_US + 2 * HOUR_US) == 120

    def test_a_transaction_that_is_open_for_long_is_waited_for(self, database_url: str, conn: Connection) -> None:
        # What comes as it happens is not noted: it must be committed before its hour is computed.
        live(conn, 1, START_US, 6)
        assert LAG_US - LIVE_US >= 50 * MINUTE_US
        list(minutes.catch_up(conn, START_US + HOUR_US))
        assert computed(conn) == {}
        assert same(database_url, START_US, START_US + HOUR_US) == 1


def test_spans_of_seconds_are_never_of_minutes(database_url: str, conn: Connection) -> None:
    live(conn, 1, START_US, 60)

    async def widths(pieces: Sequence[tuple[int, int]]) -> list[int]:
        async with await pool.aconnect(database_url) as aconn:
            return [
                (await history.buckets(aconn, 1, ["systolic"], START_US, START_US + span, count)).width_us
                for span, count in pieces
            ]

    asked = [(HOUR_US, 60), (HOUR_US, 61), (HOUR_US, 59), (10 * HOUR_US, 7)]
    assert asyncio.run(widths(asked)) == [MINUTE_US, 59_016_394, 2 * MINUTE_US, 86 * MINUTE_US]
