"""One patient's treatments as a whole: of a patient, or of the one whom a unit serves now."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query

from alerts.between.adherence import MARGIN_US
from alerts.between.missed import BACK_US
from clinician_api.live.views import microseconds
from clinician_api.people.looks import What
from clinician_api.people.sessions import Session, SessionDep
from clinician_api.routes.prescriptions import MAX_PATIENT
from clinician_api.routes.treatments import NumberPath, no_patient
from clinician_api.routes.units import UnitPath, no_unit
from clinician_api.services import Services, ServicesDep, note_look
from clinician_api.trends import models
from clinician_api.trends.views import trends_view
from clinician_api.web.errors import ApiError, responses
from clinician_api.web.times import Moment
from telemetry.care import DAY_US

router = APIRouter(tags=["treatments"])

# Half a year back, and a week of what is planned.
BACK_DAYS: Final = 182
AHEAD_DAYS: Final = 7
MAX_DAYS: Final = 400
_EARLIEST_US: Final = microseconds(datetime(2000, 1, 1, tzinfo=UTC))

From = Annotated[Moment | None, Query(alias="from", description="With zone; half a year ago")]
Until = Annotated[
    Moment | None, Query(description="With zone, 400 days after `from` at most; a week from now, and at most that")
]


@router.get("/api/patients/{patient_id}/trends", responses=responses(401, 403, 404, 422, 503))
async def get_trends(
    patient_id: NumberPath, session: SessionDep, services: ServicesDep, since: From = None, until: Until = None
) -> models.Trends:
    """Figures of each treatment, and every day: treated, short, missed, planned, or why it is not known."""
    return await _trends(patient_id, session, services, since, until)


@router.get("/api/units/{unit}/trends", responses=responses(401, 403, 404, 422, 503))
async def trends_of_unit(
    unit: UnitPath, session: SessionDep, services: ServicesDep, since: From = None, until: Until = None
) -> models.Trends:
    """The same of the patient whom a unit serves now, wherever they were treated; 404 when it serves nobody."""
    entry = services.room.entry(session.scope, unit)
    if entry is None or entry.patient_id is None:
        raise no_unit(unit)
    return await _trends(str(entry.patient_id), session, services, since, until)


async def _trends(
    patient_id: str, session: Session, services: Services, since: datetime | None, until: datetime | None
) -> models.Trends:
    now_us = services.clock.now_us()
    start_us, end_us = _span(since, until, now_us)
    number = int(patient_id)
    # The counts are of the last four weeks, whatever part of them is shown.
    from_us = (min(start_us, now_us - BACK_US) if end_us > now_us else start_us) - MARGIN_US
    looked = await services.data.trends.looked(number, from_us, now_us) if number <= MAX_PATIENT else None
    if looked is None or not session.scope.sees(looked.patient.clinic_id, number):
        raise no_patient(patient_id)
    note_look(services, session, What.TRENDS, patients=[number])
    # Tens of milliseconds for a year: too long for the loop.
    view = await asyncio.to_thread(trends_view, number, looked, start_us, end_us, services.data.title)
    return models.Trends.model_validate(view)


def _span(since: datetime | None, until: datetime | None, now_us: int) -> tuple[int, int]:
    latest_us = now_us + AHEAD_DAYS * DAY_US
    start_us = now_us - BACK_DAYS * DAY_US if since is None else microseconds(since)
    end_us = latest_us if until is None else min(microseconds(until), latest_us)
    if not max(_EARLIEST_US, end_us - MAX_DAYS * DAY_US) <= start_us < end_us:
        hint = f"from < until, at most {MAX_DAYS} days, not before 2000"
        raise ApiError(422, "span out of range", where="query.from, query.until", hint=hint)
    return start_us, end_us
