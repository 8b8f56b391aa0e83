"""Question: is the first read of eight hours of 24 signals quicker once its day is in order, and who waits for that?

The same nights, in one run: read as their rows came, then their day is put in order (store/day_order.py), then read
again. Each read is of a server that has just started, with its files out of the kernel's memory. The rows must be the
same. Meanwhile somebody reads a row of that very day fifty times a second and stores one ten times a second, as often
as ingest commits; told is how long one of these took at most.

- pages: of table and index, read by the question from outside PostgreSQL's own memory.
- copy, exchange: seconds of each; everybody works on during the first.

A database is filled as for `bench.history`, with fewer days: how far the rows of one night lie apart depends on the
homes and their pace only. What is in order already is left out: a folder serves once a night. Absolute figures are good
to a factor of about 1.3, ratios better. Baseline: bench/history.txt.

    ./run bench day_order [--quick] [--runs N] [--nights 3] [--days 8] [--folder DIR]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from bench import history, load_history
from bench.history import NAMES, RAW_ROWS
from bench.load_history import Plan
from clinician_api.data import Data
from clinician_api.settings import ApiOptions
from clinician_api.treatments.history import Asked
from store import day_order, pool
from store.partitions import DAY_US
from store.viewers import EVERYTHING, work_for
from telemetry.clock import MICROSECONDS, SystemClock

COUNT = 1000
READ = "SELECT blood_flow FROM reading WHERE unit_id = %s AND time = from_us(%s)"
# Of a home that is none: it is in nobody's night.
STORE = """
INSERT INTO reading (time, received_at, seq, mono_ms, invalid, unit_id, phase, flags, epoch)
VALUES (from_us(%s), now(), %s, 0, 0, 2147483647, 0, 0, 'bench')
"""


@dataclass
class Night:
    """One treatment, and what its reads took, in seconds."""

    unit_id: int
    start_us: int
    before_s: list[float] = field(default_factory=list)
    after_s: list[float] = field(default_factory=list)
    pages: tuple[int, int] = (0, 0)
    copy_s: float = 0.0
    exchange_s: float = 0.0
    waited_s: float = 0.0
    same: bool = False

    @property
    def day(self) -> date:
        """The day (UTC) it began."""
        return datetime.fromtimestamp(self.start_us / MICROSECONDS, UTC).date()

    def text(self) -> str:
        """One line of the table."""
        before, after = statistics.median(self.before_s), statistics.median(self.after_s)
        return (
            f"{self.day} {self.pages[0]:9,} {self.pages[1]:9,} {before * 1e3:9.0f} {min(self.before_s) * 1e3:7.0f} "
            f"{after * 1e3:9.0f} {min(self.after_s) * 1e3:7.0f} {before / after:7.1f} {self.copy_s:7.1f} "
            f"{self.exchange_s:9.2f} {self.waited_s * 1e3:10.0f}   {'the same rows' if self.same else 'OTHER ROWS'}"
        )


class Bench:
    """A full database, and the API's way to it."""

    def __init__(self, options: argparse.Namespace, runs: int, long_s: int) -> None:
        self.options, self.runs, self.long_us = options, runs, long_s * MICROSECONDS
        self.now_us = SystemClock().now_us()

    def nights(self, count: int) -> list[Night]:
        """The longest treatments that began and ended on one day that is not in order, one a day."""
        with load_history.place(self.options) as url, pool.connect(url) as conn:
            due = day_order.due(conn, self.now_us)
            rows = conn.execute(
                "SELECT unit_id, to_us(started_at), to_us(ended_at) FROM treatment "
                "ORDER BY ended_at - started_at DESC, started_at DESC LIMIT 1000"
            ).fetchall()
        by_day: dict[date, Night] = {}
        for unit_id, start_us, end_us in rows:
            night = Night(unit_id, start_us)
            if night.day in due and start_us // DAY_US == end_us // DAY_US:
                by_day.setdefault(night.day, night)
        return list(by_day.values())[:count]

    def measure(self, night: Night) -> None:
        """Read, put in order, read."""
        night.before_s = [self._first(night) for _ in range(self.runs)]
        found, pages = self._rows(night)
        with load_history.place(self.options) as url, pool.connect(url) as conn, _somebody(url, night) as waits:
            conn.execute("SET statement_timeout = 0")
            day_order.begin(conn, night.day)
            night.copy_s = _timed(lambda: day_order.copy(conn, night.day))
            night.exchange_s = _timed(lambda: day_order.exchange(conn, night.day))
            day_order.settle(conn, night.day)
        night.waited_s = max(waits)
        night.after_s = [self._first(night) for _ in range(self.runs)]
        again, pages_after = self._rows(night)
        night.pages, night.same = (pages, pages_after), found == again

    def _first(self, night: Night) -> float:
        # A server that has just started: nothing is in its own memory.
        with load_history.place(self.options) as url:
            return asyncio.run(self._ask(url, night))

    async def _ask(self, url: str, night: Night) -> float:
        work_for(EVERYTHING)
        data = Data(ApiOptions(database_url=url))
        await data.open()
        try:
            # A connection and a plan of its own come before, from a moment without rows.
            for start_us in (night.start_us - 2 * self.long_us, night.start_us):
                history.drop_files(url)
                began = time.perf_counter()
                asked = Asked("u", start_us, start_us + self.long_us, self.now_us, every=False)
                await data.history(night.unit_id, asked, NAMES, COUNT)
            return time.perf_counter() - began
        finally:
            await data.close()

    def _rows(self, night: Night) -> tuple[list[Any], int]:
        """The rows, and how many pages it took to have them."""
        span = {"unit": night.unit_id, "start": night.start_us, "end": night.start_us + self.long_us}
        text = RAW_ROWS.format(names=", ".join(NAMES))
        with load_history.place(self.options) as url, pool.connect(url) as conn:
            explained = conn.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {text}".encode(), span).fetchall()
            rows = conn.execute(text.encode(), span).fetchall()
        return rows, int(explained[0][0][0]["Plan"]["Shared Read Blocks"])


