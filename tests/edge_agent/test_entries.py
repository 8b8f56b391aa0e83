"""Entries in SQL: numbered, measured, read, taken out, put back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge_agent import entries, outbox_file
from edge_agent.entries import Measure
from edge_agent.outbox_file import epoch_text

EPOCH, OTHER = -5, 7


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = outbox_file.open_file(tmp_path / "o.sqlite")
    yield connection
    connection.close()


def filled(db: sqlite3.Connection, tools: Any) -> list[entries.Entry]:
    """Readings 1, 2, 4 and event 3 of one epoch, event 9 of another."""
    kinds = {1: tools.reading(), 2: tools.reading(), 3: tools.event(), 4: tools.reading(), 9: tools.event()}
    new = [
        entries.numbered(msgspec.structs.replace(record, seq=seq), OTHER if seq == 9 else EPOCH, "b")
        for seq, record in kinds.items()
    ]
    entries.add(db, new)
    return new


def test_ranges_join_neighbours_of_one_kind(db: sqlite3.Connection, tools: Any) -> None:
    assert entries.ranges(db) == []
    filled(db, tools)
    assert entries.ranges(db) == [(1, 2, False), (3, 3, True), (4, 4, False), (9, 9, True)]
    assert entries.epochs(db) == {EPOCH, OTHER} and entries.highest_seq(db) == 9


def test_what_is_counted_one_by_one_is_what_the_file_holds(db: sqlite3.Connection, tools: Any) -> None:
    assert entries.measure_all(db) == Measure(0, 0, 0)
    new = filled(db, tools)
    whole = entries.measure(new)
    assert entries.measure_all(db) == whole
    assert whole.event_size == new[2].size + new[4].size and whole.rows == 5
    gone, took = entries.take_out(db, None, [(3, 4)], None)
    assert (gone, took) == ([3, 4], Measure(2, new[2].size + new[3].size, new[2].size))
    assert entries.measure_all(db) == Measure(3, whole.size - took.size, whole.event_size - took.event_size)


def test_what_is_read_bears_its_number_epoch_and_boot_and_damage_is_named(db: sqlite3.Connection, tools: Any) -> None:
    filled(db, tools)
    db.execute("UPDATE entry SET boot = 'c' WHERE seq = 2")
    rows, damaged = entries.read(db, [9, 2, 1, 77])
    assert damaged == [2]
    assert [(row.seq, row.record.seq, row.epoch, row.boot) for row in rows] == [
        (1, 1, epoch_text(EPOCH), "b"), (9, 9, epoch_text(OTHER), "b"),
    ]  # fmt: skip


def test_rows_of_one_epoch_go_those_of_another_stay(db: sqlite3.Connection, tools: Any) -> None:
    filled(db, tools)
    assert entries.take_out(db, OTHER, [(1, 3), (4, 100)], None)[0] == [9]
    assert entries.take_out(db, EPOCH, [(2, 100)], None)[0] == [2, 3, 4]


def test_rows_set_aside_come_back_and_a_late_settling_forgets_them(db: sqlite3.Connection, tools: Any) -> None:
    filled(db, tools)
    assert entries.take_out(db, None, [(1, 2)], "no")[0] == [1, 2]
    assert entries.take_out(db, EPOCH, [(2, 2)], None)[0] == []
    assert entries.put_back(db) == 1 and entries.put_back(db) == 0
    assert entries.ranges(db)[0] == (1, 1, False)


def test_only_so_many_are_kept_aside(db: sqlite3.Connection, tools: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "MAX_ASIDE", 2)
    filled(db, tools)
    entries.take_out(db, None, [(1, 9)], "no")
    assert [seq for (seq,) in db.execute("SELECT seq FROM aside")] == [4, 9], "the newest"


def test_the_oldest_ones_time(db: sqlite3.Connection, tools: Any) -> None:
    assert entries.oldest_us(db) == 0
    entries.add(db, [entries.numbered(msgspec.structs.replace(tools.reading(time_us=55), seq=4), EPOCH, "b")])
    assert entries.oldest_us(db) == 55
    db.execute("UPDATE entry SET crc = 1")
    assert entries.oldest_us(db) == 0


def test_from_a_number_on_all_goes(db: sqlite3.Connection, tools: Any) -> None:
    filled(db, tools)
    entries.remove_from(db, EPOCH, 3)
    assert entries.ranges(db) == [(1, 2, False), (9, 9, True)]
