"""Treatments: of a unit, of a patient, one with its summary.

A treatment is the business of its patient's clinic, wherever the unit is now; of the unit's where no patient was known.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query

from clinician_api import models
from clinician_api.errors import ApiError, responses
from clinician_api.looks import What
from clinician_api.routes.units import UnitPath, no_unit
from clinician_api.services import ServicesDep, note_look
from clinician_api.sessions import SessionDep
from clinician_api.views import View, moment

router = APIRouter(tags=["treatments"])

MAX_TREATMENTS: Final = 500
# Without a beginning or an end: all there are, and those that a wrong clock has put into the future.
_FIRST_US: Final = 0
_LAST_US: Final = 2**62

NumberPath = Annotated[str, Path(pattern=r"^[0-9]{1,18}$")]
Start = Annotated[datetime | None, Query(description="Only those that began at or after it, with zone")]
End = Annotated[datetime | None, Query(description="Only those that began before it, with zone")]
Limit = Annotated[int, Query(ge=1, le=MAX_TREATMENTS, description="At most so many, the newest")]


@router.get("/api/units/{unit}/treatments", responses=responses(401, 403, 404, 422, 503))
async def treatments_of_unit(
    unit: UnitPath, session: SessionDep, services: ServicesDep, start: Start = None, end: End = None, limit: Limit = 100
) -> models.Treatments:
    """Treatments on a unit, newest first; those of patients of another clinic are left out."""
    entry = services.room.entry(session.scope, unit)
    if entry is None:
        raise no_unit(unit)
    found = await services.data.treatments_of_unit(entry.unit_id, *_span(start, end), limit)
    seen = [one.view for one in found if session.scope.sees_clinic(one.clinic_id)]
    note_look(services, session, What.TREATMENTS, patients=map(_patient, seen))
    return models.Treatments.model_validate({"server_time": moment(services.clock.now_us()), "treatments": seen})


@router.get("/api/patients/{patient_id}/treatments", responses=responses(401, 403, 404, 422, 503))
async def treatments_of_patient(
    patient_id: NumberPath,
    session: SessionDep,
    services: ServicesDep,
    start: Start = None,
    end: End = None,
    limit: Limit = 100,
) -> models.Treatments:
    """Treatments of a patient, on whatever unit, newest first; 404 also when the patient is another clinic's."""
    found = await services.data.treatments_of_patient(patient_id, *_span(start, end), limit)
    if found is None or not session.scope.sees_clinic(found[0]):
        raise no_patient(patient_id)
    note_look(services, session, What.TREATMENTS, patients=[int(patient_id)])
    return models.Treatments.model_validate({"server_time": moment(services.clock.now_us()), "treatments": found[1]})


@router.get("/api/treatments/{treatment_id}", responses=responses(401, 403, 404, 422, 503))
async def get_treatment(treatment_id: NumberPath, session: SessionDep, services: ServicesDep) -> models.TreatmentAnswer:
    """One treatment with its summary; 404 also when it is another clinic's, or turned out to be part of another."""
    found = await services.data.treatment(treatment_id)
    if found is None or not session.scope.sees_clinic(found.clinic_id):
        raise ApiError(404, "no such treatment", where=treatment_id, hint="GET /api/units/{unit}/treatments lists them")
    note_look(services, session, What.TREATMENTS, patients=[_patient(found.view)])
    return models.TreatmentAnswer.model_validate(
        {"server_time": moment(services.clock.now_us()), "treatment": found.view}
    )


def _patient(view: View) -> int | None:
    return None if view["patient"] is None else int(view["patient"]["patient_id"])


def no_patient(patient_id: str) -> ApiError:
    """What is said of a patient who is not there, or another clinic's."""
    return ApiError(404, "no such patient", where=patient_id, hint="treatments name the patients you may see")


def _span(start: datetime | None, end: datetime | None) -> tuple[int, int]:
    if any(one is not None and one.tzinfo is None for one in (start, end)):
        raise ApiError(422, "time without zone", where="query.start, query.end", hint="write 2026-01-31T08:00:00Z")
    start_us = _FIRST_US if start is None else round(start.timestamp() * 1e6)
    end_us = _LAST_US if end is None else round(end.timestamp() * 1e6)
    if start_us >= end_us:
        raise ApiError(422, "span out of range", where="query.start, query.end", hint="start < end")
    return start_us, end_us
