"""On a full disk: room by its own means, in order, and life in the space there is. On a really full disk:
tests/chaos/test_disk_full.py."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent import outbox_file, reserve
from edge_agent.squeeze import CLAIM_BYTES, LOG_PAGES, SPARE_BYTES, USUAL_LOG_PAGES, Squeeze

MEBIBYTE = 1 << 20
WANTED = 64 * MEBIBYTE


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "o.sqlite"


@pytest.fixture
def db(path: Path) -> Iterator[sqlite3.Connection]:
    connection = outbox_file.open_file(path)
    yield connection
    connection.close()


def no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reserve, "free_bytes", lambda _folder: 0)


def log_pages(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA wal_autocheckpoint").fetchone()[0])


def test_with_a_reserve_the_outbox_may_hold_what_was_wanted(path: Path, db: sqlite3.Connection) -> None:
    squeeze = Squeeze(path, wanted_bytes=WANTED, reserve_bytes=MEBIBYTE)
    squeeze.opened(db)
    assert not squeeze.on and squeeze.max_bytes(db, 5) == WANTED
    assert path.with_name("o.sqlite.reserve").stat().st_size == MEBIBYTE


def test_each_way_to_make_room_is_tried_once_the_reserve_last(
    path: Path, db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    evidence, kept = path.with_name("o.sqlite.quarantine-1-wal"), path.with_name("o.sqlite.reserve")
    squeeze = Squeeze(path, wanted_bytes=WANTED, reserve_bytes=MEBIBYTE)
    squeeze.opened(db)
    evidence.write_text("x")
    no_room(monkeypatch)
    reliefs = squeeze.reliefs(lambda: db)
    assert next(reliefs)() and evidence.exists() and kept.exists(), "the log is played into the file"
    assert next(reliefs)() and not evidence.exists() and kept.exists()
    assert next(reliefs)() and not kept.exists() and squeeze.on
    assert next(reliefs, None) is None
    assert [relief() for relief in squeeze.reliefs(lambda: db)] == [True, False, False], "nothing is left to give up"


def test_what_the_reserve_held_is_claimed_and_the_file_grows_no_more(
    path: Path, db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    squeeze = Squeeze(path, wanted_bytes=WANTED, reserve_bytes=MEBIBYTE)
    squeeze.opened(db)
    no_room(monkeypatch)
    for relief in squeeze.reliefs(lambda: db):
        relief()
    free = db.execute("PRAGMA freelist_count").fetchone()[0] * 4096
    assert CLAIM_BYTES <= free <= CLAIM_BYTES + 100_000, "free pages that are the file's own"
    assert path.stat().st_size >= CLAIM_BYTES, "really on the disk"
    assert path.stat().st_blocks * 512 >= CLAIM_BYTES
    assert path.with_name("o.sqlite-wal").stat().st_size >= CLAIM_BYTES
    assert squeeze.max_bytes(db, 1000) == 1000 + free - 250, "a quarter of what it holds, when that is little"
    assert squeeze.max_bytes(db, 1 << 24) == (1 << 24) + free - SPARE_BYTES
    assert log_pages(db) == LOG_PAGES
    with pytest.raises(sqlite3.OperationalError, match="full"):
        db.execute("INSERT INTO meta VALUES ('large', zeroblob(?))", (free + 100_000,))
    assert db.execute("PRAGMA secure_delete").fetchone()[0] == 1, "as before"
    assert db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'claim'").fetchone()[0] == 0


def test_when_the_disk_has_room_again_all_is_as_before(
    path: Path, db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    squeeze = Squeeze(path, wanted_bytes=WANTED, reserve_bytes=MEBIBYTE)
    squeeze.opened(db)
    no_room(monkeypatch)
    for relief in squeeze.reliefs(lambda: db):
        relief()
    assert not squeeze.recover(db) and squeeze.on
    monkeypatch.undo()
    assert squeeze.recover(db) and not squeeze.on
    assert squeeze.max_bytes(db, 5) == WANTED and log_pages(db) == USUAL_LOG_PAGES
    db.execute("INSERT INTO meta VALUES ('large', zeroblob(10000000))")


def test_evidence_makes_way_for_what_is_salvaged_the_reserve_does_not(
    path: Path, db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    evidence = path.with_name("o.sqlite.quarantine-1")
    evidence.write_text("x")
    squeeze = Squeeze(path, wanted_bytes=WANTED, reserve_bytes=MEBIBYTE)
    squeeze.opened(db)
    assert squeeze.room_for(MEBIBYTE) and evidence.exists()
    monkeypatch.setattr("edge_agent.squeeze.free_bytes", lambda _folder: 20 * MEBIBYTE)
    assert squeeze.room_for(15 * MEBIBYTE) and evidence.exists()
    assert not squeeze.room_for(17 * MEBIBYTE) and not evidence.exists(), "it was tried"
    assert not squeeze.on


def test_opened_on_a_disk_without_room_for_a_reserve_it_stays_small(
    path: Path, db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_room(monkeypatch)
    squeeze = Squeeze(path, wanted_bytes=WANTED, reserve_bytes=MEBIBYTE)
    squeeze.opened(db)
    assert squeeze.on and squeeze.max_bytes(db, 0) <= CLAIM_BYTES + 4096
    assert not squeeze.room_for(1)


def test_without_a_reserve_wanted_a_full_disk_refuses(path: Path, db: sqlite3.Connection) -> None:
    squeeze = Squeeze(path, wanted_bytes=WANTED, reserve_bytes=0)
    squeeze.opened(db)
    assert not squeeze.on
    assert [relief() for relief in squeeze.reliefs(lambda: None)] == [False, False, False]
    squeeze.closed()
    assert not path.with_name("o.sqlite.reserve").exists()


def test_a_claim_cut_short_leaves_nothing_behind(path: Path, db: sqlite3.Connection) -> None:
    db.execute("CREATE TABLE claim (zeros)")
    db.execute("INSERT INTO claim VALUES (zeroblob(100000))")
    Squeeze(path, wanted_bytes=WANTED, reserve_bytes=0).opened(db)
    assert db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'claim'").fetchone()[0] == 0
