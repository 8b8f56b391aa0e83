"""No home may take more than its share of ingest. Pure.

An agent has a handful of messages under way and one epoch at a time; a box gone mad, or a thief with its certificate,
may send as fast as its line carries, and thousands of epochs that each cost a look into the database.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from ingest.inbox import Message

# A fifth of the largest handful. A home that sends one a second while the database is away for ten minutes has 700.
MOST_OF_ONE: Final = 1000
# A box that was salvaged a few times has a few epochs. After a restart of ours all are loaded, and none is looked up.
EPOCHS_BURST: Final = 64.0
EPOCHS_PER_S: Final = 1 / 60


def share_out(messages: Sequence[Message]) -> tuple[Sequence[Message], int]:
    """What of a handful is taken, in order, and how many messages are left for their senders to send again.

    Of one topic it takes the oldest `MOST_OF_ONE`.
    """
    if len(messages) <= MOST_OF_ONE:
        return messages, 0
    counts = Counter([message.topic for message in messages])
    crowding = {topic: MOST_OF_ONE for topic, count in counts.items() if count > MOST_OF_ONE}
    if not crowding:
        return messages, 0
    taken: list[Message] = []
    for message in messages:
        left = crowding.get(message.topic)
        if left is None or left > 0:
            taken.append(message)
        if left is not None:
            crowding[message.topic] = left - 1
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
