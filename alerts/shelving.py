"""Setting an alert aside for a while: whether it may be, and whether it still is. Pure: times are handed in.

ISA-18.2 and OPC UA Part 9 know the two kinds. What is shelved is a rule of one unit; it is kept and shown, and nobody
is asked because of it. A rise in priority breaks it, and so does what is told anew (a second fall, decision 26): that
was not there to be set aside. What is not known to be shelved is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from telemetry.alarms import Priority


class ShelfKind(StrEnum):
    """How long something is set aside."""

    ONE_SHOT = "one-shot"  # until this alert is over
    TIMED = "timed"


# Design defaults of ours: what is more important is set aside for less long. High is never set aside without an end.
LONGEST_S: Final = {Priority.HIGH: 15 * 60, Priority.MEDIUM: 2 * 3600, Priority.LOW: 12 * 3600}
REASON_AT_LEAST: Final = 3  # characters: a reason is a word at the least


@dataclass(frozen=True, slots=True)
class Shelf:
    """Something set aside.

    Attributes:
        priority: the alert's when it was set aside. alert_id: the alert it was then.
        until_us: when it ends by itself (microseconds since 1970 UTC); of a one-shot: the longest it may last.
    """

    kind: ShelfKind
    priority: Priority
    alert_id: int
    until_us: int


def shelf(kind: ShelfKind, priority: Priority, alert_id: int, now_us: int, minutes: float | None, reason: str) -> Shelf:
    """A new shelf; ValueError says what is wrong with it. `minutes`: of a timed one; of a one-shot none."""
    if len(reason.strip()) < REASON_AT_LEAST:
        raise ValueError("reason: say why, for whoever comes after you")
    longest_s = LONGEST_S[priority]
    if kind is ShelfKind.ONE_SHOT:
        if priority is Priority.HIGH:
            raise ValueError("kind: a high one is set aside for minutes, not until it is over")
        if minutes is not None:
            raise ValueError("minutes: a one-shot has none")
        return Shelf(kind, priority, alert_id, now_us + longest_s * 1_000_000)
    if minutes is None or not 0 < minutes * 60 <= longest_s:
        raise ValueError(f"minutes: more than 0, at most {longest_s // 60} for {priority} priority")
    return Shelf(kind, priority, alert_id, now_us + round(minutes * 60e6))


AGAIN: Final = "told anew: what it is for has happened once more since it was set aside"


def ended(shelf: Shelf, priority: Priority, alert_id: int, now_us: int, *, again: bool = False) -> str | None:
    """Why it no longer counts for an alert that stands now, None while it does.

    `again`: the alert's rule has told it anew since it was set aside.
    """
    if priority.rank > shelf.priority.rank:
        return f"priority rose from {shelf.priority} to {priority}"
    if again:
        return AGAIN
    if shelf.kind is ShelfKind.ONE_SHOT and alert_id != shelf.alert_id:
        return "what was set aside is over, and this is another"
    if now_us >= shelf.until_us:
        return "its time is over"
    return None
