"""Which messages have been taken, for a transport that may bring one twice. Pure and bounded.

MQTT keeps the order of one sender's messages of one kind, so what is not above the highest number of its session has
been here before.
"""

from __future__ import annotations

from typing import Final

from protocols.events import Delivery

MAX_SOURCES: Final = 32  # a home has a machine, a cuff, a scale, and those they were exchanged for
MAX_SESSIONS: Final = 3  # the present one, and those of which something may still be on its way

Taken = dict[str, dict[str, int]]  # source -> session -> highest number, the newest last


def is_new(taken: Taken, delivery: Delivery) -> bool:
    """Whether this message has not been noted yet."""
    return delivery.seq > taken.get(delivery.source, {}).get(delivery.session, -1)


def note(taken: Taken, delivery: Delivery) -> None:
    """This message has been taken; the source and the session heard of longest ago make way."""
    sessions = taken.pop(delivery.source, {})
    highest = max(delivery.seq, sessions.pop(delivery.session, -1))
    sessions[delivery.session] = highest
    taken[delivery.source] = sessions
    for bounded, limit in ((sessions, MAX_SESSIONS), (taken, MAX_SOURCES)):
        if len(bounded) > limit:
            del bounded[next(iter(bounded))]
