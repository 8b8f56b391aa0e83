"""Our statistics and NAB's windowed Gaussian as detectors of anomalies in a series of numbers; pure, and online.

Every detector is given the values [n] and the length of the probation, and returns an anomaly score from 0 to 1 for
each value that depends on it and those before it alone. The numbers of ours are those in force (R35, R16 and the live
design of h ≈ 8), written down before any series was looked at; none was fitted to NAB.

A chart's score is r/(1 + r) of its ratio r, where it stands to its limit: 0.5 at the limit. A chart looked at every
time says so as long as it is beyond, which NAB counts as a detection each time. An alert is told once, so each chart is
also scored *told once*: when r reaches a quarter, a half, 1, 2, 4 … of its limit for the first time since it was below
a quarter.
"""

from __future__ import annotations

from collections.abc import Callable
from math import erfc, sqrt
from typing import Final

import numpy as np
import numpy.typing as npt

from alerts.statistics import cusum, ewma, mann_kendall, theil_sen
from alerts.statistics.median import medians
from alerts.statistics.standard_score import standard_scores

Floats = npt.NDArray[np.float64]
Detector = Callable[[Floats, int], Floats]

CUSUM: Final = cusum.Design(k=0.5, h=8.0)
EWMA: Final = ewma.Design(weight=0.2, limit=2.962, exact_limits=False)
BASELINE: Final = 20  # points at least, as R35's
CHART_POINT: Final = 30  # samples whose median is a point of a chart
TREND_POINT: Final = 12  # readings whose median is a point of a trend (`detectors.buckets`)
TREND_POINTS: Final = 31  # R16's hour
TREND_P: Final = 0.025
_QUIET: Final = -3.0  # below 2⁻² of its limit a chart is quiet
_STEPS: Final = 2048.0  # more doublings than a double has

WINDOW: Final = 6400
STEP: Final = 100
GAUSSIAN_LIMIT: Final = 3.0
_LEAST_DEVIATION: Final = 1e-6


def windowed_gaussian(values: Floats, _probation: int) -> Floats:
    """NAB's baseline, from its description: 1 − P(a normal value lies further out on this side than this one)."""
    scores = 1 - 0.5 * np.array([erfc(distance / sqrt(2)) for distance in gaussian_distances(values).tolist()])
    scores[:1] = 0.0  # nothing is known yet
    return scores


def gaussian_distances(values: Floats) -> Floats:
    """How many deviations each value is from the mean of those before, [n] ≥ 0; the first is 0.

    All values before count, from 6 400 on those of a window that moves on by 100 at a time.
    """
    distances = np.zeros(len(values))
    mean = squares = 0.0
    deviation = _LEAST_DEVIATION
    for i, value in enumerate(values.tolist()):
        if i:
            distances[i] = abs(value - mean) / deviation
        if i < WINDOW:  # Welford's running mean and sum of squares
            off = value - mean
            mean += off / (i + 1)
            squares += off * (value - mean)
            deviation = sqrt(squares / (i + 1)) or _LEAST_DEVIATION
        elif (i + 1 - WINDOW) % STEP == 0:
            window = values[i + 1 - WINDOW : i + 1]
            mean, deviation = float(window.mean()), float(window.std()) or _LEAST_DEVIATION
    return distances


def gaussian_ratio(points: Floats, baseline: int) -> Floats:
    """The same distances to a limit of three deviations, [n]; 0 in the baseline."""
    return _after(baseline, gaussian_distances(points)[baseline:] / GAUSSIAN_LIMIT, len(points))


def nothing(values: Floats, _probation: int) -> Floats:
    """The null detector: the same score whatever comes."""
    return np.full(len(values), 0.5)


def cusum_ratio(points: Floats, baseline: int) -> Floats:
    """Higher of both sides' sums to h, [n]; 0 in the baseline, and for ever where that did not move."""
    scores = _scores(points, baseline)
    sums = np.maximum(cusum.upper(scores, CUSUM).sums, cusum.lower(scores, CUSUM).sums)
    return _after(baseline, sums / CUSUM.h, len(points))


