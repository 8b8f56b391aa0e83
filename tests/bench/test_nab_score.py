from __future__ import annotations

from math import exp

import numpy as np
import pytest

from bench.nab_score import OUTSIDE, PROFILES, STANDARD, mark, probation, sigmoid, sweep, windows_in

LOW_FALSE, LOW_MISSED = PROFILES[1:]
# 100 samples: 15 are probation, so the window's first sample is number 25 of those that are scored.
ONE = mark(100, [(40, 49)])
FIRST_WORTH = 2 / (1 + exp(-5)) - 1


def said(*at: int, length: int = 100, **scores: float) -> np.ndarray:
    found = np.zeros(length)
    found[list(at)] = 1.0
    for place, score in scores.items():
        found[int(place[1:])] = score
    return found


def test_the_sigmoid_has_the_published_values() -> None:
    # Lavin & Ahmad 2015: 2σ(5) − 1, 2σ(2.5) − 1, 2σ(0) − 1, 2σ(−5) − 1.
    assert sigmoid([-1.0, -0.5, 0.0, 1.0]) == pytest.approx([0.98661, 0.84828, 0.0, -0.98661], abs=5e-6)


def test_a_detection_is_worth_less_the_later_in_the_window_and_costs_more_the_further_behind() -> None:
    worth = dict(enumerate(ONE.worth.tolist(), ONE.probation))
    assert worth[40] == 1.0
    # y = −0.5 and −0.1 of a window of ten, over what its first sample is worth.
    assert worth[45] == pytest.approx(0.84828 / 0.98661, abs=1e-5)
    assert worth[49] == pytest.approx((2 / (1 + exp(-0.5)) - 1) / FIRST_WORTH)
    # Behind: y in widths less one sample, 9; more than three of them is far.
    assert worth[50] == pytest.approx(2 / (1 + exp(5 / 9)) - 1)
    assert worth[58] == pytest.approx(-0.98661, abs=5e-6)
    assert -1.0 < worth[76] < -0.9999 and worth[77] == worth[39] == worth[15] == -1.0
    assert np.flatnonzero(ONE.window != OUTSIDE).tolist() == list(range(25, 35))


def test_what_follows_a_window_is_measured_from_that_one() -> None:
    two = mark(100, [(20, 29), (40, 43)])
    worth = dict(enumerate(two.worth.tolist(), two.probation))
    assert worth[39] == pytest.approx(2 / (1 + exp(5 * 10 / 9)) - 1)
    assert worth[45] == pytest.approx(2 / (1 + exp(5 * 2 / 3)) - 1)
    assert sorted(set(two.window.tolist())) == [OUTSIDE, 0, 1]


@pytest.mark.parametrize(("length", "samples"), [(100, 15), (101, 15), (0, 0), (5000, 750), (22695, 750)])
def test_probation_is_fifteen_in_a_hundred_and_750_at_most(length: int, samples: int) -> None:
    assert probation(length) == samples


def test_of_several_detections_in_a_window_the_earliest_counts_once() -> None:
    both, first = (sweep([ONE], [scores]) for scores in (said(42, 47), said(42)))
    earliest = (2 / (1 + exp(-4)) - 1) / FIRST_WORTH  # y = −0.8
    assert both.hits[both.at(1.0)] == first.hits[first.at(1.0)] == pytest.approx(earliest)
    # The later one says it louder: alone above 0.9, with the earlier above 0.5.
    louder = sweep([ONE], [said(_42=0.5, _47=0.9)])
    late = (2 / (1 + exp(-1.5)) - 1) / FIRST_WORTH  # y = −0.3
    assert louder.hits[[louder.at(0.9), louder.at(0.5)]] == pytest.approx([late, earliest])
    assert louder.missed[[louder.at(0.95), louder.at(0.9), louder.at(0.5)]].tolist() == [1, 0, 0]


