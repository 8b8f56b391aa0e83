"""Question: what do the editions do to disk and to questions; do compression and the minutes pay?

On a database filled by `bench.load_history` with values as machines send them (`rounded`). What an edition does not
have is left out. Compared within one run:

- bytes a row with its index, as stored and compressed, and of the minutes for each row they stand for;
- storing an hour of one home that comes late: into a day as it was stored, and into a compressed one;
- computing the minutes: all of them, and again after that hour;
- history of 24 signals as the API asks for it: from minutes where there are any, "compared" is the same from the rows;
  before the days were compressed and after.

Absolute figures are good to a factor of about 1.3, ratios better. Baseline: bench/editions.txt.

    ./run bench editions [--quick] [--runs N] [--scale 0.02] [--folder DIR | --database URL]

Without a place to be a temporary folder is used; a database must be empty, with TimescaleDB created in it or not.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bench import load_history
from bench.history import NAMES, QUICK
from bench.load_history import DAY_US, Plan
from store import facts, history, minutes, pool, readings
from store.editions import Edition
from store.minutes import MINUTE_US
from store.pool import Connection
from store.readings import ReadingColumns
from telemetry import signals
from telemetry.clock import SystemClock
from telemetry.messages import Flag

# What a chart shows, and how many days of it there must be.
SPANS = {"8 h, 1000 px": (8 / 24, 1000), "3 days, 1000 px": (3, 1000), "30 days, 1000 px": (30, 1000)}
SIZES = """
SELECT coalesce(sum(pg_total_relation_size(format('%I.%I', chunk_schema, chunk_name)::regclass)), 0)::bigint
FROM timescaledb_information.chunks WHERE hypertable_name = 'reading'
"""
COMPRESSED = "SELECT coalesce(sum(after_compression_total_bytes), 0)::bigint FROM chunk_compression_stats('reading')"
MINUTES = """
SELECT hypertable_size(format('%I.%I', materialization_hypertable_schema, materialization_hypertable_name)::regclass)
FROM timescaledb_information.continuous_aggregates WHERE view_name = 'reading_minute'
"""
COUNT = "SELECT count(*) FROM reading_minute"
NATIVE_SIZES = """
SELECT coalesce(sum(pg_total_relation_size(inhrelid)), 0)::bigint FROM pg_inherits WHERE inhparent = 'reading'::regclass
"""


@dataclass
class Bench:
    """One database, filled."""

    conn: Connection
    url: str
    rows: int
    runs: int
    now_us: int

    def __post_init__(self) -> None:
        self.kept = facts.keeping(self.conn)
        self.home, self.end_us = self.conn.execute(
            "SELECT unit_id, to_us(max(ended_at)) FROM treatment GROUP BY unit_id ORDER BY count(*) DESC, 1 LIMIT 1"
        ).fetchall()[0]

    def run(self) -> None:
        """All measurements, printed as they come."""
        plain = NATIVE_SIZES if self.kept.edition is Edition.NATIVE else SIZES
        self.size("as stored", self.one(plain))
        self.late("as stored", 1)
        if self.kept.edition is not Edition.COMMUNITY:
            self.charts("as stored")
            return
        seconds = timed(lambda: list(minutes.catch_up(self.conn, self.now_us)))
        print(f"{'minutes, all':<34}{seconds:10.1f} s {self.rows / seconds:12,.0f} rows/s")
        self.size("minutes", self.one(MINUTES))
        print(f"{'disk, a minute of one home':<34}{self.one(MINUTES) / self.one(COUNT):10.1f} B")
        self.late("", 2)
        seconds = timed(lambda: list(minutes.catch_up(self.conn, self.now_us)))
        print(f"{'minutes, again after a late hour':<34}{seconds * 1e3:10.0f} ms")
        self.charts("as stored")
        seconds = timed(lambda: self.conn.execute("SELECT compress_chunk(c) FROM show_chunks('reading') AS c"))
        print(f"{'compressing all days':<34}{seconds:10.1f} s {self.rows / seconds:12,.0f} rows/s")
        self.size("compressed", self.one(COMPRESSED))
        self.charts("compressed")
        self.late("compressed", 3)

    def one(self, statement: str) -> int:
        """The single number a statement gives."""
        return int(self.conn.execute(statement.encode()).fetchall()[0][0])

    def size(self, name: str, size: int) -> None:
        """One line on disk."""
        print(f"{'disk, ' + name:<34}{size / self.rows:10.1f} B a row")

    def late(self, name: str, number: int) -> None:
        """An hour of one home, a row a second, at a time of day nobody else has; as one batch."""
        start_us = self.end_us // DAY_US * DAY_US + number * 1000
        times = np.arange(3600, dtype=np.int64) * 1_000_000 + start_us
        found = np.full((3600, signals.COUNT), 100, np.float32)
        columns = ReadingColumns(
            np.full(3600, self.home, np.int32), np.full(3600, b"00000000000000cd", "S16"),
            np.arange(3600) + number * 10_000, times, np.arange(3600), np.full(3600, 3, np.uint8),
            np.full(3600, int(Flag.LATE) | 1, np.uint8), np.zeros(3600, np.uint64), self.now_us, found,
        )  # fmt: skip

        def store() -> None:
            with pool.transaction(self.conn, "store late rows"):
                readings.copy_readings(self.conn, columns)
                minutes.note(self.conn, columns.time_us, columns.flags, self.now_us)

        seconds = timed(store)
        if name:
            print(f"{'late hour, day ' + name:<34}{seconds * 1e3:10.0f} ms {3600 / seconds:11,.0f} rows/s")

    def charts(self, name: str) -> None:
        """What charts ask."""
        for asked, (days, count) in SPANS.items():
            own, rows = asyncio.run(self._chart(days, count))
            minutes_serve = self.kept.edition is Edition.COMMUNITY and days * DAY_US > count * MINUTE_US
            compared = f"{rows * 1e3:10.0f} ms from rows{rows / own:8.1f}" if minutes_serve else ""
            print(f"{asked + ', ' + name:<34}{own * 1e3:10.0f} ms {compared}")

    async def _chart(self, days: float, count: int) -> tuple[float, float]:
        # As the API asks: from a whole minute on.
        end_us = -(-self.end_us // MINUTE_US) * MINUTE_US
        start_us = end_us - round(days * DAY_US)

        async with await pool.aconnect(self.url) as conn:

            async def ask() -> float:
                begin = time.perf_counter()
                await history.buckets(conn, self.home, NAMES, start_us, end_us, count)
                return time.perf_counter() - begin

            await ask()
            own = [await ask() for _ in range(self.runs)]
            async with conn.transaction(force_rollback=True):
                await conn.execute("DELETE FROM reading_minute_state")
                rows = [await ask() for _ in range(self.runs)]
            return statistics.median(own), statistics.median(rows)


def timed(work: Callable[[], object]) -> float:
    """Seconds it takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill, measure, print; 0."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a short form that only shows that it works")
    parser.add_argument("--runs", type=int, default=7)
    load_history.add_arguments(parser)
    parser.set_defaults(scale=0.02, days=40, folder=None)
    options = parser.parse_args(arguments)
    plan: Plan = replace(QUICK if options.quick else load_history.plan_of(options), rounded=True)
    now_us = SystemClock().now_us()
    with tempfile.TemporaryDirectory() as temporary:
        options.folder = options.folder or temporary
        with load_history.place(options) as url:
            loaded = load_history.load(url, plan, now_us)
            with pool.connect(url) as conn:
                conn.execute("SET statement_timeout = 0")
                print(f"{facts.keeping(conn).edition} edition: {loaded.line()}")
                Bench(conn, url, loaded.rows, 1 if options.quick else options.runs, now_us).run()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
