"""Everything accepted and not yet committed by ingest, on disk.

One row per entry. A number is given at `append` and never again within the epoch: SQLite's AUTOINCREMENT keeps the
high-water mark in the same transaction, also when every row has been settled. After a torn file a new epoch begins
above every number that was salvaged, so that a number names one row whatever its epoch.

All methods may be called from any thread; each is one transaction or none.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from edge_agent import outbox_file
from edge_agent.outbox_file import OutboxError, TornFileError, epoch_number, epoch_text, transaction
from edge_agent.packing import Row
from edge_agent.salvage import EVENT_KIND, Incident, checksum, is_sound, readable_meta, readable_rows
from edge_agent.thinning import ROW_OVERHEAD, Dropped, drop_readings
from telemetry import wire
from telemetry.messages import Event, Reading

MAX_ASIDE: Final = 10_000  # rows kept for a technician to look at
Ranges = Iterable[tuple[int, int]]


class _Kept(NamedTuple):
    """What the last successful append, or opening, left behind."""

    epoch: int
    next_seq: int
    memory: bytes | None


class Outbox:
    """The file, opened and locked. OutboxError from any method means nothing was changed, at the latest once reopened.

    Attributes:
        epoch: what new rows are numbered under.
        generation: grows when the file was opened anew, so that a reader of `pending` knows to start again.
        incidents: torn files met at the last opening.
        rows, bytes: unsettled entries and the space they take.
        thinned: readings dropped at the size bound, ever. rejected: rows set aside, ever.
    """

    _kept: _Kept
    _no_reading_to: int  # up to this number

    def __init__(self, path: Path, *, now_us: int, max_bytes: int) -> None:
        """Open, check, create or salvage; OutboxError when another agent has it or the disk does not let us."""
        self._path = path
        self._max_bytes = max_bytes
        self._mutex = threading.RLock()
        self.generation = 0
        self._met: list[Incident] = []  # by openings that failed afterwards
        self._why_closed = ""
        self._lock = outbox_file.lock(path)
        try:
            self._open(now_us)
        except BaseException:
            self._lock.close()
            raise

    def close(self) -> None:
        """Close the file and let others use it."""
        with self._mutex:
            self._db.close()
            self._lock.close()

    def reopen(self, now_us: int) -> None:
        """Close and open the file anew, after errors: a file torn meanwhile is quarantined. OutboxError as at first.

        After an error it stays closed until the next time, and reading and writing give that error meanwhile.
        """
        with self._mutex:
            self._db.close()
            self._why_closed = ""
            try:
                self._open(now_us)
            except OutboxError as error:
                self._why_closed = error.hint
                raise

    def append(self, records: Sequence[Reading | Event], boot: str, memory: bytes | None = None) -> list[int]:
        """Number and keep records; durable on return. `memory` is kept with them (`memory()`). Gives their numbers."""
        with self._writing("append to outbox"):
            first = self._next_seq
            rows, size = [], 0
            for seq, record in enumerate(records, start=first):
                kind = EVENT_KIND if isinstance(record, Event) else 0
                payload = wire.encode(msgspec.structs.replace(record, seq=seq))
                rows.append((seq, self._epoch, boot, kind, checksum(seq, self._epoch, boot, kind, payload), payload))
                size += len(payload) + ROW_OVERHEAD
            with transaction(self._db):
                dropped = self._make_room(size)
                self._db.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?)", rows)
                if memory is not None:
                    self._set_meta("memory", memory)
                if dropped.rows:
                    self._set_meta("thinned", self.thinned + dropped.rows)
            self._next_seq += len(rows)
            self._kept = _Kept(self._epoch, self._next_seq, self._kept.memory if memory is None else memory)
            self._no_reading_to = max(self._no_reading_to, dropped.last)
            self.rows += len(rows) - dropped.rows
            self.bytes += size - dropped.bytes
            self.thinned += dropped.rows
            return [row[0] for row in rows]

    def memory(self) -> bytes | None:
        """What was last kept by `append` beside the records."""
        with self._mutex:
            return self._kept.memory

    def pending(self) -> list[tuple[int, int, bool]]:
        """Every unsettled entry, as ranges (first, last, they are events) in order."""
        found: list[tuple[int, int, bool]] = []
        with self._writing("read outbox"):
            for seq, kind in self._db.execute("SELECT seq, kind FROM entry ORDER BY seq"):
                is_event = kind == EVENT_KIND
                if found and found[-1][1] == seq - 1 and found[-1][2] == is_event:
                    found[-1] = (found[-1][0], seq, is_event)
                else:
                    found.append((seq, seq, is_event))
        return found

    def read(self, seqs: Sequence[int]) -> list[Row]:
        """Those of `seqs` that are here, in order. A row that is not what was written is set aside instead."""
        with self._writing("read outbox"):
            marks = ",".join("?" * len(seqs))
            found = self._db.execute(
                f"SELECT seq, epoch, boot, kind, crc, payload FROM entry WHERE seq IN ({marks}) ORDER BY seq", seqs
            ).fetchall()
            damaged = [row[0] for row in found if not is_sound(*row)]
            if damaged:
                self.set_aside([(seq, seq) for seq in damaged], "damaged on disk")
            return [_row(*row) for row in found if row[0] not in damaged]

    def settle(self, epoch: str, ranges: Ranges) -> list[int] | None:
        """Forget rows ingest has committed. Gives their numbers, None for an epoch that was never in this file."""
        return self._remove(epoch, ranges)

    def reject(self, epoch: str, ranges: Ranges, reason: str) -> list[int] | None:
        """Set aside rows ingest will never store. Gives their numbers, None for an unknown epoch."""
        return self._remove(epoch, ranges, reason)

    def set_aside(self, ranges: Ranges, reason: str) -> list[int]:
        """Set aside rows that cannot be sent, whatever their epoch. Gives their numbers."""
        return self._remove(None, ranges, reason) or []

    def requeue(self) -> int:
        """Send what was set aside once more, after its cause was mended. Gives how many rows there are."""
        with self._writing("requeue in outbox"):
            with transaction(self._db):
                before = self._db.total_changes
                self._db.execute("INSERT OR IGNORE INTO entry SELECT seq, epoch, boot, kind, crc, payload FROM aside")
                requeued = self._db.total_changes - before
                self._db.execute("DELETE FROM aside")
            self._load()
            return requeued

    def oldest_us(self) -> int:
        """When the oldest unsettled entry was taken (microseconds since 1970), 0 with none."""
        with self._writing("read outbox"):
            row = self._db.execute(
                "SELECT seq, epoch, boot, kind, crc, payload FROM entry ORDER BY seq LIMIT 1"
            ).fetchone()
            return _row(*row).record.time_us if row and is_sound(*row) else 0

    def _remove(self, epoch: str | None, ranges: Ranges, reason: str | None = None) -> list[int] | None:
        with self._writing("settle in outbox"):
            number = None
            if epoch is not None:
                with suppress(ValueError):
                    number = epoch_number(epoch)
                if number not in self._epochs:
                    return None
            gone: list[int] = []
            size = 0
            with transaction(self._db):
                for first, last in ranges:
                    where, values = "seq BETWEEN ? AND ? AND epoch = ifnull(?, epoch)", (first, last, number)
                    for seq, length in self._db.execute(
                        f"SELECT seq, length(payload) FROM entry WHERE {where}", values
                    ).fetchall():
                        gone.append(seq)
                        size += length + ROW_OVERHEAD
                    if reason is not None:
                        self._db.execute(
                            f"INSERT OR REPLACE INTO aside SELECT *, ? FROM entry WHERE {where}", (reason, *values)
                        )
                    else:  # what was set aside as unsendable and arrived after all is settled too
                        self._db.execute(f"DELETE FROM aside WHERE {where}", values)
                    self._db.execute(f"DELETE FROM entry WHERE {where}", values)
                if reason is not None and gone:
                    self._bound_aside(self.rejected + len(gone))
            self.rows -= len(gone)
            self.bytes -= size
            self.rejected += len(gone) if reason is not None else 0
            return gone

    def _bound_aside(self, rejected: int) -> None:
        self._set_meta("rejected", rejected)
        self._db.execute(
            "DELETE FROM aside WHERE seq IN (SELECT seq FROM aside ORDER BY seq DESC LIMIT -1 OFFSET ?)", (MAX_ASIDE,)
        )

    def _make_room(self, size: int) -> Dropped:
        """Drop oldest readings until `size` fits, and a hundredth more, so that it is not done for every append."""
        excess = self.bytes + size - self._max_bytes
        if excess <= 0:
            return Dropped()
        excess += self._max_bytes // 100
        return drop_readings(self._db, after=self._no_reading_to, newest=self._next_seq - 1, excess=excess)

    def _open(self, now_us: int) -> None:
        try:
            self._db = outbox_file.open_file(self._path)
        except TornFileError:
            outbox_file.quarantine(self._path, now_us)
            self._db = outbox_file.open_file(self._path)
        try:
            with self._writing("open outbox"):
                for torn in outbox_file.torn_files(self._path):
                    self._met.append(self._salvage(torn))
                if self.generation:
                    self._remove_failed(self._kept)
                self._load()
        except BaseException:
            self._db.close()  # rather than give out, or add to, rows of a commit that failed
            raise
        self.incidents, self._met = self._met, []
        self.generation += 1

    def _remove_failed(self, kept: _Kept) -> None:
        """Remove what a commit whose sync failed has left behind: SQLite may find it whole in its log after all.

        The caller was told that nothing was kept, and appends the same records again: they would be stored twice.
        """
        with transaction(self._db):
            self._db.execute("DELETE FROM entry WHERE epoch = ? AND seq >= ?", (kept.epoch, kept.next_seq))
            self._set_meta("memory", kept.memory)

    def _salvage(self, torn: Path) -> Incident:
        before = self._db.total_changes
        with transaction(self._db):
            self._db.executemany("INSERT OR IGNORE INTO entry VALUES (?, ?, ?, ?, ?, ?)", readable_rows(torn))
            salvaged = self._db.total_changes - before
            meta = readable_meta(torn)  # last: SQLite may change the file it opens
            for key in ("memory", "thinned", "rejected"):
                if key in meta:
                    self._set_meta(key, meta[key])
        outbox_file.retire(torn, self._path)
        return Incident(torn.name.replace(".torn-", ".quarantine-"), salvaged)

    def _load(self) -> None:
        meta = self._meta()
        self.epoch = str(meta["epoch"])
        self._epoch = epoch_number(self.epoch)
        self.thinned = int(meta.get("thinned", 0))
        self.rejected = int(meta.get("rejected", 0))
        self.rows, payloads = self._db.execute("SELECT count(*), total(length(payload)) FROM entry").fetchone()
        self.bytes = int(payloads) + self.rows * ROW_OVERHEAD
        self._epochs = {self._epoch, *(n for (n,) in self._db.execute("SELECT DISTINCT epoch FROM entry"))}
        highest = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'entry'").fetchone()
        self._next_seq = (highest[0] if highest else 0) + 1
        self._no_reading_to = 0
        memory = meta.get("memory")
        self._kept = _Kept(self._epoch, self._next_seq, memory if isinstance(memory, bytes) else None)

    def _meta(self) -> dict[str, Any]:
        return dict(self._db.execute("SELECT key, value FROM meta"))

    def _set_meta(self, key: str, value: Any) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    @contextmanager
    def _writing(self, operation: str) -> Iterator[None]:
        with self._mutex:
            if self._why_closed:
                raise OutboxError(operation, str(self._path), hint=self._why_closed, recoverable=True)
            try:
                with outbox_file.translated(operation, self._path):
                    yield
            except TornFileError as error:
                raise OutboxError(
                    operation, str(self._path), hint=f"{error}; will be reopened", recoverable=True
                ) from error


def _row(seq: int, epoch: int, boot: str, kind: int, _crc: int, payload: bytes) -> Row:
    record = wire.decode_event(payload) if kind == EVENT_KIND else wire.decode_reading(payload)
    return Row(seq, epoch_text(epoch), boot, record)
