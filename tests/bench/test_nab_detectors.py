from __future__ import annotations

import numpy as np
import pytest

from bench import nab_detectors as detectors

ALL = {
    **detectors.OURS,
    "Gaussian": detectors.windowed_gaussian,
    "Gaussian, told once": detectors.gaussian_told_once,
    "null": detectors.nothing,
}
RNG = np.random.default_rng(3)
NOISE = RNG.normal(50, 2, 1500)
STEPPED = NOISE + np.where(np.arange(1500) >= 1000, 4.0, 0.0)


@pytest.mark.parametrize("name", ALL)
def test_a_score_depends_on_nothing_that_comes_later(name: str) -> None:
    whole = ALL[name](STEPPED, 225)
    assert whole.shape == STEPPED.shape and np.all((whole >= 0) & (whole <= 1))
    for count in (0, 1, 224, 700, 1001, 1330):
        assert ALL[name](STEPPED[:count], 225) == pytest.approx(whole[:count], abs=1e-12)


@pytest.mark.parametrize("name", detectors.OURS)
def test_ours_say_nothing_in_the_baseline_nor_where_it_did_not_move(name: str) -> None:
    wild = np.where(np.arange(1500) % 2, 1e6, -1e6)
    assert not detectors.OURS[name](wild, 1500).any()
    flat = np.where(np.arange(1500) >= 1000, 9.0, 1.0)
    assert not detectors.OURS[name](flat, 225).any()


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("name", "size"), [("CUSUM", 1), ("CUSUM, medians of 30", 30), ("EWMA", 1)])
def test_a_step_of_two_deviations_is_beyond_the_limit_at_once_and_told_a_few_times(
    name: str, size: int, sign: int
) -> None:
    series = sign * STEPPED
    charted = detectors.OURS[name](series, 750)
    beyond = np.flatnonzero(charted > 0.5)
    assert 1000 <= beyond[beyond >= 1000][0] <= 1000 + 12 * size
    once = detectors.OURS[f"{name}, told once"](series, 750)
    told = np.flatnonzero(once[1000:] > 0.5)
    assert 0 < len(told) < len(beyond) and np.array_equal(once[once > 0], charted[once > 0])
    assert set(np.flatnonzero(charted) % size) == {size - 1}


@pytest.mark.parametrize("sign", [1, -1])
def test_a_rise_or_fall_is_a_trend_and_noise_is_hardly_one(sign: int) -> None:
    ramp = NOISE + sign * np.maximum(0, np.arange(1500) - 900) * 0.02
    rising, quiet = (detectors.OURS["trend, medians of 12"](series, 225) for series in (ramp, NOISE))
    assert np.count_nonzero(rising[1300:]) == len(range(1307, 1500, 12))
    assert np.count_nonzero(quiet) < 0.15 * 1500 / 12
    # 0.02 a sample over 30 points of 12, in deviations of the points: 7.2 over about 0.7.
    assert rising[1499] == pytest.approx(0.91, abs=0.04)


def test_a_chart_tells_each_doubling_once_until_it_has_been_quiet() -> None:
    ratio = np.array([0.0, 0.3, 0.4, 0.2, 0.3, 0.6, 1.1, 0.9, 1.5, 4.5, 0.25, 0.24, 2.1, 2.0])
    told = detectors.told_once(ratio)
    assert ratio[told].tolist() == [0.3, 0.3, 0.6, 1.1, 4.5, 2.1]
    assert np.flatnonzero(told).tolist() == [1, 4, 5, 6, 9, 12]
    assert detectors.told_once(np.array([0.5])).tolist() == [True]


def test_the_windowed_gaussian_is_the_tail_of_what_came_before() -> None:
    # After 0 and 2 the mean is 1 and the deviation 1: 1.96 of them leave 2.5 % further out, on either side.
    for value, score in ((1.0, 0.5), (2.959964, 0.975), (-0.959964, 0.975)):
        assert detectors.windowed_gaussian(np.array([0.0, 2.0, value]), 0) == pytest.approx([0.0, 1.0, score])


def test_the_windowed_gaussian_forgets_by_the_hundred_after_6400() -> None:
    values = np.random.default_rng(1).normal(0, 1, 6700) + np.linspace(0, 5, 6700)
    found = detectors.gaussian_distances(values)
    for i, window in (
        (6399, slice(0, 6399)),
        (6499, slice(0, 6400)),
        (6500, slice(100, 6500)),
        (6699, slice(200, 6600)),
    ):
        assert found[i] == pytest.approx(abs(values[i] - values[window].mean()) / values[window].std())