def _timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


@contextmanager
def _somebody(url: str, night: Night) -> Iterator[list[float]]:
    """Somebody who reads a row of that day and stores one, again and again; how long each step took."""
    waits: list[float] = [0.0]
    over = threading.Event()

    def work() -> None:
        with pool.connect(url) as conn:
            while not over.wait(0.02):
                began = time.perf_counter()
                conn.execute(READ, [night.unit_id, night.start_us]).fetchall()
                if len(waits) % 5 == 0:
                    conn.execute(STORE, [night.start_us, len(waits)])
                waits.append(time.perf_counter() - began)

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    try:
        yield waits
    finally:
        over.set()
        worker.join()


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill if need be, measure, print; 1 when a night's rows are not what they were."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a short form that only shows that it works")
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--nights", type=int, default=3)
    load_history.add_arguments(parser)
    parser.set_defaults(days=8, folder=None)
    options = parser.parse_args(arguments)
    plan: Plan = history.QUICK if options.quick else load_history.plan_of(options)
    plan = replace(plan, year_days=plan.days)
    with tempfile.TemporaryDirectory() as temporary:
        options.folder = options.folder or temporary
        with load_history.place(options) as url:
            print(history.filled(url, plan))
        bench = Bench(options, 1 if options.quick else options.runs, 2 * plan.treatment_s)
        nights = bench.nights(1 if options.quick else options.nights)
        for night in nights:
            bench.measure(night)
    print(
        "night      pages as came  in order   first ms  least  in order   least   ratio  copy s  exchange s  waited ms"
    )
    for night in nights:
        print(night.text())
    return 0 if all(night.same for night in nights) else 1


if __name__ == "__main__":
    raise SystemExit(main())
