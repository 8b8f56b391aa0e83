"""Two-minute medians: against a plain reference, over gaps and doubt, and spread over the seconds."""

from __future__ import annotations

import zlib
from math import isnan, nan
from statistics import median

import numpy as np
import pytest

from alerts.detectors.buckets import BUCKET_S, PLACES, Buckets
from alerts.inputs import DOUBTED, Round
from alerts.table import Field, Table
from tests.alerts.building import SECOND

SIGNALS = ("venous_pressure", "transmembrane_pressure")


def ward(staggers: list[int]) -> tuple[Buckets, Table]:
    buckets = Buckets("b", SIGNALS, np.array([0, 1], np.intp))
    table = Table([Field("unit.stagger", "u2", 0, saved=False), *buckets.fields], len(staggers))
    table["unit.stagger"][:] = staggers
    return buckets, table


def reading(second: float, values: np.ndarray, codes: np.ndarray | None = None) -> Round:  # type: ignore[type-arg]
    n, zeros = len(values), np.zeros(len(values), np.int64)
    time, phase, no = np.full(n, round(second * SECOND), np.int64), zeros.astype(np.uint8), zeros.astype(np.bool_)
    codes = np.zeros((n, 2), np.uint8) if codes is None else codes
    return Round(slice(0, n), time, zeros, phase, phase, no, np.asarray(values, np.float32), codes)


def reference(seen: list[tuple[float, float]], stagger: int) -> list[float]:
    """The points after the last of these readings, which is the first of its bucket; written a second time."""
    now = (int(seen[-1][0]) + stagger) // BUCKET_S
    slots: dict[tuple[int, int], float] = {}
    for second, value in seen[:-1]:
        at = int(second) + stagger
        slots[at // BUCKET_S, at % BUCKET_S // 10] = value
    points = []
    for bucket in range(now - PLACES + 2, now):
        held = [value for (b, _), value in slots.items() if b == bucket and not isnan(value)]
        points.append(median(held) if held else nan)
    return [*points, seen[-1][1]]


@pytest.mark.parametrize("seed", range(6))
def test_points_are_the_medians_of_a_plain_reference(seed: int) -> None:
    rng = np.random.default_rng(seed)
    stagger = int(rng.integers(0, 1 << 16))
    buckets, table = ward([stagger])
    second, seen, looks = 1_700_000_000.0, [], 0
    last = None
    for _ in range(1500):
        second += float(rng.choice([1, 5, 10, 60, 130, 700, 5000], p=[0.35, 0.3, 0.2, 0.1, 0.03, 0.015, 0.005]))
        value = nan if rng.random() < 0.1 else round(float(rng.normal(100, 10)), 1)
        seen.append((second, float(np.float32(value))))
        turned = buckets.take(reading(second, np.array([[value, -value]])), table)
        bucket = (int(second) + stagger) // BUCKET_S
        assert (turned is not None) == (bucket != last)
        last = bucket
        if turned is not None:
            looks += 1
            expected = reference(seen, stagger)
            np.testing.assert_allclose(turned.points[0, 0], expected, rtol=1e-6)
            np.testing.assert_allclose(turned.points[0, 1], np.negative(expected), rtol=1e-6)
    assert looks > 150


def test_a_doubted_value_is_no_point() -> None:
    buckets, table = ward([0])
    doubted = np.array([[DOUBTED, 0]], np.uint8)
    for second in range(BUCKET_S):
        buckets.take(reading(second, np.array([[5.0, 6.0]]), doubted), table)
    turned = buckets.take(reading(BUCKET_S, np.array([[7.0, 8.0]])), table)
    assert turned is not None
    assert turned.points[0, :, -2:].tolist() == [pytest.approx([nan, 7.0], nan_ok=True), [6.0, 8.0]]


def test_units_turn_at_different_seconds_and_each_once_in_two_minutes() -> None:
    staggers = [zlib.crc32(f"unit-{n}".encode()) & 0xFFFF for n in range(2400)]
    buckets, table = ward(staggers)
    values = np.zeros((2400, 2), np.float32)
    buckets.take(reading(0, values), table)
    counts = []
    for second in range(1, BUCKET_S + 1):
        turned = buckets.take(reading(second, values), table)
        counts.append(0 if turned is None else len(turned.at))
    assert sum(counts) == 2400
    assert max(counts) < 3 * 2400 / BUCKET_S
