"""Question: can one core take every home's reading every second through every in-treatment rule?

Wanted: 10 000 units of 24 signals at 1 Hz under 60 ms a tick, under 20 kB a unit, at a cost per unit that is flat from
100 units to 50 000. One reading of each unit is one call, as it is live; small calls show what a call costs by itself.
Windows are full, values wobble, troubles come and go (`bench.engine_ward`), units come in at seconds of their own.

Compared within one run: the limit rules alone by the engine, by pandas' rolling windows and by the plain-Python
reference of the tests, over the same seconds, and how far they agree on what stands at the end.

CPU time is the process's, on one core; wall time has in it what else the machine does. Baseline: bench/engine.txt.

    ./run bench engine [--quick] [--units N …] [--ticks N]
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from alerts import ruleset
from alerts.engine import Engine, Samples
from alerts.ruleset import Ruleset
from bench import engine_peers, engine_ward
from bench.engine_peers import Outcome
from bench.engine_ward import Ward
from telemetry.alarms import FindingState

MEASURED: Final = 10_000  # units that the aim is for
MOST_MS, MOST_BYTES = 60.0, 20_000
FLAT_FROM: Final = 100
SIZES: Final = (10, 100, 1000, MEASURED, 50_000)
_PEER_UNITS, _PEER_SECONDS, _REFERENCE_UNITS, _LIVE_TICKS = 2000, 300, 200, 5


@dataclass(frozen=True, slots=True)
class Ticks:
    """What so many ticks of so many units took, in ms each.

    Attributes:
        told: transitions a tick. held: bytes a unit takes in the engine. saved: bytes of a unit's snapshot.
    """

    units: int
    rules: int
    cpu: npt.NDArray[np.float64]
    wall: npt.NDArray[np.float64]
    told: float
    held: int
    saved: int

    @property
    def unit_us(self) -> float:
        """CPU time of one unit's reading, µs."""
        return float(np.median(self.cpu)) / self.units * 1e3

    @property
    def line(self) -> str:
        """As it is printed."""
        times = "".join(f"{_three(ms)}" for ms in (self.cpu, self.wall))
        return f"{self.units:>8,}{times}{self.unit_us:9.2f}{self.unit_us * 1e3 / self.rules:9.0f}{self.told:9.1f}"


def measure(rules: Ruleset, units: int, count: int) -> Ticks:
    """So many ticks, of units whose windows are full."""
    ward = Ward.of(units)
    engine = engine_ward.engine(rules, units)
    for second in engine_ward.fill():
        engine.evaluate(ward.at(second))
    first = engine_ward.filled()
    cpu, wall, told = np.zeros(count), np.zeros(count), 0
    for number in range(count):
        sent = ward.at(first + number)
        begun, used = time.perf_counter(), time.process_time()
        told += len(engine.evaluate(sent))
        cpu[number], wall[number] = time.process_time() - used, time.perf_counter() - begun
    saved = max(len(engine.snapshot(row)) for row in range(units))
    return Ticks(units, len(rules.rules), cpu * 1e3, wall * 1e3, told / count, engine.bytes_per_unit, saved)


def limits(rules: Ruleset, units: int, seconds: int, reference_units: int) -> Iterator[str]:
    """The limit rules alone, by each means."""
    ids = {rule.id for rule in engine_peers.RULES}
    alone = Ruleset(tuple(rule for rule in rules.rules if rule.id in ids))
    ward = Ward.of(units)
    sent = [ward.at(second) for second in range(seconds)]
    ours = by_engine(engine_ward.engine(alone, units), sent, len(ids))
    yield f"{f'{len(ids)} limit rules alone':<30}   units  ms a tick   ns a rule  times ours  stand   same as ours"
    yield _outcome(ours, ours)
    by_pandas = engine_peers.by_pandas(sent, min(_LIVE_TICKS, seconds))
    if by_pandas is None:
        yield "pandas: skipped, not installed (.venv/bin/python -m pip install pandas)"
    for each in (*(by_pandas or ()), engine_peers.by_reference(sent, min(units, reference_units))):
        yield _outcome(each, ours)


