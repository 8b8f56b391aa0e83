"""How many wrong codes, and how much nonsense, an address may send. Pure, bounded: the time is handed in."""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict, deque
from typing import Final

LIMIT: Final = 10
WINDOW_S: Final = 600.0
# Requests that are none: they guess nothing, cost little and say nothing about who else is behind the address.
NONSENSE_LIMIT: Final = 30
NONSENSE_WINDOW_S: Final = 60.0
MAX_ADDRESSES: Final = 10_000


class Attempts:
    """What failed of late (wrong codes of ten minutes unless told) by address; remembers those that failed last."""

    def __init__(self, limit: int = LIMIT, window_s: float = WINDOW_S) -> None:
        self._limit = limit
        self._window_s = window_s
        self._failed: OrderedDict[str, deque[float]] = OrderedDict()

    def wait_s(self, address: str, now_s: float) -> float:
        """0 when this address may try, else for how long it may not."""
        times = self._failed.get(network(address), deque())
        while times and times[0] <= now_s - self._window_s:
            times.popleft()
        return times[0] + self._window_s - now_s if len(times) >= self._limit else 0.0

    def failed(self, address: str, now_s: float) -> None:
        """This address sent a wrong one."""
        times = self._failed.setdefault(network(address), deque(maxlen=self._limit))
        self._failed.move_to_end(network(address))
        times.append(now_s)
        if len(self._failed) > MAX_ADDRESSES:
            self._failed.popitem(last=False)


def in_words(wait_s: float) -> str:
    """For how long, as a person says it; never shorter than it is."""
    seconds = max(1, math.ceil(wait_s))
    minutes = math.ceil(seconds / 60)
    return f"{seconds} s" if seconds < 60 else "a minute" if minutes == 1 else f"{minutes} minutes"


def network(address: str) -> str:
    """What counts as one: an IPv4 address, an IPv6 subscriber's /64."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
