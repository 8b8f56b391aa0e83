from __future__ import annotations

import itertools
from random import Random
from statistics import pstdev

import pytest

from simulators.noise import Drift, towards


@pytest.mark.parametrize("dt", [0.5, 1.0, 5.0])
def test_a_drift_spreads_the_same_at_any_step(dt: float) -> None:
    drift = Drift(Random(4), sigma=3.0, tau_s=20.0)
    values = [drift.step(dt) for _ in range(round(40_000 / dt))]
    assert pstdev(values) == pytest.approx(3.0, rel=0.1)


def test_a_drift_remembers() -> None:
    drift = Drift(Random(4), sigma=3.0, tau_s=100.0)
    values = [drift.step(1.0) for _ in range(5_000)]
    steps = [b - a for a, b in itertools.pairwise(values)]
    assert pstdev(steps) < 0.2 * pstdev(values)


def test_towards_covers_two_thirds_in_a_time_constant_whatever_the_step() -> None:
    once = towards(0.0, 10.0, 5.0, 5.0)
    often = 0.0
    for _ in range(50):
        often = towards(often, 10.0, 0.1, 5.0)
    assert once == pytest.approx(6.32, abs=0.01)
    assert often == pytest.approx(once)
