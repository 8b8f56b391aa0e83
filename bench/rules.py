"""Question: how often do the rules cry wolf, what do they miss, how late are they – and how would plain limits do?

Simulated treatments of mixed patients (`bench.rules_cases`), half without a fault and half with a labelled one, go
through the engine offline: virtual time, many treatments as rows of one engine, evaluated every second. A naive set of
plain limits (`bench.rules_naive`) sees the same readings in the same run. The answer is docs/safety/performance.md.

    ./run bench rules [--quick] [--treatments N] [--seed S] [--processes P] [--output FILE]

`--treatments` of each kind; 1 000 of each are about 45 minutes of processor time. The short form treats ten of each for
20 minutes and prints its page instead of writing it.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

from alerts import ruleset
from bench import rules_cases, rules_page
from bench.rules_cases import LABELS
from bench.rules_run import Outcome, run

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "safety" / "performance.md"
_AT_ONCE: Final = 250  # rows of one engine
_QUICK_MINUTES: Final = 20.0

# What a process is to do: (seed, number of the label or -1) of each treatment, and their length if not drawn.
Job = tuple[list[tuple[int, int]], float | None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Treat, count, write; 0."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a short form that only shows that it works")
    parser.add_argument("--treatments", type=int, metavar="N", help="without a fault, and as many with one (1000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--output", type=Path, help="where the page goes; - = standard output")
    options = parser.parse_args(arguments)
    count = options.treatments or (len(LABELS) if options.quick else 1000)
    if count < 1 or options.processes < 1:
        parser.error("--treatments and --processes are at least 1")
    start = time.perf_counter()
    outcomes = treat(options.seed, count, _QUICK_MINUTES if options.quick else None, options.processes)
    print(f"{len(outcomes)} treatments in {time.perf_counter() - start:.0f} s", file=sys.stderr)
    page = rules_page.page(outcomes, ruleset.load(), options.seed, count, short=options.quick)
    output = options.output or (Path("-") if options.quick else PAGE)
    if str(output) == "-":
        print(page, end="")
    else:
        output.write_text(page, "utf-8")
    return 0


def treat(seed: int, count: int, minutes: float | None, processes: int) -> list[Outcome]:
    """Outcomes of `count` treatments without a fault and as many with one, labels in turn; the same for one seed."""
    jobs = list(_jobs(seed, count, minutes))
    if processes == 1 or len(jobs) == 1:
        return [outcome for job in jobs for outcome in _work(job)]
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        return [outcome for done in pool.map(_work, jobs) for outcome in done]


def _jobs(seed: int, count: int, minutes: float | None) -> Iterator[Job]:
    wanted = [(1_000_000 * seed + index, -1) for index in range(count)]
    wanted += [(1_000_000 * seed + 500_000 + index, index % len(LABELS)) for index in range(count)]
    for first in range(0, len(wanted), _AT_ONCE):
        yield wanted[first : first + _AT_ONCE], minutes


def _work(job: Job) -> list[Outcome]:
    wanted, minutes = job
    cases = [rules_cases.draw(seed, None if label < 0 else LABELS[label], minutes) for seed, label in wanted]
    return run(cases, ruleset.load())


if __name__ == "__main__":
    raise SystemExit(main())
