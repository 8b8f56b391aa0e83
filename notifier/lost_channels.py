"""A channel that is gone for good is told to operations: until another is entered, its person may not be reached."""

from __future__ import annotations

from typing import Final

from notifier.troubles import Trouble
from store import given_up
from store.given_up import GivenUp
from store.pool import Connection
from telemetry.alarms import Priority
from telemetry.rota import Audience

CAUSE: Final = "channel"


def troubles(conn: Connection, now_us: int) -> list[Trouble]:
    """One for each: asked about where it was the person's last, on the work list where there is another."""
    return [_trouble(one) for one in given_up.channels(conn, now_us)]


def _trouble(one: GivenUp) -> Trouble:
    left = "another is in use" if one.has_another else "nothing but screens is left"
    reason = (
        f"{one.user_name} is reached no more by {one.label or one.kind} ({one.why}); {left}. "
        "Have them enter another: `homehd channels add`, then `homehd channels test`"
    )
    priority = Priority.LOW if one.has_another else Priority.MEDIUM
    return Trouble(CAUSE, f"channel {one.channel_id}", one.clinic_id, Audience.OPERATIONS, priority, reason)
