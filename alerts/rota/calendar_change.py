"""What an import changes: the same calendar nothing; a changed event replaces, a vanished one is withdrawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from telemetry.rota import Override, Source


@dataclass(frozen=True, slots=True)
class Change:
    """`new` to be kept, `withdrawn` (numbers) to be withdrawn before, and how many stay as they are."""

    new: tuple[Override, ...]
    withdrawn: tuple[int, ...]
    unchanged: int


def change(stored: Sequence[Override], wanted: Sequence[Override], from_us: int, to_us: int) -> Change:
    """From what is stored of a rota to what its calendar says, for the stretch the calendar was read for.

    What is over, or begins beyond the stretch, is left as it is: calendars forget their past, and a short import says
    nothing about later.
    """
    there = {
        (one.uid, one.recurrence): one
        for one in stored
        if one.source is Source.CALENDAR and one.end_us > from_us and one.start_us < to_us
    }
    said = {(one.uid, one.recurrence): one for one in wanted}
    kept = {key for key, one in said.items() if key in there and replace(there[key], number=one.number) == one}
    new = tuple(one for key, one in said.items() if key not in kept)
    withdrawn = tuple(sorted(one.number for key, one in there.items() if key not in kept))
    return Change(new, withdrawn, len(kept))
