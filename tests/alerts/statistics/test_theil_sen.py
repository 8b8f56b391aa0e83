"""Theil–Sen: the worked slope, gaps, outliers, many series at once."""

from __future__ import annotations

from statistics import median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.statistics import theil_sen
from alerts.statistics.theil_sen import fit

PRESSURES = (120, 122, 121, 125, 131, 138, 147, 158, 171)
NAN = float("nan")


def test_the_clotting_filter() -> None:
    line = fit([10 * i for i in range(9)], PRESSURES)
    assert line.slope == 0.64375
    assert line.count == 9


def test_when_a_falling_pressure_reaches_its_limit() -> None:
    line = fit([0, 15, 30, 45], [140, 131, 122, 113])
    assert line.crossing(100) == pytest.approx(140 / 0.6 - 100 / 0.6)
    assert np.isnan(fit([0, 15, 30], [120, 120, 120]).crossing(100))
    assert np.isnan(fit([0], [120]).crossing(100))
    assert np.isnan(fit([0, 1], [0, 1e-310]).crossing(100))
    both = fit([0, 10], [[100.0, 90], [100, 80]])
    np.testing.assert_allclose(both.crossing([80, 90]), [20, 5])


@given(
    st.lists(st.tuples(st.integers(0, 50), st.one_of(st.just(NAN), st.floats(-1000, 1000))), min_size=1, max_size=25)
)
def test_it_is_the_median_of_all_pairs(points: list[tuple[int, float]]) -> None:
    line = fit([t for t, _ in points], [v for _, v in points])
    held = [(t, v) for t, v in points if v == v]
    slopes = [(w - v) / (u - t) for i, (t, v) in enumerate(held) for u, w in held[i + 1 :] if u != t]
    assert line.count == len(held)
    if slopes:
        assert line.slope == pytest.approx(median(slopes), abs=1e-9)
        assert line.intercept == pytest.approx(median(v - float(line.slope) * t for t, v in held), abs=1e-6)
    else:
        assert np.isnan(line.slope) and np.isnan(line.intercept)


def test_a_quarter_of_wild_values_does_not_move_it() -> None:
    values = 3.0 * np.arange(20) + 7
    values[[2, 9, 10, 15, 19]] = 1e6
    line = fit(np.arange(20), values)
    assert line.slope == pytest.approx(3)
    assert line.intercept == pytest.approx(7)


def test_many_series_are_as_each_alone_in_blocks_of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(3)
    values = random.standard_normal((3, 7, 12))
    values[1, 3, 2:9] = NAN
    values[2, 0] = NAN
    times = np.cumsum(random.uniform(0.5, 2, (3, 7, 12)), axis=-1)
    whole = fit(times, values)
    monkeypatch.setattr(theil_sen, "_BLOCK", 150)
    blocks = fit(times, values)
    np.testing.assert_array_equal(whole.slope, blocks.slope)
    for place in np.ndindex(3, 7):
        np.testing.assert_array_equal(whole.slope[place], fit(times[place], values[place]).slope)
    assert np.isnan(whole.slope[2, 0]) and whole.count[2, 0] == 0
    assert fit(np.empty(0), np.empty((2, 0))).slope.shape == (2,)


def test_times_for_all_and_times_of_each_series_give_the_same_lines() -> None:
    random = np.random.default_rng(16)
    values = random.normal(150, 5, (40, 12))
    values[random.random(values.shape) < 0.2] = np.nan
    times = np.array([0.0, 1, 2, 2, 4, 5, 6, np.nan, 8, 9, 10, 11])  # one twice, one missing
    shared, each = fit(times, values), fit(np.tile(times, (40, 1)), values)
    np.testing.assert_array_equal(shared.slope, each.slope)
    np.testing.assert_array_equal(shared.intercept, each.intercept)
    np.testing.assert_array_equal(shared.count, each.count)