def test_profiles_weigh_the_same_detections_differently() -> None:
    # Found at once, a false one a window's width behind, a false one before; another series' window is missed.
    found = sweep([ONE, ONE], [said(20, 40, 58), said()])
    at = found.at(1.0)
    assert (found.hits[at], found.missed[at], found.false_count[at]) == (1.0, 1, 2)
    cost = 1 + FIRST_WORTH
    raw = [found.raw(profile, at) for profile in PROFILES]
    assert raw == pytest.approx([1 - 1 - 0.11 * cost, 1 - 1 - 0.22 * cost, 1 - 2 - 0.11 * cost])
    # From −windows × cost of a miss to windows: 100 (raw + 2)/4, 100 (raw + 4)/6.
    assert STANDARD.normalised(raw[0], 2) == pytest.approx(100 * (2 - 0.11 * cost) / 4)
    assert LOW_FALSE.normalised(raw[1], 2) == pytest.approx(100 * (2 - 0.22 * cost) / 4)
    assert LOW_MISSED.normalised(raw[2], 2) == pytest.approx(100 * (3 - 0.11 * cost) / 6)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_the_perfect_detector_has_a_hundred_and_the_null_detector_nothing(profile) -> None:
    series = [mark(200, [(50, 60), (100, 120)]), mark(100, []), ONE]
    perfect = sweep(series, [said(50, 100, length=200), said(), said(40)])
    assert windows_in(series) == 3
    assert profile.normalised(perfect.raw(profile, perfect.best(profile)), 3) == pytest.approx(100)
    null = sweep(series, [np.full(length, 0.5) for length in (200, 100, 100)])
    assert null.best(profile) == 0 and null.thresholds[0] == np.inf
    assert profile.normalised(null.raw(profile, 0), 3) == 0


def test_probation_costs_nothing_and_a_window_wholly_in_it_is_none() -> None:
    early = mark(100, [(5, 9), (40, 49)])
    assert windows_in([early]) == 1
    found = sweep([early], [said(0, 7, 14)])
    assert found.thresholds.tolist() == [np.inf, 0.0]
    # A window that reaches out of it counts from there on, with the worth it has there: y = −5/10.
    across = mark(100, [(10, 19)])
    found = sweep([across], [said(12, 15)])
    assert windows_in([across]) == 1
    assert found.hits[found.at(1.0)] == pytest.approx(0.84828 / 0.98661, abs=1e-5)


def test_one_threshold_is_best_for_all_series_together() -> None:
    # 0.6 finds both windows for one false detection; each series alone would want another.
    scores = [said(_40=0.6, _20=0.3), said(_40=0.9, _20=0.7)]
    found = sweep([ONE, ONE], scores)
    assert found.thresholds[found.best(STANDARD)] == 0.6
    assert sweep([ONE], scores[1:]).best(STANDARD) == 1
    alone = sweep([ONE], scores[1:])
    assert alone.thresholds[alone.best(STANDARD)] == 0.9
    # Between two scores a threshold detects what the upper one does.
    assert found.thresholds[found.at(0.65)] == 0.7 and found.at(5.0) == 0


def test_every_threshold_scores_as_counting_by_hand_does() -> None:
    rng = np.random.default_rng(5)
    series = [mark(120, [(10, 20), (60, 70), (90, 95)]), mark(80, []), mark(90, [(30, 44)])]
    scores = [np.round(rng.random(length), 1) for length in (120, 80, 90)]
    found = sweep(series, scores)
    assert found.thresholds.tolist() == [np.inf, *np.arange(10, -1, -1) / 10]
    for place, threshold in enumerate(found.thresholds):
        best: dict[tuple[int, int], float] = {}
        false = []
        for number, (marks, given) in enumerate(zip(series, scores, strict=True)):
            rows = zip(marks.worth, marks.window, given[marks.probation :], strict=True)
            for worth, window, score in rows:
                if window == OUTSIDE and score >= threshold:
                    false.append(-worth)
                elif window != OUTSIDE:
                    best[number, window] = max(best.get((number, window), 0.0), worth * (score >= threshold))
        assert found.hits[place] == pytest.approx(sum(best.values()))
        assert found.missed[place] == sum(worth == 0.0 for worth in best.values())
        assert (found.false[place], found.false_count[place]) == (pytest.approx(sum(false)), len(false))


@pytest.mark.parametrize("windows", [[(40, 40)], [(40, 100)], [(40, 49), (49, 60)], [(-2, 5)]])
def test_a_window_that_cannot_be_scored_is_refused(windows: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="has to have two samples"):
        mark(100, windows)
