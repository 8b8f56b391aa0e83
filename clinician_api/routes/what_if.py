"""With these limits instead: how many alerts a patient's stored treatments would have raised."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter
from pydantic import Field

from clinician_api.live.messages import Model
from clinician_api.people.looks import What
from clinician_api.people.sessions import SessionDep
from clinician_api.routes.treatments import NumberPath, no_patient
from clinician_api.services import ServicesDep, note_look
from clinician_api.treatments.what_if import MAX_TREATMENTS, Busy, TooLong, WhatIfAnswer
from clinician_api.web.errors import ApiError, responses
from clinician_api.web.times import Moment

router = APIRouter(tags=["treatments"])

MAX_SPAN: Final = timedelta(days=100)

RuleId = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{1,7}$")]
LevelName = Annotated[str, Field(pattern=r"^(high|medium|low)(_[a-z]+){0,4}$")]
Limit = Annotated[float, Field(allow_inf_nan=False, strict=True)]


class WhatIfQuestion(Model):
    """Which treatments, and what limits instead of those that held."""

    start: Moment = Field(description="Treatments that began at or after it, with zone")
    end: Moment = Field(description="And before it; at most 100 days after start", examples=["2026-04-01T00:00:00Z"])
    limits: dict[RuleId, dict[LevelName, Limit]] = Field(
        min_length=1,
        max_length=20,
        description="Rule, level or its further number, limit: {R13: {high: 320}}",
        examples=[{"R13": {"high": 320}}],
    )


@router.post("/api/patients/{patient_id}/what-if", responses=responses(401, 403, 404, 408, 413, 415, 422, 503))
async def what_if(
    patient_id: NumberPath, question: WhatIfQuestion, session: SessionDep, services: ServicesDep
) -> WhatIfAnswer:
    """The rules over stored treatments with the limits that held then, and with these. Changes nothing.

    It takes up to some minutes; one question is worked on at a time, and 503 says that it is another's turn.
    """
    start_us, end_us = _span(question)
    found = await services.data.treatments_of_patient(patient_id, start_us, end_us, MAX_TREATMENTS + 1)
    if found is None or not session.scope.sees(found[0], int(patient_id)):
        raise no_patient(patient_id)
    if len(found[1]) > MAX_TREATMENTS:
        raise ApiError(
            422, f"more than {MAX_TREATMENTS} treatments", where="body.start, body.end", hint="a shorter span"
        )
    try:
        own = services.what_if.checked(question.limits)
    except ValueError as error:
        raise ApiError(422, "no such limit", where="body.limits", hint=str(error)[:200]) from error
    note_look(services, session, What.WHAT_IF, patients=[int(patient_id)])
    try:
        return await services.what_if.ask(int(patient_id), start_us, end_us, own)
    except Busy as error:
        hint = "another question is being worked on: try again in a minute"
        raise ApiError(503, "busy", where="what-if", hint=hint, headers={"Retry-After": "30"}, kind="busy") from error
    except TooLong as error:
        hint = "a shorter span takes less"
        raise ApiError(503, "took too long", where="body.start, body.end", hint=hint, kind="busy") from error


def _span(question: WhatIfQuestion) -> tuple[int, int]:
    start, end = question.start, question.end
    if not timedelta(0) < end - start <= MAX_SPAN:
        raise ApiError(422, "span out of range", where="body.start, body.end", hint="start < end ≤ start + 100 days")
    return round(start.timestamp() * 1e6), round(end.timestamp() * 1e6)
