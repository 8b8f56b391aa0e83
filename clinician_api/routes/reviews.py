"""Review of treatments by exception: the queue, and signing what is unremarkable in one go."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from clinician_api.live.views import moment
from clinician_api.people.looks import What
from clinician_api.people.sessions import Session, SessionDep
from clinician_api.routes.sign_offs import unchanged, visible
from clinician_api.services import Services, ServicesDep, note_look
from clinician_api.signing import models
from clinician_api.signing.sign_off_views import review_view
from clinician_api.web import cursors
from clinician_api.web.cursors import CursorQuery, LimitQuery, read
from clinician_api.web.errors import ApiError, responses
from evaluation.reasons import ReasonCode
from evaluation.signing import Review, ReviewState, SigningOutcome
from store.sign_offs import SignOffKind

router = APIRouter(tags=["reviews"])

PatientQuery = Annotated[str | None, Query(pattern=r"^[0-9]{1,18}$", description="Only those of this patient")]


@router.get("/api/reviews", responses=responses(401, 403, 422, 503))
async def list_reviews(
    session: SessionDep,
    services: ServicesDep,
    kind: Annotated[Literal["exceptional", "unremarkable"] | None, Query()] = None,
    reason: Annotated[ReasonCode | None, Query(description="Only those with a reason of this kind")] = None,
    patient: PatientQuery = None,
    unsigned: Annotated[bool, Query(description="False: also those signed as they stand, of the last 35 days")] = True,
    limit: LimitQuery = 100,
    cursor: CursorQuery = None,
) -> models.Reviews:
    """Treatments that are over and wait for a signature, newest first, each with its reasons to be looked at.

    One that was signed comes back when anything about it has changed since: late readings, an alert found afterwards, a
    weight, a prescription for a time that is past.
    """
    after = read(cursor, int, int)
    now_us = services.clock.now_us()
    number = None if patient is None else int(patient)
    found, beyond = await services.data.sign_offs.queue(session.scope, now_us, number, unsigned=unsigned)
    wanted = [
        one
        for one in found
        if (kind is None or is_exceptional(one) == (kind == "exceptional"))
        and (reason is None or any(told.code is reason for told in one.reasons))
    ]
    some, more = cursors.part(wanted, _place, after, limit)
    note_look(services, session, What.TREATMENTS, patients=[one.evidence.found.patient_id for one in some])
    views = [review_view(one) for one in some]
    return models.Reviews.model_validate(
        {"server_time": moment(now_us), "reviews": views, "next": more, "beyond": beyond}
    )


@router.get("/api/reviews/counts", responses=responses(401, 403, 503))
async def count_reviews(session: SessionDep, services: ServicesDep) -> models.ReviewCounts:
    """How many treatments wait for a signature."""
    now_us = services.clock.now_us()
    seen, beyond = await services.data.sign_offs.queue(session.scope, now_us)
    codes = Counter(code for one in seen for code in {str(reason.code) for reason in one.reasons})
    exceptional = sum(map(is_exceptional, seen))
    return models.ReviewCounts(
        server_time=moment(now_us),
        exceptional=exceptional,
        unremarkable=len(seen) - exceptional,
        called=sum(one.called is not None for one in seen),
        returned=sum(one.state is ReviewState.EARLIER for one in seen),
        reasons=dict(codes),
        beyond=beyond,
    )


@router.post("/api/reviews/sign", responses=responses(401, 403, 408, 413, 415, 422, 503))
async def sign_many(request: models.SignMany, session: SessionDep, services: ServicesDep) -> models.SignedMany:
    """Sign unremarkable treatments as they were read; each by itself, so that one that has changed stops no other."""
    results = []
    for item in request.treatments:
        outcome = await _sign(item, session, services)
        now = await visible(item.treatment_id, session, services)
        view = None if now is None else review_view(now)
        results.append({"treatment_id": item.treatment_id, "outcome": str(outcome), "review": view})
    return models.SignedMany.model_validate({"results": results})


def is_exceptional(one: Review) -> bool:
    """Whether it is signed singly and with a note."""
    return bool(one.reasons) or one.called is not None


async def _sign(item: models.SignItem, session: Session, services: Services) -> SigningOutcome:
    before = await visible(item.treatment_id, session, services)
    if before is None:
        return SigningOutcome.UNKNOWN
    note_look(services, session, What.TREATMENTS, patients=[before.evidence.found.patient_id])
    number = before.evidence.found.treatment_id
    try:
        return await services.data.sign_offs.say(
            number, SignOffKind.SIGNED, session.user_id, "", look=unchanged(item.etag), in_bulk=True
        )
    except ApiError:
        return SigningOutcome.CHANGED


def _place(one: Review) -> cursors.Key:
    return -one.evidence.found.treatment.start_us, -one.evidence.found.treatment_id
