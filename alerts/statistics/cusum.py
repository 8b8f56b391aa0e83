"""Tabular CUSUM: adds up what lies beyond half the shift one wants to see, and signals when there is enough of it.

Values are standard scores (`standard_score`). The lower side is the upper side of the negated values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from alerts.out_of_range import OutOfRange, Range

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

REFERENCE: Final = Range(0, 5, "")
INTERVAL: Final = Range(0.1, 30, "")


@dataclass(frozen=True, slots=True)
class Design:
    """A CUSUM's numbers, in standard deviations.

    Attributes:
        k: reference value, half the shift one wants to see; 0…5.
        h: decision interval; 0.1…30.
        head_start: where the sums begin; h/2 is Lucas and Crosier's fast initial response, 0 is none.
    """

    k: float
    h: float
    head_start: float = 0.0

    def __post_init__(self) -> None:
        REFERENCE.check("CUSUM", "k", self.k)
        INTERVAL.check("CUSUM", "h", self.h)
        if not 0.0 <= self.head_start < self.h:
            raise OutOfRange("CUSUM", "head start", self.head_start, f"0 to less than h, {self.h:g}")


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a chart, [..., n]; NaN in `sums` where the value is a gap.

    Attributes:
        sums: C after each value. counts: values since C was last 0 (N of the textbooks). signal: C > h.
    """

    sums: Floats
    counts: Ints
    signal: npt.NDArray[np.bool_]


def step(sums: Floats, scores: Floats, design: Design) -> Floats:
    """One more score for each of many series: max(0, C + z − k), [...] each. A gap leaves C as it is."""
    return np.where(np.isnan(scores), sums, np.maximum(0.0, sums + scores - design.k))


def upper(scores: npt.ArrayLike, design: Design) -> Side:
    """The upper side over [..., n] scores, without a restart after a signal."""
    z = np.asarray(scores, np.float64)
    sums = np.full(z.shape[:-1], design.head_start)
    count = np.zeros(z.shape[:-1], np.int64)
    kept, counts = np.empty_like(z), np.empty(z.shape, np.int64)
    for i in range(z.shape[-1]):
        gap = np.isnan(z[..., i])
        sums = step(sums, z[..., i], design)
        count = np.where(gap, count, np.where(sums > 0, count + 1, 0))
        kept[..., i] = np.where(gap, np.nan, sums)
        counts[..., i] = count
    return Side(kept, counts, kept > design.h)


def lower(scores: npt.ArrayLike, design: Design) -> Side:
    """The lower side: sums of what lies below −k, positive like those of the upper."""
    return upper(-np.asarray(scores, np.float64), design)
