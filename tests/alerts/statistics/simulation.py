"""Run lengths by simulation, with the very steps that run live. `HOMEHD_STATISTICS=long`: 10⁵ runs each."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from alerts.statistics import cusum, ewma

Floats = npt.NDArray[np.float64]
LONG = os.environ.get("HOMEHD_STATISTICS") == "long"

# From the state of the runs that go on [runs, …] and a score each, the new state and which have signalled.
Move = Callable[[Floats, Floats], tuple[Floats, npt.NDArray[np.bool_]]]


@dataclass(frozen=True)
class Estimate:
    """Mean run length and its standard error."""

    mean: float
    error: float

    def agrees(self, published: float) -> bool:
        return abs(self.mean - published) <= 3 * self.error


def estimate(
    move: Move, state: list[float], runs: int, seed: int, shift: float = 0.0, correlation: float = 0.0
) -> Estimate:
    """Runs until the first signal, all at once; scores have variance 1 whatever their correlation."""
    runs = 100_000 if LONG else runs
    draw = np.random.default_rng(seed).standard_normal
    states = np.tile(np.array(state), (runs, 1))
    last, fresh = draw(runs), np.sqrt(1 - correlation**2)
    total = squares = 0.0
    n = 0
    while len(states):
        n += 1
        scores = draw(len(states))
        if correlation:
            last = scores = correlation * last + fresh * scores
        states, signal = move(states, scores + shift)
        ended = np.count_nonzero(signal)
        if ended:
            total, squares = total + n * ended, squares + n * n * ended
            states, last = states[~signal], last[~signal] if correlation else last
    mean = total / runs
    return Estimate(mean, float(np.sqrt((squares / runs - mean**2) / runs)))


def one_sided(design: cusum.Design) -> Move:
    def move(states: Floats, scores: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
        sums = cusum.step(states[:, 0], scores, design)
        return sums[:, None], sums > design.h

    return move


def two_sided(design: cusum.Design) -> Move:
    def move(states: Floats, scores: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
        sums = cusum.step(states, np.column_stack([scores, -scores]), design)
        return sums, (sums > design.h).any(axis=1)

    return move


def weighted_mean(design: ewma.Design) -> Move:
    def move(states: Floats, scores: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
        means, counts = ewma.step(states[:, 0], states[:, 1].astype(np.int64), scores, design)
        return np.column_stack([means, counts]), np.abs(means) > design.half_width(counts)

    return move


def on_delay(p: float, n: int) -> Move:
    limit = {0.05: 1.6448536269514722, 0.2: 0.8416212335729143}[p]

    def move(states: Floats, scores: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
        held = np.where(scores > limit, states[:, 0] + 1, 0)
        return held[:, None], held >= n

    return move
