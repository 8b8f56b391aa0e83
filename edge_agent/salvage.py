"""What can still be read of a torn outbox: its pages, one by one, without the tree that held them together.

SQLite reads nothing at all from a file that was cut short or has lost its first page. Every row of ours carries its
own identity and a checksum, so that the pages alone are enough. File format: https://sqlite.org/fileformat2.html
"""

from __future__ import annotations

import sqlite3
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final

from edge_agent.outbox_file import transaction, write_meta
from telemetry import wire
from telemetry.errors import WireError

EVENT_KIND: Final = 1
PAGE: Final = 4096  # SQLite's default, and we never ask for another
_WAL_HEADER, _FRAME_HEADER = 32, 24
_TABLE_LEAF: Final = 0x0D
_LONGEST_CELL: Final = PAGE - 35  # a longer row continues on other pages and is given up
_INTEGER_BYTES: Final = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
ROWS_AT_ONCE: Final = 2000
_KEPT_META: Final = frozenset({"memory", "thinned", "rejected", "history", "unit"})
_CONSTANTS: Final = {0: None, 8: 0, 9: 1}

Entry = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Incident:
    """A torn file was found: how many rows were saved from it, and where it is.

    `waiting`: the disk had no room for its rows; it is left as it is and tried again at the next opening.
    """

    file: str
    salvaged: int
    waiting: bool = False

    def text(self) -> str:
        """What a person reads."""
        if self.waiting:
            return f"a torn outbox waits for room on the disk as {self.file}"
        return f"{self.salvaged} rows saved from a torn outbox, kept as {self.file}"


def checksum(seq: int, epoch: int, boot: str, kind: int, payload: bytes) -> int:
    """CRC-32 of everything about an entry that matters."""
    return zlib.crc32(payload, zlib.crc32(f"{seq} {epoch} {boot} {kind}".encode()))


def is_sound(seq: Any, epoch: Any, boot: Any, kind: Any, crc: Any, payload: Any) -> bool:
    """Whether an entry is what was written: right types, right sum, a record that decodes and bears its number."""
    if not all(isinstance(v, int) for v in (seq, epoch, kind, crc)):
        return False
    if not isinstance(payload, bytes) or not isinstance(boot, str):
        return False
    if checksum(seq, epoch, boot, kind, payload) != crc:
        return False
    try:
        record = wire.decode_event(payload) if kind == EVENT_KIND else wire.decode_reading(payload)
    except WireError:
        return False
    return bool(record.seq == seq)


def salvage(db: sqlite3.Connection, torn: Path) -> int:
    """Everything readable of a torn file into a whole one; gives how many rows came.

    In several transactions, so that the log of the whole one stays short; cut short, it can be done again.
    """
    before, rows = db.total_changes, readable_rows(torn)
    while some := list(islice(rows, ROWS_AT_ONCE)):
        with transaction(db):
            db.executemany("INSERT OR IGNORE INTO entry VALUES (?, ?, ?, ?, ?, ?)", some)
    salvaged = db.total_changes - before
    meta = readable_meta(torn)  # last: SQLite may change the file it opens
    with transaction(db):
        for key in _KEPT_META & meta.keys():
            write_meta(db, key, meta[key])
    return salvaged


def number_above(db: sqlite3.Connection, torn: Path) -> None:
    """Let new rows be numbered above those of a torn file that cannot be salvaged yet."""
    highest = max((entry[0] for entry in readable_rows(torn)), default=0)
    with transaction(db):
        found = db.execute("SELECT max(seq) FROM sqlite_sequence WHERE name = 'entry'").fetchone()[0]
        db.execute("DELETE FROM sqlite_sequence WHERE name = 'entry'")
        db.execute("INSERT INTO sqlite_sequence VALUES ('entry', ?)", (max(highest, found or 0),))


def readable_rows(torn: Path) -> Iterator[Entry]:
    """Sound entries (seq, epoch, boot, kind, crc, payload) of a damaged file and its log, in no order."""
    log = torn.with_name(torn.name + "-wal")
    newer: dict[int, int] = {}
    if log.exists():
        with log.open("rb") as frames:
            newer = _frames(frames)
            yield from _entries(frames, newer)
    if torn.exists():  # power may have gone between the two renames that moved it aside
        with torn.open("rb") as main:
            pages = range(torn.stat().st_size // PAGE)
            yield from _entries(main, {n: n * PAGE for n in pages if n not in newer})


def readable_meta(torn: Path) -> dict[str, Any]:
    """What the damaged file's meta table still says, as far as SQLite can tell."""
    if not torn.exists():
        return {}
    try:
        db = sqlite3.connect(torn, isolation_level=None)
        try:
            return dict(db.execute("SELECT key, value FROM meta"))
        finally:
            db.close()
    except (sqlite3.Error, ValueError):
        return {}


def _frames(log: IO[bytes]) -> dict[int, int]:
    """Where in the log the newest version of each page (0 = first) stands."""
    header = log.read(_WAL_HEADER)
    found: dict[int, int] = {}
    at = _WAL_HEADER
    while len(frame := log.read(_FRAME_HEADER)) == _FRAME_HEADER and frame[8:16] == header[16:24]:
        if len(log.read(PAGE)) < PAGE:
            break
        found[int.from_bytes(frame[:4], "big") - 1] = at + _FRAME_HEADER
        at += _FRAME_HEADER + PAGE
    return found


def _entries(file: IO[bytes], pages: dict[int, int]) -> Iterator[Entry]:
    for offset in pages.values():
        file.seek(offset)
        page = file.read(PAGE)
        if len(page) == PAGE and page[0] == _TABLE_LEAF:
            yield from (entry for entry in _cells(page) if is_sound(*entry))


def _cells(page: bytes) -> Iterator[Entry]:
    count = int.from_bytes(page[3:5], "big")
    for (at,) in struct.iter_unpack(">H", page[8 : 8 + 2 * min(count, (PAGE - 8) // 2)]):
        try:
            entry = _cell(page, at)
        except (IndexError, KeyError, UnicodeDecodeError):
            continue
        if len(entry) == 6:
            yield entry


def _cell(page: bytes, at: int) -> Entry:
    size, at = _varint(page, at)
    key, at = _varint(page, at)
    if size > _LONGEST_CELL or at + size > PAGE:
        return ()
    head, types_at = _varint(page, at)
    value_at = types_end = at + head
    values: list[Any] = []
    while types_at < types_end:
        serial, types_at = _varint(page, types_at)
        value, length = _value(page, value_at, serial)
        values.append(value)
        value_at += length
    # The first column is the key: SQLite leaves it out of the record.
    return (key, *values[1:]) if values and values[0] is None else ()


def _value(page: bytes, at: int, serial: int) -> tuple[Any, int]:
    if serial in _CONSTANTS:
        return _CONSTANTS[serial], 0
    length = (serial - 12) // 2 if serial >= 12 else _INTEGER_BYTES[serial]
    raw = page[at : at + length]
    if serial < 12:
        return int.from_bytes(raw, "big", signed=True), length
    return (raw.decode("utf-8") if serial % 2 else raw), length


def _varint(page: bytes, at: int) -> tuple[int, int]:
    value = 0
    for n in range(8):
        value = value << 7 | page[at + n] & 0x7F
        if page[at + n] < 0x80:
            return value, at + n + 1
    return value << 8 | page[at + 8], at + 9
