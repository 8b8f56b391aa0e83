"""Rows that wait to be sent: which are fresh, which are events, which are oldest. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from edge_agent.seqset import SeqSet, runs


class Waiting:
    """Unsent rows by number, and which of the unsettled rows are events."""

    def __init__(self, fresh_s: float) -> None:
        self._fresh_s = fresh_s
        self._rows = SeqSet()
        self._events = SeqSet()  # those of _rows that are events
        self._known_events: set[int] = set()  # of all unsettled rows, also of those in flight
        self._recent: deque[tuple[float, int]] = deque()  # (when accepted, seq) of the last fresh_s

    def __len__(self) -> int:
        return len(self._rows)

    def load(self, first: int, last: int, *, events: bool) -> None:
        """Rows first…last found in the outbox, all events or all readings; they are not fresh."""
        self._rows.add(first, last)
        if events:
            self._events.add(first, last)
            self._known_events.update(range(first, last + 1))

    def add(self, seq: int, is_event: bool, now: float) -> None:
        """A row the outbox has just accepted."""
        self.load(seq, seq, events=is_event)
        self._recent.append((now, seq))
        self._let_age(now)  # here too: while the broker is away nobody asks for what is fresh

    def give_back(self, seqs: Iterable[int]) -> None:
        """Rows, in rising order, that were sent in vain."""
        for first, last in runs(seqs):
            self._rows.add(first, last)
            for seq in self._known_events.intersection(range(first, last + 1)):
                self._events.add(seq, seq)

    def take(self, seqs: Iterable[int]) -> None:
        """Rows that are on their way."""
        for first, last in runs(sorted(seqs)):
            self._rows.remove(first, last)
            self._events.remove(first, last)

    def settle(self, seqs: set[int]) -> None:
        """Rows that are done with."""
        self.take(seqs)
        self._known_events -= seqs

    def fresh(self, limit: int, now: float) -> tuple[int, ...]:
        """The newest `limit` rows accepted within the last fresh_s, in rising order."""
        self._let_age(now)
        return self._rows.newest(limit, floor=self._recent[0][1]) if self._recent else ()

    def events(self, limit: int) -> tuple[int, ...]:
        """The oldest `limit` events."""
        return self._events.oldest(limit)

    def oldest(self, limit: int) -> tuple[int, ...]:
        """The oldest `limit` rows."""
        return self._rows.oldest(limit)

    def _let_age(self, now: float) -> None:
        while self._recent and now - self._recent[0][0] > self._fresh_s:
            self._recent.popleft()
