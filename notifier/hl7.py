"""That other systems are not told, or refuse what they are told, is told to operations until it is over.

By what the database has, not by what the sender says of itself: a sender that is not there says nothing.
"""

from __future__ import annotations

from typing import Final

from notifier.troubles import Trouble
from store import hl7_destinations
from store.hl7_destinations import Standing
from store.pool import Connection
from telemetry.alarms import Priority
from telemetry.rota import Audience

CAUSE: Final = "hl7"
# An alert is on its way within a second; a receiver that is started anew is back within this.
ALERTS_LATE_US: Final = 120_000_000
READINGS_LATE_US: Final = 900_000_000


def troubles(conn: Connection, now_us: int) -> list[Trouble]:
    """One for each destination and what is wrong with it."""
    return [trouble for one in hl7_destinations.standing(conn) for trouble in _of(one, now_us)]


def _of(one: Standing, now_us: int) -> list[Trouble]:
    found = []
    if one.stopped_us is not None:
        reason = (
            f"{one.name} has refused HL7 message {one.stopped_by} ({one.stopped_why}), and nothing more is sent there. "
            f"Have it looked at on both sides, then `homehd hl7 release {one.name}`"
        )
        found.append(_trouble(f"{one.name} stopped", Priority.MEDIUM, reason))
    elif (late := _late(one, now_us)) is not None:
        priority, messages, minutes = late
        tried = "nobody has tried to send them" if one.tried == 0 else "the receiver does not take them"
        reason = (
            f"{messages} for {one.name} wait for more than {minutes} minutes, {tried}: "
            "is `homehd hl7` running, and the receiver?"
        )
        found.append(_trouble(f"{one.name} late", priority, reason))
    if one.parked:
        priority = Priority.MEDIUM if one.parked_alerts else Priority.LOW
        reason = (
            f"{one.name} could not take HL7 messages, which are set aside. "
            "`homehd hl7 list` shows them, `homehd hl7 resend` and `homehd hl7 skip` settle them"
        )
        found.append(_trouble(f"{one.name} parked", priority, reason))
    if one.left_out:
        reason = (
            f"too many HL7 messages wait for {one.name}: readings are left out since. They are on record here; "
            f"`homehd hl7 release {one.name}` takes note of it"
        )
        found.append(_trouble(f"{one.name} full", Priority.LOW, reason))
    return found


def _late(one: Standing, now_us: int) -> tuple[Priority, str, int] | None:
    # What waited while it was stopped is late only when it has had its time since.
    released_us = one.released_us or 0
    if one.alert_since_us is not None and now_us - max(one.alert_since_us, released_us) > ALERTS_LATE_US:
        return Priority.MEDIUM, "alerts", ALERTS_LATE_US // 60_000_000
    if one.reading_since_us is not None and now_us - max(one.reading_since_us, released_us) > READINGS_LATE_US:
        return Priority.LOW, "readings", READINGS_LATE_US // 60_000_000
    return None


def _trouble(subject: str, priority: Priority, reason: str) -> Trouble:
    return Trouble(CAUSE, subject, None, Audience.OPERATIONS, priority, reason)
