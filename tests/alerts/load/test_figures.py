from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.load.figures import HOUR_US, STALE_US, One, Stretch, figures
from telemetry.alarms import Priority

S = 1_000_000
HIGH, MEDIUM, LOW = Priority.HIGH, Priority.MEDIUM, Priority.LOW
DAY = Stretch(0, 24 * HOUR_US)


def test_an_empty_stretch_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        Stretch(5, 5)


def test_of_nothing() -> None:
    none = figures([], DAY)
    assert (none.count, none.per_10_min, none.peak_10_min, none.floods) == (0, 0.0, 0, ())
    assert none.top_ten is None and none.actionable is None and none.mix == {HIGH: 0.0, MEDIUM: 0.0, LOW: 0.0}


def test_a_day() -> None:
    rows = [One(n * HOUR_US, LOW, ("R01", n), 5, None) for n in range(16)]
    rows += [One(20 * HOUR_US + n * 10 * S, MEDIUM, "same", None, actionable=n == 0) for n in range(3)]
    rows += [One(23 * HOUR_US, HIGH, "high", None, actionable=True)]
    found = figures(rows, DAY)
    assert found.count == 20 and found.per_10_min == 20 / 144
    assert (found.peak_minute, found.peak_10_min, found.peak_hour) == (3, 3, 3)
    assert found.mix == {HIGH: 0.05, MEDIUM: 0.15, LOW: 0.8}
    assert found.chattering == 3 and found.actionable == 0.5
    assert found.top_ten == 12 / 20  # the three, and nine of those that came once


def test_standing_for_a_day_counts_whenever_it_began() -> None:
    week = Stretch(6 * STALE_US, 7 * STALE_US)
    old = One(0, LOW, "old")
    assert figures([old], week).stale == 1 and figures([old], week).count == 0
    assert figures([One(0, LOW, "over", over_us=week.to_us)], week).stale == 0
    assert figures([One(6 * STALE_US, LOW, "a day exactly")], week).stale == 0


@given(st.lists(st.tuples(st.integers(0, 86_399), st.sampled_from(Priority), st.integers(0, 20)), max_size=60))
def test_what_always_holds(rows: list[tuple[int, Priority, int]]) -> None:
    found = figures([One(at * S, priority, source) for at, priority, source in rows], DAY)
    assert found.peak_minute <= found.peak_10_min <= found.peak_hour <= found.count == len(rows)
    assert sum(found.mix.values()) == pytest.approx(1.0 if rows else 0.0)
    assert found.chattering <= found.count
    assert found.top_ten is None or min(1.0, 10 / 21) <= found.top_ten + 1e-9 <= 1.0 + 1e-9
    assert bool(found.floods) == (found.peak_10_min > 10)
