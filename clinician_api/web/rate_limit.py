"""How often a key may try, in a bounded memory. Pure: the time is handed in."""

from __future__ import annotations

from collections import OrderedDict, deque

from clinician_api.web.errors import ApiError


class SlidingWindow:
    """At most `limit` attempts per key within `window_s` seconds; remembers the `max_keys` used last."""

    def __init__(self, limit: int, window_s: float, max_keys: int = 10_000) -> None:
        self._limit = limit
        self._window_s = window_s
        self._max_keys = max_keys
        self._attempts: OrderedDict[str, deque[float]] = OrderedDict()

    def attempt(self, key: str, now_s: float) -> float:
        """Count one attempt; 0 when it is admitted, else the seconds to wait (a refused attempt is not counted)."""
        times = self._attempts.setdefault(key, deque())
        self._attempts.move_to_end(key)
        while times and times[0] <= now_s - self._window_s:
            times.popleft()
        if len(times) >= self._limit:
            return times[0] + self._window_s - now_s
        times.append(now_s)
        if len(self._attempts) > self._max_keys:
            self._attempts.popitem(last=False)
        return 0.0

    def give_back(self, key: str, at_s: float | None = None) -> None:
        """Undo the last attempt, which turned out to be a good one; or the one of that moment, if it still counts."""
        times = self._attempts.get(key)
        if not times:
            return
        if at_s is None:
            times.pop()
        elif at_s in times:
            times.remove(at_s)

    def forget(self, key: str) -> None:
        """Start anew, as after a success."""
        self._attempts.pop(key, None)


def admit(window: SlidingWindow, key: str, now_s: float) -> None:
    """Count one attempt; ApiError 429 with the time to wait when it is one too many."""
    wait_s = window.attempt(key, now_s)
    if wait_s > 0:
        seconds = str(int(wait_s) + 1)
        raise ApiError(429, "too many attempts", hint=f"wait {seconds} s", headers={"Retry-After": seconds})
