"""When the box was switched on, through power cuts and with clocks that were right, wrong and never right."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge_agent.boot_journal import MOST_BOOTS, RETRY_S, Began, BootJournal

HOUR_US = 3_600_000_000
NOW_US = 1_800_000_000_000_000
HOUR_MS = 3_600_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.sqlite.boots.json"


def after_boots(path: Path, *boots: tuple[str, int | None, int]) -> BootJournal:
    """A journal that lived through these boots (name, when its clock said it began, how long it lasted)."""
    journal = BootJournal(path, boots[0][0])
    for boot, began_us, lasted_ms in boots:
        journal = BootJournal(path, boot)
        journal.lasted(boot, lasted_ms)
        if began_us is not None:
            journal.clock_is_right(began_us)
        journal.keep(0.0)
    return journal


def test_a_boot_whose_clock_was_once_right_is_known_after_the_power_cut(path: Path) -> None:
    after_boots(path, ("one", NOW_US - 30 * HOUR_US, HOUR_MS))
    assert BootJournal(path, "two").began("one", NOW_US, HOUR_MS) == Began(NOW_US - 30 * HOUR_US, known=True)


def test_a_boot_whose_clock_never_was_ended_at_the_latest_when_the_next_began(path: Path) -> None:
    journal = after_boots(path, ("one", NOW_US - 30 * HOUR_US, HOUR_MS), ("two", None, 2 * HOUR_MS), ("three", None, 0))
    assert journal.began("two", NOW_US, HOUR_MS) == Began(NOW_US - 2 * HOUR_US, known=False)
    assert journal.began("one", NOW_US, HOUR_MS).known, "what was known before is known still"
    assert journal.began("three", NOW_US, 0) == Began(NOW_US, known=True)


def test_boots_without_a_clock_stand_one_before_the_other(path: Path) -> None:
    journal = after_boots(path, *((name, None, HOUR_MS) for name in "abc"), ("now", None, 0))
    began = [journal.began(name, NOW_US, 0).us for name in "abc"]
    assert began == [NOW_US - 3 * HOUR_US, NOW_US - 2 * HOUR_US, NOW_US - HOUR_US]


def test_a_row_later_than_the_journal_knows_of_moves_its_boot_back_not_itself_forward(path: Path) -> None:
    journal = after_boots(path, ("one", None, 0), ("two", None, 0))
    assert journal.began("one", NOW_US, HOUR_MS) == Began(NOW_US - HOUR_US, known=False)


def test_a_boot_nobody_wrote_down_came_before_all_others(path: Path) -> None:
    journal = after_boots(path, ("one", NOW_US - 5 * HOUR_US, HOUR_MS), ("two", None, 0))
    assert journal.began("lost", NOW_US, HOUR_MS) == Began(NOW_US - 6 * HOUR_US, known=False)


def test_a_clock_that_was_set_again_is_written_down_again_and_a_slewed_one_is_not(path: Path) -> None:
    journal = after_boots(path, ("one", NOW_US, 0))
    journal.clock_is_right(NOW_US + 900_000)
    journal.keep(1.0)
    assert BootJournal(path, "two").began("one", 2 * NOW_US, 0).us == NOW_US
    journal.clock_is_right(NOW_US - HOUR_US)
    journal.keep(2.0)
    assert BootJournal(path, "two").began("one", 2 * NOW_US, 0).us == NOW_US - HOUR_US


@pytest.mark.parametrize("torn", [b"", b"[", b'[["a"]]', b"\xff\xfe", b'{"boots": 1}'])
def test_a_torn_journal_is_an_empty_one(path: Path, torn: bytes) -> None:
    path.write_bytes(torn)
    assert not BootJournal(path, "two").began("one", NOW_US, HOUR_MS).known


def test_it_does_not_grow_for_ever(path: Path) -> None:
    after_boots(path, *((f"boot-{n}", NOW_US + n, 0) for n in range(MOST_BOOTS + 40)))
    journal = BootJournal(path, "now")
    assert not journal.began("boot-40", NOW_US, 0).known
    assert journal.began(f"boot-{MOST_BOOTS + 39}", NOW_US, 0).known
    assert path.stat().st_size < 16_384


def test_a_disk_that_refuses_is_tried_again_and_nothing_is_forgotten_meanwhile(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = BootJournal(path, "one")
    journal.clock_is_right(NOW_US)

    def refuse(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(os, "fsync", refuse)
        journal.keep(100.0)
    assert not path.exists()
    journal.keep(100.0 + RETRY_S / 2)
    assert not path.exists(), "not at every tick"
    journal.keep(100.0 + RETRY_S)
    assert BootJournal(path, "two").began("one", 2 * NOW_US, 0) == Began(NOW_US, known=True)
