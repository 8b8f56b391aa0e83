"""Everything accepted and not yet committed by ingest, on disk.

One row per entry. A number is given at `append` and never again within the epoch: SQLite's AUTOINCREMENT keeps the
high-water mark in the same transaction, also when every row has been settled. After a torn file a new epoch begins
above every number that was salvaged, so that a number names one row whatever its epoch.

What it holds is bounded in bytes and in age (`edge_agent.room`); on a full disk it goes on in the space it has
(`edge_agent.squeeze`); a torn file is left behind (`edge_agent.open_file`). All methods may be called from any thread;
each is one transaction or none.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

import msgspec

from edge_agent import entries, outbox_file, room
from edge_agent.entries import Ranges
from edge_agent.ledger import Gap, Ledger, Why, recalled
from edge_agent.open_file import OpenFile
from edge_agent.outbox_file import OutboxError, epoch_number, read_meta, transaction, write_meta
from edge_agent.packing import Row
from edge_agent.reserve import RESERVE_BYTES
from edge_agent.room import Arriving, Bounds
from edge_agent.salvage import Incident
from edge_agent.squeeze import Squeeze
from telemetry.clock import MICROSECONDS
from telemetry.messages import Event, Flag, Reading

DAY_US: Final = 86_400 * MICROSECONDS
Memory = bytes  # a property below has that name
_T = TypeVar("_T")


class _Kept(NamedTuple):
    """What the last successful append, or opening, left behind."""

    epoch: int
    next_seq: int
    memory: Memory | None


class Outbox:
    """The file, opened and locked. OutboxError from any method means nothing was changed, at the latest once reopened.

    Attributes:
        epoch: what new rows are numbered under.
        generation: grows when the file was opened anew, so that a reader of `pending` knows to start again.
    """

    _kept: _Kept
    _ledger: Ledger

    def __init__(
        self,
        path: Path,
        *,
        now_us: int,
        max_bytes: int,
        max_age_us: int = 30 * DAY_US,
        reserve_bytes: int | None = None,
        unit: str = "",
    ) -> None:
        """Open, check, create or salvage; OutboxError when another agent has it or the disk does not let us.

        `max_bytes`, `max_age_us`: beyond either, old readings are thinned or go. `reserve_bytes`: disk space kept back
        for the day when the disk is full; unless given, 8 MiB beside an outbox of at least 64, else none. `unit`: whose
        readings these are; OutboxError for an outbox that another unit has used.
        """
        self._path = path
        self._unit = unit
        if reserve_bytes is None:
            reserve_bytes = RESERVE_BYTES if max_bytes >= 8 * RESERVE_BYTES else 0
        self._max_age_us = max_age_us
        self._max_event_bytes = max_bytes * 3 // 4  # the newest readings always have the rest
        self._squeeze = Squeeze(path, wanted_bytes=max_bytes, reserve_bytes=reserve_bytes)
        self._mutex = threading.RLock()
        self._file = OpenFile(path, self._squeeze)
        self.generation = 0
        self._lock = outbox_file.lock(path)
        try:
            self._file.open(now_us, self._take_up())
            self.generation += 1
        except BaseException:
            self._lock.close()
            raise

    def close(self) -> None:
        """Close the file and let others use it."""
        with self._mutex:
            self._file.close()
            self._squeeze.closed()
            self._lock.close()

    def reopen(self, now_us: int) -> None:
        """Close and open the file anew, after errors: a file torn meanwhile is quarantined. OutboxError as at first.

        After an error it stays closed until the next time, and reading and writing give that error meanwhile.
        """
        with self._mutex:
            self._file.reopen(now_us, self._take_up())
            self.generation += 1

    def append(
        self, records: Sequence[Reading | Event], boot: str, memory: Memory | None = None, *, told: bool = False
    ) -> list[int]:
        """Number and keep records; durable on return. Gives their numbers.

        `memory` is kept with them (`memory()`); `told`: they say what was `untold`.
        """
        return self._do("append to outbox", lambda: self._append(records, boot, memory, told))

    def memory(self) -> Memory | None:
        """What was last kept by `append` beside the records."""
        with self._mutex:
            return self._kept.memory

    def pending(self) -> list[tuple[int, int, bool]]:
        """Every unsettled entry, as ranges (first, last, they are events) in order."""
        return self._do("read outbox", lambda: entries.ranges(self._db))

    def read(self, seqs: Sequence[int]) -> list[Row]:
        """Those of `seqs` that are here, in order. A row that is not what was written is set aside instead."""
        with self._mutex:
            rows, damaged = self._do("read outbox", lambda: entries.read(self._db, seqs))
            if damaged:
                self.set_aside([(seq, seq) for seq in damaged], "damaged on disk")
            return rows

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

        def requeue() -> int:
            with transaction(self._db):
                back = entries.put_back(self._db)
            self._load()
            return back

        return self._do("requeue in outbox", requeue)

    def oldest_us(self) -> int:
        """When the oldest unsettled entry was taken (microseconds since 1970), 0 with none."""
        return self._do("read outbox", lambda: entries.oldest_us(self._db))

    def recover(self, now_us: int) -> None:
        """Take back what a full disk has cost, if it has room again; called now and then. OutboxError as `reopen`."""
        with self._mutex:
            waiting = any(incident.waiting for incident in self.incidents)
            if self._do("look at outbox", lambda: self._squeeze.recover(self._db)) and waiting:
                self.reopen(now_us)

    @property
    def incidents(self) -> list[Incident]:
        """Torn files met at the last opening."""
        return self._file.incidents

    @property
    def rows(self) -> int:
        """Unsettled entries."""
        return self._ledger.rows

    @property
    def bytes(self) -> int:
        """The space they take."""
        return self._ledger.bytes

    @property
    def thinned(self) -> int:
        """Rows that went for want of room or for their age, ever."""
        return self._ledger.thinned

    @property
    def rejected(self) -> int:
        """Rows set aside, ever."""
        return self._ledger.rejected

    @property
    def untold(self) -> dict[Why, Gap]:
        """What went for want of room or for its age and was not told yet (`append`)."""
        return self._ledger.untold

    @property
    def squeezed(self) -> bool:
        """Whether the disk is full, so that the file may not grow."""
        return self._squeeze.on

    @property
    def _db(self) -> sqlite3.Connection:
        return self._file.db

    def _append(self, records: Sequence[Reading | Event], boot: str, memory: Memory | None, told: bool) -> list[int]:
        before = self._ledger.told() if told else self._ledger
        new = [
            entries.numbered(msgspec.structs.replace(record, seq=seq), self._epoch, boot)
            for seq, record in enumerate(records, start=self._next_seq)
        ]
        came = entries.measure(new)
        arriving = Arriving(came.rows, came.size, self._next_seq - 1, _known_time_us(records))
        with transaction(self._db):
            max_bytes = self._squeeze.max_bytes(self._db, before.bytes)
            bounds = Bounds(max_bytes, self._max_event_bytes, self._max_age_us)
            ledger = room.make(self._db, before, bounds, arriving)
            entries.add(self._db, new)
            if memory is not None:
                write_meta(self._db, "memory", memory)
            self._keep(ledger)
        self._ledger = ledger.added(*came)
        self._next_seq += came.rows
        self._kept = _Kept(self._epoch, self._next_seq, self._kept.memory if memory is None else memory)
        return [entry.seq for entry in new]

    def _remove(self, epoch: str | None, ranges: Ranges, reason: str | None = None) -> list[int] | None:
        spans = list(ranges)

        def remove() -> list[int] | None:
            number = None
            if epoch is not None:
                with suppress(ValueError):
                    number = epoch_number(epoch)
                if number not in self._epochs:
                    return None
            with transaction(self._db):
                gone, took = entries.take_out(self._db, number, spans, reason)
                ledger = self._ledger.added(-took.rows, -took.size, -took.event_size)
                if reason is not None:
                    ledger = msgspec.structs.replace(ledger, rejected=ledger.rejected + len(gone))
                self._keep(ledger)
            self._ledger = ledger
            return gone

        return self._do("settle in outbox", remove)

    def _keep(self, ledger: Ledger) -> None:
        """Put into the file what has changed of the ledger, on an open transaction."""
        before = self._ledger.kept()
        for key, value in ledger.kept().items():
            if value != before[key]:
                write_meta(self._db, key, value)

    def _take_up(self) -> list[Callable[[], None]]:
        """The steps from an opened file to an outbox."""
        clean = [lambda: self._remove_failed(self._kept)] if self.generation else []
        return [*clean, self._own, self._load]

    def _own(self) -> None:
        """Note whose file this is. A box that was given to another home must not send the first one's readings as its
        own, nor end its alarms."""
        held = read_meta(self._db).get("unit")
        if not self._unit or held == self._unit:
            return
        if held is not None:
            hint = f"it holds readings of unit {held}, and this box is {self._unit} now: move it and its files away"
            raise OutboxError("open outbox", str(self._path), hint=hint)
        with transaction(self._db):
            write_meta(self._db, "unit", self._unit)

    def _remove_failed(self, kept: _Kept) -> None:
        """Remove what a commit whose sync failed has left behind: SQLite may find it whole in its log after all.

        The caller was told that nothing was kept, and appends the same records again: they would be stored twice.
        """
        with transaction(self._db):
            entries.remove_from(self._db, kept.epoch, kept.next_seq)
            write_meta(self._db, "memory", kept.memory)

    def _load(self) -> None:
        meta = read_meta(self._db)
        self.epoch = str(meta["epoch"])
        self._epoch = epoch_number(self.epoch)
        self._ledger = recalled(meta, *entries.measure_all(self._db))
        self._epochs = {self._epoch, *entries.epochs(self._db)}
        self._next_seq = entries.highest_seq(self._db) + 1
        memory = meta.get("memory")
        self._kept = _Kept(self._epoch, self._next_seq, memory if isinstance(memory, bytes) else None)

    def _do(self, operation: str, action: Callable[[], _T]) -> _T:
        with self._mutex:
            return self._file.do(operation, action)


def _known_time_us(records: Sequence[Reading | Event]) -> int:
    """The newest time among them that a clock known to be right gave, 0 with none."""
    return max((r.time_us for r in records if r.flags & Flag.CLOCK_SYNCHRONISED), default=0)
