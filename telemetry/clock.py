"""Time is handed in: the clock interface, the system's clock, and one moved by hand for tests."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Protocol
from uuid import uuid4

MICROSECONDS = 1_000_000
# CLOCK_MONOTONIC stands still while a machine is suspended: the wall clock would then seem to have been set.
_SINCE_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Clock(Protocol):
    """What the time is, three ways."""

    def now_us(self) -> int:
        """Microseconds since 1970-01-01T00:00:00Z; can jump."""

    def monotonic_s(self) -> float:
        """Seconds since some start of this boot, time asleep included; never jumps back."""

    def boot_id(self) -> str:
        """Identity of this boot of the machine; monotonic times compare only within one."""


class SystemClock:
    """The machine's own clocks."""

    def __init__(self) -> None:
        self._boot = _read_boot_id()

    def now_us(self) -> int:
        """Microseconds since 1970, from the system's wall clock."""
        return time.time_ns() // 1000

    def monotonic_s(self) -> float:
        """Seconds since the boot, with the time the machine slept where the system counts it."""
        return time.clock_gettime(_SINCE_BOOT)

    def boot_id(self) -> str:
        """The kernel's boot id where there is one, else one per process."""
        return self._boot


class ManualClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now_us: int = 1_700_000_000 * MICROSECONDS, monotonic_s: float = 1000.0) -> None:
        self._now_us = now_us
        self._monotonic_s = monotonic_s
        self.boot = "boot-0"

    def now_us(self) -> int:
        """The wall time last set."""
        return self._now_us

    def monotonic_s(self) -> float:
        """The monotonic time last reached."""
        return self._monotonic_s

    def boot_id(self) -> str:
        """The boot id, `boot`."""
        return self.boot

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass on both clocks."""
        self._now_us += round(seconds * MICROSECONDS)
        self._monotonic_s += seconds

    def jump(self, seconds: float) -> None:
        """Set the wall clock by `seconds` without any time passing."""
        self._now_us += round(seconds * MICROSECONDS)


def _read_boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return str(uuid4())