def by_engine(engine: Engine, sent: Sequence[Samples], rules: int) -> Outcome:
    """All the seconds through the engine."""
    begun = time.process_time()
    for one in sent:
        engine.evaluate(one)
    seconds = (time.process_time() - begun) / len(sent)
    units = len(sent[0].row)
    standing = {(u, f.rule) for u in range(units) for f in engine.findings(u) if f.state is FindingState.ACTIVE}
    return Outcome("engine", seconds, units * rules, standing, units)


def verdict(measured: Sequence[Ticks]) -> Iterator[str]:
    """What was wanted, and what was seen."""
    for ticks in measured:
        if ticks.units == MEASURED:
            for kind, ms in (("CPU", ticks.cpu), ("wall", ticks.wall)):
                median, late, worst = np.quantile(ms, (0.5, 0.95, 1.0))
                said = "under" if worst < MOST_MS else "NOT always under"
                times = f"median {median:.1f} ms, p95 {late:.1f}, worst {worst:.1f}"
                yield f"{MEASURED:,} units, {kind} time: {times}: {said} {MOST_MS:.0f} ms"
    held, saved = max(ticks.held for ticks in measured), max(ticks.saved for ticks in measured)
    said = "under" if max(held, saved) < MOST_BYTES else "NOT under"
    yield f"memory: {held:,} bytes a unit, its snapshot {saved:,}: {said} {MOST_BYTES:,}"
    costs = {ticks.units: ticks.unit_us for ticks in measured if ticks.units >= FLAT_FROM}
    if len(costs) > 1:
        said = ", ".join(f"{units:,}: {cost:.2f}" for units, cost in costs.items())
        apart = max(costs.values()) / min(costs.values())
        yield f"CPU µs a unit and tick: {said}; dearest {apart:.1f} times the cheapest"
        yield f"one unit more, CPU µs a tick: {one_more([ticks for ticks in measured if ticks.units >= FLAT_FROM])}"


def one_more(measured: list[Ticks]) -> str:
    """What one unit more costs between each size and the next: the cost that a round has without any is left out."""
    said = []
    for few, many in pairwise(measured):
        cost = (np.median(many.cpu) - np.median(few.cpu)) * 1e3 / (many.units - few.units)
        said.append(f"{few.units:,} to {many.units:,}: {cost:.2f}")
    return ", ".join(said)


@contextmanager
def one_core() -> Iterator[None]:
    """This process on one core only."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def _three(ms: npt.NDArray[np.float64]) -> str:
    return "".join(f"{value:9.2f}" for value in np.quantile(ms, (0.5, 0.95, 1.0)))


def _outcome(each: Outcome, ours: Outcome) -> str:
    cost, our_cost = each.seconds * 1e9 / each.evaluations, ours.seconds * 1e9 / ours.evaluations
    of_these = {(unit, rule) for unit, rule in ours.standing if unit < each.units}
    same = 1.0 - len(of_these ^ each.standing) / max(len(of_these | each.standing), 1)
    return (
        f"{each.name:<30}{each.units:>8,}{each.seconds * 1e3:11.2f}{cost:12.0f}{cost / our_cost:12.1f}"
        f"{len(each.standing):7,}{same:15.1%}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 0."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a short form that only shows that it works")
    parser.add_argument("--units", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--ticks", type=int, default=120, help="measured ticks of each size")
    options = parser.parse_args(arguments)
    sizes, ticks = ((10, 200), 3) if options.quick else (options.units, options.ticks)
    rules = ruleset.load()
    with one_core():
        print(
            f"{len(rules.rules)} rules   CPU, ms a tick             wall, ms a tick            CPU a unit, and a rule"
        )
        print(f"   units{2 * '   median      p95    worst'}       µs       ns     told")
        measured = []
        for units in sizes:
            measured.append(measure(rules, units, ticks))
            print(measured[-1].line, flush=True)
        for line in verdict(measured):
            print(line)
        short = (200, 30, 5) if options.quick else (_PEER_UNITS, _PEER_SECONDS, _REFERENCE_UNITS)
        for line in limits(rules, *short):
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
