"""No home may take more than its share of ingest. Pure.

An agent has a handful of messages under way and one epoch at a time; a box gone mad, or a thief with its certificate,
may send as fast as its line carries, and thousands of epochs that each cost a look into the database.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from ingest.inbox import Message
from telemetry import wire

# An agent has at most 36 messages under way, some 150 kB once inflated; while the database is away for a quarter of an
# hour, 900 of one that sends every second. More of one home in one handful would only make the others wait.
MOST_OF_ONE: Final = 1000
MOST_BYTES_OF_ONE: Final = 1024 * 1024
# A box that was salvaged a few times has a few epochs. After a restart of ours all are loaded, and none is looked up.
EPOCHS_BURST: Final = 64.0
EPOCHS_PER_S: Final = 1 / 60


def share_out(messages: list[Message]) -> tuple[list[Message], int]:
    """What of a handful is taken, in order, and how many messages are left for their senders to send again.

    Of one topic it takes the oldest: at most `MOST_OF_ONE`, at most `MOST_BYTES_OF_ONE` once inflated.
    """
    if len(messages) <= MOST_BYTES_OF_ONE // wire.MAX_BYTES:
        return messages, 0
    counts = Counter([message.topic for message in messages])
    crowding = {topic for topic, count in counts.items() if count > MOST_BYTES_OF_ONE // wire.MAX_BYTES}
    if not crowding:
        return messages, 0
    taken: list[Message] = []
    held: dict[str, tuple[int, int]] = {}
    for message in messages:
        if message.topic in crowding:
            count, size = held.get(message.topic, (0, 0))
            size += message.size
            if count == MOST_OF_ONE or size > MOST_BYTES_OF_ONE:
                held[message.topic] = MOST_OF_ONE, 0  # and nothing behind it, so that they come again in order
                continue
            held[message.topic] = count + 1, size
        taken.append(message)
    return taken, len(messages) - len(taken)


class EpochBudget:
    """How many epochs of one unit may be looked up that are not in memory."""

    __slots__ = ("_left", "_since_s")

    def __init__(self) -> None:
        self._left = EPOCHS_BURST
        self._since_s = float("-inf")

    def take(self, now_s: float) -> bool:
        """Whether one more may be, at `now_s`, monotonic seconds."""
        self._left = min(EPOCHS_BURST, self._left + max(0.0, now_s - self._since_s) * EPOCHS_PER_S)
        self._since_s = now_s
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True
