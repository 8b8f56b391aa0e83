"""The journal: on disk before it is sent, read again after any death, shortened once the database has it."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from alerts.escalation import StepKind
from notifier.away.journal import Journal
from notifier.away.records import Came, PageOf, Reported, Step, Tried
from telemetry.alarms import Priority

ONE, TWO = "ab" * 16, "cd" * 16


def step(unit: int = 1, at_us: int = 10, receipt: str = ONE, number: int = 1) -> Step:
    return Step("", unit, "air", number, 0, StepKind.FIRST, Priority.HIGH, 1, at_us, "asked", [PageOf(3, 4, receipt)])


def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    assert journal.write(step(), Came(ONE, Tried.AGAIN, "not now", 11, 1, 12))
    assert journal.write(Came(ONE, Tried.SENT, "taken", 12))
    journal.close()
    again = Journal(tmp_path)
    story = again.story((1, "air"))
    assert story is not None
    assert list(story.steps) == [step()]
    assert story.came == {ONE: Came(ONE, Tried.SENT, "taken", 12)}
    assert (tmp_path / "journal-0").stat().st_mode & 0o777 == 0o600


def test_it_is_on_disk_before_write_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal, synced = Journal(tmp_path), list[int]()
    real = os.fsync

    def sync(number: int) -> None:
        synced.append(os.fstat(number).st_size)
        real(number)

    monkeypatch.setattr("os.fsync", sync)
    journal.write(step())
    assert synced == [(tmp_path / "journal-0").stat().st_size] and synced[0] > 50


def test_every_torn_end_costs_its_own_record_only(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.write(step())
    whole = (tmp_path / "journal-0").stat().st_size
    journal.write(step(2, receipt=TWO))
    data = (tmp_path / "journal-0").read_bytes()
    journal.close()
    for length in range(whole, len(data)):
        (tmp_path / "journal-0").write_bytes(data[:length])
        again = Journal(tmp_path)
        assert set(again.unreported()) >= {(1, "air")}
        again.write(step(3, receipt="ef" * 16))
        again.close()
        last = Journal(tmp_path)
        assert {(1, "air"), (3, "air")} <= set(last.unreported())
        assert last.bad_lines <= 1
        last.close()


def test_a_disk_that_takes_nothing_keeps_nobody_from_being_paged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path)

    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    assert not journal.write(step())
    assert set(journal.unreported()) == {(1, "air")}


def test_a_line_with_a_word_that_is_none_of_ours_is_passed_over_and_counted(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.write(step(), step(unit=2, receipt=TWO))
    journal.close()
    file = tmp_path / "journal-0"
    file.write_bytes(file.read_bytes().replace(b'"high"', b'"urgent"', 1))
    again = Journal(tmp_path)
    assert (again.unreported(), again.bad_lines) == ([(2, "air")], 1)


def test_what_the_database_has_is_forgotten_and_what_came_meanwhile_is_not(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.write(step(at_us=10), Came(ONE, Tried.SENT, "taken", 11), step(at_us=20, receipt=TWO, number=2))
    journal.write(Reported(1, "air", 1))
    assert [one.at_us for one in journal.steps()] == [20]
    assert journal.came(ONE) is None
    journal.shorten()
    journal.write(Came(TWO, Tried.SENT, "taken", 21))
    journal.close()
    again = Journal(tmp_path)
    assert [one.at_us for one in again.steps()] == [20]
    assert again.came(TWO) == Came(TWO, Tried.SENT, "taken", 21)
    again.write(Reported(1, "air", 1))
    again.shorten()
    assert (tmp_path / "journal-0").read_bytes() == b""


def test_notifiers_of_one_folder_have_a_journal_each_and_the_next_goes_on_with_a_dead_one_s(tmp_path: Path) -> None:
    first, second = Journal(tmp_path), Journal(tmp_path)
    first.write(step())
    assert second.steps() == []
    first.close()
    third = Journal(tmp_path)
    assert third.steps() == [step()]
    assert msgspec.json.decode((tmp_path / "journal-0").read_bytes().strip())["type"] == "step"
