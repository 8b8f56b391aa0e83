"""Opening, locking and putting aside the outbox's file."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

import pytest

from edge_agent import outbox_file
from edge_agent.outbox_file import DiskFullError, OutboxError, TornFileError


def test_a_new_file_is_durable_in_the_way_we_say(tmp_path: Path) -> None:
    db = outbox_file.open_file(tmp_path / "o.sqlite")
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert db.execute("PRAGMA synchronous").fetchone() == (2,), "FULL"
    db.close()


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "o.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE letters (text)")
    db.close()
    with pytest.raises(OutboxError, match="another program's database") as caught:
        outbox_file.open_file(path)
    assert not caught.value.recoverable and path.exists()


def test_a_newer_agents_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "o.sqlite"
    db = outbox_file.open_file(path)
    db.execute(f"PRAGMA user_version = {outbox_file.FORMAT + 1}")
    db.close()
    with pytest.raises(OutboxError, match="newer agent"):
        outbox_file.open_file(path)


@pytest.mark.parametrize(
    "damage",
    ["DROP TABLE entry", "DELETE FROM meta WHERE key = 'epoch'", "UPDATE meta SET value = 'x' WHERE key = 'epoch'"],
)
def test_a_file_without_its_parts_is_torn(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "o.sqlite"
    db = outbox_file.open_file(path)
    db.execute(damage)
    db.close()
    with pytest.raises(TornFileError):
        outbox_file.open_file(path)


def test_an_empty_file_is_a_new_one(tmp_path: Path) -> None:
    path = tmp_path / "o.sqlite"
    path.touch()
    outbox_file.open_file(path).close()


def test_a_folder_that_cannot_be_is_told_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutboxError, match=r"file/o\.sqlite"):
        outbox_file.lock(tmp_path / "file" / "o.sqlite")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told_apart_from_a_failing_one(tmp_path: Path, number: int) -> None:
    def fail(error: Exception) -> None:
        with outbox_file.translated("write outbox", tmp_path / "o.sqlite"):
            raise error

    with pytest.raises(DiskFullError) as full:
        fail(OSError(number, os.strerror(number)))
    assert full.value.recoverable
    with pytest.raises(OutboxError) as failing:
        fail(OSError(errno.EIO, "Input/output error"))
    assert failing.value.recoverable and not isinstance(failing.value, DiskFullError)
    with pytest.raises(OutboxError) as wrong:
        fail(OSError(errno.EACCES, "Permission denied"))
    assert not wrong.value.recoverable


def test_an_error_of_another_name_on_a_disk_without_room_is_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_file, "free_bytes", lambda _folder: 0)
    with pytest.raises(DiskFullError), outbox_file.translated("write outbox", tmp_path / "o.sqlite"):
        raise OSError(errno.EIO, "Input/output error")
    monkeypatch.setattr(outbox_file, "free_bytes", lambda _folder: None)
    with pytest.raises(OutboxError) as caught, outbox_file.translated("write outbox", tmp_path / "o.sqlite"):
        raise OSError(errno.EIO, "Input/output error")
    assert not isinstance(caught.value, DiskFullError), "what cannot be told is not taken for a full disk"


@pytest.mark.parametrize("epoch", ["0" * 16, "7fffffffffffffff", "8000000000000000", "f" * 16])
def test_an_epoch_survives_being_a_number(epoch: str) -> None:
    assert outbox_file.epoch_text(outbox_file.epoch_number(epoch)) == epoch


def test_new_epochs_are_epochs_and_differ() -> None:
    epochs = {outbox_file.new_epoch() for _ in range(100)}
    assert len(epochs) == 100
    assert all(outbox_file.epoch_text(outbox_file.epoch_number(epoch)) == epoch for epoch in epochs)
