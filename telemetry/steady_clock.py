"""A wall clock that does not jump, for processes that judge silence: from where it began it runs on the monotonic one.

When the system's wall clock is set (by hand, by a hypervisor, by a time server that went mad), a process that follows
at once takes every home for silent, or none. So a small difference is worked off little by little, and a large one is
told, and followed only when it has stood for `HOLD_S`: by then either somebody has mended it, or it was meant.
"""

from __future__ import annotations

import logging
import threading
from typing import Final

from telemetry.clock import MICROSECONDS, Clock

log = logging.getLogger(__name__)

SMALL_US: Final = 1_000_000
SLEW: Final = 0.05  # of the time that passes: a second is worked off in twenty, and time never goes back
HOLD_S: Final = 900.0


class SteadyClock:
    """See the module. Any thread may ask.

    Attributes:
        followed: how often a lasting step was followed; whoever remembers times starts anew when it grows.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._mutex = threading.Lock()
        self._asked_s = clock.monotonic_s()
        self._base_us = clock.now_us() - round(self._asked_s * MICROSECONDS)
        self._step_us = 0
        self._stepped_s: float | None = None  # when the step was first seen
        self.followed = 0

    def now_us(self) -> int:
        """Microseconds since 1970; never goes back, unless a step back has lasted."""
        with self._mutex:
            now_s = self._clock.monotonic_s()
            ahead_us = self._clock.now_us() - self._base_us - round(now_s * MICROSECONDS)
            if abs(ahead_us) <= SMALL_US:
                self._work_off(ahead_us, now_s)
            elif self._stepped_s is None or abs(ahead_us - self._step_us) > SMALL_US:
                self._note(ahead_us, now_s)
            elif now_s - self._stepped_s >= HOLD_S:
                self._follow(ahead_us)
            self._asked_s = now_s
            return self._base_us + round(now_s * MICROSECONDS)

    def monotonic_s(self) -> float:
        """The underlying clock's."""
        return self._clock.monotonic_s()

    def boot_id(self) -> str:
        """The underlying clock's."""
        return self._clock.boot_id()

    def _work_off(self, ahead_us: int, now_s: float) -> None:
        if self._stepped_s is not None:
            log.warning("wall clock is back", extra={"fields": {"was_off_s": round(self._step_us / MICROSECONDS, 1)}})
            self._stepped_s = None
        most_us = round((now_s - self._asked_s) * MICROSECONDS * SLEW)
        self._base_us += max(-most_us, min(most_us, ahead_us))

    def _note(self, ahead_us: int, now_s: float) -> None:
        self._step_us, self._stepped_s = ahead_us, now_s
        fields = {"by_s": round(ahead_us / MICROSECONDS, 1), "followed_in_s": HOLD_S}
        log.error("wall clock was set; going on without it", extra={"fields": fields})

    def _follow(self, ahead_us: int) -> None:
        self._base_us += ahead_us
        self._stepped_s = None
        self.followed += 1
        log.error("wall clock followed", extra={"fields": {"by_s": round(ahead_us / MICROSECONDS, 1)}})
