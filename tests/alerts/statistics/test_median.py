"""Medians with gaps."""

from __future__ import annotations

from statistics import median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.statistics.median import medians

NAN = float("nan")


@given(st.lists(st.lists(st.one_of(st.just(NAN), st.floats(-1e300, 1e300)), min_size=4, max_size=4), min_size=1))
def test_it_is_the_median_of_what_is_there(rows: list[list[float]]) -> None:
    found = medians(np.array(rows))
    for row, value in zip(rows, found, strict=True):
        held = [number for number in row if number == number]
        assert value == pytest.approx(median(held) if held else NAN, nan_ok=True)


def test_shapes() -> None:
    assert medians(np.arange(24.0).reshape(2, 3, 4)).tolist() == [[1.5, 5.5, 9.5], [13.5, 17.5, 21.5]]
    assert np.isnan(medians(np.empty((3, 0)))).all()


def test_two_huge_values_do_not_overflow() -> None:
    assert medians(np.array([[1.7e308, 1.7e308]])) == 1.7e308
