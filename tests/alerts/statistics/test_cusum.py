"""Tabular CUSUM: Montgomery's example, gaps, many series at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.out_of_range import OutOfRange
from alerts.statistics import cusum
from tests.alerts.statistics.montgomery import MONTGOMERY

DESIGN = cusum.Design(0.5, 5.0)
SCORES = np.array(MONTGOMERY) - 10
NAN = float("nan")


def test_montgomerys_example_signals_first_at_29() -> None:
    side = cusum.upper(SCORES, DESIGN)
    assert int(np.argmax(side.signal)) + 1 == 29
    assert side.sums[28] == pytest.approx(5.28)
    assert side.counts[28] == 7
    assert side.signal[28:].all(), "a chart is not restarted by its signal"
    assert not cusum.lower(SCORES, DESIGN).signal.any()


def test_the_lower_side_is_the_mirror() -> None:
    np.testing.assert_array_equal(cusum.lower(-SCORES, DESIGN).sums, cusum.upper(SCORES, DESIGN).sums)


def test_a_head_start_signals_sooner_and_is_forgotten() -> None:
    fast = cusum.Design(0.5, 5.0, 2.5)
    ones = np.ones(20)
    assert np.argmax(cusum.upper(ones, fast).signal) == 5
    assert np.argmax(cusum.upper(ones, DESIGN).signal) == 10
    np.testing.assert_array_equal(cusum.upper(SCORES, fast).sums[5:], cusum.upper(SCORES, DESIGN).sums[5:])


def test_exactly_h_is_no_signal() -> None:
    assert not cusum.upper([5.5], DESIGN).signal.any()
    assert cusum.upper([5.5, 0.75], DESIGN).signal.tolist() == [False, True]


@given(st.lists(st.one_of(st.just(NAN), st.floats(-4, 4)), max_size=30))
def test_a_gap_keeps_its_place_and_changes_nothing(values: list[float]) -> None:
    scores = np.array(values, np.float64)
    held = ~np.isnan(scores)
    with_gaps, without = cusum.upper(scores, DESIGN), cusum.upper(scores[held], DESIGN)
    np.testing.assert_array_equal(np.isnan(with_gaps.sums), ~held)
    np.testing.assert_array_equal(with_gaps.sums[held], without.sums)
    np.testing.assert_array_equal(with_gaps.counts[held], without.counts)
    assert not with_gaps.signal[~held].any()


def test_many_series_are_as_each_alone() -> None:
    scores = np.random.default_rng(1).standard_normal((3, 4, 50)) + 0.5
    scores[1, 2, 10:20] = NAN
    together = cusum.upper(scores, DESIGN)
    for place in np.ndindex(3, 4):
        np.testing.assert_array_equal(together.sums[place], cusum.upper(scores[place], DESIGN).sums)
    assert cusum.upper(np.empty((2, 0)), DESIGN).sums.shape == (2, 0)


@pytest.mark.parametrize(
    ("numbers", "what"),
    [((-0.1, 5), "k"), ((NAN, 5), "k"), ((0.5, 0), "h"), ((0.5, 31), "h"), ((0.5, 5, 5), "head start"),
     ((0.5, 5, NAN), "head start")],
)  # fmt: skip
def test_a_design_has_its_ranges(numbers: tuple[float, ...], what: str) -> None:
    with pytest.raises(OutOfRange, match=f"{what} is"):
        cusum.Design(*numbers)
