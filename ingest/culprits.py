"""Messages that made a cycle fail, so that they are left alone when they come again. Pure: time is handed in."""

from __future__ import annotations

from collections.abc import Sequence

from ingest import admission
from ingest.inbox import Message
from telemetry import topics
from telemetry.errors import WireError

_Rows = tuple[str, int] | None
"""Epoch and first seq of a batch; None for what does not say them, a status for one."""


class Culprits:
    """What failed within the last `skip_s` seconds, by topic, epoch and first seq."""

    def __init__(self, skip_s: float) -> None:
        self._skip_s = skip_s
        self._until_s: dict[str, dict[_Rows, float]] = {}

    def add(self, message: Message, now_s: float) -> None:
        """This message failed."""
        self._until_s.setdefault(message.topic, {})[_rows(message)] = now_s + self._skip_s

    def without(self, messages: Sequence[Message], now_s: float) -> Sequence[Message]:
        """The messages that did not fail lately."""
        self._forget(now_s)
        if not self._until_s:
            return messages
        return [message for message in messages if not self._is_known(message)]

    def _is_known(self, message: Message) -> bool:
        # Only messages of a topic that made trouble are looked into.
        known = self._until_s.get(message.topic)
        return known is not None and _rows(message) in known

    def _forget(self, now_s: float) -> None:
        for topic, known in list(self._until_s.items()):
            for rows in [rows for rows, until_s in known.items() if until_s <= now_s]:
                del known[rows]
            if not known:
                del self._until_s[topic]


def _rows(message: Message) -> _Rows:
    try:
        found = admission.salvage(message.payload, topics.parse_home(message.topic).unit)
    except WireError:
        return None
    return (found[0], found[1][0][0]) if found else None
