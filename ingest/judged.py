"""What the rules have seen of a unit before it could be stored. Pure.

While nothing can be saved, rows are judged as they come and let go: their agent keeps them and sends them again. Then
they are stored without being judged a second time, and without being marked late: a rule did see them live.
"""

from __future__ import annotations

from typing import Final

from ingest.ranges import Range, RangeSet

# A box sends its rows in order: a range is a loss on the way. What is forgotten is stored as late; nothing is lost.
MAX_RANGES: Final = 200


class Judged:
    """Rows and events of one epoch by number.

    Attributes:
        seqs: what the rules have seen. late: events among them that came late.
    """

    __slots__ = ("late", "seqs")

    def __init__(self) -> None:
        self.seqs = RangeSet()
        self.late = RangeSet()

    def add(self, first: int, last: int, *, late: bool = False) -> None:
        """The rules have seen first…last; of more than MAX_RANGES ranges the lowest are forgotten."""
        for held in (self.seqs, self.late) if late else (self.seqs,):
            held.add(first, last)
            while len(held) > MAX_RANGES:
                held.forget_lowest()

    def ranges(self) -> list[Range]:
        """All of it, ascending."""
        return self.seqs.ranges()

    def is_within(self, stored: RangeSet | None) -> bool:
        """Whether all of it is stored, so that it may be forgotten."""
        return stored is not None and all(stored.covers(first, last) for first, last in self.seqs.ranges())
