"""Average run lengths: how long until a chart signals, rightly or not, for independent normal values.

Exact, by the integral equation of Page (CUSUM) and Crowder (EWMA) on Gauss–Legendre nodes. Values of a patient depend
on each other: an autocorrelation of 0.5 cuts a one-sided run length of 931 to about 106, so 30-second medians are
used, and these figures are the most that can be hoped for.
"""

from __future__ import annotations

from math import ceil, erfc, inf, log, pi, sqrt
from typing import Final

import numpy as np
import numpy.typing as npt

from alerts.out_of_range import OutOfRange, Range
from alerts.statistics import cusum as cusum_chart
from alerts.statistics import ewma as ewma_chart

Floats = npt.NDArray[np.float64]

SHIFT: Final = Range(-6, 6, "")
PROBABILITY: Final = Range(1e-6, 0.999999, "1")
SAMPLES: Final = Range(1, 1000, "1")
# Beyond, the equation is too near to singular for double precision.
LONGEST: Final = 1e9


def cusum(design: cusum_chart.Design, shift: float = 0.0) -> float:
    """Average run length of a one-sided (upper) CUSUM when the mean is `shift` standard deviations off, −6…6."""
    fresh, begun = _cusum(design, shift)
    return _possible("run length of CUSUM", begun if design.head_start else fresh)


def cusum_two_sided(design: cusum_chart.Design, shift: float = 0.0) -> float:
    """As `cusum`, of both sides together (Lucas and Crosier 1982, head start on both)."""
    (up, up_begun), (down, down_begun) = _cusum(design, shift), _cusum(design, -shift)
    # A side that practically never signals leaves the other one alone.
    for one, other in ((up, down_begun), (down, up_begun)):
        if not 1.0 <= one <= LONGEST:
            return _possible("run length of CUSUM", other)
    return _possible("run length of CUSUM", (up_begun * down + up * down_begun - up * down) / (up + down))


def cusum_interval(k: float, run_length: float) -> float:
    """The h at which a one-sided CUSUM with reference value `k` has this average run length in control, 10…10⁸."""
    name = "CUSUM's h"
    Range(10, 1e8, "1").check(name, "run length", run_length)

    def too_short(h: float) -> bool:
        length, _ = _cusum(cusum_chart.Design(k, h), 0.0)
        return 1.0 <= length < run_length  # too long to be worked out is long enough

    low = high = cusum_chart.INTERVAL.low
    if not too_short(low):
        raise OutOfRange(name, "run length", run_length, f"more than that of h = {low:g}")
    while too_short(high):
        low, high = high, min(2 * high, cusum_chart.INTERVAL.high)
        if low == high:
            raise OutOfRange(name, "run length", run_length, f"one that h = {high:g} reaches")
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if too_short(middle) else (low, middle)
    return (low + high) / 2


def ewma(design: ewma_chart.Design, shift: float = 0.0) -> float:
    """Average run length of an EWMA chart (both sides) when the mean is `shift` standard deviations off, −6…6."""
    name = "run length of EWMA"
    SHIFT.check(name, "shift", shift)
    width, keep = design.steady, 1 - design.weight
    nodes, weights = np.polynomial.legendre.leggauss(24 + ceil(12 * width / design.weight))

    def kernel(start: Floats, half: float) -> Floats:
        reached = half * nodes
        scores = (reached - keep * start[:, None]) / design.weight - shift
        return np.asarray(_density(scores) / design.weight * weights * half)

    lengths = _solve(kernel(width * nodes, width))
    # Backwards from where the limits have become steady to within 10⁻⁹ to the first value.
    settled = ceil(log(1e-9) / (2 * log(keep))) if design.exact_limits and keep > 0 else 0
    halves = design.half_width(np.arange(settled + 1))
    for i in range(settled, 0, -1):
        lengths = 1 + kernel(halves[i - 1] * nodes, halves[i] if i < settled else width) @ lengths
    if settled:  # at count 0 the limits have no width: every node is the start
        return _possible(name, float(lengths[0]))
    return _possible(name, float((1 + kernel(np.zeros(1), width) @ lengths)[0]))


def on_delay(p: float, n: int) -> float:
    """Average number of values until `n` (1…1000) in a row exceed a limit that each exceeds with probability `p`.

    (1 − pⁿ)/((1 − p) pⁿ); `p` 10⁻⁶…1 − 10⁻⁶, independent. An on-delay of n samples.
    """
    name = "run length of on-delay"
    PROBABILITY.check(name, "p", p)
    SAMPLES.check(name, "n", n)
    every = p**n
    if every < 1e-300:
        raise OutOfRange(name, "pⁿ", every, "at least 1e-300")
    return (1 - every) / ((1 - p) * every)


def _cusum(design: cusum_chart.Design, shift: float) -> tuple[float, float]:
    # From 0 and from the head start.
    SHIFT.check("run length of CUSUM", "shift", shift)
    nodes, weights = np.polynomial.legendre.leggauss(24 + ceil(4 * design.h))
    sums, weights = (nodes + 1) * design.h / 2, weights * design.h / 2
    starts = np.concatenate([[0.0, design.head_start], sums])
    back = design.k - shift - starts  # the score that takes each start to exactly 0
    # Unknown: the lengths from 0 and from each node. L(u) = 1 + L(0) Φ(back) + ∫ L(y) φ(y + back) dy
    kernel = np.column_stack([_below(back), _density(sums + back[:, None]) * weights])
    lengths = _solve(np.delete(kernel, 1, axis=0))
    return float(lengths[0]), float(1 + kernel[1] @ lengths)


def _solve(kernel: Floats) -> Floats:
    """L = 1 + kernel · L; infinite where no value ever leaves."""
    try:
        return np.asarray(np.linalg.solve(np.eye(len(kernel)) - kernel, np.ones(len(kernel))), np.float64)
    except np.linalg.LinAlgError:
        return np.full(len(kernel), np.inf)


def _possible(name: str, length: float) -> float:
    if not 1.0 - 1e-9 <= length <= LONGEST:  # what the equation gives for more than that means nothing
        raise OutOfRange(name, "run length", inf, "up to 1e9; this chart practically never signals")
    return max(1.0, length)


def _density(x: Floats) -> Floats:
    return np.asarray(np.exp(-x * x / 2) / sqrt(2 * pi))


def _below(x: Floats) -> Floats:
    return np.array([0.5 * erfc(-value / sqrt(2)) for value in x])
