"""A patient's own last treatments, to compare another with."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from clinician_api.live.views import moment
from clinician_api.people.looks import What
from clinician_api.people.sessions import SessionDep
from clinician_api.routes.history import SignalsQuery, wanted_signals
from clinician_api.routes.treatments import NumberPath, no_patient
from clinician_api.services import ServicesDep, note_look
from clinician_api.treatments.usual import Usual
from clinician_api.web.errors import ApiError, responses
from clinician_api.web.times import Moment
from store.errors import StoreError, Trouble

router = APIRouter(tags=["treatments"])

MAX_PATIENT = 2**31 - 1
Before = Annotated[
    Moment | None,
    Query(
        description="Only treatments that began before it, with zone: when the one that is compared began; now without"
    ),
]


@router.get(
    "/api/patients/{patient_id}/usual",
    response_class=Response,
    responses={**responses(401, 403, 404, 422, 503), 200: {"model": Usual, "description": "The courses"}},
)
async def get_usual(
    patient_id: NumberPath,
    session: SessionDep,
    services: ServicesDep,
    names: SignalsQuery = None,
    before: Before = None,
) -> Response:
    """By minute of treatment the median and the 10th to 90th percentile of the last ten treatments that are over.

    It is no limit and tells nobody anything by itself. 404 also when the patient is another clinic's.
    """
    number = int(patient_id)
    clinic = await services.data.record.clinic_of_patient(number) if number <= MAX_PATIENT else None
    if clinic is None or not session.scope.sees(clinic[0], number):
        raise no_patient(patient_id)
    wanted = wanted_signals(names)
    until = moment(services.clock.now_us()) if before is None else before
    try:
        content = await services.data.happened.usual(number, until, wanted, session.scope.viewer)
    except StoreError as error:
        if error.trouble is not Trouble.BUSY:
            raise
        hint = "ask again: what was read is kept"
        raise ApiError(503, "too much to read now", where="usual", hint=hint, kind="busy") from error
    note_look(services, session, What.HISTORY, patients=[number])
    return Response(content, media_type="application/json")
