"""One call's samples cut into rounds: the k-th sample of every unit, with the events that came before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from alerts.inputs import Rows
from alerts.records import Samples
from telemetry.messages import Event


@dataclass(frozen=True, slots=True)
class Portion:
    """Samples of different units, in order of row, and what happened before them.

    Attributes:
        samples: which samples of the call; a slice where they stand together.
        events: (row, event) to take up first.
    """

    samples: Rows
    events: Sequence[tuple[int, Event]]


def portions(samples: Samples) -> Iterator[Portion]:
    """The rounds of one call in order; an event goes before its unit's first sample of its time or later.

    Events after all samples of their unit come in a last portion without samples, so nothing waits for another call.
    """
    row = samples.row
    if len(row) == 0 or bool((row[1:] > row[:-1]).all()):
        order = np.arange(len(row))
        rounds: list[Rows] = [slice(0, len(row))] if len(row) else []
    else:
        order, rounds = _rank(row)
    placed = _place(samples, order) if samples.events else {}
    for number, chosen in enumerate(rounds):
        yield Portion(chosen, placed.pop(number, ()))
    trailing = [pair for number in sorted(placed) for pair in placed[number]]
    if trailing:
        yield Portion(slice(0, 0), trailing)


def as_indexes(rows: npt.NDArray[np.intp]) -> Rows:
    """The same rows as a slice where they stand together (a view costs nothing, a gather copies)."""
    count = len(rows)
    together = count > 0 and int(rows[-1]) - int(rows[0]) == count - 1
    if together and (count == 1 or bool((rows[1:] > rows[:-1]).all())):
        return slice(int(rows[0]), int(rows[-1]) + 1)
    return rows


def row_numbers(rows: Rows) -> npt.NDArray[np.intp]:
    """The rows one by one."""
    return np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows


def _rank(row: npt.NDArray[np.int32]) -> tuple[npt.NDArray[np.intp], list[Rows]]:
    # Stable by row, then stable by how-manieth of its row: each round ends up in order of row.
    order = np.argsort(row, kind="stable")
    ordered = row[order]
    first = np.concatenate(([True], ordered[1:] != ordered[:-1]))
    starts = np.flatnonzero(first)
    rank = np.arange(len(row)) - np.repeat(starts, np.diff(np.append(starts, len(row))))
    by_rank = order[np.argsort(rank, kind="stable")]
    ends = np.cumsum(np.bincount(rank))
    return order, [as_indexes(chosen) for chosen in np.split(by_rank, ends[:-1])]


def _place(samples: Samples, order: npt.NDArray[np.intp]) -> dict[int, list[tuple[int, Event]]]:
    ordered = samples.row[order]
    placed: dict[int, list[tuple[int, Event]]] = {}
    for row, event in samples.events:
        low, high = np.searchsorted(ordered, [row, row + 1])
        times = samples.time_us[order[low:high]]
        # The first, not how many are older: a sample that came out of order must not push the event behind a newer one.
        later = np.flatnonzero(times >= event.time_us)
        # Behind all of the unit's samples: after every round there is.
        placed.setdefault(int(later[0]) if len(later) else len(samples.row), []).append((row, event))
    return placed
