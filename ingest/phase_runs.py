"""Sightings of phases, in any order, to stretches of one phase. Pure.

The stretches are a function of the set of sightings alone: whatever order they come in, and however often, the same
runs result. That holds because a run is changed only by a sighting next to it or inside it. One that falls inside a
run of another phase splits it, and where exactly only the stored rows can tell: `merge` then names that stretch and is
to be called again with what is stored there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from ingest.columns import Bools, Ints
from store.phase_runs import Run, Sighting
from telemetry.messages import EventKind, Flag, MachineLink
from telemetry.treatment import Phase

# Machines are asked every second or few, thinned backlog has a row a minute: longer than this nothing was seen.
GAP_US: Final = 300_000_000
LOST: Final = -1

_LOSSES: Final = frozenset({MachineLink.SILENT.value, MachineLink.GARBLED.value, MachineLink.DISCONNECTED.value})
_PHASES: Final = {phase.name: phase for phase in Phase}


class Points(NamedTuple):
    """Sightings of one unit.

    Attributes:
        mark: phase × 2, plus 1 if derived; or LOST. clock: the machine's treatment clock in minutes, NaN = not said.
    """

    time_us: Ints
    mark: Ints
    clock: npt.NDArray[np.float64]

    def select(self, keep: Bools) -> Self:
        """Those for which `keep` is true."""
        return type(self)(self.time_us[keep], self.mark[keep], self.clock[keep])

    def piece(self, low: int, high: int) -> Self:
        """Those from one index to before another."""
        return type(self)(self.time_us[low:high], self.mark[low:high], self.clock[low:high])

    def and_of(self, *others: Points) -> Points:
        """All of them, in no particular order."""
        all_of = (self, *others)
        return Points(
            np.concatenate([points.time_us for points in all_of]),
            np.concatenate([points.mark for points in all_of]),
            np.concatenate([points.clock for points in all_of]),
        )

    def in_order(self) -> Self:
        """By time, and within one time by mark: the same for whatever order they came in."""
        order = np.lexsort((self.mark, self.time_us))
        return type(self)(self.time_us[order], self.mark[order], self.clock[order])


def points_of(sightings: Iterable[Sighting]) -> Points:
    """Stored rows and events as points; events that say nothing of a phase are left out."""
    found = [
        (s.time_us, mark, np.nan if s.clock is None else s.clock)
        for s in sightings
        if (mark := mark_of(s.phase, s.flags) if not s.kind else event_mark(s.kind, s.name, s.text, s.flags))
        is not None
    ]
    return Points(
        np.array([time_us for time_us, _, _ in found], np.int64),
        np.array([mark for _, mark, _ in found], np.int64),
        np.array([clock for _, _, clock in found], np.float64),
    )


def mark_of(phase: int, flags: int) -> int:
    """The mark of a reading."""
    return phase * 2 + bool(flags & Flag.PHASE_DERIVED)


def event_mark(kind: str, name: str, text: str, flags: int) -> int | None:
    """The mark of an event that began or was noted; None when it says nothing of a phase."""
    if kind == EventKind.LINK:
        return LOST if name in _LOSSES else None
    phase = _PHASES.get(text) if kind == EventKind.PHASE else None
    return None if phase is None else mark_of(phase, flags)


def phase_of(run: Run) -> Phase | None:
    """The phase of a run; None when the machine was lost."""
    return None if run.mark == LOST else Phase(run.mark >> 1)


def is_derived(run: Run) -> bool:
    """Whether the phase was inferred."""
    return run.mark != LOST and bool(run.mark & 1)


def merge(runs: Sequence[Run], points: Points, stored: Callable[[int, int], Points]) -> list[Run]:
    """`runs` (in order, disjoint) with these sightings among them.

    `stored(start, end)` gives every sighting stored in a stretch, both ends inclusive, those of `points` included.
    """
    points = points.in_order()
    hulls = _contradicted(runs, points)
    if hulls:
        whole = [run for run in runs if not any(_touches(run, start, end) for start, end in hulls)]
        outside = np.ones(len(points.time_us), np.bool_)
        for start, end in hulls:
            outside &= (points.time_us < start) | (points.time_us > end)
        points = points.select(outside).and_of(*(stored(start, end) for start, end in hulls)).in_order()
        runs = whole
    kept, points = _absorb(runs, points)
    return _joined(sorted([*kept, *_segments(kept, points)], key=_order))


def _contradicted(runs: Sequence[Run], points: Points) -> list[tuple[int, int]]:
    if not len(points.time_us):
        return []
    first, last = int(points.time_us[0]), int(points.time_us[-1])
    found = [
        (run.first_us, run.last_us)
        for run in runs
        if run.first_us <= last
        and run.last_us >= first
        and ((points.mark != run.mark) & (points.time_us >= run.first_us) & (points.time_us <= run.last_us)).any()
    ]
    # Two runs may meet at one instant: what touches a stretch that is read anew is part of it.
    hulls: list[tuple[int, int]] = []
    for start, end in found:
        for run in runs:
            if _touches(run, start, end):
                start, end = min(start, run.first_us), max(end, run.last_us)
        if hulls and start <= hulls[-1][1]:
            start, end = min(start, hulls[-1][0]), max(end, hulls[-1][1])
            hulls.pop()
        hulls.append((start, end))
    return hulls


def _touches(run: Run, start_us: int, end_us: int) -> bool:
    return run.first_us <= end_us and run.last_us >= start_us


def _absorb(runs: Sequence[Run], points: Points) -> tuple[list[Run], Points]:
    """Runs with the points inside them taken in, and the other points."""
    kept: list[Run] = []
    outside = np.ones(len(points.time_us), np.bool_)
    for run in runs:
        low, high = np.searchsorted(points.time_us, [run.first_us, run.last_us + 1])
        if low < high:
            outside[low:high] = False
            run = _with_clock(run, points.clock[low:high])
        kept.append(run)
    return kept, points.select(outside)


def _with_clock(run: Run, clock: npt.NDArray[np.float64]) -> Run:
    said = clock[~np.isnan(clock)]
    if not len(said):
        return run
    return Run(
        run.first_us, run.last_us, run.mark, _least(run.clock_low, said.min()), _most(run.clock_high, said.max())
    )


def _segments(runs: Sequence[Run], points: Points) -> list[Run]:
    """Points in order as runs of their own; between two points of one no run of `runs` lies."""
    count = len(points.time_us)
    if not count:
        return []
    place = np.searchsorted(np.array([run.first_us for run in runs], np.int64), points.time_us)
    starts = np.flatnonzero(np.concatenate([[True], breaks(points) | (np.diff(place) != 0)]))
    return runs_at(points, starts)


def breaks(points: Points) -> Bools:
    """Between which neighbours, in order, one run ends and another begins."""
    apart: Bools = (np.diff(points.mark) != 0) | (np.diff(points.time_us) > GAP_US)
    return apart


def runs_at(points: Points, starts: Ints) -> list[Run]:
    """The runs that begin at these indexes and end before the next."""
    ends = np.append(starts[1:], len(points.time_us)) - 1
    low, high = np.fmin.reduceat(points.clock, starts), np.fmax.reduceat(points.clock, starts)
    columns = zip(
        points.time_us[starts].tolist(), points.time_us[ends].tolist(), points.mark[starts].tolist(), low.tolist(),
        high.tolist(), strict=True,
    )  # fmt: skip
    return [Run(first, last, mark, _said(least), _said(most)) for first, last, mark, least, most in columns]


def extended(run: Run, after: Run) -> Run | None:
    """One run out of two of which `after` does not begin before the other; None when they stay two."""
    if run.mark != after.mark or after.first_us - run.last_us > GAP_US:
        return None
    return Run(
        run.first_us, max(run.last_us, after.last_us), run.mark, _least(run.clock_low, after.clock_low),
        _most(run.clock_high, after.clock_high),
    )  # fmt: skip


def _joined(runs: Iterable[Run]) -> list[Run]:
    found: list[Run] = []
    for run in runs:
        both = extended(found[-1], run) if found else None
        if both is None:
            found.append(run)
        else:
            found[-1] = both
    return found


def _order(run: Run) -> tuple[int, int, int]:
    return run.first_us, run.last_us, run.mark


def _said(value: float) -> float | None:
    return None if value != value else value


def _least(one: float | None, other: float | None) -> float | None:
    return other if one is None else one if other is None else min(one, float(other))


def _most(one: float | None, other: float | None) -> float | None:
    return other if one is None else one if other is None else max(one, float(other))
