"""Whether something that should stir now and then still does. Pure: the time is handed in."""

from __future__ import annotations


class Pulse:
    """Alive while a mark keeps changing.

    The mark is a time written by another machine. Only that it changed counts, measured by our own monotonic clock, so
    that a wrong clock over there neither hides a death nor makes one up. At the first look there is no change to see
    yet: then the mark counts as fresh when it is close to our own time.
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._mark_us: int | None = None
        self._changed_s = float("-inf")

    def look(self, mark_us: int | None, now_us: int, now_s: float) -> bool:
        """Take note of the mark (None: nothing there, or could not look) and say whether it still stirs."""
        if mark_us is not None and mark_us != self._mark_us:
            if self._mark_us is not None or abs(now_us - mark_us) <= self._limit_s * 1e6:
                self._changed_s = now_s
            self._mark_us = mark_us
        return now_s - self._changed_s <= self._limit_s
