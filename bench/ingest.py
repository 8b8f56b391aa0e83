"""Question: how much does one ingest process take, on one core, and what of it is lost to being correct?

Four answers, each as a ratio within one run:

1. *Live lane, end to end.* One sample of 24 signals a message, through a real Mosquitto: receive, decode, admission,
   rules, COPY, commit, acknowledgement, live frame. Beside it a paho-mqtt client that receives the same messages on the
   same core and throws them away, and our own reader that does so too. Aim: at least half of paho's messages a second.
2. *Backlog lane, end to end.* Sixty samples a message, beside a bare binary COPY of the same rows. Aim: a third.
3. *From decode to commit*, without the network, beside a bare COPY (bench/ingest_path.py).
4. *Cost per home.* 100, 1 000, 5 000 homes at 1 Hz in real time: CPU time per home and second, time from receipt to
   commit, and what waits at the end. Aim: one home more costs the same at every size (decision 22), p99 below 500 ms,
   nothing waiting.

With `--peers` also Node-RED and collectd, where they are installed (bench/ingest_peers.py says how).

The process that is measured has one core for itself, its reader included; broker, database and load share the other.
The load is encoded beforehand and never runs further ahead than the broker queues; what was lost all the same is
printed. Where others use the machine, the CPU time beside the rate is what to compare. Baseline: bench/ingest.txt,
profiles: bench/ingest_profile.txt.

    ./run bench ingest [--quick] [--runs N] [--seconds S] [--peers]
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import secrets
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench import ingest_load, ingest_path, ingest_peers, ingest_subject
from bench.ingest_load import Load
from bench.ingest_path import MEASURED
from bench.ingest_subject import Subject
from homehd.brokers import Broker, default_kind
from store import embedded, migrate, pool, registry
from telemetry.clock import MICROSECONDS
from telemetry.messages import Lane

_GIVE_UP_S = 120.0
_STILL_S = 10.0


Measured = tuple[int, float, float, int, int]


@dataclass(frozen=True)
class Place:
    """Broker and database for one fleet, on the core that is not measured."""

    broker: Broker
    url: str
    homes: list[tuple[str, int]]
    core: int
    other: int


@dataclass(frozen=True)
class Run:
    """What one subject did with one load.

    Attributes:
        seconds, cpu_s: from the first message to the last; of a paced load, of the middle of it. delays_ms: sorted.
        lost: messages. waiting: in the inbox when the last message had been sent.
    """

    messages: int
    seconds: float
    cpu_s: float
    delays_ms: list[float]
    lost: int
    waiting: int

    @property
    def per_s(self) -> float:
        """Messages a second."""
        return self.messages / self.seconds

    @property
    def cpu_us(self) -> float:
        """CPU time per message."""
        return self.cpu_s / self.messages * 1e6

    def delay_ms(self, share: float) -> float:
        """From receipt to commit."""
        return self.delays_ms[int(len(self.delays_ms) * share)] if self.delays_ms else 0.0


@contextmanager
def place(homes: int) -> Iterator[Place]:
    """A fresh broker and database with so many homes; this process and all it starts keep off the measured core."""
    cores = os.sched_getaffinity(0)
    core, other = max(cores), min(cores)
    os.sched_setaffinity(0, {other})
    try:
        with tempfile.TemporaryDirectory() as folder, embedded.start(Path(folder, "database")) as database:
            broker = Broker(default_kind(), Path(folder, "broker"))
            broker.start()
            try:
                yield Place(broker, database.url, _register(database.url, homes), core, other)
            finally:
                broker.stop()
    finally:
        os.sched_setaffinity(0, cores)


def _register(url: str, homes: int) -> list[tuple[str, int]]:
    migrate.migrate(url)
    with pool.connect(url) as conn, pool.transaction(conn):
        units = [registry.add_unit(conn, f"Home {n}", None, 1, name=f"u{n}") for n in range(homes)]
    return [(unit.name, unit.shard) for unit in units]


def measure(where: Place, kind: str, load: Load) -> Run:
    """Start the subject and the load, wait until all is done or nothing moves any more."""
    context = multiprocessing.get_context("spawn")
    counts = context.Array("q", 10, lock=False)
    ours, theirs = context.Pipe()
    subject = Subject(kind, where.broker.url, where.broker.port, where.url, where.core)
    processes = [
        context.Process(target=ingest_subject.run, args=(subject, counts, theirs)),
        context.Process(target=ingest_load.send, args=(load, where.broker.port, counts, where.other)),
    ]
    for process in processes:
        process.start()
    try:
        _until(lambda: bool(counts[3] and counts[6]))
        counts[4] = 1
        run = _watch(counts, load)
        counts[4] = 2
        delays = sorted(delay / 1000 for delay in ours.recv())
    finally:
        counts[4] = 2
        for process in processes:
            process.join()
    messages, seconds, cpu_s, waiting, lost = run
    return Run(messages, seconds, cpu_s, delays, lost, waiting)


def _watch(counts: Any, load: Load) -> Measured:
    """Messages, seconds and CPU seconds that count, what waited at the end, messages lost."""
    if load.paced:
        return _watch_paced(counts, load)
    _until(lambda: counts[7] > 0)
    began = _now(counts)
    _until(lambda: counts[1] >= load.messages, counts)
    return _between(began, _now(counts), 0, load.messages - counts[1])


def _watch_paced(counts: Any, load: Load) -> Measured:
    # What homes begin with is over by then: a treatment each, the findings of the first half minute.
    time.sleep(load.settle_s + len(load.homes) / ingest_load.BEGIN_PER_S)
    _until(lambda: counts[5] < len(load.homes) // 5, counts)
    counts[7] = 1
    began = _now(counts)
    time.sleep(load.rounds * load.step_us / MICROSECONDS)
    ended, waiting = _now(counts), counts[5]
    counts[9] = 1
    _until(lambda: counts[9] == 2 and counts[1] >= counts[8], counts)
    return _between(began, ended, waiting, counts[8] - counts[1])


def _between(began: tuple[int, float, float], ended: tuple[int, float, float], waiting: int, lost: int) -> Measured:
    messages, seconds, cpu_us = (after - before for after, before in zip(ended, began, strict=True))
    return int(messages), seconds, cpu_us / 1e6, waiting, lost


def _now(counts: Any) -> tuple[int, float, float]:
    return counts[1], time.monotonic(), counts[2]


def _until(condition: Any, counts: Any = None) -> None:
    """Wait; with `counts` until nothing has changed for a while at the latest."""
    give_up = time.monotonic() + _GIVE_UP_S
    last, since = None, time.monotonic()
    while not condition() and time.monotonic() < give_up:
        time.sleep(0.005)
        if counts is not None and counts[1] != last:
            last, since = counts[1], time.monotonic()
        elif counts is not None and time.monotonic() - since > _STILL_S:
            return


def live(homes: Sequence[tuple[str, int]], rounds: int) -> Load:
    """One sample a message, as fast as it is received."""
    return Load(homes, 1, Lane.LIVE, rounds, 40_000, False, secrets.token_hex(8))


def backlog(homes: Sequence[tuple[str, int]], rounds: int) -> Load:
    """Sixty samples a message, as after an outage of an hour."""
    return Load(homes, 60, Lane.BACKFILL, rounds, MICROSECONDS, False, secrets.token_hex(8))


def paced(homes: Sequence[tuple[str, int]], seconds: int, settle_s: float) -> Load:
    """A sample a second of each home, in real time."""
    return Load(homes, 1, Lane.LIVE, seconds, MICROSECONDS, True, secrets.token_hex(8), settle_s)


def end_to_end(where: Place, runs: int, rounds: int, copy_per_s: float) -> Iterator[str]:
    """Part 1 and 2. `copy_per_s`: values a second of a bare COPY of the backlog's rows.

    Every run has homes of its own: for a minute after it has begun a treatment brings findings, one rule after the
    other, which is not what a message costs.
    """
    kinds = ("paho", "loop", "ingest")
    found: dict[str, list[Run]] = {kind: [] for kind in (*kinds, "backlog")}
    size = len(where.homes) // runs
    for homes in (where.homes[n * size : (n + 1) * size] for n in range(runs)):
        for kind in kinds:
            found[kind].append(measure(where, kind, live(homes, rounds)))
        found["backlog"].append(measure(where, "ingest", backlog(homes[:200], max(1, rounds // 4))))
    said = {
        "paho": "paho, thrown away", "loop": "our reader, thrown away",
        "ingest": "ingest, live lane", "backlog": "ingest, backlog of 60",
    }  # fmt: skip
    base = found["paho"]
    yield "end to end                messages/s   CPU µs/message   values/s   ratio: rate   CPU   of        lost"
    for kind, results in found.items():
        per_s = statistics.median(run.per_s for run in results)
        cpu_us = statistics.median(run.cpu_us for run in results)
        values_per_s = per_s * len(MEASURED) * (60 if kind == "backlog" else 1)
        if kind == "backlog":
            ratio = f"{values_per_s / copy_per_s:11.2f}         bare COPY"
        else:
            of_rate = per_s / statistics.median(run.per_s for run in base)
            of_cpu = statistics.median(run.cpu_us for run in base) / cpu_us
            ratio = f"{of_rate:11.2f} {of_cpu:7.2f} paho     "
        yield (
            f"{said[kind]:23} {per_s:12,.0f} {cpu_us:16.1f} {values_per_s:10,.0f} {ratio}"
            f" {sum(run.lost for run in results):6}"
        )


def per_home(sizes: Sequence[int], seconds: int, settle_s: float) -> Iterator[str]:
    """Part 4."""
    yield "homes at 1 Hz   core   CPU µs/home·s   p50 ms   p99 ms   largest ms   waiting at the end   lost"
    cost_us: list[float] = []
    for size in sizes:
        with place(size) as where:
            run = measure(where, "ingest", paced(where.homes, seconds, settle_s))
        cost_us.append(run.cpu_s / run.seconds * 1e6)
        yield (
            f"{size:13,} {run.cpu_s / run.seconds:6.1%} {run.cpu_s / run.seconds / size * 1e6:15.1f}"
            f" {run.delay_ms(0.5):8.0f} {run.delay_ms(0.99):8.0f} {run.delay_ms(0.99999):12.0f} {run.waiting:20}"
            f" {run.lost:6}"
        )
    yield from marginal(sizes, cost_us)


def marginal(sizes: Sequence[int], cost_us: Sequence[float]) -> Iterator[str]:
    """What one home more costs between two sizes, and what is there without any; `cost_us`: CPU time per second."""
    ends = list(zip(sizes, cost_us, strict=True))
    more = [(b - a) / (n - m) for (m, a), (n, b) in pairwise(ends)]
    steps = ", ".join(f"{m:,} to {n:,}: {us:.1f}" for (m, n), us in zip(pairwise(sizes), more, strict=True))
    yield f"one home more, CPU µs/s: {steps}; without any home: {(cost_us[0] - sizes[0] * more[0]) / 1e6:.1%} of a core"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 0."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a short form that only shows that it works")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument(
        "--seconds", type=int, default=15, help="of each fleet in real time, after half a minute of beginning"
    )
    parser.add_argument("--peers", action="store_true", help="Node-RED and collectd too, where they are installed")
    options = parser.parse_args(arguments)
    units, rounds, runs = (20, 20, 1) if options.quick else (1000, 100, options.runs)
    copy_per_s = _path(units, runs, quick=options.quick)
    with place(units * runs) as where:
        for line in end_to_end(where, runs, rounds, copy_per_s):
            print(line, flush=True)
        if options.peers:
            for line in ingest_peers.lines(
                where.broker.port, where.url, where.core, messages=300 if options.quick else 20_000
            ):
                print(line, flush=True)
    sizes, seconds, settle_s = ((20, 40), 2, 1.0) if options.quick else ((100, 1000, 5000), options.seconds, 35.0)
    for line in per_home(sizes, seconds, settle_s):
        print(line, flush=True)
    return 0


def _path(units: int, runs: int, *, quick: bool) -> float:
    """Part 3; values a second of the bare COPY of the backlog."""
    loads = ingest_path.workloads(quick=quick, units=units)
    cores = os.sched_getaffinity(0)
    with tempfile.TemporaryDirectory() as folder:
        os.sched_setaffinity(0, {min(cores)})  # the server inherits it
        try:
            with embedded.start(Path(folder)) as database:
                os.sched_setaffinity(0, {max(cores)})
                results = ingest_path.measure(database.url, loads, units, runs)
        finally:
            os.sched_setaffinity(0, cores)
    for line in ingest_path.lines(loads, results):
        print(line, flush=True)
    load, result = loads[-1], results[-1]
    return load.messages * load.cycles * load.samples * len(MEASURED) / statistics.median(result.copy_s)


if __name__ == "__main__":
    raise SystemExit(main())
