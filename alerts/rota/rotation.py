"""Whose turn it is by a rotation, and from when to when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from alerts.rota import local_time
from telemetry.rota import Rotation

# Before and after all rotas: nobody is named there, and it has no beginning or end of its own.
BEGINNING_US: Final = 0  # 1970
END_US: Final = 4_102_444_800_000_000  # 2100


@dataclass(frozen=True, slots=True)
class Turn:
    """A stretch start ≤ t < end in which one person, or nobody, has the duty by the rotation."""

    start_us: int
    end_us: int
    user_id: int | None


def in_force(rotations: Sequence[Rotation], at_us: int) -> Rotation | None:
    """The rotation that holds at a moment: of those begun, the one begun last; of two together, the later entry."""
    begun = [one for one in rotations if one.since_us <= at_us]
    return max(begun, key=lambda one: (one.since_us, one.number), default=None)


def turn_at(rotations: Sequence[Rotation], at_us: int, zone: ZoneInfo) -> Turn:
    """Whose turn it is at BEGINNING_US ≤ t < END_US, from when to when; cut where another rotation begins to hold."""
    held = in_force(rotations, at_us)
    since_us = BEGINNING_US if held is None else held.since_us
    until_us = min((one.since_us for one in rotations if one.since_us > at_us), default=END_US)
    if held is None or not held.people:
        return Turn(since_us, until_us, None)
    index = _index(held, at_us, zone)
    start_us, end_us = _start(held, index, zone), _start(held, index + 1, zone)
    user_id = held.people[index % len(held.people)]
    return Turn(max(start_us, since_us), min(end_us, until_us), user_id)


def _index(rotation: Rotation, at_us: int, zone: ZoneInfo) -> int:
    # The local day tells the turn to within one; hand-over time, clocks and days that a zone left out do the rest.
    index = (local_time.local(at_us, zone).date() - rotation.anchor).days // rotation.every_days
    while _start(rotation, index, zone) > at_us:
        index -= 1
    while _start(rotation, index + 1, zone) <= at_us:
        index += 1
    return index


def _start(rotation: Rotation, index: int, zone: ZoneInfo) -> int:
    day = rotation.anchor + timedelta(days=index * rotation.every_days)
    return local_time.instant(day, rotation.hand_over, zone)
