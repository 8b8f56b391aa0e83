"""Question: do eight hours of 24 signals come in under 200 ms, and a year of one patient's medians in under 500 ms?

On a database as full as in use (`bench.load_history`), beside what it would take without: the same eight hours read row
by row and reduced here, the same medians computed from the rows. Measured is what the API does: query, gaps, JSON.

- 8 h: one night at 1 Hz, 28 800 rows, to 1000 and 4000 buckets, one signal and 24; "first" is a night nobody has read
  since its pages were dropped from the caches ("-" where the server's files cannot be reached).
- year: 182 treatments of 24 medians from `treatment_summary`; the medians must equal those computed from the rows.

The rows of one home lie on pages of their own, as ingest stores them, and the database has only its default 128 MB of
memory of its own. Printed are medians of the runs. Absolute figures are good to a factor of about 1.3, ratios better.
Baseline: bench/history.txt.

    ./run bench history [--quick] [--runs N] [--scale 0.02] [--folder DIR | --database URL]

A folder or database that has treatments already is used as it is; otherwise it is filled first. Without either a
temporary folder is used.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench import load_history
from bench.load_history import MEASURED, Plan
from clinician_api.data import Data
from clinician_api.live.views import moment
from clinician_api.settings import ApiOptions
from clinician_api.treatments import models
from clinician_api.treatments.history import Asked
from store import migrate, pool
from store.pool import AsyncConnection, Connection
from store.viewers import EVERYTHING, work_for
from telemetry.clock import MICROSECONDS, SystemClock

NAMES = [signal.name for signal in MEASURED]
QUICK = Plan(homes=4, days=4, every_s=10, full=3, year_homes=1, treatment_s=120, year_days=6)
RAW_MEDIANS = """
SELECT to_us(started_at), {medians}
FROM treatment JOIN reading ON reading.unit_id = treatment.unit_id AND time BETWEEN started_at AND ended_at
WHERE patient_id = %(patient)s AND started_at >= from_us(%(since)s)
GROUP BY started_at
ORDER BY started_at
"""
RAW_ROWS = """
SELECT to_us(time), {names}
FROM reading
WHERE unit_id = %(unit)s AND time >= from_us(%(start)s) AND time < from_us(%(end)s)
ORDER BY time
"""


@dataclass(frozen=True)
class Line:
    """One thing measured: seconds of every run, of the first with cold caches, and of the way it is compared with."""

    name: str
    runs_s: list[float]
    first_s: float | None
    other: str
    other_s: float
    limit_s: float | None

    def text(self) -> str:
        """One line of the table."""
        own = statistics.median(self.runs_s)
        first = "-" if self.first_s is None else f"{self.first_s * 1e3:.0f}"
        limit = "-" if self.limit_s is None else f"{self.limit_s * 1e3:.0f}"
        return (
            f"{self.name:24} {own * 1e3:8.1f} {max(self.runs_s) * 1e3:8.1f} {first:>8} {limit:>8} "
            f"{self.other_s * 1e3:12.0f} {self.other_s / own:9.1f}   {self.other}"
        )


class Bench:
    """A full database and the API's way to it."""

    def __init__(self, url: str, runs: int) -> None:
        self.url, self.runs = url, runs
        self.data = Data(ApiOptions(database_url=url))
        self.now_us = SystemClock().now_us()
        with pool.connect(url) as conn:
            self.nights: list[tuple[int, int]] = conn.execute(
                "SELECT unit_id, to_us(started_at) FROM treatment "
                "ORDER BY ended_at - started_at DESC, started_at DESC LIMIT 12"
            ).fetchall()
            (self.patient,) = conn.execute(
                "SELECT patient_id FROM treatment GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
            ).fetchall()[0]

    async def lines(self, long_s: int) -> list[Line]:
        """All measurements."""
        work_for(EVERYTHING)
        await self.data.open()
        aconn = await pool.aconnect(self.url)
        try:
            async with aconn:
                await aconn.execute("SET statement_timeout = 0")
                return [
                    await self._history("8 h, 1 signal, 1000 px", NAMES[:1], 1000, long_s, 0, aconn),
                    await self._history("8 h, 24 signals, 1000 px", NAMES, 1000, long_s, 1, aconn),
                    await self._history("8 h, 24 signals, 4000 px", NAMES, 4000, long_s, 2, aconn),
                    await self._year(aconn),
                ]
        finally:
            await self.data.close()

    async def _history(
        self, name: str, names: Sequence[str], count: int, long_s: int, night: int, aconn: AsyncConnection
    ) -> Line:
        async def ask(place: int) -> None:
            unit_id, start_us = self.nights[place % len(self.nights)]
            asked = Asked("u", start_us, start_us + long_s * MICROSECONDS, self.now_us, every=False)
            await self.data.history(unit_id, asked, names, count)

        # A connection and a plan of its own come before; then a night nobody has read.
        await ask(-1)
        first_s = await _timed(lambda: ask(night)) if drop_caches(self.url) else None
        runs_s = [await _timed(lambda: ask(night)) for _ in range(self.runs)]
        raw_s = statistics.median([await _timed(lambda: self._raw(aconn, names, count, long_s, night))
                                   for _ in range(max(1, self.runs // 3))])  # fmt: skip
        return Line(name, runs_s, first_s, "its rows, reduced here", raw_s, 0.2)

    async def _raw(self, aconn: AsyncConnection, names: Sequence[str], count: int, long_s: int, night: int) -> None:
        unit_id, start_us = self.nights[night % len(self.nights)]
        parameters = {"unit": unit_id, "start": start_us, "end": start_us + long_s * MICROSECONDS}
        cursor = await aconn.execute(RAW_ROWS.format(names=", ".join(names)).encode(), parameters, binary=True)
        rows = np.array(await cursor.fetchall(), np.float64)
        place = ((rows[:, 0] - start_us) // (long_s * MICROSECONDS / count)).astype(np.intp)
        edges = np.flatnonzero(np.diff(place, prepend=-1))
        for reduce in (np.minimum, np.maximum, np.add):
            reduce.reduceat(rows[:, 1:], edges, axis=0)

    async def _year(self, aconn: AsyncConnection) -> Line:
        since = {"patient": self.patient, "since": self.now_us - 366 * 86_400 * MICROSECONDS}
        found: list[models.TreatmentView] = []

        async def ask() -> None:
            whole = await self.data.treatments_of_patient(str(self.patient), since["since"], self.now_us, 500)
            assert whole is not None
            told = {"server_time": moment(self.now_us), "treatments": whole[1], "next": None}
            answer = models.Treatments.model_validate(told)
            answer.model_dump_json()
            found[:] = answer.treatments

        first_s = await _timed(ask) if drop_caches(self.url) else None
        runs_s = [await _timed(ask) for _ in range(self.runs)]
        medians = ", ".join(f"percentile_cont(0.5) WITHIN GROUP (ORDER BY {name})" for name in NAMES)
        computed: list[Any] = []

        async def compute() -> None:
            computed[:] = await (await aconn.execute(RAW_MEDIANS.format(medians=medians).encode(), since)).fetchall()

        raw_s = await _timed(compute)
        summaries = [one.summary for one in reversed(found) if one.summary is not None]
        told = [[summary.signals[name].median for name in NAMES] for summary in summaries]
        np.testing.assert_allclose(np.array(told, float), np.array(computed, float)[:, 1:], rtol=1e-6)
        return Line(f"year, {len(found)} x 24 medians", runs_s, first_s, "from its rows", raw_s, 0.5)


async def _timed(ask: Callable[[], Awaitable[None]]) -> float:
    begin = time.perf_counter()
    await ask()
    return time.perf_counter() - begin


def drop_caches(url: str) -> bool:
    """Put the server's files out of the kernel's memory, and what we may read next out of its own; whether we could."""
    if not drop_files(url):
        return False
    with pool.connect(url) as conn:
        _fill_buffers(conn)
    return drop_files(url)


def drop_files(url: str) -> bool:
    """Put the server's files out of the kernel's memory; whether we could."""
    with pool.connect(url) as conn:
        folder = Path(conn.execute("SHOW data_directory").fetchall()[0][0], "base")
        if not os.access(folder, os.R_OK | os.X_OK):
            return False
        conn.execute("CHECKPOINT")
    for path in folder.rglob("*"):
        if path.is_file():
            handle = os.open(path, os.O_RDONLY)
            try:
                os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(handle)
    return True


def _fill_buffers(conn: Connection) -> None:
    # Half a million rows of homes that are not asked about, by an index: a sequential scan would keep to a small ring.
    conn.execute("SET enable_seqscan = off")
    conn.execute("SET statement_timeout = 0")
    conn.execute(
        "SELECT count(*) FROM (SELECT seq, blood_flow FROM reading WHERE unit_id > 2 AND unit_id <> ALL (ARRAY("
        "SELECT unit_id FROM treatment ORDER BY ended_at - started_at DESC LIMIT 12)) LIMIT 600000) AS rows"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill if need be, measure, print; 0."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a short form that only shows that it works")
    parser.add_argument("--runs", type=int, default=9)
    load_history.add_arguments(parser)
    parser.set_defaults(scale=0.02, folder=None)
    options = parser.parse_args(arguments)
    plan = QUICK if options.quick else load_history.plan_of(options)
    with tempfile.TemporaryDirectory() as temporary:
        options.folder = options.folder or temporary
        with load_history.place(options) as url:
            print(filled(url, plan))
            bench = Bench(url, 1 if options.quick else options.runs)
            lines = asyncio.run(bench.lines(2 * plan.treatment_s))
    print("what                      ms median      max    first    limit   compared ms    ratio   compared with")
    for line in lines:
        print(line.text())
    return 0


def filled(url: str, plan: Plan) -> str:
    """Fill a database that is empty; one line on what is in it."""
    migrate.migrate(url)
    with pool.connect(url) as conn:
        if conn.execute("SELECT count(*) FROM treatment_summary").fetchall()[0][0]:
            rows = "SELECT sum(reltuples)::bigint FROM pg_class WHERE relname ~ '^reading_[0-9]+$'"
            units, size, count = conn.execute(
                f"SELECT (SELECT count(*) FROM unit), pg_database_size(current_database()), ({rows})".encode()
            ).fetchall()[0]
            return f"found: {units:,} homes, about {count:,} rows, {size / 1e9:.2f} GB"
    return f"{plan}\n{load_history.load(url, plan, SystemClock().now_us()).line()}"


if __name__ == "__main__":
    raise SystemExit(main())
