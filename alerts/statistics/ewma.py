"""EWMA chart: a mean that forgets, against limits that widen as it learns.

Values are standard scores (`standard_score`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from alerts.out_of_range import Range

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

WEIGHT: Final = Range(0.01, 1, "")
LIMIT: Final = Range(0.5, 6, "")


@dataclass(frozen=True, slots=True)
class Design:
    """An EWMA chart's numbers.

    Attributes:
        weight: λ of the newest value, 0.01…1.
        limit: L, half the width of the limits in standard deviations of the mean, 0.5…6.
        exact_limits: whether the limits widen from the first value on, which sees an early shift sooner; else they
            have their final width from the start, as in the published tables.
    """

    weight: float
    limit: float
    exact_limits: bool = True

    def __post_init__(self) -> None:
        WEIGHT.check("EWMA", "lambda", self.weight)
        LIMIT.check("EWMA", "limit", self.limit)

    @property
    def steady(self) -> float:
        """Half the width the limits approach: L sqrt(λ/(2 − λ))."""
        return float(self.limit * np.sqrt(self.weight / (2 - self.weight)))

    def half_width(self, count: npt.ArrayLike) -> Floats:
        """Half the width of the limits after `count` values; exact: L sqrt(λ/(2 − λ) (1 − (1 − λ)^2n))."""
        past = (1 - self.weight) ** (2 * np.asarray(count, np.float64)) * self.exact_limits
        return np.asarray(self.steady * np.sqrt(1 - past))


@dataclass(frozen=True, slots=True)
class Chart:
    """[..., n] each; NaN in `means` and `half_widths` where the value is a gap.

    Attributes:
        means: the weighted mean after each value. half_widths: of the limits round 0. signal: beyond them.
    """

    means: Floats
    half_widths: Floats
    signal: npt.NDArray[np.bool_]


def step(means: Floats, counts: Ints, scores: Floats, design: Design) -> tuple[Floats, Ints]:
    """One more score for each of many series: λ x + (1 − λ) z and the number of scores, [...] each.

    A gap leaves both as they are: the limits widen with what was seen, not with what was missed.
    """
    gap = np.isnan(scores)
    moved = design.weight * scores + (1 - design.weight) * means
    return np.where(gap, means, moved), counts + ~gap


def chart(scores: npt.ArrayLike, design: Design) -> Chart:
    """The chart over [..., n] scores, beginning at 0, without a restart after a signal."""
    x = np.asarray(scores, np.float64)
    mean, count = np.zeros(x.shape[:-1]), np.zeros(x.shape[:-1], np.int64)
    means, widths = np.empty_like(x), np.empty_like(x)
    for i in range(x.shape[-1]):
        mean, count = step(mean, count, x[..., i], design)
        gap = np.isnan(x[..., i])
        means[..., i] = np.where(gap, np.nan, mean)
        widths[..., i] = np.where(gap, np.nan, design.half_width(count))
    return Chart(means, widths, np.abs(means) > widths)
