"""An outbox of dictionaries: what the contract means, said as plainly as can be. For the contract's tests only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from edge_agent.ledger import ROW_OVERHEAD
from edge_agent.outbox_file import epoch_number, new_epoch
from edge_agent.packing import Row
from telemetry import wire
from telemetry.messages import Event, Reading

Spans = Sequence[tuple[int, int]]


class OutboxModel:
    """Nothing on disk; at its bound the oldest readings go, then the oldest events."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.epoch = new_epoch()
        self.epochs = {self.epoch}
        self.kept: dict[int, Row] = {}
        self.aside: dict[int, Row] = {}
        self.last = 0
        self.thinned = 0
        self.rejected = 0
        self._memory: bytes | None = None

    @property
    def rows(self) -> int:
        return len(self.kept)

    @property
    def bytes(self) -> int:
        return sum(map(_size, self.kept.values()))

    def append(self, records: Sequence[Reading | Event], boot: str, memory: Any = None) -> list[int]:
        rows = [
            Row(seq, self.epoch, boot, msgspec.structs.replace(record, seq=seq))
            for seq, record in enumerate(records, start=self.last + 1)
        ]
        self._make_room(sum(map(_size, rows)))
        self.kept |= {row.seq: row for row in rows}
        self.last += len(rows)
        self._memory = memory or self._memory
        return [row.seq for row in rows]

    def memory(self) -> Any:
        return self._memory

    def pending(self) -> list[tuple[int, int, bool]]:
        found: list[tuple[int, int, bool]] = []
        for seq, row in sorted(self.kept.items()):
            is_event = isinstance(row.record, Event)
            if found and found[-1][1:] == (seq - 1, is_event):
                found[-1] = (found[-1][0], seq, is_event)
            else:
                found.append((seq, seq, is_event))
        return found

    def read(self, seqs: Sequence[int]) -> list[Row]:
        return [self.kept[seq] for seq in sorted(seqs) if seq in self.kept]

    def settle(self, epoch: str, ranges: Spans) -> list[int] | None:
        if not self._known(epoch):
            return None
        for seq in self._of(self.aside, ranges, epoch):
            del self.aside[seq]
        gone = self._of(self.kept, ranges, epoch)
        for seq in gone:
            del self.kept[seq]
        return gone

    def reject(self, epoch: str, ranges: Spans, reason: str) -> list[int] | None:
        return self._put_aside(ranges, epoch) if self._known(epoch) else None

    def set_aside(self, ranges: Spans, reason: str) -> list[int]:
        return self._put_aside(ranges, None)

    def requeue(self) -> int:
        back, self.aside = self.aside, {}
        self.kept |= back
        return len(back)

    def tear(self) -> None:
        """What a torn file of which everything could be read leads to."""
        self.epoch = new_epoch()
        self.epochs = {self.epoch, *(row.epoch for row in self.kept.values())}
        self.aside = {}

    def close(self) -> None:
        """The model stays as it is."""

    def _known(self, epoch: str) -> bool:
        try:
            epoch_number(epoch)
        except ValueError:
            return False
        return epoch in self.epochs

    def _of(self, rows: dict[int, Row], ranges: Spans, epoch: str | None) -> list[int]:
        return sorted(
            seq
            for seq, row in rows.items()
            if any(first <= seq <= last for first, last in ranges) and epoch in (None, row.epoch)
        )

    def _put_aside(self, ranges: Spans, epoch: str | None) -> list[int]:
        gone = self._of(self.kept, ranges, epoch)
        self.aside |= {seq: self.kept.pop(seq) for seq in gone}
        self.rejected += len(gone)
        return gone

    def _make_room(self, size: int) -> None:
        for events in (False, True):
            for seq in [s for s, row in sorted(self.kept.items()) if isinstance(row.record, Event) is events]:
                if self.bytes + size <= self.max_bytes:
                    return
                del self.kept[seq]
                self.thinned += 1


def _size(row: Row) -> int:
    return len(wire.encode(row.record)) + ROW_OVERHEAD
