"""How much may be logged: each kind of line has an allowance, and all lines together have one in bytes. Pure.

A broken cable that flaps for a month must not fill the card, nor push out of the journal what led to it. What is left
out is counted, and the count is told with the next line of the same kind.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

# Of one kind: the beginning of a trouble in full, then its pulse.
KIND_BURST: Final = 20
KIND_EVERY_S: Final = 120.0
MOST_KINDS: Final = 512  # there are about fifty in the code
OVERDUE_BYTES: Final = 200
OVERDUE_S: Final = 600.0  # a count whose kind is heard of no more is told by itself

# Of all: a fault that nobody foresaw may not cost more than this, which is 1.5 MB on its worst day.
TOTAL_BURST: Final = 256 * 1024
TOTAL_PER_S: Final = 15.0
# What the lower levels leave for the higher ones.
INFO_LEAVES: Final = 128 * 1024
WARNING_LEAVES: Final = 64 * 1024


@dataclass(slots=True)
class _Kind:
    lines: float
    since_s: float
    left_out: int = 0
    since_count_s: float = 0.0


class LogBudget:
    """Decides about one line after another; `now` is monotonic seconds."""

    def __init__(self) -> None:
        self._kinds: dict[str, _Kind] = {}
        self._bytes = float(TOTAL_BURST)
        self._since_s: float | None = None

    def take(self, kind: str, level: int, size: int, now: float) -> int | None:
        """None: leave this line of `size` bytes out. Else write it, saying how many of its kind were left out."""
        found = self._kind(kind, now)
        self._fill(now)
        if found.lines < 1.0 or self._bytes - size < _reserved(level):
            found.left_out += 1
            found.since_count_s = now
            return None
        found.lines -= 1.0
        self._bytes -= size
        left_out, found.left_out = found.left_out, 0
        return left_out

    def overdue(self, now: float) -> tuple[str, int] | None:
        """A kind of which lines were left out, none of them lately, and how many; told once."""
        for kind, found in self._kinds.items():
            if found.left_out and now - found.since_count_s >= OVERDUE_S:
                left_out, found.left_out = found.left_out, 0
                self._bytes -= OVERDUE_BYTES
                return kind, left_out
        return None

    def _kind(self, kind: str, now: float) -> _Kind:
        found = self._kinds.pop(kind, None)
        if found is None:
            found = _Kind(float(KIND_BURST), now)
            if len(self._kinds) >= MOST_KINDS:
                del self._kinds[next(iter(self._kinds))]  # the one not heard of for longest
        found.lines = min(float(KIND_BURST), found.lines + (now - found.since_s) / KIND_EVERY_S)
        found.since_s = now
        self._kinds[kind] = found
        return found

    def _fill(self, now: float) -> None:
        if self._since_s is not None:
            self._bytes = min(float(TOTAL_BURST), self._bytes + (now - self._since_s) * TOTAL_PER_S)
        self._since_s = now


def _reserved(level: int) -> int:
    if level >= logging.ERROR:
        return 0
    return WARNING_LEAVES if level >= logging.WARNING else INFO_LEAVES
