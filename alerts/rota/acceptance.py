"""Whether a shift has been accepted by the person who has it."""

from __future__ import annotations

from collections.abc import Sequence

from telemetry.rota import Acceptance


def is_accepted(acceptances: Sequence[Acceptance], user_id: int, start_us: int, end_us: int) -> bool:
    """Whether a person's word covers start ≤ t < end without a hole, each moment by their latest entry about it.

    What was accepted stays so when somebody else takes over a part of it; a shift that grew is asked for anew.
    """
    entries = sorted((one for one in acceptances if one.user_id == user_id), key=lambda one: one.number, reverse=True)
    at_us = start_us
    while at_us < end_us:
        index = next((i for i, one in enumerate(entries) if one.start_us <= at_us < one.end_us), None)
        if index is None or not entries[index].accepted:
            return False
        later = (one.start_us for one in entries[:index] if one.start_us > at_us)
        at_us = min([entries[index].end_us, *later])
    return True
