"""When a count that only grows last grew. Pure; `now` is monotonic seconds."""

from __future__ import annotations


class Growth:
    """Looked at now and then. What had grown before the first look counts from there: nobody can say when it did, and
    a restart must not hide what happened a minute before it."""

    def __init__(self, count: int, now: float) -> None:
        self._count = count
        self._since_s = now

    def age_s(self, count: int, now: float) -> float | None:
        """Seconds since `count` last grew, as far as is known; None while it is 0."""
        if count != self._count:
            self._count, self._since_s = count, now
        return now - self._since_s if count else None
