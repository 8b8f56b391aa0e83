"""What has arrived and is not yet stored, bounded: the thread that reads the broker fills it, the worker empties it."""

from __future__ import annotations

import threading
from collections import deque
from itertools import islice
from typing import Final

import msgspec

from ingest.admission import Reason
from telemetry import wire
from telemetry.compression import plain_size
from telemetry.messages import Batch

# Ten seconds of 5 000 homes at 1 Hz. Beyond it the broker is not read until there is room again.
MAX_MESSAGES: Final = 50_000
MAX_BYTES: Final = 64 * 1024 * 1024
ROOM_AGAIN: Final = 0.75


class Message(msgspec.Struct, gc=False):
    """One publish as it came off the broker. Nothing of it changes but that it may be decoded.

    Attributes:
        retained: the broker had kept it and gave it to a newcomer: it says nothing about now.
        size: bytes once inflated, as it says itself, but no more than is ever inflated: what work it may make.
        decoded: what `ingest.ahead` found its payload to be, while the database was at work; None = not looked at yet.
    """

    topic: str
    payload: bytes
    received_us: int
    retained: bool = False
    size: int = 0
    decoded: Batch | Reason | None = None

    def __post_init__(self) -> None:
        self.size = min(plain_size(self.payload), wire.MAX_BYTES)


class Inbox:
    """A bounded queue that is filled in bursts and emptied in large handfuls.

    It takes whatever it is given: who fills it asks `has_room` first. So it holds at most one burst more than it has
    room for.
    """

    def __init__(self, max_messages: int = MAX_MESSAGES, max_bytes: int = MAX_BYTES) -> None:
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._messages: deque[Message] = deque()
        self._bytes = 0
        self._enough = 1
        self._full = False
        self._arrived = threading.Condition()

    @property
    def has_room(self) -> bool:
        """Whether more may come. Once it is full, it has room again when a quarter of it is free."""
        share = ROOM_AGAIN if self._full else 1.0
        self._full = len(self) >= self._max_messages * share or self._bytes >= self._max_bytes * share
        return not self._full

    def put(self, *messages: Message) -> None:
        """Keep them."""
        with self._arrived:
            self._messages.extend(messages)
            self._bytes += sum([len(message.payload) for message in messages])
            if len(self._messages) >= self._enough:
                self._arrived.notify()

    def wait(self, enough: int, timeout_s: float) -> None:
        """Return when so many wait, or after `timeout_s`."""
        with self._arrived:
            self._enough = enough
            self._arrived.wait_for(lambda: len(self._messages) >= enough, timeout_s)
            self._enough = 1

    def drain(self, max_messages: int, max_bytes: int, timeout_s: float) -> list[Message]:
        """The oldest messages, at most so many but one if there is any, waiting up to `timeout_s` for the first.

        `max_bytes` bounds them as they are once inflated: it stands for rows to be stored.
        """
        with self._arrived:
            if not self._messages:
                self._arrived.wait(timeout_s)
            taken: list[Message] = []
            size = 0
            while self._messages and len(taken) < max_messages:
                size += self._messages[0].size
                if taken and size > max_bytes:
                    break
                taken.append(self._messages.popleft())
            self._bytes -= sum([len(message.payload) for message in taken])
            return taken

    def oldest(self, first: int, count: int) -> list[Message]:
        """Up to `count` of the waiting messages, the oldest but `first` of them; they go on waiting."""
        with self._arrived:
            return list(islice(self._messages, first, first + count))

    def __len__(self) -> int:
        return len(self._messages)

    def oldest_us(self) -> int | None:
        """When the oldest waiting message arrived."""
        with self._arrived:
            return self._messages[0].received_us if self._messages else None
