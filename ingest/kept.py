"""Messages that are taken and not yet stored, in order, and how much of them one cycle takes on. Pure.

A database that is slow is not one that is gone. With ever smaller cycles it answers in time, and goes on storing; they
grow again as it keeps up.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Container, Sequence
from itertools import accumulate
from typing import Final

from ingest.inbox import Message

# Bounds of one cycle, and of what is kept while nothing can be stored: some 70 000 rows of 24 signals at 60 a message,
# so that a transaction stays under a second.
MOST_MESSAGES: Final = 5_000
MOST_BYTES: Final = 8 * 1024 * 1024
# A database that cannot store so little in five seconds stores nothing.
FEWEST_MESSAGES: Final = 20
# From the largest cycle to the smallest in three failures, back in eight cycles.
SHRINK: Final = 8


class Kept:
    """The messages that go into the next cycles.

    Attributes:
        messages: all of them. most: how many of them the next cycle takes.
    """

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.most = MOST_MESSAGES

    @property
    def most_bytes(self) -> int:
        """Inflated bytes the next cycle takes; falls and rises with `most`."""
        return MOST_BYTES * self.most // MOST_MESSAGES

    def portion(self) -> Sequence[Message]:
        """What the next cycle takes: at least one, if there is any."""
        some = self.messages[: self.most]
        return some[: max(1, _fitting(some, self.most_bytes))]

    def went_through(self, count: int) -> None:
        """The first `count` are stored."""
        del self.messages[:count]
        self.most = min(MOST_MESSAGES, self.most * 2)

    def failed(self) -> None:
        """A cycle did not go through."""
        self.most = max(FEWEST_MESSAGES, self.most // SHRINK)

    def offer(self, messages: Sequence[Message]) -> None:
        """Keep what there is room for while nothing can be stored; the rest is let go, its agents send it again."""
        both = [*self.messages, *messages][:MOST_MESSAGES]
        self.messages = both[: max(len(self.messages), _fitting(both, MOST_BYTES))]

    def forget(self, topics: Container[str]) -> None:
        """Let go of what came on these topics: something newer of theirs is stored."""
        self.messages = [message for message in self.messages if message.topic not in topics]


def _fitting(messages: Sequence[Message], most_bytes: int) -> int:
    """How many of the first messages have so many bytes, inflated, together."""
    return bisect_right(list(accumulate([message.size for message in messages])), most_bytes)
