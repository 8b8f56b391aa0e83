"""The statistics of detection for one series typed on a command line: checked first, and said with what they found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nan
from typing import Final, Literal

import numpy as np

from alerts.out_of_range import OutOfRange, Range
from alerts.statistics import cusum as cusum_chart
from alerts.statistics import ewma as ewma_chart
from alerts.statistics import mann_kendall as kendall
from alerts.statistics import theil_sen as sen
from alerts.statistics.standard_score import standard_scores

# 2 million pairs: a second's work.
MOST_VALUES: Final = 2000
_VALUE: Final = Range(-1e9, 1e9, "")
_SIGMA: Final = Range(1e-9, 1e9, "")
_SHORTEST_STEP: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Trend:
    """S (`value`, `s`), and how likely chance is to show such a trend in the `direction` it has."""

    value: float
    s: int
    p_one_sided: float
    direction: Literal["rising", "falling", "none"]


@dataclass(frozen=True, slots=True)
class Line:
    """The slope (`value`), the line's value at time 0, and when it reaches the limit asked for, if ever."""

    value: float
    intercept: float
    limit_at: float | None


@dataclass(frozen=True, slots=True)
class CusumFound:
    """A two-sided CUSUM, in standard deviations, as it stands at its first signal, else at the end.

    Attributes:
        value: the larger of the two sums. signal_index: counted from 1, or None.
        c_plus, c_minus, n_plus, n_minus: both sums, and values since each was last 0.
    """

    value: float
    signal_index: int | None
    c_plus: float
    c_minus: float
    n_plus: int
    n_minus: int


@dataclass(frozen=True, slots=True)
class EwmaFound:
    """An EWMA chart as it stands at its first signal, else at the end, in the unit of the values.

    Attributes:
        value: the weighted mean. signal_index: counted from 1, or None. lower, upper: the limits there.
    """

    value: float
    signal_index: int | None
    lower: float
    upper: float


def mann_kendall(values: Sequence[float]) -> Trend:
    """At least two values in order of time."""
    _check("Mann–Kendall", values, least=2)
    found = kendall.trends(values)
    s = int(found.s)
    p = float(found.p_falling if s < 0 else found.p_rising)
    return Trend(float(s), s, p, "rising" if s > 0 else "falling" if s < 0 else "none")


def theil_sen(times: Sequence[float], values: Sequence[float], limit: float | None = None) -> Line:
    """At least two values at times that grow; `limit` in the unit of the values."""
    name = "Theil–Sen"
    if limit is not None:
        _VALUE.check(name, "limit", limit)
    _check(name, values, least=2)
    _check(name, times, least=2, what="time")
    if len(times) != len(values):
        raise OutOfRange(name, "number of values", len(values), f"one for each of {len(times)} times")
    shortest = float(np.diff(times).min())
    if shortest < _SHORTEST_STEP:
        raise OutOfRange(name, "step from one time to the next", shortest, f"at least {_SHORTEST_STEP:g}")
    line = sen.fit(times, values)
    reached = float(line.crossing(nan if limit is None else limit))
    return Line(float(line.slope), float(line.intercept), reached if isfinite(reached) else None)


def cusum(mu: float, sigma: float, k: float, h: float, values: Sequence[float]) -> CusumFound:
    """Both sides, without a head start."""
    design = cusum_chart.Design(k, h)
    scores = _scores("CUSUM", mu, sigma, values)
    upper, lower = cusum_chart.upper(scores, design), cusum_chart.lower(scores, design)
    at, index = _first(upper.signal | lower.signal)
    plus, minus = float(upper.sums[at]), float(lower.sums[at])
    return CusumFound(max(plus, minus), index, plus, minus, int(upper.counts[at]), int(lower.counts[at]))


def ewma(mu: float, sigma: float, weight: float, limit: float, values: Sequence[float]) -> EwmaFound:
    """With exact limits."""
    design = ewma_chart.Design(weight, limit)
    chart = ewma_chart.chart(_scores("EWMA", mu, sigma, values), design)
    at, index = _first(chart.signal)
    mean, half = float(chart.means[at]), float(chart.half_widths[at])
    return EwmaFound(mu + sigma * mean, index, mu - sigma * half, mu + sigma * half)


def _scores(name: str, mu: float, sigma: float, values: Sequence[float]) -> cusum_chart.Floats:
    _VALUE.check(name, "mu", mu)
    _SIGMA.check(name, "sigma", sigma)
    _check(name, values, least=1)
    return standard_scores(values, mu, sigma)


def _check(name: str, values: Sequence[float], *, least: int, what: str = "value") -> None:
    if not least <= len(values) <= MOST_VALUES:
        raise OutOfRange(name, f"number of {what}s", len(values), f"{least} to {MOST_VALUES}")
    for i, value in enumerate(values, start=1):
        _VALUE.check(name, f"{what} {i}", value)


def _first(signal: np.typing.NDArray[np.bool_]) -> tuple[int, int | None]:
    # Where to look, and the same counted from 1 if it is a signal.
    if not signal.any():
        return -1, None
    at = int(np.argmax(signal))
    return at, at + 1
