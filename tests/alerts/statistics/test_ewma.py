"""EWMA chart: Montgomery's example, exact limits, gaps, many series at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.out_of_range import OutOfRange
from alerts.statistics import ewma
from tests.alerts.statistics.montgomery import MONTGOMERY

DESIGN = ewma.Design(0.1, 2.7)
SCORES = np.array(MONTGOMERY) - 10
NAN = float("nan")


def test_montgomerys_example_signals_at_29() -> None:
    chart = ewma.chart(SCORES, DESIGN)
    assert int(np.argmax(chart.signal)) + 1 == 29
    assert 10 + chart.means[0] == pytest.approx(9.945)
    assert chart.half_widths[0] == pytest.approx(0.27)
    assert chart.half_widths[-1] == pytest.approx(0.62, abs=0.005)


def test_limits_begin_at_one_values_and_end_at_the_steady_ones() -> None:
    assert DESIGN.half_width(1) == pytest.approx(2.7 * 0.1)
    assert DESIGN.half_width(10_000) == pytest.approx(DESIGN.steady)
    assert ewma.Design(0.1, 2.7, exact_limits=False).half_width(1) == DESIGN.steady


def test_the_exact_limits_see_an_early_shift_sooner() -> None:
    early = np.full(10, 1.5)
    exact, steady = (ewma.chart(early, ewma.Design(0.1, 2.7, exact)).signal for exact in (True, False))
    assert np.argmax(exact) < np.argmax(steady)


def test_both_sides_signal() -> None:
    assert ewma.chart(-SCORES, DESIGN).signal.tolist() == ewma.chart(SCORES, DESIGN).signal.tolist()


@given(st.lists(st.one_of(st.just(NAN), st.floats(-4, 4)), max_size=30))
def test_a_gap_keeps_its_place_and_changes_nothing(values: list[float]) -> None:
    scores = np.array(values, np.float64)
    held = ~np.isnan(scores)
    with_gaps, without = ewma.chart(scores, DESIGN), ewma.chart(scores[held], DESIGN)
    np.testing.assert_array_equal(np.isnan(with_gaps.means), ~held)
    np.testing.assert_array_equal(np.isnan(with_gaps.half_widths), ~held)
    np.testing.assert_array_equal(with_gaps.means[held], without.means)
    np.testing.assert_array_equal(with_gaps.half_widths[held], without.half_widths)
    assert not with_gaps.signal[~held].any()


@given(st.lists(st.floats(-4, 4), min_size=1, max_size=30), st.floats(0.01, 1))
def test_a_mean_lies_within_its_values_and_0(values: list[float], weight: float) -> None:
    means = ewma.chart(values, ewma.Design(weight, 3)).means
    assert means.min() >= min(0, *values) - 1e-9 and means.max() <= max(0, *values) + 1e-9


def test_many_series_are_as_each_alone() -> None:
    scores = np.random.default_rng(1).standard_normal((3, 4, 50)) + 0.5
    scores[1, 2, 10:20] = NAN
    together = ewma.chart(scores, DESIGN)
    for place in np.ndindex(3, 4):
        alone = ewma.chart(scores[place], DESIGN)
        np.testing.assert_array_equal(together.means[place], alone.means)
        np.testing.assert_array_equal(together.signal[place], alone.signal)


@pytest.mark.parametrize(
    ("numbers", "what"), [((0, 3), "lambda"), ((1.1, 3), "lambda"), ((0.2, 0), "limit"), ((0.2, NAN), "limit")]
)
def test_a_design_has_its_ranges(numbers: tuple[float, float], what: str) -> None:
    with pytest.raises(OutOfRange, match=f"{what} is"):
        ewma.Design(*numbers)
