"""Fills a database with treatments, so that history is read from one as full as in use. No question of its own.

A home is treated every other day for four hours (one, the last at full rate, for eight). Rows lie in the order of time,
as ingest stores them, so that the rows of one home lie on pages of their own. The same seed gives the same rows.

1 000 homes at 1 Hz for 90 days were 650 million rows: therefore most homes have a row every ten seconds, and the first
`--full` homes have one a second. Of those, the first `--year-homes` have a whole year: the ones to ask about.
Treatments and their summaries are made along with the rows, from the values themselves.

    ./run bench load_history [--homes 1000] [--days 90] [--every 10] [--full 20] [--year-homes 2] [--scale 1.0]
        [--seed 1] [--folder DIR | --database URL]
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from store import embedded, migrate, partitions, patients, pool, readings, registry
from store.pool import Connection
from store.readings import ReadingColumns
from store.treatment_summaries import VERSION
from telemetry.clock import MICROSECONDS, SystemClock
from telemetry.messages import Flag
from telemetry.signals import CATALOGUE, COUNT, Kind
from telemetry.treatment import EndKnown, Phase

MEASURED = [signal for signal in CATALOGUE if signal.kind is Kind.NUMERIC][:24]
TREATMENT_S = 4 * 3600
DAY_US = 86_400 * MICROSECONDS
YEAR_DAYS = 365
AT_ONCE = 50_000  # rows in one COPY

ADD_TREATMENTS = """
WITH given AS (
    SELECT * FROM unnest(%(units)s::int[], %(starts)s::bigint[], %(rows)s::bigint[], %(signals)s::jsonb[])
        AS given (unit_id, start_us, readings, signals)
), added AS (
    INSERT INTO treatment
        (unit_id, patient_id, started_at, ended_at, end_known, derived, unusual, interruptions, changed_at)
    SELECT unit_id, (SELECT patient_id FROM binding WHERE binding.unit_id = given.unit_id LIMIT 1), from_us(start_us),
        from_us(start_us) + %(long)s * interval '1 second', %(known)s, false, 0, '[]', from_us(%(now)s)
    FROM given
    RETURNING treatment_id, unit_id, to_us(started_at) AS start_us
)
INSERT INTO treatment_summary (treatment_id, revision, version, computed_at, readings, treated_s, unseen_s, signals)
SELECT treatment_id, 1, %(version)s, from_us(%(now)s), readings, %(long)s, 0, signals
FROM added JOIN given USING (unit_id, start_us)
"""


@dataclass(frozen=True)
class Plan:
    """How much to make. `every_s`: seconds between two rows of most homes; `full` homes have one a second.

    `rounded`: values have three digits, as a machine sends them, instead of all that fit: what compression lives on.
    """

    homes: int = 1000
    days: int = 90
    every_s: int = 10
    full: int = 20
    year_homes: int = 2
    seed: int = 1
    treatment_s: int = TREATMENT_S
    year_days: int = YEAR_DAYS
    rounded: bool = False

    def scaled(self, scale: float) -> Plan:
        """Fewer homes, of all kinds."""
        full = max(2, round(self.full * scale))
        homes, year_homes = max(full, round(self.homes * scale)), min(self.year_homes, full - 1)
        return replace(self, homes=homes, full=full, year_homes=year_homes)

    def __post_init__(self) -> None:
        """ValueError when a treatment is longer than a day, or no home is left at full rate beside those of a year."""
        if not 0 < self.year_homes < self.full <= self.homes or not 0 < 2 * self.treatment_s < 86_400:
            raise ValueError("0 < year homes < full ≤ homes; a treatment of less than half a day")

    def homes_on(self, days_ago: int) -> NDArray[np.int64]:
        """The homes treated that day, by number."""
        homes = np.arange(self.homes if days_ago <= self.days else self.year_homes)
        chosen: NDArray[np.int64] = homes[(homes + days_ago) % 2 == 0]
        return chosen


@dataclass(frozen=True)
class Loaded:
    """What came of it."""

    rows: int
    treatments: int
    seconds: float
    bytes: int

    def line(self) -> str:
        """For a person."""
        return (
            f"{self.rows:,} rows of {len(MEASURED)} signals, {self.treatments:,} treatments, "
            f"{self.bytes / 1e9:.2f} GB ({self.bytes / max(self.rows, 1):.0f} B a row with its indexes), "
            f"{self.seconds:.0f} s ({self.rows / max(self.seconds, 1e-9):,.0f} rows/s)"
        )


@dataclass(frozen=True)
class _Treatments:
    """Those of one day that have the same pace: [treatment, row]."""

    home: NDArray[np.int64]
    start_us: NDArray[np.int64]
    time_us: NDArray[np.int64]
    values: NDArray[np.float32]  # [treatment, row, measured signal]


def load(url: str, plan: Plan, now_us: int) -> Loaded:
    """Fill an empty database with what the plan says, up to yesterday."""
    begin = time.perf_counter()
    migrate.migrate(url)
    rows = treatments = 0
    with pool.connect(url, name="homehd load") as conn:
        conn.execute("SET synchronous_commit = off")
        conn.execute("SET statement_timeout = 0")
        unit_ids = _add_units(conn, plan, now_us)
        sent = np.zeros(plan.homes, np.int64)
        for days_ago in range(max(plan.days, plan.year_days), 0, -1):
            day = now_us // DAY_US - days_ago
            parts = list(_day(plan, day, plan.homes_on(days_ago)))
            for part in parts:
                _add_treatments(conn, part, unit_ids, now_us)
                treatments += len(part.home)
            if parts:
                rows += _copy(conn, parts, unit_ids, sent, np.random.default_rng([plan.seed, 2, day]))
        conn.execute("VACUUM (ANALYZE) treatment_summary, treatment")
        conn.execute("ANALYZE reading")
        size = conn.execute("SELECT pg_database_size(current_database())").fetchall()[0][0]
    return Loaded(rows, treatments, time.perf_counter() - begin, size)


def _add_units(conn: Connection, plan: Plan, now_us: int) -> NDArray[np.int32]:
    numbers = []
    since_us = now_us - (plan.year_days + 1) * DAY_US
    with pool.transaction(conn):
        for home in range(plan.homes):
            unit = registry.add_unit(conn, f"Home {home}", f"Clinic {home % 10}", since_us, name=f"load-{home}")
            patient = patients.add_patient(conn, f"Patient {home}", unit.clinic_id, patients.Prescription())
            patients.bind(conn, unit.unit_id, patient, since_us)
            numbers.append(unit.unit_id)
    return np.array(numbers, np.int32)


def _day(plan: Plan, day: int, homes: NDArray[np.int64]) -> Iterator[_Treatments]:
    """That day's treatments, by pace and length. Every home has its own levels and hour."""
    kinds = (
        (plan.every_s, plan.treatment_s, homes[homes >= plan.full]),
        (1, plan.treatment_s, homes[homes < plan.full - 1]),
        (1, 2 * plan.treatment_s, homes[homes == plan.full - 1]),
    )
    for pace_s, long_s, chosen in kinds:
        if not len(chosen):
            continue
        levels = np.random.default_rng([plan.seed, 0])
        level = levels.uniform(0.25, 0.75, (plan.homes, len(MEASURED))).astype(np.float32)[chosen]
        hour_s = levels.integers(0, 86_400 - 2 * plan.treatment_s, plan.homes)[chosen]
        noise = np.random.default_rng([plan.seed, 1, day, pace_s, long_s])
        steps = np.arange(long_s // pace_s) * pace_s
        start = day * DAY_US + hour_s * MICROSECONDS
        drift = 0.05 * np.sin(steps / 1800.0).astype(np.float32)
        values = noise.standard_normal((len(chosen), len(steps), len(MEASURED)), np.float32)
        values *= 0.02
        values += level[:, None, :]
        values += drift[None, :, None]
        low, span = _ranges()
        values *= span
        values += low
        if plan.rounded:
            step = (10.0 ** (np.floor(np.log10(span)) - 2)).astype(np.float32)
            values = np.round(values / step) * step
        yield _Treatments(chosen, start, start[:, None] + steps[None, :] * MICROSECONDS, values)


def _ranges() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    ranges = [signal.usual or signal.plausible or (0.0, 100.0) for signal in MEASURED]
    low = np.array([r[0] for r in ranges], np.float32)
    return low, np.array([r[1] for r in ranges], np.float32) - low


def _copy(
    conn: Connection, parts: Sequence[_Treatments], unit_ids: NDArray[np.int32], sent: NDArray[np.int64],
    chance: np.random.Generator,
) -> int:  # fmt: skip
    times = np.concatenate([p.time_us.ravel() for p in parts])
    home = np.concatenate([np.repeat(p.home, p.time_us.shape[1]) for p in parts])
    # Numbered within each treatment; later treatments go on where the one before ended.
    seq = np.concatenate([(sent[p.home][:, None] + np.arange(p.time_us.shape[1])).ravel() for p in parts])
    values = np.concatenate([p.values.reshape(-1, len(MEASURED)) for p in parts])
    for part in parts:
        sent[part.home] += part.time_us.shape[1]
    order = np.lexsort((home, times))
    partitions.ensure_partitions(conn, times, int(times[0]))
    late = (chance.random(len(sent)) < 0.05)[home]
    for at in range(0, len(order), AT_ONCE):
        chosen = order[at : at + AT_ONCE]
        with pool.transaction(conn, "load readings"):
            columns = _columns(unit_ids, home[chosen], seq[chosen], times[chosen], late[chosen], values[chosen])
            readings.copy_readings(conn, columns)
    return len(order)


def _columns(unit_ids: NDArray[np.int32], home: Any, seq: Any, times: Any, late: Any, measured: Any) -> ReadingColumns:
    values = np.full((len(home), COUNT), np.nan, np.float32)
    values[:, [signal.number for signal in MEASURED]] = measured
    return ReadingColumns(
        unit_id=unit_ids[home],
        epoch=np.full(len(home), b"00000000000000ab", "S16"),
        seq=seq,
        time_us=times,
        mono_ms=seq * 1000,
        phase=np.full(len(home), Phase.TX, np.uint8),
        flags=np.where(late, Flag.LATE | Flag.CLOCK_SYNCHRONISED, Flag.CLOCK_SYNCHRONISED).astype(np.uint8),
        invalid=np.zeros(len(home), np.uint64),
        received_us=times + 300_000,
        values=values,
    )


def _add_treatments(conn: Connection, part: _Treatments, unit_ids: NDArray[np.int32], now_us: int) -> None:
    median = np.median(part.values, axis=1)
    low, high = part.values.min(axis=1), part.values.max(axis=1)
    count = part.values.shape[1]
    long_s = float(part.time_us[0, -1] - part.time_us[0, 0]) / MICROSECONDS
    signals = [
        json.dumps({
            s.name: {"count": count, "median": float(m), "min": float(a), "max": float(b)}
            for s, m, a, b in zip(MEASURED, *columns, strict=True)
        })
        for columns in zip(median, low, high, strict=True)
    ]  # fmt: skip
    parameters = {
        "units": unit_ids[part.home].tolist(), "starts": part.start_us.tolist(), "rows": [count] * len(signals),
        "signals": signals, "long": long_s, "version": VERSION, "known": str(EndKnown.MACHINE), "now": now_us,
    }  # fmt: skip
    conn.execute(ADD_TREATMENTS, parameters)


@contextmanager
def place(options: argparse.Namespace) -> Iterator[str]:
    """The database to use: `--database`, or an embedded one in `--folder`."""
    if options.database:
        yield options.database
        return
    with embedded.start(Path(options.folder).resolve()) as instance:
        yield instance.url


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How much, and where."""
    for name, default in (("homes", 1000), ("days", 90), ("every", 10), ("full", 20), ("year-homes", 2), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--scale", type=float, default=1.0, help="so much of the homes, of either kind")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--database", metavar="URL", help="an empty database")
    where.add_argument("--folder", default="bench-history", metavar="DIR", help="an embedded one kept there")


def plan_of(options: argparse.Namespace) -> Plan:
    """The plan the arguments say."""
    plan = Plan(options.homes, options.days, options.every, options.full, options.year_homes, options.seed)
    return plan.scaled(options.scale)


def main(arguments: Sequence[str] | None = None) -> int:
    """Load and print what it took; 0."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add_arguments(parser)
    options = parser.parse_args(arguments)
    plan = plan_of(options)
    print(plan)
    with place(options) as url:
        print(load(url, plan, SystemClock().now_us()).line())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
