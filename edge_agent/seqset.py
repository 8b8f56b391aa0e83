"""A set of sequence numbers kept as disjoint ranges: a backlog of days costs a few integers."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator


class SeqSet:
    """Sequence numbers, cheap while they lie together."""

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __contains__(self, seq: int) -> bool:
        i = bisect_right(self._firsts, seq) - 1
        return i >= 0 and seq <= self._lasts[i]

    def __iter__(self) -> Iterator[int]:
        for first, last in zip(self._firsts, self._lasts, strict=True):
            yield from range(first, last + 1)

    def add(self, first: int, last: int) -> None:
        """Add every number of first…last (inclusive)."""
        i = bisect_left(self._lasts, first - 1)
        j = bisect_right(self._firsts, last + 1)
        if i < j:
            first = min(first, self._firsts[i])
            last = max(last, self._lasts[j - 1])
        self._replace(i, j, [(first, last)])

    def remove(self, first: int, last: int) -> None:
        """Remove every number of first…last (inclusive); what is not there is no error."""
        i = bisect_left(self._lasts, first)
        j = bisect_right(self._firsts, last)
        if i >= j:
            return
        left = (self._firsts[i], first - 1)
        right = (last + 1, self._lasts[j - 1])
        self._replace(i, j, [piece for piece in (left, right) if piece[0] <= piece[1]])

    def oldest(self, limit: int) -> tuple[int, ...]:
        """The `limit` lowest numbers, in order."""
        found: list[int] = []
        for first, last in zip(self._firsts, self._lasts, strict=True):
            found.extend(range(first, min(last, first + limit - len(found) - 1) + 1))
            if len(found) >= limit:
                break
        return tuple(found)

    def newest(self, limit: int, floor: int) -> tuple[int, ...]:
        """The `limit` highest numbers that are at least `floor`, in rising order."""
        found: list[int] = []
        for first, last in zip(reversed(self._firsts), reversed(self._lasts), strict=True):
            if last < floor or len(found) >= limit:
                break
            found.extend(range(last, max(first, floor, last - (limit - len(found)) + 1) - 1, -1))
        return tuple(reversed(found))

    def _replace(self, i: int, j: int, pieces: list[tuple[int, int]]) -> None:
        before = sum(self._lasts[k] - self._firsts[k] + 1 for k in range(i, j))
        self._firsts[i:j] = [first for first, _ in pieces]
        self._lasts[i:j] = [last for _, last in pieces]
        self._count += sum(last - first + 1 for first, last in pieces) - before


def runs(seqs: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Rising numbers as inclusive ranges."""
    first = last = -1
    for seq in seqs:
        if seq == last + 1 and last >= 0:
            last = seq
            continue
        if last >= 0:
            yield first, last
        first = last = seq
    if last >= 0:
        yield first, last
