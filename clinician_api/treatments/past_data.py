"""What the API asks of the store about a patient's past treatments: a part of `clinician_api.data`."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from clinician_api.live.views import View, microseconds
from clinician_api.treatments.timeline import alarm_views, alert_views
from clinician_api.treatments.usual import TREATMENTS, answer
from store import patient_events, pool, timeline, usual
from store.patient_events import PatientEvent
from store.viewers import Viewer

# More than these nobody looks at one by one.
MAX_ALERTS: Final = 300
MAX_ALARMS: Final = 2000
MAX_EVENTS: Final = 300
# Minutes of so many treatments are kept, 11 kB each: what is over seldom changes, and its revision says when it does.
MAX_KEPT: Final = 1000

# Whose look it is, which treatment at which revision, which signals.
_Key = tuple[Viewer, int, int, tuple[str, ...]]


class PastData:
    """Beside `Data`, on its pool. Every method may raise StoreError, which becomes a 503."""

    def __init__(self, opened: Callable[[], pool.Pool], title: Callable[[str], str]) -> None:
        self._opened = opened
        self._title = title
        self._kept: OrderedDict[_Key, NDArray[np.float32]] = OrderedDict()

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

    async def usual(self, patient_id: int, before: datetime, names: Sequence[str], viewer: Viewer) -> bytes:
        """The JSON of a `Usual`; StoreError BUSY when reading it takes too long: asked again it goes on from there."""
        courses = []
        async with self._opened().connection() as conn:
            for one in await usual.last(conn, patient_id, microseconds(before), TREATMENTS):
                # What the second wall shows depends on who looks: nothing is shared between different sights.
                key = (viewer, one.treatment_id, one.revision, tuple(names))
                if key not in self._kept:
                    self._kept[key] = await usual.minutes(conn, one, names)
                self._kept.move_to_end(key)
                courses.append(self._kept[key])
        while len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        return await asyncio.to_thread(answer, patient_id, before, names, courses)
