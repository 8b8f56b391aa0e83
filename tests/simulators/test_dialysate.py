from __future__ import annotations

from random import Random
from statistics import fmean, pstdev

import pytest

from simulators.dialysate import Dialysate


def run(
    dialysate: Dialysate, seconds: int, cel: float = 36.5, ms: float = 14.0, *, powered: bool = True
) -> list[tuple[float, float]]:
    seen = []
    for _ in range(seconds):
        dialysate.step(1.0, cel, ms, powered=powered)
        seen.append((dialysate.temperature, dialysate.conductivity))
    return seen


def test_it_comes_to_its_settings_within_four_minutes_and_holds_them() -> None:
    dialysate = Dialysate(Random(1))
    run(dialysate, 240)
    held = run(dialysate, 3600)
    assert fmean(t for t, _ in held) == pytest.approx(36.5, abs=0.1)
    assert fmean(c for _, c in held) == pytest.approx(14.0, abs=0.05)
    assert max(abs(t - 36.5) for t, _ in held) < 0.5
    assert max(abs(c / 14.0 - 1.0) for _, c in held) < 0.025  # inside the tightest rule
    assert pstdev(t for t, _ in held) > 0.02  # a live sensor is never still


def test_a_new_setting_is_reached() -> None:
    dialysate = Dialysate(Random(1))
    run(dialysate, 600)
    assert run(dialysate, 300, cel=35.5, ms=13.6)[-1] == pytest.approx((35.5, 13.6), abs=0.3)


def test_without_power_it_cools_slowly_and_recovers() -> None:
    dialysate = Dialysate(Random(1))
    run(dialysate, 600)
    cold = run(dialysate, 180, powered=False)[-1][0]
    assert 32.0 < cold < 35.5
    assert run(dialysate, 120)[-1][0] == pytest.approx(36.5, abs=0.4)
