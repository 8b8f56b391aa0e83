"""A drop under the rolling median, against sorting; windows by time, not by count."""

from __future__ import annotations

import numpy as np
import pytest

from alerts.engine import Engine, Samples
from telemetry import signals
from telemetry.alarms import FindingState
from tests.alerts.building import RULES, SECOND, finding_of, one

FLOW, VENOUS = signals.BY_NAME["blood_flow"].number, signals.BY_NAME["venous_pressure"].number


def test_it_agrees_with_a_sorted_median_on_random_series() -> None:
    rng = np.random.default_rng(7)
    count, length = 300, 150
    engine = Engine(RULES, count)
    rows = np.array([engine.register(f"u{n}") for n in range(count)], np.int32)
    times = np.zeros(count, np.int64)
    history: list[list[tuple[int, float]]] = [[] for _ in range(count)]
    drops = 0
    for _ in range(length):
        times += rng.choice([1, 1, 1, 1, 2, 3], count)
        venous = np.round(150 + rng.normal(0, 12, count), 1)
        values = np.full((count, signals.COUNT), np.nan, np.float32)
        values[:, FLOW], values[:, VENOUS] = 300.0, venous
        engine.evaluate(
            Samples(
                rows, times * SECOND, np.full(count, 3, np.uint8), values, np.zeros(count, np.uint64), times * SECOND
            )
        )
        for n in range(count):
            t, x = int(times[n]), float(np.float32(venous[n]))
            window = sorted(v for s, v in history[n] if 1 <= t - s <= 60)
            history[n].append((t, x))
            if len(window) < 6 or max(t - s for s, _ in history[n][:-1] if t - s <= 60) < 30:
                expected = {FindingState.NOT_EVALUATED}
            elif window[(len(window) - 1) // 2] - x >= 20 - 1e-3:
                expected = {FindingState.PENDING, FindingState.ACTIVE}
                drops += 1
            else:
                expected = {FindingState.NORMAL}
            if n < 40:
                assert finding_of(engine, n, "R10").state in expected, (t, x, window)
    assert drops > 500


def series(engine: Engine, hz: float, venous: float, start: float, end: float) -> None:
    for k in range(round((end - start) * hz)):
        engine.evaluate(one(0, start + k / hz, blood_flow=300, venous_pressure=venous + k % 2))


@pytest.mark.parametrize("hz", [0.2, 1.0, 10.0])
def test_the_window_is_as_long_at_any_rate(hz: float) -> None:
    engine = Engine(RULES, 1)
    engine.register("u0")
    series(engine, hz, 150, 0, 25)
    assert "window" in finding_of(engine, 0, "R10").reason
    series(engine, hz, 150, 25, 100)
    assert finding_of(engine, 0, "R10").state is FindingState.NORMAL
    series(engine, hz, 110, 100, 110)
    assert finding_of(engine, 0, "R10").state is FindingState.ACTIVE


def test_the_last_treatment_is_not_in_the_window() -> None:
    engine = Engine(RULES, 1)
    engine.register("u0")
    series(engine, 1, 150, 0, 60)
    engine.evaluate(one(0, 60, phase=4, blood_flow=300, venous_pressure=150))
    engine.evaluate(one(0, 61, blood_flow=300, venous_pressure=100))
    assert "window" in finding_of(engine, 0, "R10").reason


@pytest.mark.parametrize(("before", "after"), [(130.1, 110.1), (-29.6, -49.6)])
def test_twenty_is_a_drop_of_twenty_in_float32_too(before: float, after: float) -> None:
    engine = Engine(RULES, 1)
    engine.register("u0")
    for t in range(60):
        engine.evaluate(one(0, t, blood_flow=300, venous_pressure=before))
    engine.evaluate(one(0, 60, blood_flow=300, venous_pressure=after))
    assert finding_of(engine, 0, "R10").state is FindingState.PENDING


def test_one_odd_flow_reading_does_not_blind_it() -> None:
    engine = Engine(RULES, 1)
    engine.register("u0")
    for t in range(90):
        engine.evaluate(one(0, t, blood_flow=330 if t % 30 == 29 else 300, venous_pressure=150 + t % 2))
    engine.evaluate(one(0, 90, blood_flow=300, venous_pressure=150))
    assert finding_of(engine, 0, "R10").state is FindingState.NORMAL


def test_the_present_second_is_not_part_of_the_window() -> None:
    engine = Engine(RULES, 1)
    engine.register("u0")
    for n, t in enumerate(range(40, 100, 5)):
        engine.evaluate(one(0, t, blood_flow=300, venous_pressure=150 if n % 2 else 100))
    engine.evaluate(one(0, 100, blood_flow=300, venous_pressure=150))
    engine.evaluate(one(0, 100.5, blood_flow=300, venous_pressure=100))
    assert finding_of(engine, 0, "R10").state is FindingState.NORMAL
