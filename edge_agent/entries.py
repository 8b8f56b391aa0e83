"""The outbox's entries in SQL: what is there, what is taken out, what is put back. On a connection handed in; where
something changes, on its open transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from edge_agent.ledger import ROW_OVERHEAD
from edge_agent.outbox_file import epoch_text
from edge_agent.packing import Row
from edge_agent.salvage import EVENT_KIND, checksum, is_sound
from telemetry import wire
from telemetry.messages import Event, Reading

MAX_ASIDE: Final = 10_000  # rows kept for a technician to look at
_COLUMNS: Final = "seq, epoch, boot, kind, crc, payload"
_MEASURE: Final = "count(*), total(length(payload)), total(kind = 1), total((kind = 1) * length(payload))"

Ranges = Iterable[tuple[int, int]]


class Measure(NamedTuple):
    """How much: rows, the bytes they take, and the events' part of those."""

    rows: int
    size: int
    event_size: int


class Entry(NamedTuple):
    """One row as the file has it; `crc` covers all the others."""

    seq: int
    epoch: int
    boot: str
    kind: int
    crc: int
    payload: bytes

    @property
    def size(self) -> int:
        """The bytes of file it takes."""
        return len(self.payload) + ROW_OVERHEAD


def numbered(record: Reading | Event, epoch: int, boot: str) -> Entry:
    """The entry of a record that bears its number."""
    kind = EVENT_KIND if isinstance(record, Event) else 0
    payload = wire.encode(record)
    return Entry(record.seq, epoch, boot, kind, checksum(record.seq, epoch, boot, kind, payload), payload)


def measure(entries: Sequence[Entry]) -> Measure:
    """What these take."""
    size = sum(entry.size for entry in entries)
    return Measure(len(entries), size, sum(entry.size for entry in entries if entry.kind == EVENT_KIND))


def measure_all(db: sqlite3.Connection) -> Measure:
    """What all of them take."""
    rows, size, events, event_size = db.execute(f"SELECT {_MEASURE} FROM entry").fetchone()
    return Measure(rows, int(size) + rows * ROW_OVERHEAD, int(event_size) + int(events) * ROW_OVERHEAD)


def epochs(db: sqlite3.Connection) -> set[int]:
    """Those any entry has."""
    return {number for (number,) in db.execute("SELECT DISTINCT epoch FROM entry")}


def highest_seq(db: sqlite3.Connection) -> int:
    """The highest number ever given, 0 with none."""
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'entry'").fetchone()
    return int(row[0]) if row else 0


def ranges(db: sqlite3.Connection) -> list[tuple[int, int, bool]]:
    """All of them, as ranges (first, last, they are events) in order."""
    found: list[tuple[int, int, bool]] = []
    for seq, kind in db.execute("SELECT seq, kind FROM entry ORDER BY seq"):
        is_event = kind == EVENT_KIND
        if found and found[-1][1] == seq - 1 and found[-1][2] == is_event:
            found[-1] = (found[-1][0], seq, is_event)
        else:
            found.append((seq, seq, is_event))
    return found


def read(db: sqlite3.Connection, seqs: Sequence[int]) -> tuple[list[Row], list[int]]:
    """Those of `seqs` that are here, in order, and the numbers of those that are not what was written."""
    marks = ",".join("?" * len(seqs))
    rows = db.execute(f"SELECT {_COLUMNS} FROM entry WHERE seq IN ({marks}) ORDER BY seq", seqs).fetchall()
    damaged = [row[0] for row in rows if not is_sound(*row)]
    return [_row(*row) for row in rows if row[0] not in damaged], damaged


def oldest_us(db: sqlite3.Connection) -> int:
    """When the oldest was taken (microseconds since 1970); 0 with none, or when it is damaged."""
    row = db.execute(f"SELECT {_COLUMNS} FROM entry ORDER BY seq LIMIT 1").fetchone()
    return _row(*row).record.time_us if row and is_sound(*row) else 0


def add(db: sqlite3.Connection, entries: Sequence[Entry]) -> None:
    """Put them into the file."""
    db.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?)", entries)


def take_out(db: sqlite3.Connection, epoch: int | None, spans: Ranges, reason: str | None) -> tuple[list[int], Measure]:
    """Delete rows, of one epoch or of any; with a reason they are set aside. Gives their numbers and what they took."""
    gone: list[int] = []
    size = event_size = 0
    for first, last in spans:
        where, values = "seq BETWEEN ? AND ? AND epoch = ifnull(?, epoch)", (first, last, epoch)
        for seq, kind, length in db.execute(f"SELECT seq, kind, length(payload) FROM entry WHERE {where}", values):
            gone.append(seq)
            size += length + ROW_OVERHEAD
            event_size += (length + ROW_OVERHEAD) * (kind == EVENT_KIND)
        if reason is not None:
            db.execute(f"INSERT OR REPLACE INTO aside SELECT *, ? FROM entry WHERE {where}", (reason, *values))
        else:  # what was set aside as unsendable and arrived after all is settled too
            db.execute(f"DELETE FROM aside WHERE {where}", values)
        db.execute(f"DELETE FROM entry WHERE {where}", values)
    if reason is not None and gone:
        db.execute(
            "DELETE FROM aside WHERE seq IN (SELECT seq FROM aside ORDER BY seq DESC LIMIT -1 OFFSET ?)", (MAX_ASIDE,)
        )
    return gone, Measure(len(gone), size, event_size)


def remove_from(db: sqlite3.Connection, epoch: int, seq: int) -> None:
    """Delete what an epoch has from a number on."""
    db.execute("DELETE FROM entry WHERE epoch = ? AND seq >= ?", (epoch, seq))


def put_back(db: sqlite3.Connection) -> int:
    """Everything that was set aside; gives how many rows came."""
    before = db.total_changes
    db.execute(f"INSERT OR IGNORE INTO entry SELECT {_COLUMNS} FROM aside")
    back = db.total_changes - before
    db.execute("DELETE FROM aside")
    return back


def _row(seq: int, epoch: int, boot: str, kind: int, _crc: int, payload: Any) -> Row:
    record = wire.decode_event(payload) if kind == EVENT_KIND else wire.decode_reading(payload)
    return Row(seq, epoch_text(epoch), boot, record)
