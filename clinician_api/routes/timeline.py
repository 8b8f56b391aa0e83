"""One time line: what happened to a patient beside the readings."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query

from clinician_api.live.views import View, microseconds, moment
from clinician_api.people.looks import What
from clinician_api.people.sessions import SessionDep
from clinician_api.routes.notes import event_view
from clinician_api.routes.units import UnitPath, no_unit
from clinician_api.services import ServicesDep, note_look
from clinician_api.treatments.timeline_models import Timeline
from clinician_api.web.errors import ApiError, responses
from clinician_api.web.times import Moment

router = APIRouter(tags=["units"])

MAX_SPAN: Final = timedelta(days=3)


@router.get("/api/units/{unit}/timeline", responses=responses(401, 403, 404, 422, 503))
async def get_timeline(
    unit: UnitPath,
    session: SessionDep,
    services: ServicesDep,
    start: Annotated[Moment, Query(description="Inclusive, with zone")],
    end: Annotated[
        Moment, Query(description="Exclusive, with zone; at most 3 days later", examples=["2026-03-01T09:00:00Z"])
    ],
) -> Timeline:
    """Alerts, machine alarms, notes, symptoms and calls of the patient whom a unit serves now.

    Also of a time when another unit served them, never of another patient whom this one served.
    """
    entry = services.room.entry(session.scope, unit)
    if entry is None:
        raise no_unit(unit)
    _check_span(start, end)
    now_us = services.clock.now_us()
    about = {"server_time": moment(now_us), "start": start, "end": end}
    if entry.patient_id is None:
        nothing: View = {"patient_id": None, "alerts": [], "alarms": [], "events": [], "more": False}
        return Timeline.model_validate({**about, **nothing})
    span = (microseconds(start), microseconds(end))
    views, events, more = await services.data.happened.timeline(entry.patient_id, *span, now_us)
    for what in (What.ALERTS, What.NOTES):
        note_look(services, session, what, patients=[entry.patient_id])
    told = {"patient_id": str(entry.patient_id), "events": [event_view(one) for one in events], "more": more}
    return Timeline.model_validate({**about, **views, **told})


def _check_span(start: datetime, end: datetime) -> None:
    if not timedelta(0) < end - start <= MAX_SPAN:
        raise ApiError(422, "span out of range", where="query.start, query.end", hint="start < end ≤ start + 3 days")
