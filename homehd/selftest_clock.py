"""Starts the daily self-test, in a process of its own: whatever becomes of it, the notifier goes on."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

from homehd.commands.selftest import EXIT_FAILED
from homehd.daily import Daily
from telemetry.clock import Clock

log = logging.getLogger(__name__)

LOOK_S: Final = 20.0
AGAIN_S: Final = 600.0  # where one could not even begin
# It ends by itself in less than three minutes.
MOST_S: Final = 300.0


def run(daily: Daily, start: Callable[[], int], clock: Clock, stop: threading.Event) -> None:
    """Until `stop`: `start` once a day, and again every ten minutes where it says that nothing was tried.

    Every notifier does so; the database lets one of them have the day. A day whose time passed while nobody ran is made
    up for.
    """
    done: date | None = None
    not_before_s = float("-inf")
    while not stop.is_set():
        day = daily.due_day(clock.now_us())
        if day is not None and day != done and clock.monotonic_s() >= not_before_s:
            if start() in (0, EXIT_FAILED):
                done = day
            else:
                not_before_s = clock.monotonic_s() + AGAIN_S
        stop.wait(LOOK_S)


def child(words: Sequence[str]) -> int:
    """Run `homehd selftest run --daily` to its end; its exit code. Its log goes where ours does."""
    command = [sys.executable, "-m", "homehd", "selftest", "run", "--daily", *words]
    try:
        return subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=MOST_S, check=False
        ).returncode  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        log.warning("the daily self-test did not come to its end", extra={"fields": {"error": type(error).__name__}})
        return 1
