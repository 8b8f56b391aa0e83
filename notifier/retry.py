"""When a page that did not get through is tried again. Pure: the same delivery waits as long on every notifier.

High priority waits 2, 4, 8, 15 and then 30 s, for as long as somebody wants an answer. Medium and low wait longer. A
tenth more or less, by the delivery's key, keeps a thousand pages that failed together from coming back together.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from telemetry.alarms import Priority

# Seconds after the first, second, … failed try; the last holds for all that follow.
SCHEDULE_S: Final[dict[Priority, tuple[float, ...]]] = {
    Priority.HIGH: (2, 4, 8, 15, 30),
    Priority.MEDIUM: (5, 10, 20, 40, 80, 160, 300),
    Priority.LOW: (60, 120, 300, 600, 1200, 1800),
}
# The longest that a receiver's own wish (Retry-After) is followed. One that asks a high page to wait an hour is asked
# again after a minute: what it costs is another refusal.
LONGEST_WISH_S: Final[dict[Priority, float]] = {Priority.HIGH: 60, Priority.MEDIUM: 600, Priority.LOW: 3600}
JITTER: Final = 0.1


def delay_s(priority: Priority, failed: int, key: str, wish_s: float | None = None) -> float:
    """Seconds until the next try.

    Args:
        priority: of the page.
        failed: tries that failed, this one included, ≥ 1.
        key: of the delivery; the jitter follows from it and `failed`.
        wish_s: how long the receiver asked us to wait (Retry-After), ≥ 0 s; never shortens the wait.
    """
    schedule = SCHEDULE_S[priority]
    base = schedule[min(failed, len(schedule)) - 1] * (1 + JITTER * _between(f"{key}/{failed}"))
    return max(base, min(wish_s or 0.0, LONGEST_WISH_S[priority]))


def _between(text: str) -> float:
    """−1…1, the same for the same text."""
    return int.from_bytes(sha256(text.encode()).digest()[:4], "big") / 0xFFFFFFFF * 2 - 1
