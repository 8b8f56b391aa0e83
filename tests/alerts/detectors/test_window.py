"""A window's bits say what its values say."""

from __future__ import annotations

import numpy as np
import pytest

from alerts.detectors.window import PLACES, Steadiness, lower_median, most_above, most_below, packed, unpacked


def test_packed_and_unpacked_are_each_others_way_back() -> None:
    places = np.random.default_rng(1).random((5, 3, PLACES)) < 0.4
    words = packed(places)
    assert words.shape == (5, 3)
    assert (unpacked(words) == places).all()
    assert (np.bitwise_count(words) == places.sum(axis=2)).all()


def test_most_above_is_the_lower_median() -> None:
    rng = np.random.default_rng(2)
    for _ in range(300):
        values = rng.integers(0, 9, (1, 1, PLACES)).astype(np.float32)
        held = rng.random((1, 1, PLACES)) < rng.random()
        present = np.array([[float(rng.integers(0, 9))]], np.float32)
        inside = np.sort(values[held])
        expected = len(inside) > 0 and inside[(len(inside) - 1) // 2] >= present[0, 0]
        assert most_above(values, present, packed(held))[0, 0] == expected
        middle = inside[(len(inside) - 1) // 2] if len(inside) else np.float32(np.inf)
        assert most_below(values, present, packed(held))[0, 0] == (middle <= present[0, 0])
        if len(inside):
            assert lower_median(values[0], packed(held)[0])[0] == middle


def test_nothing_held_and_nothing_known_is_no_fall() -> None:
    empty = np.full((1, 1, PLACES), np.nan, np.float32)
    every = packed(np.ones((1, 1, PLACES), np.bool_))
    assert not most_below(empty, np.zeros((1, 1), np.float32), every)[0, 0]
    assert not most_above(empty, np.zeros((1, 1), np.float32), every)[0, 0]
    assert not most_above(np.zeros((1, 1, PLACES), np.float32), np.full((1, 1), np.nan, np.float32), every)[0, 0]


def test_a_rise_cannot_be_normal_before_the_window_is_full_of_it() -> None:
    with pytest.raises(ValueError, match="rise_s ≥ window_s"):
        Steadiness(rise_s=59, steady_signal="blood_flow", steady_percent=5).check()


@pytest.mark.parametrize(("span", "window"), [(0, 60), (60, 60), (30, PLACES - 1)])
def test_windows_that_cannot_be(span: int, window: int) -> None:
    with pytest.raises(ValueError, match="min_span_s < window_s"):
        Steadiness(min_span_s=span, window_s=window, steady_signal="blood_flow", steady_percent=5).check()
