"""Who looked at a patient, and who did something about them: one click from the patient's page."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query

from clinician_api.live.views import moment
from clinician_api.people import models
from clinician_api.people.looks import What
from clinician_api.people.sessions import Session, SessionDep
from clinician_api.routes.treatments import NumberPath, no_patient
from clinician_api.routes.units import UnitPath, no_unit
from clinician_api.services import Services, ServicesDep, note_look
from clinician_api.web.cursors import CursorQuery, read, written
from clinician_api.web.errors import responses

router = APIRouter(tags=["who looked"])

MAX_ROWS: Final = 200
MAX_PATIENT: Final = 2**31 - 1

Limit = Annotated[int, Query(ge=1, le=MAX_ROWS, description="At most so many, the newest; `next` leads to the others")]


@router.get("/api/patients/{patient_id}/audit", responses=responses(401, 403, 404, 422, 503))
async def who_looked_at_patient(
    patient_id: NumberPath, session: SessionDep, services: ServicesDep, limit: Limit = 50, cursor: CursorQuery = None
) -> models.WhoLooked:
    """Who was shown something of a patient or did something about them, newest first; 404 also for another clinic's.

    What a session is shown again within five minutes is one row; a wall is one row for each patient and session.
    """
    number = int(patient_id)
    clinic = await services.data.record.clinic_of_patient(number) if number <= MAX_PATIENT else None
    if clinic is None or not session.scope.sees(clinic[0], number):
        raise no_patient(patient_id)
    return await _rows(number, session, services, limit, cursor)


@router.get("/api/units/{unit}/audit", responses=responses(401, 403, 404, 422, 503))
async def who_looked_at_patient_of_unit(
    unit: UnitPath, session: SessionDep, services: ServicesDep, limit: Limit = 50, cursor: CursorQuery = None
) -> models.WhoLooked:
    """The same of the patient whom a unit serves now; no rows when it serves nobody."""
    entry = services.room.entry(session.scope, unit)
    if entry is None:
        raise no_unit(unit)
    if entry.patient_id is None:
        return models.WhoLooked(rows=[], next=None)
    return await _rows(entry.patient_id, session, services, limit, cursor)


async def _rows(
    patient_id: int, session: Session, services: Services, limit: int, cursor: str | None
) -> models.WhoLooked:
    after = read(cursor, int)
    found = await services.data.record.who_looked(patient_id, None if after is None else int(after[0]), limit + 1)
    note_look(services, session, What.WHO_LOOKED, patients=[patient_id])
    rows = [
        models.Look(row=str(one.event_id), at=moment(one.at_us), who=one.name, role=one.role, what=one.action)
        for one in found[:limit]
    ]
    return models.WhoLooked(rows=rows, next=written((found[limit - 1].event_id,)) if len(found) > limit else None)
