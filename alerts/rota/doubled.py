"""Where one person is primary and backup at once: the second step of an escalation would ring the same telephone."""

from __future__ import annotations

from alerts.rota.shifts import Shift, whole_shifts
from telemetry.rota import Rota


def doubled(primary: Rota, backup: Rota, from_us: int, to_us: int) -> list[Shift]:
    """The backup's shifts that touch a stretch, each cut to where its person has the primary's too; ascending.

    Cut by whole shifts, not by the stretch: the beginning is the same whenever it is asked for. UnknownZone.
    """
    others = whole_shifts(primary, from_us, to_us)
    found = []
    for shift in whole_shifts(backup, from_us, to_us):
        for other in others:
            start_us, end_us = max(shift.start_us, other.start_us), min(shift.end_us, other.end_us)
            both = shift.user_id is not None and shift.user_id == other.user_id
            if both and start_us < to_us and max(start_us, from_us) < end_us:
                found.append(Shift(start_us, end_us, shift.user_id, shift.source))
    return found
