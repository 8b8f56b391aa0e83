"""The outbox's SQLite file: locked, opened, checked, created; what goes wrong there, by kinds.

Durability: WAL with synchronous=FULL, so a committed entry survives power loss, and a torn tail of the log is cut off
by SQLite itself. What SQLite cannot mend is moved aside (`edge_agent.quarantine`) and salvaged (`edge_agent.salvage`).
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import secrets
import sqlite3
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from edge_agent.reserve import free_bytes
from telemetry.errors import HomehdError

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger(__name__)

FORMAT: Final = 1
NO_ROOM_BYTES: Final = 65536
_TORN: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
# Trying again later can help with these, without a person.
_PASSING: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_FULL_ERRNO: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_PASSING_ERRNO: Final = _FULL_ERRNO | {errno.EIO, errno.EFBIG, errno.EMFILE, errno.ENFILE}

# `epoch` is the 16 hex digits as a signed number; every row carries it and its boot, so that rows salvaged from a torn
# file can be sent as what they are. `crc` covers what SQLite's own check does not: a flipped bit inside a payload.
_COLUMNS: Final = """
    seq INTEGER PRIMARY KEY {numbering}, epoch INTEGER NOT NULL, boot TEXT NOT NULL, kind INTEGER NOT NULL,
    crc INTEGER NOT NULL, payload BLOB NOT NULL
"""
_SCHEMA: Final = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID",
    f"CREATE TABLE entry ({_COLUMNS.format(numbering='AUTOINCREMENT')})",
    f"CREATE TABLE aside ({_COLUMNS.format(numbering='')}, reason TEXT NOT NULL)",
    f"PRAGMA user_version = {FORMAT}",
)


class OutboxError(HomehdError):
    """The outbox could not be opened, read or written; `recoverable` says whether trying again can help."""


class DiskFullError(OutboxError):
    """There is no room on the disk; nothing is wrong with the file."""


class TornFileError(Exception):
    """The file is not a whole database."""


@contextmanager
def translated(operation: str, path: Path) -> Iterator[None]:
    """SQLite's errors as OutboxError, or TornFileError where the file itself is damaged."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        if isinstance(error, OSError):
            passing, full = error.errno in _PASSING_ERRNO, error.errno in _FULL_ERRNO
        else:
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_IOERR) & 0xFF
            if code in _TORN:
                raise TornFileError(str(error)) from error
            passing, full = code in _PASSING, code == sqlite3.SQLITE_FULL
        kind = DiskFullError if full or (passing and _no_room(path.parent)) else OutboxError
        raise kind(operation, str(path), hint=str(error), recoverable=passing) from error


def _no_room(folder: Path) -> bool:
    """SQLite calls it an I/O error when there is no room for its index of the log, or when only the sync finds none."""
    free = free_bytes(folder)
    return free is not None and free < NO_ROOM_BYTES


def lock(path: Path) -> IO[bytes]:
    """Make sure nobody else uses this outbox; OutboxError naming the process that does. Closing it unlocks."""
    with translated("open outbox", path):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.with_name(path.name + ".lock").open("a+b", buffering=0)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.seek(0)
        owner = file.read(20).decode("ascii", "replace").strip()
        file.close()
        raise OutboxError("open outbox", str(path), hint=f"another agent uses it (process {owner})") from error
    with suppress(OSError):  # the lock holds also on a full disk, only the name of its owner is missing
        file.truncate(0)
        file.write(b"%d" % os.getpid())
    return file


def open_file(path: Path) -> sqlite3.Connection:
    """A checked connection, the file created if it is not there; TornFileError for a damaged one."""
    new = not path.exists()
    with translated("open outbox", path):
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
        # A flipped bit can make a text that is none: its row's sum then says so, and the rows around it are read.
        db.text_factory = lambda text: text.decode("utf-8", "replace")
    try:
        with translated("open outbox", path):
            _prepare(db)
            _check(db, path)
            if new:
                sync_folder(path.parent)
    except BaseException:
        db.close()
        raise
    return db


def read_meta(db: sqlite3.Connection) -> dict[str, Any]:
    """Everything the file knows about itself."""
    return dict(db.execute("SELECT key, value FROM meta"))


def write_meta(db: sqlite3.Connection, key: str, value: object) -> None:
    """Keep one thing, on an open transaction."""
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))


def new_epoch() -> str:
    """16 random hex digits."""
    return secrets.token_hex(8)


def epoch_number(epoch: str) -> int:
    """An epoch as SQLite keeps it; ValueError if it is not 16 hex digits."""
    raw = bytes.fromhex(epoch)
    if len(raw) != 8 or epoch != raw.hex():
        raise ValueError(f"not an epoch: {epoch!r}")
    return int.from_bytes(raw, "big", signed=True)


def epoch_text(number: int) -> str:
    """The 16 hex digits of an epoch SQLite kept."""
    return number.to_bytes(8, "big", signed=True).hex()


def sync_folder(folder: Path) -> None:
    """Make a rename or a new file durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _prepare(db: sqlite3.Connection) -> None:
    for pragma in (
        "cell_size_check = ON",
        "trusted_schema = OFF",
        "journal_mode = WAL",
        "synchronous = FULL",
        "secure_delete = ON",  # settled readings leave no copy behind, for a thief or for a salvage
        "temp_store = MEMORY",
        "cache_size = -1024",
        "journal_size_limit = 4194304",
    ):
        db.execute(f"PRAGMA {pragma}").fetchall()


def _check(db: sqlite3.Connection, path: Path) -> None:
    verdict = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise TornFileError(verdict)
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > FORMAT:
        raise OutboxError(
            "open outbox", str(path), hint=f"written by a newer agent (format {version}): update this one"
        )
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if version == FORMAT:
        if not {"meta", "entry", "aside"} <= tables or not _has_epoch(db):
            raise TornFileError("a table or the epoch is missing")
        return
    if tables:
        raise OutboxError("open outbox", str(path), hint="it is another program's database: name another file")
    with transaction(db):
        for statement in _SCHEMA:
            db.execute(statement)
        db.execute("INSERT INTO meta VALUES ('epoch', ?)", (new_epoch(),))


def _has_epoch(db: sqlite3.Connection) -> bool:
    row = db.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()
    with suppress(ValueError, TypeError):
        return row is not None and epoch_number(row[0]) is not None
    return False


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All or nothing, durable on leaving."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
