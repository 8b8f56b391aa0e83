"""NAB's scoring, from its published description; pure.

Lavin & Ahmad 2015 (arXiv:1510.03336), Ahmad et al. 2017 (doi:10.1016/j.neucom.2017.04.070), NAB 1.1. A detection in a
labelled window is worth the more the earlier it is; of several in one window the earliest counts. One outside costs
the less the sooner it follows a window. The first 15 % of a series, at most 750 samples, are probation and not scored.
One threshold for all series, the best there is. 0 is who never detects anything, 100 who detects every window at its
first sample and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Window = tuple[int, int]

OUTSIDE: Final = -1
_PROBATION_PERCENT: Final = 15
_PROBATION_OF_AT_MOST: Final = 5000
_FAR: Final = 3.0  # widths behind a window; from there on a false detection costs all of it


@dataclass(frozen=True, slots=True)
class Profile:
    """What a window detected at once gains, a false detection and a missed window cost."""

    name: str
    hit: float
    false: float
    miss: float

    def raw(self, hits: npt.ArrayLike, false: npt.ArrayLike, missed: npt.ArrayLike) -> Floats:
        """The score before it is normalised; `false` is a cost, positive."""
        return self.hit * np.asarray(hits, np.float64) - self.false * np.asarray(false) - self.miss * np.asarray(missed)

    def normalised(self, raw: float, windows: int) -> float:
        """0 for no detection at all, 100 for all windows at once and nothing else; `windows` at least 1."""
        null = -self.miss * windows
        return 100 * (raw - null) / (self.hit * windows - null)


STANDARD: Final = Profile("standard", hit=1.0, false=0.11, miss=1.0)
PROFILES: Final = (
    STANDARD,
    Profile("reward_low_FP_rate", hit=1.0, false=0.22, miss=1.0),
    Profile("reward_low_FN_rate", hit=1.0, false=0.11, miss=2.0),
)


@dataclass(frozen=True, slots=True)
class Marks:
    """One series as the scorer sees it, without its probation; [n] each.

    Attributes:
        worth: of a detection at each sample: above 0 to 1 in a window, 0 to −1 outside.
        window: which one the sample is in, from 0; `OUTSIDE`.
        probation: samples left out before the first of these.
    """

    worth: Floats
    window: Ints
    probation: int


def probation(length: int) -> int:
    """Samples at the beginning of a series that are not scored."""
    return min(length, _PROBATION_OF_AT_MOST) * _PROBATION_PERCENT // 100


def sigmoid(position: npt.ArrayLike) -> Floats:
    """2/(1 + e^5y) − 1: 0.987 at y = −1, a window's first sample; 0 at its end; towards −1 behind it."""
    return np.asarray(2 / (1 + np.exp(5 * np.asarray(position, np.float64))) - 1)


def mark(length: int, windows: Sequence[Window]) -> Marks:
    """A series of `length` samples with labelled windows: first and last sample, in order, apart, two at least.

    Within a window y goes from −1 at its first sample to −1/width at its last, and the sigmoid is scaled so that the
    first is worth 1; behind it y is in widths less one sample.
    """
    worth, window = np.full(length, -1.0), np.full(length, OUTSIDE)
    end = -1
    for number, (first, last) in enumerate(windows):
        if not end < first < last < length:
            raise ValueError(f"window {first}…{last}: has to have two samples of {length} and to follow {end}")
        end = last
        width = last - first + 1
        inside = np.arange(width)
        worth[first : last + 1] = sigmoid((inside - width) / width) / sigmoid(-1.0)
        window[first : last + 1] = number
        # To the end of the series: the next window overwrites what is its own and all behind it.
        behind = np.arange(1, length - last) / (width - 1)
        worth[last + 1 :] = np.where(behind > _FAR, -1.0, sigmoid(np.minimum(behind, _FAR)))
    start = probation(length)
    return Marks(worth[start:], window[start:], start)


@dataclass(frozen=True, slots=True)
class Sweep:
    """What comes of each threshold, from "nothing is a detection" downwards; [thresholds] each.

    Attributes:
        thresholds: a score as high as that is a detection; the first is infinite.
        hits: sum of the worth of the earliest detection in each window. missed: windows without any.
        false: sum of what detections outside cost, in full ones. false_count: how many there are.
    """

    thresholds: Floats
    hits: Floats
    missed: Floats
    false: Floats
    false_count: Floats

    def best(self, profile: Profile) -> int:
        """The place of the threshold with the best score; the highest of equals."""
        return int(np.argmax(profile.raw(self.hits, self.false, self.missed)))

    def at(self, threshold: float) -> int:
        """The place of the lowest threshold that is no lower: the same samples are detections."""
        return int(np.flatnonzero(self.thresholds >= threshold)[-1])

    def raw(self, profile: Profile, place: int) -> float:
        """The score at a threshold's place, not normalised."""
        return float(profile.raw(self.hits[place], self.false[place], self.missed[place]))


def windows_in(marks: Sequence[Marks]) -> int:
    """Windows that have a scored sample."""
    return sum(len(np.unique(one.window[one.window != OUTSIDE])) for one in marks)


def sweep(marks: Sequence[Marks], scores: Sequence[Floats]) -> Sweep:
    """All thresholds over several series with one anomaly score (0…1) a sample, those of the probation included."""
    score = np.concatenate([given[one.probation :] for one, given in zip(marks, scores, strict=True)])
    worth = np.concatenate([one.worth for one in marks])
    window = _numbered(marks)
    order = np.argsort(-score, kind="stable")
    score, worth, window = score[order], worth[order], window[order]
    outside = window == OUTSIDE
    hit, found = _gains(worth, window)
    # The last sample of each run of equal scores, and before all of them: nothing is a detection.
    ends = np.append(np.flatnonzero(np.diff(score)), len(score) - 1)

    def summed(each: npt.NDArray[np.generic]) -> Floats:
        return np.concatenate([[0.0], np.cumsum(each, dtype=np.float64)[ends]])

    return Sweep(
        thresholds=np.concatenate([[np.inf], score[ends]]),
        hits=summed(hit),
        missed=windows_in(marks) - summed(found),
        false=summed(np.where(outside, -worth, 0.0)),
        false_count=summed(outside),
    )


def _numbered(marks: Sequence[Marks]) -> Ints:
    # Windows of all series, each with a number of its own.
    numbered, used = [], 0
    for one in marks:
        numbered.append(np.where(one.window == OUTSIDE, OUTSIDE, one.window + used))
        used += int(one.window.max(initial=OUTSIDE)) + 1
    return np.concatenate(numbered)


def _gains(worth: Floats, window: Ints) -> tuple[Floats, npt.NDArray[np.bool_]]:
    # By how much each sample, in order of falling score, raises the best of its window; whether it is its first.
    gain, first = np.zeros(len(worth)), np.zeros(len(worth), np.bool_)
    inside = np.flatnonzero(window != OUTSIDE)
    by_window = inside[np.argsort(window[inside], kind="stable")]
    if len(by_window):
        for places in np.split(by_window, np.flatnonzero(np.diff(window[by_window])) + 1):
            best = np.maximum.accumulate(worth[places])
            gain[places] = np.diff(best, prepend=0.0)
            first[places[0]] = True
    return gain, first
