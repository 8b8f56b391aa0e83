"""Acknowledgements to be sent: collected per unit, coalesced, due after a moment. Pure: time is handed in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ingest.ranges import Range, RangeSet
from telemetry import topics
from telemetry.messages import Ack, Refusal

# Agents resend after about 10 s: an acknowledgement two seconds old is in good time, and a message at 1 Hz then costs
# half an acknowledgement.
EVERY_S: Final = 2.0
# Keeps one acknowledgement far below the message size limit.
MAX_RANGES: Final = 500


class _Pending:
    __slots__ = ("held", "refused", "since_s", "topic")

    def __init__(self, topic: str, since_s: float) -> None:
        self.topic = topic
        self.since_s = since_s
        self.held = RangeSet()
        self.refused: list[Refusal] = []


class AckBook:
    """What has been committed and not yet been told."""

    def __init__(self) -> None:
        # In order of `since_s`: an entry is made at its first range and removed when told.
        self._pending: dict[tuple[str, str], _Pending] = {}
        self._urgent: set[tuple[str, str]] = set()

    def stored(self, shard: int, unit: str, epoch: str, ranges: Iterable[Range], now_s: float, urgent: bool) -> None:
        """These seqs are committed. `urgent`: the agent's window waits for it (backlog), or an earlier one got lost."""
        pending = self._entry(shard, unit, epoch, now_s)
        for first, last in ranges:
            pending.held.add(first, last)
        if urgent:
            self._urgent.add((unit, epoch))

    def refused(self, shard: int, unit: str, epoch: str, ranges: Iterable[Range], reason: str, now_s: float) -> None:
        """These seqs are in quarantine and will never be stored."""
        pending = self._entry(shard, unit, epoch, now_s)
        pending.refused.extend(Refusal(first, last, reason) for first, last in ranges)
        self._urgent.add((unit, epoch))

    def due(self, now_s: float, *, everything: bool = False) -> list[tuple[str, Ack]]:
        """Topics and acknowledgements to send now; they are forgotten here."""
        keys = set(self._urgent)
        for key, pending in self._pending.items():
            if not everything and now_s - pending.since_s < EVERY_S:
                break
            keys.add(key)
        self._urgent.clear()
        return [(topic, ack) for key in sorted(keys) for topic, ack in _acks(key[1], self._pending.pop(key))]

    def __len__(self) -> int:
        return len(self._pending)

    def _entry(self, shard: int, unit: str, epoch: str, now_s: float) -> _Pending:
        key = (unit, epoch)
        pending = self._pending.get(key)
        if pending is None:
            pending = self._pending[key] = _Pending(topics.home(shard, unit, "down"), now_s)
        return pending


def _acks(epoch: str, pending: _Pending) -> list[tuple[str, Ack]]:
    ranges, refused = pending.held.ranges(), pending.refused
    pieces = range(0, max(len(ranges), len(refused)), MAX_RANGES)
    return [(pending.topic, Ack(epoch, ranges[at : at + MAX_RANGES], refused[at : at + MAX_RANGES])) for at in pieces]
