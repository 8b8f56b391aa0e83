"""A step of the wall clock is told, held back, and followed when it lasts."""

from __future__ import annotations

import logging
from itertools import pairwise

import pytest

from telemetry.clock import MICROSECONDS, ManualClock
from telemetry.steady_clock import HOLD_S, SteadyClock


@pytest.mark.parametrize("jump_s", [-3600.0, 7200.0, -1.7e9])
def test_a_step_is_told_once_and_not_followed_and_forgotten_when_it_is_mended(
    jump_s: float, caplog: pytest.LogCaptureFixture
) -> None:
    inner = ManualClock()
    clock = SteadyClock(inner)
    began = inner.now_us()
    inner.jump(jump_s)
    with caplog.at_level(logging.WARNING):
        for second in range(1, 400):
            inner.advance(1.0)
            assert clock.now_us() == began + second * MICROSECONDS
        inner.jump(-jump_s)
        inner.advance(1.0)
        assert clock.now_us() == began + 400 * MICROSECONDS == inner.now_us()
    assert [record.message for record in caplog.records] == [
        "wall clock was set; going on without it",
        "wall clock is back",
    ]
    assert clock.followed == 0


def test_a_step_that_lasts_was_meant() -> None:
    inner = ManualClock()
    clock = SteadyClock(inner)
    inner.jump(7200.0)
    clock.now_us()
    inner.advance(HOLD_S - 1)
    assert inner.now_us() - clock.now_us() == 7200 * MICROSECONDS
    inner.advance(2)
    assert clock.now_us() == inner.now_us()
    assert clock.followed == 1


def test_a_second_step_begins_a_wait_of_its_own() -> None:
    inner = ManualClock()
    clock = SteadyClock(inner)
    inner.jump(7200.0)
    clock.now_us()
    inner.advance(HOLD_S - 1)
    inner.jump(-3600.0)
    clock.now_us()
    inner.advance(2)
    assert inner.now_us() - clock.now_us() == 3600 * MICROSECONDS


@pytest.mark.parametrize("jump_s", [-0.9, 0.9])
def test_a_small_difference_is_worked_off_and_time_never_goes_back(jump_s: float) -> None:
    inner = ManualClock()
    clock = SteadyClock(inner)
    inner.jump(jump_s)
    told = []
    for _ in range(300):
        inner.advance(0.1)
        told.append(clock.now_us())
    assert all(0 < b - a <= 0.106 * MICROSECONDS for a, b in pairwise(told))
    assert told[-1] == inner.now_us()


def test_it_is_the_clock_it_is_made_of_in_all_else() -> None:
    inner = ManualClock()
    clock = SteadyClock(inner)
    assert (clock.monotonic_s(), clock.boot_id()) == (inner.monotonic_s(), inner.boot_id())
