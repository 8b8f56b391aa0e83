"""What an outbox does when the disk is full: it makes room by its own means, and then lives in the space it has.

In this order: the log is played into the file, which lets it begin again at its start; copies of damaged files are
deleted; the reserve is given up and what it held is claimed at once. From then on the file does not grow, and thinning
begins where it has no free pages left. Without this a full disk would stop everything, because SQLite's log cannot
grow, so that not even old readings could be thinned to make room; and nothing that is not kept is sent, so the live
view would end too.

That the file does not grow while it is squeezed is also what keeps the log short: a log that holds new pages of the
file can only be played, and begin again, where the disk has room for them.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from edge_agent import quarantine
from edge_agent.outbox_file import OutboxError
from edge_agent.reserve import MEBIBYTE, Reserve, free_bytes
from edge_agent.salvage import PAGE

log = logging.getLogger(__name__)

CLAIM_BYTES: Final = 3 * MEBIBYTE  # or as much of it as the disk has room for
LOG_PAGES: Final = 500  # 2 MiB: the log begins again well before it outgrows what it has
USUAL_LOG_PAGES: Final = 1000  # SQLite's own default
SPARE_BYTES: Final = (
    256 * 1024
)  # free pages that are not counted on: room for a slice of thinning, and for rows set aside
MOST_PAGES: Final = 0xFFFFFFFE  # SQLite's own


class Squeeze:
    """One outbox's dealings with a full disk."""

    def __init__(self, path: Path, *, wanted_bytes: int, reserve_bytes: int) -> None:
        """`wanted_bytes`: what the outbox may hold. `reserve_bytes` 0: nothing is kept back, a full disk refuses."""
        self._path = path
        self._reserve = Reserve(path.with_name(path.name + ".reserve"), reserve_bytes)
        self._wanted_bytes = wanted_bytes
        self._settled_in = False  # the file may not grow

    @property
    def on(self) -> bool:
        """Whether the reserve is given up, or could never be made."""
        return self._settled_in or self._reserve.short

    def max_bytes(self, db: sqlite3.Connection, held: int) -> int:
        """What the outbox may hold now, when it holds `held` bytes."""
        if not self._settled_in:
            return self._wanted_bytes
        free = int(db.execute("PRAGMA freelist_count").fetchone()[0])
        return min(self._wanted_bytes, held + free * PAGE - min(SPARE_BYTES, held // 4))

    def room_for(self, size: int) -> bool:
        """Whether a file of `size` bytes can be written without touching the reserve; evidence makes way for it."""
        if self.on:
            return False
        if self._has_free(size):
            return True
        return self._delete_evidence() and self._has_free(size)

    def opened(self, db: sqlite3.Connection) -> None:
        """Make the reserve, or stay within what a file just opened has and what of the disk there is to claim."""
        db.execute("DROP TABLE IF EXISTS claim")  # of a claim cut short
        self._settled_in = False
        if not self._reserve.refill():
            self._reserve.release()
            self._settle_in(db)

    def recover(self, db: sqlite3.Connection) -> bool:
        """Take the reserve back if the disk has room again; whether all is as it should be."""
        if not self._reserve.refill():
            return False
        self._settled_in = False
        db.execute(f"PRAGMA max_page_count = {MOST_PAGES}").fetchall()
        db.execute(f"PRAGMA wal_autocheckpoint = {USUAL_LOG_PAGES}").fetchall()
        return True

    def closed(self) -> None:
        """Keep what closing has freed, the log, for the next opening."""
        if self.on:
            self._reserve.refill(leave=0)

    def reliefs(self, db: Callable[[], sqlite3.Connection | None]) -> Iterator[Callable[[], bool]]:
        """Ways to make room, each to be tried once; each says whether trying again is worth while."""
        yield lambda: _play_log(db())
        yield self._delete_evidence
        yield lambda: self._give_up(db())

    def _delete_evidence(self) -> bool:
        try:
            return quarantine.delete_evidence(self._path)
        except OutboxError:
            return False

    def _give_up(self, db: sqlite3.Connection | None) -> bool:
        if not self._reserve.release():
            return False
        log.error("disk full", extra={"fields": {"reserve_given_up": self._reserve.size}})
        if db is not None:
            self._settle_in(db)
        return True

    def _settle_in(self, db: sqlite3.Connection) -> None:
        """Claim what was freed, before somebody else writes there, and grow no more."""
        try:
            _play_log(db)
            _claim(db, self._path.with_name(self._path.name + "-wal"))
        except sqlite3.Error as error:
            log.warning("disk space not claimed", extra={"fields": {"error": str(error)}})
        self._settled_in = True
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages}").fetchall()
        db.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}").fetchall()

    def _has_free(self, size: int) -> bool:
        return (free_bytes(self._path.parent) or 0) > size + USUAL_LOG_PAGES * PAGE


def _play_log(db: sqlite3.Connection | None) -> bool:
    if db is None:
        return False
    try:
        db.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
    except sqlite3.Error:
        return False
    return True


def _claim(db: sqlite3.Connection, log: Path) -> None:
    """Make some of the disk our own: free pages of the file, and as much again as length of its log.

    Pages once written stay with the file and serve whatever comes next. Never more than the disk has room for: pages of
    the file that are in the log and cannot be played would hold the log for ever.
    """
    size = next((size for size in range(CLAIM_BYTES, 0, -SPARE_BYTES) if _fits(db, log, size)), 0)
    if not size:
        return
    db.execute("CREATE TABLE claim (zeros)")
    db.execute("INSERT INTO claim VALUES (zeroblob(?))", (size,))
    db.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
    db.execute("PRAGMA secure_delete = OFF").fetchall()  # there are only zeros
    try:
        db.execute("DROP TABLE claim")
    finally:
        db.execute("PRAGMA secure_delete = ON").fetchall()


def _fits(db: sqlite3.Connection, log: Path, size: int) -> bool:
    """Whether log and file can take so much, with what they have and what the disk has, and a little is left over."""
    free = int(db.execute("PRAGMA freelist_count").fetchone()[0]) * PAGE
    has = log.stat().st_size if log.exists() else 0
    return max(0, size - has) + max(0, size - free) + SPARE_BYTES <= (free_bytes(log.parent) or 0)
