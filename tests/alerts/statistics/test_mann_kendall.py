"""Mann–Kendall: critical values, every order counted, ties, gaps."""

from __future__ import annotations

from itertools import permutations
from math import erfc, isclose

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.statistics.mann_kendall import at_least, trends

PRESSURES = (120, 122, 121, 125, 131, 138, 147, 158, 171)
NAN = float("nan")


def rank_correlation(values: tuple[float, ...]) -> int:
    return sum(int(np.sign(b - a)) for i, a in enumerate(values) for b in values[i + 1 :])


def rising_to(s: int, n: int) -> list[float]:
    """n different values with this S."""
    values = list(range(n))
    inversions = (n * (n - 1) // 2 - s) // 2
    out: list[float] = []
    while values:  # the largest that costs no more inversions than are left
        take = min(inversions, len(values) - 1)
        out.append(float(values.pop(take)))
        inversions -= take
    return out


def test_the_clotting_filter() -> None:
    found = trends(PRESSURES)
    assert (found.s, found.count) == (34, 9)
    assert found.p_rising == pytest.approx(9 / 362880)
    assert found.p_rising == pytest.approx(2.5e-5, abs=5e-7)
    assert found.p_falling == pytest.approx(1 - 1 / 362880)


@pytest.mark.parametrize(("n", "critical"), [(5, 8), (10, 21), (20, 52)])
def test_critical_values(n: int, critical: int) -> None:
    at, below = rising_to(critical, n), rising_to(critical - 2, n)
    assert trends(at).s == critical
    assert trends(at).p_rising <= 0.05 < trends(below).p_rising


@pytest.mark.parametrize("values", [(1, 2, 3, 4, 5), (1, 1, 2, 3, 4), (1, 1, 2, 2, 3), (1, 1, 1, 2, 2, 3), (7, 7, 7)])
def test_the_exact_null_counts_every_order(values: tuple[float, ...]) -> None:
    every = [rank_correlation(order) for order in permutations(values)]
    ties = tuple(sorted(values.count(value) for value in set(values)))
    for s in range(-(len(values) ** 2), len(values) ** 2):
        assert isclose(at_least(ties, s), sum(other >= s for other in every) / len(every))


def test_the_normal_null_joins_the_exact_one() -> None:
    for s in range(1, 35, 2):
        ten, eleven = rising_to(s, 10), rising_to(s, 11)
        assert trends(eleven).p_rising == pytest.approx(float(at_least((1,) * 11, s)), abs=0.005)
        assert trends(ten).p_rising == float(at_least((1,) * 10, s))


def test_ties_make_the_normal_null_narrower() -> None:
    values = [1.0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 7, 8]
    n, groups = 12, (3, 2, 2)
    variance = (n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in groups)) / 18
    z = (rank_correlation(tuple(values)) - 1) / variance**0.5
    assert trends(values).p_rising == pytest.approx(0.5 * erfc(z / 2**0.5), abs=1e-12)


def test_nothing_is_said_of_one_value_and_no_trend_of_equal_ones() -> None:
    assert np.isnan(trends([3.0]).p_rising) and np.isnan(trends([NAN, NAN]).p_falling)
    for n in (2, 5, 30):
        level = trends([3.0] * n)
        assert (level.s, level.p_rising, level.p_falling) == (0, 1, 1)
    assert trends(np.empty((2, 0))).count.tolist() == [0, 0]


@given(st.lists(st.one_of(st.just(NAN), st.integers(-3, 3).map(float), st.floats(-5, 5)), min_size=1, max_size=25))
def test_gaps_are_left_out_and_the_mirror_falls(values: list[float]) -> None:
    held = [value for value in values if value == value]
    found, dense = trends(values), trends(held or [NAN])
    assert found.s == dense.s == rank_correlation(tuple(held))
    assert found.count == len(held)
    np.testing.assert_equal(found.p_rising, dense.p_rising)
    mirrored = trends([-value for value in values])
    assert mirrored.s == -found.s
    np.testing.assert_equal(mirrored.p_falling, found.p_rising)
    if len(held) >= 2:
        assert 0 <= found.p_rising <= 1 and found.p_rising + found.p_falling >= 1 - 1e-12


def test_many_series_are_as_each_alone() -> None:
    values = np.random.default_rng(2).integers(0, 9, (2, 5, 14)).astype(float)
    values[0, :, 3:8] = NAN
    together = trends(values)
    for place in np.ndindex(2, 5):
        alone = trends(values[place])
        assert (together.s[place], together.p_rising[place]) == (alone.s, alone.p_rising)
