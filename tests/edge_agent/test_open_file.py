"""The outbox's file by itself; with an outbox in it: `test_outbox.py`, `tests/chaos/test_disk_*.py`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent.open_file import OpenFile
from edge_agent.outbox_file import DiskFullError, OutboxError, TornFileError
from edge_agent.squeeze import Squeeze


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.sqlite"


@pytest.fixture
def file(path: Path) -> Iterator[OpenFile]:
    file = OpenFile(path, Squeeze(path, wanted_bytes=1 << 20, reserve_bytes=0))
    file.open(1, [])
    yield file
    file.close()


def fails(error: Exception) -> None:
    raise error


def test_closed_it_gives_no_connection(file: OpenFile) -> None:
    assert file.do("count", lambda: file.db.execute("SELECT count(*) FROM entry").fetchone()) == (0,)
    file.close()
    with pytest.raises(OutboxError, match="it is closed") as caught:
        file.do("count", lambda: file.db)
    assert caught.value.recoverable


def test_what_cannot_be_done_says_what_and_whether_to_try_again(file: OpenFile) -> None:
    with pytest.raises(OutboxError, match=r"count: .*will be reopened") as torn:
        file.do("count", lambda: fails(TornFileError("no page 3")))
    assert torn.value.recoverable
    with pytest.raises(DiskFullError):
        file.do("count", lambda: fails(DiskFullError("count", "x", recoverable=True)))
    with pytest.raises(OutboxError, match="no such table") as wrong:
        file.do("count", lambda: file.db.execute("SELECT * FROM nowhere").close())
    assert not wrong.value.recoverable


def test_steps_are_taken_in_order_and_one_that_fails_closes_it(file: OpenFile) -> None:
    taken: list[int] = []
    file.reopen(2, [lambda: taken.append(1), lambda: taken.append(2)])
    assert taken == [1, 2]
    with pytest.raises(OutboxError, match="disk I/O error"):
        file.reopen(3, [lambda: fails(OutboxError("open outbox", "x", hint="disk I/O error")), lambda: taken.append(3)])
    assert taken == [1, 2]
    with pytest.raises(OutboxError, match=r"append: .*disk I/O error") as caught:
        file.do("append", lambda: taken.append(4))
    assert caught.value.recoverable and taken == [1, 2], "whoever uses it meanwhile is told why it is closed"
    file.reopen(4, [])
    assert file.do("count", lambda: file.db.execute("SELECT count(*) FROM entry").fetchone()) == (0,)


def test_a_torn_file_makes_way_for_a_new_one_and_is_told_of_once(file: OpenFile, path: Path) -> None:
    file.close()
    path.write_bytes(b"torn" * 2048)
    file.reopen(2, [])
    assert len(file.incidents) == 1
    assert file.db.execute("SELECT count(*) FROM entry").fetchone() == (0,)
    file.reopen(3, [])
    assert file.incidents == []


def test_one_found_torn_while_it_is_taken_up_is_closed_and_opened_anew_later(file: OpenFile) -> None:
    with pytest.raises(OutboxError, match="will be reopened"):
        file.reopen(2, [lambda: fails(TornFileError("no epoch"))])
    with pytest.raises(OutboxError, match="will be reopened"):
        file.do("count", lambda: sqlite3.connect(":memory:").close())
