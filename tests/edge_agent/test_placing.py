"""Rows get the time that is best known when they are sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge_agent import placing
from edge_agent.boot_journal import BootJournal
from edge_agent.outbox import Outbox
from edge_agent.packing import Row
from edge_agent.placing import Placer
from telemetry.clock import MICROSECONDS, ManualClock
from telemetry.messages import Event, Flag

RIGHT, CORRECTED, UNCERTAIN = Flag.CLOCK_SYNCHRONISED, Flag.TIME_CORRECTED, Flag.TIME_UNCERTAIN
NOW_US = 1_800_000_000 * MICROSECONDS


class Box:
    """A clock, whether it is right, and the placer."""

    def __init__(self, folder: Path, tools: Any, boot: str = "boot-0") -> None:
        self.clock = ManualClock(now_us=60 * MICROSECONDS, monotonic_s=30.0)  # 1970, half a minute after the boot
        self.clock.boot = boot
        self.right = False
        self.journal = BootJournal(folder / "boots.json", boot)
        self.placer = Placer(self.clock, lambda: self.right, self.journal)
        self._tools = tools
        self.seq = 0

    def taken(self, *, event: bool = False) -> Row:
        self.seq += 1
        stamp = {
            "time_us": self.clock.now_us(),
            "mono_ms": round(self.clock.monotonic_s() * 1000),
            "flags": int(RIGHT) if self.right else 0,
        }
        record = self._tools.event() if event else self._tools.reading()
        return Row(self.seq, "e" * 16, self.clock.boot, msgspec.structs.replace(record, **stamp))

    def set_right(self) -> None:
        self.clock.jump((NOW_US - self.clock.now_us()) / MICROSECONDS)
        self.right = True


@pytest.fixture
def box(tmp_path: Path, tools: Any) -> Box:
    return Box(tmp_path, tools)


def test_a_row_from_before_the_clock_was_set_is_put_right_and_one_from_after_is_left(box: Box) -> None:
    early = [box.taken(), box.taken(event=True)]
    box.clock.advance(600.0)
    box.set_right()
    late = box.taken()
    box.clock.advance(1.0)
    placed, sent_us = box.placer.placed([*early, late])

    assert [row.record.time_us for row in placed] == [NOW_US - 600 * MICROSECONDS] * 2 + [NOW_US]
    assert [row.record.flags for row in placed] == [RIGHT | CORRECTED, RIGHT | CORRECTED, RIGHT]
    assert isinstance(placed[1].record, Event)
    assert sent_us == NOW_US + MICROSECONDS


def test_a_clock_that_was_right_before_anybody_knew_changes_no_time(box: Box) -> None:
    box.clock.jump((NOW_US - box.clock.now_us()) / MICROSECONDS)
    row = box.taken()
    box.clock.advance(5.0)
    box.right = True
    ((placed,), _) = box.placer.placed([row])
    assert (placed.record.time_us, placed.record.flags) == (NOW_US, RIGHT)


def test_while_nobody_knows_the_time_a_message_is_in_one_clock(box: Box) -> None:
    first = box.taken()
    box.clock.advance(10.0)
    box.clock.jump(7200.0)
    second = box.taken()
    placed, sent_us = box.placer.placed([first, second])
    assert placed[1].record.time_us - placed[0].record.time_us == 10 * MICROSECONDS
    assert sent_us == placed[1].record.time_us == box.clock.now_us()
    assert [row.record.flags for row in placed] == [CORRECTED, 0]


@pytest.mark.parametrize("jump_s", [-3600.0, -3.0, 3.0, 7200.0])
def test_a_right_clock_that_is_set_between_taking_and_sending_does_not_make_the_row_older_or_younger(
    box: Box, jump_s: float
) -> None:
    box.set_right()
    row = box.taken()
    box.clock.advance(0.25)
    box.clock.jump(jump_s)
    ((placed,), sent_us) = box.placer.placed([row])
    assert placed == row
    assert sent_us - placed.record.time_us == 250_000


def test_a_night_in_1970_and_a_power_cut_later_it_is_known_when_it_was(box: Box, tmp_path: Path, tools: Any) -> None:
    night = [box.taken()]
    box.clock.advance(3600.0)
    night.append(box.taken())
    box.set_right()  # for a moment, and nothing was sent
    box.clock.advance(10.0)
    box.placer.look()

    after = Box(tmp_path, tools, "boot-1")
    after.set_right()
    after.clock.advance(40_000.0)
    placed, _ = after.placer.placed(night)
    assert [row.record.time_us for row in placed] == [NOW_US - 3600 * MICROSECONDS, NOW_US]
    assert {row.record.flags for row in placed} == {RIGHT | CORRECTED}


def test_a_boot_that_never_knew_the_time_is_placed_before_the_next_and_marked(
    box: Box, tmp_path: Path, tools: Any
) -> None:
    night = [box.taken()]
    box.clock.advance(3600.0)
    night.append(box.taken())
    box.placer.look()

    after = Box(tmp_path, tools, "boot-1")  # its boot began half a minute ago
    after.set_right()
    placed, sent_us = after.placer.placed(night)
    assert [row.record.time_us for row in placed] == [NOW_US - 3630 * MICROSECONDS, NOW_US - 30 * MICROSECONDS]
    assert {row.record.flags for row in placed} == {UNCERTAIN | CORRECTED}
    assert sent_us == NOW_US


def test_the_journal_is_kept_as_soon_as_the_clock_is_right_and_not_at_every_look(box: Box, tmp_path: Path) -> None:
    box.placer.look()
    file = tmp_path / "boots.json"
    before = file.stat().st_mtime_ns
    box.set_right()
    box.clock.advance(10.0)
    box.placer.look()
    written = file.stat()
    assert written.st_mtime_ns > before
    for _ in range(100):
        box.clock.advance(10.0)
        box.placer.look()
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (written.st_ino, written.st_mtime_ns), "a card wears out"


def test_an_agent_finds_out_from_its_outbox_how_long_the_boot_before_lasted(
    tmp_path: Path, tools: Any, outbox: Outbox
) -> None:
    path, clock = tmp_path / "outbox.sqlite", ManualClock(monotonic_s=30.0)
    placing.of(outbox, path, clock, lambda: False)
    last = msgspec.structs.replace(tools.reading(), mono_ms=3_630_000)
    outbox.append([tools.reading(), last, tools.event()], "boot-0")
    outbox.append([msgspec.structs.replace(last, mono_ms=7_230_000)], "boot-0")
    clock.boot = "boot-1"
    placing.of(outbox, path, clock, lambda: True)
    journal = BootJournal(path.with_name("outbox.sqlite.boots.json"), "boot-1")
    assert journal.began("boot-0", NOW_US, 0).us == NOW_US - 7_230 * MICROSECONDS
