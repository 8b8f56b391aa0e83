"""Treatments: of a unit, of a patient, one with its summary.

A treatment is the business of its patient's clinic, wherever the unit is now; of the unit's where no patient was known.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query

from clinician_api.live.views import View, microseconds, moment
from clinician_api.people.looks import What
from clinician_api.people.sessions import SessionDep
from clinician_api.routes.units import UnitPath, no_unit
from clinician_api.services import Services, ServicesDep, note_look
from clinician_api.treatments import models
from clinician_api.web.cursors import CursorQuery, LimitQuery, read, written
from clinician_api.web.errors import ApiError, responses
from clinician_api.web.times import Moment

router = APIRouter(tags=["treatments"])

# Without a beginning or an end: all there are, and those that a wrong clock has put into the future.
_FIRST_US: Final = 0
_LAST_US: Final = 2**62

NumberPath = Annotated[str, Path(pattern=r"^[0-9]{1,18}$", examples=["1"])]
Start = Annotated[Moment | None, Query(description="Only those that began at or after it, with zone")]
End = Annotated[Moment | None, Query(description="Only those that began before it, with zone")]


@router.get("/api/units/{unit}/treatments", responses=responses(401, 403, 404, 422, 503))
async def treatments_of_unit(
    unit: UnitPath,
    session: SessionDep,
    services: ServicesDep,
    start: Start = None,
    end: End = None,
    limit: LimitQuery = 100,
    cursor: CursorQuery = None,
) -> models.Treatments:
    """Treatments on a unit, newest first; those of patients of another clinic are left out."""
    entry = services.room.entry(session.scope, unit)
    if entry is None:
        raise no_unit(unit)
    start_us, end_us, before = _span(start, end, cursor)
    found = await services.data.treatments_of_unit(entry.unit_id, start_us, end_us, limit + 1, before)
    some, more = _part([one.view for one in found], limit)
    theirs = {one.view["treatment_id"] for one in found if not session.scope.sees(one.clinic_id, one.patient_id)}
    seen = [view for view in some if view["treatment_id"] not in theirs]
    note_look(services, session, What.TREATMENTS, patients=map(_patient, seen))
    return _answer(seen, more, services)


@router.get("/api/patients/{patient_id}/treatments", responses=responses(401, 403, 404, 422, 503))
async def treatments_of_patient(
    patient_id: NumberPath,
    session: SessionDep,
    services: ServicesDep,
    start: Start = None,
    end: End = None,
    limit: LimitQuery = 100,
    cursor: CursorQuery = None,
) -> models.Treatments:
    """Treatments of a patient, on whatever unit, newest first; 404 also when the patient is another clinic's."""
    start_us, end_us, before = _span(start, end, cursor)
    found = await services.data.treatments_of_patient(patient_id, start_us, end_us, limit + 1, before)
    if found is None or not session.scope.sees(found[0], int(patient_id)):
        raise no_patient(patient_id)
    note_look(services, session, What.TREATMENTS, patients=[int(patient_id)])
    return _answer(*_part(found[1], limit), services)


@router.get("/api/treatments/{treatment_id}", responses=responses(401, 403, 404, 422, 503))
async def get_treatment(treatment_id: NumberPath, session: SessionDep, services: ServicesDep) -> models.TreatmentAnswer:
    """One treatment with its summary; 404 also when it is another clinic's, or turned out to be part of another."""
    found = await services.data.treatment(treatment_id)
    if found is None or not session.scope.sees(found.clinic_id, found.patient_id):
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


def _answer(views: list[View], more: str | None, services: Services) -> models.Treatments:
    now = moment(services.clock.now_us())
    return models.Treatments.model_validate({"server_time": now, "treatments": views, "next": more})


def _part(views: list[View], limit: int) -> tuple[list[View], str | None]:
    """The database has put them in order, and given one more than is asked for where there is one."""
    some = views[:limit]
    last = some[-1] if len(views) > limit else None
    return some, None if last is None else written((microseconds(last["start"]), int(last["treatment_id"])))


def _span(start: datetime | None, end: datetime | None, cursor: str | None) -> tuple[int, int, int]:
    """Bounds in microseconds, and below which id at the upper one."""
    start_us = _FIRST_US if start is None else round(start.timestamp() * 1e6)
    end_us = _LAST_US if end is None else round(end.timestamp() * 1e6)
    if start_us >= end_us:
        raise ApiError(422, "span out of range", where="query.start, query.end", hint="start < end")
    after = read(cursor, int, int)
    if after is None:
        return start_us, end_us, 0
    # Both are numbers; never beyond the end that is asked for.
    at_us, before = int(after[0]), int(after[1])
    return (start_us, at_us, before) if at_us < end_us else (start_us, end_us, 0)
