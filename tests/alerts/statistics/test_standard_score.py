"""Standard scores: per series, and gaps where there is nothing to compare with."""

from __future__ import annotations

import numpy as np

from alerts.statistics.standard_score import standard_scores

NAN, INF = float("nan"), float("inf")


def test_each_series_has_its_own_baseline() -> None:
    scores = standard_scores([[1.0, 2, 3], [10, 20, 30]], [2, 20], [1, 10])
    np.testing.assert_array_equal(scores, [[-1, 0, 1], [-1, 0, 1]])
    np.testing.assert_array_equal(standard_scores([9.0, 11], 10, 2), [-0.5, 0.5])


def test_what_cannot_be_compared_is_a_gap() -> None:
    values = np.tile([1.0, NAN, INF], (5, 1))
    scores = standard_scores(values, [0, NAN, 0, 0, INF], [1, 1, 0, NAN, 1])
    assert scores[0, 0] == 1
    assert np.isnan(scores).sum() == 14
