from __future__ import annotations

import threading

import pytest

from homehd import selftest_clock
from homehd.commands.selftest import EXIT_FAILED
from homehd.daily import parse
from telemetry.clock import ManualClock

NINE_US = 1_780_304_400_000_000  # 2026-06-01 09:00 UTC


def starts(codes: list[int], hours: float) -> list[float]:
    """At which minute after nine it was started, when it ends with these codes in turn."""
    clock, found = ManualClock(NINE_US), list[float]()
    daily = parse("10:00 UTC", named="x")
    assert daily is not None

    class Paced(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            assert timeout is not None
            clock.advance(timeout)
            if clock.now_us() > NINE_US + hours * 3.6e9:
                self.set()
            return self.is_set()

    stop = Paced()

    def start() -> int:
        found.append((clock.now_us() - NINE_US) / 60e6)
        return codes[min(len(found), len(codes)) - 1]

    selftest_clock.run(daily, start, clock, stop)
    return found


@pytest.mark.parametrize("code", [0, EXIT_FAILED])
def test_once_a_day_whatever_came_of_it(code: int) -> None:
    assert starts([code], 50) == [60, 60 + 24 * 60, 60 + 48 * 60]


def test_what_could_not_begin_is_tried_again() -> None:
    assert starts([1, 1, 0], 20) == [60, 70, 80]


def test_the_child_says_how_it_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMEHD_DATABASE", "postgresql://nobody@127.0.0.1:1/none")
    assert selftest_clock.child([]) == 1
    assert selftest_clock.child(["--config", "/nowhere/settings.toml"]) == 2
