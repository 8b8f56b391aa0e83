"""Rows that may be at fault: a message that was followed by a disconnect, or that alone is never acknowledged. Pure.

A suspect is resent by itself and halved whenever it fails again, so that one bad row is found among hundreds in a few
attempts. A row is proven poison only by repeated disconnects while it was the only row lately sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

# More than two full windows are never under suspicion together; beyond it rows simply go back to the backlog.
MAX_ROWS = 2000


@dataclass(frozen=True, slots=True, eq=False)
class Suspect:
    """Rows of one message.

    Attributes:
        isolate: send it with nothing else in flight, because it may break the connection.
        attempts: how often it has failed since it was first suspected.
        strikes: disconnects while it was alone.
        since_s: when it was accused, or last struck; monotonic seconds.
        not_before: monotonic seconds.
    """

    seqs: tuple[int, ...]
    isolate: bool
    attempts: int = 0
    strikes: int = 0
    not_before: float = 0.0
    since_s: float = 0.0


class Suspects:
    """Those waiting to be tried again; one in flight is not in here."""

    def __init__(self, strikes: int, timeout_s: float, longest_s: float) -> None:
        self._strikes = strikes
        self._timeout_s = timeout_s
        self._longest_s = longest_s
        self._waiting: list[Suspect] = []
        self.turn = True  # a suspect goes next; False = the fresh rows have waited for one and go first

    def __len__(self) -> int:
        return sum(len(s.seqs) for s in self._waiting)

    @property
    def isolating(self) -> bool:
        """Whether a disconnect is being investigated; a second one meanwhile accuses nobody new."""
        return any(s.isolate for s in self._waiting)

    def accuse(self, seqs: tuple[int, ...], *, isolate: bool, now: float) -> bool:
        """Suspect the rows of one message; False when there are too many already."""
        if len(self) + len(seqs) > MAX_ROWS:
            return False
        self._waiting.append(Suspect(seqs, isolate, not_before=now, since_s=now))
        return True

    def due(self, now: float) -> Suspect | None:
        """The next to try, if its time has come."""
        return next((s for s in self._waiting if s.not_before <= now), None)

    def next_due(self) -> float | None:
        """When the next one may be tried."""
        return min((s.not_before for s in self._waiting), default=None)

    def take(self, suspect: Suspect, sent: tuple[int, ...]) -> Suspect:
        """`sent` of its rows are on their way; the others stay suspected here."""
        self._waiting.remove(suspect)
        rest = tuple(seq for seq in suspect.seqs if seq not in set(sent))
        if rest:
            self._waiting.append(replace(suspect, seqs=rest))
        self.turn = False
        return replace(suspect, seqs=sent)

    def timed_out(self, suspect: Suspect, left: tuple[int, ...], now: float) -> None:
        """Not acknowledged, but the connection lived: not a breaker, tried again later and in halves."""
        again = replace(suspect, isolate=False)
        if suspect.attempts:
            self._failed(again, left, now + self._pause(suspect))
        else:  # once is a message lost on the way
            self._waiting.append(replace(again, seqs=left, attempts=1, not_before=now + self._pause(suspect)))

    def disconnected(
        self, suspect: Suspect, left: tuple[int, ...], *, soon: bool, worked_s: float, now: float
    ) -> list[int]:
        """The connection broke, `soon` after it was sent. Gives the row, and forgets it, once that is proof.

        It is none while nothing else gets through either: a strike counts only if other rows were acknowledged
        (`worked_s`, the last time) since the one before. A path that never works proves nothing against a row.
        """
        if not (soon and suspect.isolate):
            # Alone it survived long enough to be cleared; in company it is accused, like any other, if it was soon.
            again = replace(suspect, seqs=left, isolate=soon, attempts=suspect.attempts + 1)
            self._waiting.append(replace(again, not_before=now + self._pause(suspect)))
        elif worked_s <= suspect.since_s:
            again = replace(suspect, seqs=left, attempts=suspect.attempts + 1)
            self._waiting.append(replace(again, not_before=now + self._pause(suspect)))
        elif len(left) > 1:
            self._failed(replace(suspect, since_s=now), left, now)
        elif suspect.strikes + 1 >= self._strikes:
            return list(left)
        else:
            struck = replace(suspect, seqs=left, strikes=suspect.strikes + 1, since_s=now)
            self._waiting.append(replace(struck, not_before=now))
        return []

    def drop(self, seqs: Iterable[int]) -> None:
        """These rows are settled or gone."""
        gone = set(seqs)
        if gone.isdisjoint(seq for s in self._waiting for seq in s.seqs):
            return
        kept = (replace(s, seqs=tuple(seq for seq in s.seqs if seq not in gone)) for s in self._waiting)
        self._waiting = [s for s in kept if s.seqs]

    def _pause(self, suspect: Suspect) -> float:
        return min(self._timeout_s * 2.0 ** min(suspect.attempts, 16), self._longest_s)

    def _failed(self, suspect: Suspect, left: tuple[int, ...], not_before: float) -> None:
        half = (len(left) + 1) // 2
        for seqs in (left[:half], left[half:]):
            if seqs:
                again = replace(suspect, seqs=seqs, attempts=suspect.attempts + 1, not_before=not_before)
                self._waiting.append(again)