def ewma_ratio(points: Floats, baseline: int) -> Floats:
    """The weighted mean, either side, to half the width of its limits, [n]; 0 as in `cusum_ratio`."""
    means = ewma.chart(_scores(points, baseline), EWMA).means
    return _after(baseline, np.abs(means) / EWMA.steady, len(points))


def trend_ratio(points: Floats, baseline: int) -> Floats:
    """How far the Theil–Sen line of the last 31 points rises or falls over them, in deviations of the baseline, where
    Mann–Kendall says it is no chance; else 0. [n]; 0 as in `cusum_ratio`."""
    spread = float(points[:baseline].std(ddof=1)) if len(points) > baseline else 0.0
    first = max(baseline, TREND_POINTS - 1)
    if spread == 0.0 or len(points) <= first:
        return np.zeros(len(points))
    windows = np.lib.stride_tricks.sliding_window_view(points, TREND_POINTS)[first - TREND_POINTS + 1 :]
    rise = np.abs(theil_sen.slopes(np.arange(TREND_POINTS), windows)) * (TREND_POINTS - 1) / spread
    found = mann_kendall.trends(windows)
    clear = np.minimum(found.p_rising, found.p_falling) <= TREND_P
    return _after(first, np.where(clear, rise, 0.0), len(points))


def _scores(points: Floats, baseline: int) -> Floats:
    # Of what follows the baseline, in its standard deviations; gaps where it has none.
    if len(points) <= baseline:
        return np.empty(0)
    known = points[:baseline]
    return standard_scores(points[baseline:], float(known.mean()), float(known.std(ddof=1)))


def _after(baseline: int, ratio: Floats, length: int) -> Floats:
    whole = np.zeros(length)
    whole[baseline:] = np.nan_to_num(ratio, nan=0.0)
    return whole


def told_once(ratio: Floats) -> npt.NDArray[np.bool_]:
    """Where a ratio reaches a doubling that it has not reached since it was quiet, [n]."""
    with np.errstate(divide="ignore"):
        step = np.maximum(np.floor(np.log2(ratio)), _QUIET)
    # A number for each stretch since quiet that outweighs any step: the running maximum begins anew with it.
    reached = np.maximum.accumulate(step + np.cumsum(step == _QUIET) * _STEPS)
    return np.asarray(np.diff(reached, prepend=_QUIET) > 0) & (step > _QUIET)


def points_of(values: Floats, size: int) -> Floats:
    """Medians of every `size` values, whole ones only."""
    whole = len(values) // size
    return medians(values[: whole * size].reshape(whole, size))


def detector(ratio: Detector, size: int = 1, *, once: bool = False) -> Detector:
    """A chart over medians of `size` samples as a detector: it speaks at the last sample of each point, else 0."""

    def detect(values: Floats, probation: int) -> Floats:
        points = values if size == 1 else points_of(values, size)
        found = ratio(points, max(probation // size, BASELINE))
        said = found / (1 + found)
        if once:
            said = np.where(told_once(found), said, 0.0)
        scores = np.zeros(len(values))
        scores[size - 1 : len(points) * size : size] = said
        return scores

    return detect


# What telling once alone does for the baseline: a control, and none of ours.
gaussian_told_once: Final = detector(gaussian_ratio, once=True)
OURS: Final[dict[str, Detector]] = {
    f"{name}{told}": detector(ratio, size, once=once)
    for name, ratio, size in (
        ("CUSUM", cusum_ratio, 1),
        (f"CUSUM, medians of {CHART_POINT}", cusum_ratio, CHART_POINT),
        ("EWMA", ewma_ratio, 1),
        (f"EWMA, medians of {CHART_POINT}", ewma_ratio, CHART_POINT),
        (f"trend, medians of {TREND_POINT}", trend_ratio, TREND_POINT),
    )
    for told, once in (("", False), (", told once", True))
}
