"""What the API asks of the store about a patient's past treatments: a part of `clinician_api.data`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from clinician_api.live.views import View
from clinician_api.treatments.timeline import alarm_views, alert_views
from store import patient_events, pool, timeline
from store.patient_events import PatientEvent

# More than these nobody looks at one by one.
MAX_ALERTS: Final = 300
MAX_ALARMS: Final = 2000
MAX_EVENTS: Final = 300


class PastData:
    """Beside `Data`, on its pool. Every method may raise StoreError, which becomes a 503."""

    def __init__(self, opened: Callable[[], pool.Pool], title: Callable[[str], str]) -> None:
        self._opened = opened
        self._title = title

    async def timeline(
        self, patient_id: int, start_us: int, end_us: int, now_us: int
    ) -> tuple[View, list[PatientEvent], bool]:
        """`alerts` and `alarms` of a `Timeline`, what was written in order of time, and whether there is more."""
        async with self._opened().connection() as conn:
            alerts = await timeline.alerts(conn, patient_id, start_us, end_us, MAX_ALERTS + 1)
            alarms = await timeline.alarms(conn, patient_id, start_us, end_us, MAX_ALARMS + 1)
            events = await patient_events.events(conn, patient_id, start_us, end_us, MAX_EVENTS + 1)
        more = len(alerts) > MAX_ALERTS or len(alarms) > MAX_ALARMS or len(events) > MAX_EVENTS
        views = {
            "alerts": alert_views(alerts[:MAX_ALERTS], self._title, now_us),
            "alarms": alarm_views(alarms[-MAX_ALARMS:], start_us, end_us),
        }
        return views, events[:MAX_EVENTS][::-1], more
