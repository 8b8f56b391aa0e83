"""A shift's name in addresses: which rota, from when to when, and whose it is. Changed, it has another name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Path

from alerts.rota.rotation import BEGINNING_US, END_US
from alerts.rota.shifts import Shift
from telemetry.rota import Source

# A swap carries a second one in its body.
PATTERN: Final = r"^([0-9]{1,9})-([0-9]{1,16})-([0-9]{1,16})-([0-9]{1,9})$"
ShiftPath = Annotated[str, Path(pattern=PATTERN, description="`shift_id` of GET /api/rota")]


@dataclass(frozen=True, slots=True)
class SeenShift:
    """A shift as somebody saw it."""

    rota_id: int
    shift: Shift


def name_of(rota_id: int, shift: Shift) -> str:
    """`7-1772434800000000-1773039600000000-3`; the last is 0 where nobody has it."""
    return f"{rota_id}-{shift.start_us}-{shift.end_us}-{shift.user_id or 0}"


def seen_in(name: str) -> SeenShift:
    """What a name says; ValueError for what is none."""
    found = re.fullmatch(PATTERN, name, re.ASCII)
    if found is None:
        raise ValueError("no shift_id")
    rota_id, start_us, end_us, user_id = map(int, found.groups())
    if not BEGINNING_US <= start_us < end_us <= END_US:
        raise ValueError("no stretch of a rota")
    # Why they have it is not part of what they saw.
    return SeenShift(rota_id, Shift(start_us, end_us, user_id or None, Source.ROTATION))
