"""When a line of duty is told what is on the work list: once a local day, at its hand-over. Pure."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Final

from alerts.rota import local_time
from alerts.rota.rotation import in_force
from telemetry.rota import Rota

# A calendar has no hand-over that is every day's.
USUAL: Final = time(8)
# Later than this the shift is in the middle of its day: it has looked by itself, and the next digest is tomorrow's.
WITHIN_US: Final = 2 * 3600 * 1_000_000


def due_day(rota: Rota, now_us: int) -> date | None:
    """The local day whose digest is due now, None where it is not the time, or nobody knows the zone."""
    try:
        zone = local_time.zone_of(rota.zone)
    except local_time.UnknownZone:
        return None  # which is a finding of its own (alerts.rota.findings)
    held = in_force(rota.rotations, now_us)
    at = USUAL if held is None else held.hand_over
    today = local_time.local(now_us, zone).date()
    for day in (today, today - timedelta(days=1)):
        if 0 <= now_us - local_time.instant(day, at, zone) < WITHIN_US:
            return day
    return None
