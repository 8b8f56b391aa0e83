"""Mann–Kendall: whether values rise or fall more steadily than chance would have it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from math import erfc, prod, sqrt
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Up to so many values the null distribution is exact, ties included; above, the normal one is close.
EXACT_UP_TO: Final = 10


@dataclass(frozen=True, slots=True)
class Trends:
    """One test per series, [...] each.

    Attributes:
        s: pairs that rise less pairs that fall. count: values it rests on.
        p_rising, p_falling: one-sided probability of such an S or a more extreme one by chance; NaN below two values.
    """

    s: Ints
    count: Ints
    p_rising: Floats
    p_falling: Floats


def trends(values: npt.ArrayLike) -> Trends:
    """[..., n] values in order of time, NaN = gap. Exact for up to 10 values, else normal with correction for ties
    and continuity."""
    v = np.asarray(values, np.float64)
    rows = v.reshape(prod(v.shape[:-1]), v.shape[-1])
    s, same = _pairs(rows)
    count = np.count_nonzero(~np.isnan(rows), axis=1).astype(np.int64)
    rising, falling = _normal(s, same, count)
    for row in np.flatnonzero((count >= 2) & (count <= EXACT_UP_TO)):
        ties = tuple(sorted(Counter(rows[row][~np.isnan(rows[row])].tolist()).values()))
        rising[row], falling[row] = at_least(ties, int(s[row])), at_least(ties, -int(s[row]))
    shape = v.shape[:-1]
    return Trends(s.reshape(shape), count.reshape(shape), rising.reshape(shape), falling.reshape(shape))


def _pairs(rows: Floats) -> tuple[Ints, Ints]:
    # S of each row, and for each value how many others of its row equal it. By distance in time: no [m, n, n] array.
    s = np.zeros(len(rows), np.int64)
    same = np.zeros(rows.shape, np.int64)
    for lag in range(1, rows.shape[1]):
        early, late = rows[:, :-lag], rows[:, lag:]  # a comparison with NaN is false: it counts neither way
        s += np.count_nonzero(late > early, axis=1) - np.count_nonzero(late < early, axis=1)
        equal = late == early
        same[:, lag:] += equal
        same[:, :-lag] += equal
    return s, same


def _normal(s: Ints, same: Ints, count: Ints) -> tuple[Floats, Floats]:
    n = count.astype(np.float64)
    # Σ over tied groups of t (t − 1)(2t + 5), as a sum over values: each of a group of t has t − 1 equals.
    ties = (same * (2 * (same + 1) + 5)).sum(axis=1)
    variance = np.maximum((n * (n - 1) * (2 * n + 5) - ties) / 18, 0)
    deviation = np.sqrt(variance)
    upper = np.vectorize(lambda z: 0.5 * erfc(z / sqrt(2)), otypes=[np.float64])
    found = []
    for score in (s, -s):
        z = np.divide(score - 1.0, deviation, out=np.full(len(n), -np.inf), where=deviation > 0)
        p = upper(z) if len(z) else z
        found.append(np.where(count >= 2, p, np.nan))
    return found[0], found[1]


@lru_cache(maxsize=1024)
def at_least(ties: tuple[int, ...], s: int) -> float:
    """P(S ≥ s) when all orders of the values are alike; `ties`: how many values share each rank, 1 = untied."""
    orders = _orders(ties)
    pairs = len(orders) - 1  # of different values; with i inversions S is pairs − 2 i
    return sum(number for i, number in enumerate(orders) if pairs - 2 * i >= s) / sum(orders)


@lru_cache(maxsize=128)
def _orders(ties: tuple[int, ...]) -> tuple[int, ...]:
    """How many orders of a multiset have 0, 1, 2 … inversions: the Gaussian multinomial coefficient."""
    product = [1]
    total = 0
    for size in ties:
        for i in range(1, size + 1):
            total += 1
            product = _divide(_multiply(product, total), i)
    return tuple(product)


def _multiply(numbers: list[int], n: int) -> list[int]:
    """By 1 + q + … + q^(n−1)."""
    longer = [0] * (len(numbers) + n - 1)
    for i, number in enumerate(numbers):
        for j in range(n):
            longer[i + j] += number
    return longer


def _divide(numbers: list[int], n: int) -> list[int]:
    """By 1 + q + … + q^(n−1), which leaves nothing."""
    shorter: list[int] = []
    for i in range(len(numbers) - n + 1):
        shorter.append(numbers[i] - sum(shorter[max(0, i - n + 1) :]))
    return shorter
