"""Sets of sequence numbers as sorted, disjoint, non-adjacent inclusive ranges."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

Range = tuple[int, int]


class RangeSet:
    """Which numbers are held. Made for numbers that mostly arrive in order: adding at the end costs nothing."""

    __slots__ = ("_highs", "_lows")

    def __init__(self, ranges: Iterable[Range] = ()) -> None:
        self._lows: list[int] = []
        self._highs: list[int] = []
        for first, last in ranges:
            self.add(first, last)

    def __contains__(self, number: int) -> bool:
        at = bisect_right(self._lows, number) - 1
        return at >= 0 and number <= self._highs[at]

    def __len__(self) -> int:
        """How many ranges, not how many numbers."""
        return len(self._lows)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RangeSet) and self.ranges() == other.ranges()

    __hash__ = None  # type: ignore[assignment]  # it changes

    def ranges(self) -> list[Range]:
        """Inclusive (first, last), ascending, with a gap of at least one number between two of them."""
        return list(zip(self._lows, self._highs, strict=True))

    def covers(self, first: int, last: int) -> bool:
        """Whether every number of first…last is held."""
        at = bisect_right(self._lows, first) - 1
        return at >= 0 and last <= self._highs[at]

    def forget_lowest(self) -> None:
        """Hold the lowest range no longer. IndexError when there is none."""
        del self._lows[0], self._highs[0]

    def overlaps(self, first: int, last: int) -> bool:
        """Whether any number of first…last is held."""
        if not self._highs or first > self._highs[-1]:
            return False  # nearly always
        at = bisect_right(self._lows, last) - 1
        return at >= 0 and self._highs[at] >= first

    def add(self, first: int, last: int) -> None:
        """Hold first…last as well; what is held already stays. ValueError when last < first."""
        if last < first:
            raise ValueError(f"range {first}…{last}")
        highs = self._highs
        if not highs or first > highs[-1] + 1:
            self._lows.append(first)
            highs.append(last)
        elif first == highs[-1] + 1:
            highs[-1] = last
        else:
            self._merge(first, last)

    def _merge(self, first: int, last: int) -> None:
        # Everything that touches or adjoins first…last becomes one range.
        left = bisect_left(self._highs, first - 1)
        right = bisect_right(self._lows, last + 1)
        if left < right:
            first = min(first, self._lows[left])
            last = max(last, self._highs[right - 1])
        self._lows[left:right] = [first]
        self._highs[left:right] = [last]


def runs(numbers: Iterable[int]) -> list[Range]:
    """The inclusive runs that `numbers`, in any order and with repeats, consist of."""
    found: list[Range] = []
    ordered = iter(sorted(numbers))
    first = last = next(ordered, None)
    if first is None or last is None:
        return found
    for number in ordered:
        if number > last + 1:
            found.append((first, last))
            first = number
        last = number
    found.append((first, last))
    return found
