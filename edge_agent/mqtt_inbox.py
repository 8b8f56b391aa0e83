"""Between the MQTT client's thread and the one that decodes: bounded in number and in pace."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import Final

# The broker hands out at most so many messages that we have not acknowledged; the rest are readings, one a second.
IN_FLIGHT: Final = 20
LIMIT: Final = 128
RATE_PER_S: Final = 20.0  # every message can become a row; a machine's picture changes once a second
BURST: Final = 60.0
SHORTEST_WAIT_S: Final = 0.001


@dataclass(frozen=True, slots=True)
class Arrived:
    """One message as the client gave it.

    Attributes:
        mid, qos: what an acknowledgement needs. retained: the broker had it before we came.
    """

    payload: bytes
    mid: int
    qos: int
    retained: bool


class Inbox:
    """What has arrived and is not decoded yet. `put` is called from the client's thread and never blocks."""

    def __init__(self) -> None:
        self._waiting: deque[Arrived] = deque()
        self._changed = threading.Condition()
        self._dropped = 0

    def put(self, message: Arrived) -> None:
        """Keep a message. When there are too many, the oldest that the broker does not keep makes way."""
        with self._changed:
            if len(self._waiting) >= LIMIT:
                self._dropped += 1
                passing = next((at for at, held in enumerate(self._waiting) if held.qos == 0), None)
                if passing is None:
                    return  # not acknowledged: it comes again with the next connection
                del self._waiting[passing]
            self._waiting.append(message)
            self._changed.notify()

    def get(self, timeout_s: float) -> Arrived | None:
        """The oldest message, waiting for one at most so long."""
        with self._changed:
            if not self._waiting:
                self._changed.wait(timeout_s)
            return self._waiting.popleft() if self._waiting else None

    def dropped(self) -> int:
        """How many messages made way since it was last asked."""
        with self._changed:
            count, self._dropped = self._dropped, 0
            return count

    def wake(self) -> None:
        """Let `get` return: something else has happened."""
        with self._changed:
            self._changed.notify()


class Pace:
    """How many messages may be decoded by now: RATE_PER_S, after a quiet time up to BURST at once."""

    def __init__(self, now_s: float) -> None:
        self._left, self._at_s = BURST, now_s

    def wait_s(self, now_s: float) -> float:
        """Seconds until the next message may be taken; 0 takes it."""
        self._left = min(BURST, self._left + max(0.0, now_s - self._at_s) * RATE_PER_S)
        self._at_s = now_s
        if self._left < 1.0:
            return max((1.0 - self._left) / RATE_PER_S, SHORTEST_WAIT_S)
        self._left -= 1.0
        return 0.0
