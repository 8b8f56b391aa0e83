"""From decode to commit, without the network, beside a bare binary COPY of the very same rows: part of `bench.ingest`.

decode → admission → rules → COPY → commit → acknowledgements and live frames made up; the COPY's rows are encoded
beforehand, go into the same table, and are committed once a cycle. Three workloads of 24 signals a row:

- live 1: one sample a message, every unit once a cycle; what a fleet at 1 Hz sends.
- live 60: sixty samples a message in the live lane, so the rules see every one of them; a worst case.
- backlog 60: sixty samples a message in the backfill lane: stored, not shown to the rules; after an outage.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from alerts import ruleset
from ingest import service
from ingest.inbox import Inbox, Message
from ingest.intake import take
from ingest.metrics import Metrics
from ingest.pipeline import Pipeline
from ingest.rows import reading_columns
from ingest.session import Session, connect
from ingest.shards import ALL
from store import migrate, partitions, pool, registry
from store.errors import translate
from store.readings import COPY, encode_rows
from telemetry import wire
from telemetry.clock import MICROSECONDS, SystemClock
from telemetry.messages import Batch, Flag, Lane, Reading
from telemetry.signals import CATALOGUE, Kind, Signal
from telemetry.treatment import Phase

MEASURED = [signal for signal in CATALOGUE if signal.kind is Kind.NUMERIC][:24]


@dataclass(frozen=True)
class Workload:
    """One way of sending."""

    name: str
    samples: int
    lane: Lane
    messages: int  # in a cycle
    cycles: int


@dataclass
class Result:
    """Per run: seconds for all cycles of the workload, and for the bare COPY of its rows."""

    path_s: list[float] = field(default_factory=list)
    copy_s: list[float] = field(default_factory=list)


class Bench:
    """A database, a session and the units in it."""

    def __init__(self, url: str, units: int) -> None:
        migrate.migrate(url)
        self.clock = SystemClock()
        with pool.connect(url) as conn, pool.transaction(conn):
            self.units = [registry.add_unit(conn, f"Home {n}", None, 1, name=f"u{n}") for n in range(units)]
        self.session = Session(connect(url), ALL, ruleset.load(), self.clock.monotonic_s)
        self.session.take_shards(self.clock.now_us())
        self.pipeline = Pipeline(self.clock, Metrics(), Inbox())
        self.seq = 0
        self.start_us = self.clock.now_us() - 86_400 * MICROSECONDS

    def cycles(self, load: Workload) -> list[list[Message]]:
        """Fresh messages, numbered and timed after all before."""
        cycles = []
        for _ in range(load.cycles):
            first = self._batch(load)
            batches = [
                msgspec.structs.replace(first, unit=self.units[index % len(self.units)].name)
                for index in range(load.messages)
            ]
            cycles.append([
                Message(f"hhd/1/{self.units[i % len(self.units)].shard}/{b.unit}/up", wire.encode(b), b.sent_us)
                for i, b in enumerate(batches)
            ])  # fmt: skip
            self.seq += load.samples
        return cycles

    def path(self, cycles: list[list[Message]]) -> float:
        """Seconds for the whole path."""
        start = time.perf_counter()
        for messages in cycles:
            self.pipeline.cycle(self.session, messages)
            now_s, now_us = self.clock.monotonic_s(), self.clock.now_us()
            told = self.pipeline.acks.due(now_s) + self.pipeline.live.due(now_s, now_us, self.session.owned)
            for _, record in told:
                wire.encode(record)
        return time.perf_counter() - start

    def copy(self, cycles: list[list[Message]]) -> float:
        """Seconds for COPY and commit of the same rows, encoded beforehand."""
        prepared = []
        for messages in cycles:
            intake = take(messages, self.session.desk())
            columns = reading_columns(intake, intake.rows.time_us)
            partitions.ensure_partitions(self.session.conn, columns.time_us, self.clock.now_us())
            prepared.append(encode_rows(columns))
        start = time.perf_counter()
        for data in prepared:
            conn = self.session.conn
            with pool.transaction(conn), translate("bench"), conn.cursor() as cursor, cursor.copy(COPY) as copy:
                copy.write(data)
        return time.perf_counter() - start

    def _batch(self, load: Workload) -> Batch:
        rows = [
            Reading(
                seq, self.start_us + seq * MICROSECONDS, 1000 * (seq + 1), int(Flag.CLOCK_SYNCHRONISED),
                int(Phase.TX), {signal.number: usual(signal) + seq % 7 * 0.01 for signal in MEASURED},
            )
            for seq in range(self.seq, self.seq + load.samples)
        ]  # fmt: skip
        return wire.build_batch(
            unit="u0", epoch="0123456789abcdef", boot="bench", sent_us=self.clock.now_us(), lane=load.lane,
            readings=rows, events=[],
        )  # fmt: skip


def usual(signal: Signal) -> float:
    """A value at which no rule finds anything."""
    low, high = signal.usual or signal.plausible or (0.0, 1.0)
    return 0.6 * low + 0.4 * high


def workloads(*, quick: bool, units: int) -> list[Workload]:
    """The three."""
    live, backlog = (1, 1) if quick else (20, 5)
    return [
        Workload("live 1", 1, Lane.LIVE, units, live),
        Workload("live 60", 60, Lane.LIVE, min(units, 200), backlog),
        Workload("backlog 60", 60, Lane.BACKFILL, min(units, 200), backlog),
    ]


def measure(url: str, loads: Sequence[Workload], units: int, runs: int) -> list[Result]:
    """Alternating runs of all workloads and of the COPY of each, on an empty database."""
    results = [Result() for _ in loads]
    bench = Bench(url, units)
    service.spare_collector()
    for _ in range(runs):
        for load, result in zip(loads, results, strict=True):
            result.path_s.append(bench.path(bench.cycles(load)))
            result.copy_s.append(bench.copy(bench.cycles(load)))
    bench.session.close()
    return results


def lines(loads: Sequence[Workload], results: Sequence[Result]) -> Iterator[str]:
    """What was measured, as a table of medians."""
    yield "workload     messages/s   µs/message    values/s   bare COPY values/s   ratio"
    for load, result in zip(loads, results, strict=True):
        messages = load.messages * load.cycles
        values = messages * load.samples * len(MEASURED)
        path_s, copy_s = statistics.median(result.path_s), statistics.median(result.copy_s)
        yield (
            f"{load.name:11} {messages / path_s:11,.0f} {path_s / messages * 1e6:12.1f} {values / path_s:11,.0f}"
            f" {values / copy_s:20,.0f} {copy_s / path_s:7.2f}"
        )
