"""The clocks: one that is real, one that is moved."""

from __future__ import annotations

import time
from pathlib import Path

from telemetry.clock import ManualClock, SystemClock


def test_the_system_clock_agrees_with_the_system() -> None:
    clock = SystemClock()
    assert abs(clock.now_us() / 1e6 - time.time()) < 1
    before = clock.monotonic_s()
    assert clock.monotonic_s() >= before
    assert clock.boot_id() == clock.boot_id() != ""


def test_monotonic_time_counts_from_the_boot_and_the_boot_is_the_kernels() -> None:
    clock = SystemClock()
    assert abs(clock.monotonic_s() - time.clock_gettime(time.CLOCK_BOOTTIME)) < 1
    assert clock.boot_id() == Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def test_advance_moves_both_and_jump_only_the_wall() -> None:
    clock = ManualClock(now_us=1_000_000, monotonic_s=5.0)
    clock.advance(2.5)
    assert (clock.now_us(), clock.monotonic_s()) == (3_500_000, 7.5)
    clock.jump(-3600)
    assert (clock.now_us(), clock.monotonic_s()) == (3_500_000 - 3_600_000_000, 7.5)
