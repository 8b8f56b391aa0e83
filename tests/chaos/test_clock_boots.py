"""A box without a clock battery through power cuts: what it took in 1970 is placed, or marked as uncertain.

A real agent in this process on a clock whose boot can be changed; real machine, broker, ingest and database.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from edge_agent import agent, clock_sync
from edge_agent import config as edge_config
from telemetry.clock import MICROSECONDS, SystemClock
from telemetry.messages import Flag
from tests.system import Home, System, running, wait_for

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

POLL_S = 0.4
ROWS = 6


class BoxClock(SystemClock):
    """The clock of one boot: monotonic time begins at its start, wall time in 1970 until somebody sets it right."""

    def __init__(self, boot: str) -> None:
        super().__init__()
        self._boot = boot
        self._began_s = super().monotonic_s()
        self._ahead_us = 60 * MICROSECONDS - super().now_us()

    def now_us(self) -> int:
        return super().now_us() + self._ahead_us

    def monotonic_s(self) -> float:
        return super().monotonic_s() - self._began_s + 30.0

    def set_right(self) -> None:
        self._ahead_us = 0


class Box:
    """The agent of a home, from one power cut to the next."""

    def __init__(self, home: Home, boot: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = BoxClock(boot)
        # What the kernel says of this machine's clock is not what it would say of the box's.
        monkeypatch.setattr(clock_sync, "kernel_says_synchronised", lambda: True)
        config = edge_config.load(home.folder / "edge.toml")
        self._home = home
        self._stop = threading.Event()
        self._thread = threading.Thread(target=agent.run, args=(config, self.clock, self._stop))
        self._thread.start()

    def takes(self, rows: int) -> None:
        """Return when the machine was read so often, between two polls."""
        wanted = len(self._home.truth) + rows
        wait_for(f"{rows} answers", lambda: len(self._home.truth) >= wanted, 30)
        seen = len(self._home.truth)
        while len(self._home.truth) == seen:
            threading.Event().wait(0.01)
        threading.Event().wait(POLL_S / 3)

    def cut(self) -> None:
        """The power fails."""
        self._stop.set()
        self._thread.join(20)
        assert not self._thread.is_alive()


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    yield from running(tmp_path)


def test_what_was_taken_in_1970_is_placed_or_marked_uncertain(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    home = system.add_home(1, poll_s=POLL_S)
    config = home.folder / "edge.toml"
    config.write_text(config.read_text().replace('clock = "trusted"', 'clock = "auto"'))
    system.broker.kill()  # nobody can be reached all night
    home.machine.start()
    wait_for("the machine", lambda: (home.folder / "machine").exists(), 20, system)

    told = Box(home, "told-the-time", monkeypatch)  # somebody told it the time, too late for its first rows
    told.takes(ROWS)
    early = len(home.truth)
    told.clock.set_right()
    told.takes(ROWS + 12)  # the journal looks every few seconds
    told.cut()
    certain = len(home.truth)
    blind = Box(home, "never-told", monkeypatch)
    blind.takes(ROWS)
    blind.cut()
    unknown = len(home.truth)
    threading.Event().wait(3.0)  # how long it was off is what cannot be known

    system.broker.start()
    system.ingest.start()
    last = Box(home, "last", monkeypatch)
    last_began = time.time() - 30.0  # its monotonic time begins at 30 s
    last.takes(ROWS)
    last.clock.set_right()
    last.takes(ROWS)
    home.machine.kill()
    wait_for("everything", lambda: len(system.stored(home)) >= len(home.truth), 60, system)
    last.cut()

    rows, truth = system.stored(home), home.truth
    for place, (row, entry) in enumerate(zip(rows, truth, strict=True)):
        uncertain = bool(row["flags"] & Flag.TIME_UNCERTAIN)
        assert uncertain == (certain <= place < unknown), row["seq"]
        if not uncertain:
            assert row["time"].timestamp() == pytest.approx(entry["t"], abs=1.0)
    placed = rows[:early]
    assert all(row["flags"] & Flag.TIME_CORRECTED and row["flags"] & Flag.CLOCK_SYNCHRONISED for row in placed)
    doubtful = rows[certain:unknown]
    assert all(row["flags"] & Flag.LATE for row in doubtful), "no rule has seen them"
    assert doubtful[-1]["time"].timestamp() == pytest.approx(last_began, abs=2.0), "the latest it can have been"
    for group in (rows[:certain], doubtful, rows[unknown:]):
        assert all(b["time"] > a["time"] for a, b in pairwise(group))
    assert rows[0]["time"] > datetime(2026, 1, 1, tzinfo=UTC)
