"""Theil–Sen line: the median of the slopes between all pairs, which a third of wild values cannot move far."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Final

import numpy as np
import numpy.typing as npt

from alerts.statistics.median import medians

Floats = npt.NDArray[np.float64]

# Pairs held at once: 16 MB of slopes.
_BLOCK: Final = 1 << 21


@dataclass(frozen=True, slots=True)
class Lines:
    """One line per series, [...] each.

    Attributes:
        slope: unit of the values per unit of the times; NaN where there are not two values at two times.
        intercept: the line's value at time 0.
        count: values it rests on.
    """

    slope: Floats
    intercept: Floats
    count: npt.NDArray[np.intp]

    def crossing(self, limit: npt.ArrayLike) -> Floats:
        """The time at which each line crosses `limit` [...]; NaN where it is level, or so nearly that it never does."""
        level = np.asarray(limit, np.float64) - self.intercept
        found = np.full(np.broadcast(level, self.slope).shape, np.nan)
        with np.errstate(over="ignore"):
            np.divide(level, self.slope, out=found, where=self.slope != 0)
        return np.where(np.isinf(found), np.nan, found)


def fit(times: npt.ArrayLike, values: npt.ArrayLike) -> Lines:
    """Lines through [..., n] values at `times`, [n] for all or [..., n]; NaN in either is a gap.

    Pairs at the same time say nothing. The intercept is the median of value − slope × time. Work grows with n²: at
    600 points a series (a treatment in 30-second medians) 180 000 pairs.
    """
    v = np.asarray(values, np.float64)
    t = np.broadcast_to(np.asarray(times, np.float64), v.shape)
    slope = slopes(times, v)
    intercept = medians(v - slope[..., None] * t)
    count = np.count_nonzero(~(np.isnan(v) | np.isnan(t)), axis=-1)
    return Lines(slope, intercept, np.asarray(count, np.intp))


def slopes(times: npt.ArrayLike, values: npt.ArrayLike) -> Floats:
    """The slopes [...] of such lines alone, for who asks for nothing else."""
    v = np.asarray(values, np.float64)
    n = v.shape[-1]
    rows = v.reshape(prod(v.shape[:-1]), n)
    # Times for all make one row of runs for all. A gap in either is NaN in the rise or in the run.
    t = np.asarray(times, np.float64)
    shared = t.reshape(1, n) if t.shape == (n,) else None
    at = np.broadcast_to(t, v.shape).reshape(rows.shape)
    first, second = np.triu_indices(n, 1)
    slope = np.full(len(rows), np.nan)
    step = max(1, _BLOCK // max(1, len(first)))
    for start in range(0, len(rows) if len(first) else 0, step):
        block = slice(start, start + step)
        run = _between(at[block] if shared is None else shared, first, second)
        run[run == 0] = np.nan
        slope[block] = medians(_between(rows[block], first, second) / run)
    return slope.reshape(v.shape[:-1])


def _between(rows: Floats, first: npt.NDArray[np.intp], second: npt.NDArray[np.intp]) -> Floats:
    return np.asarray(rows.take(second, axis=1) - rows.take(first, axis=1))
