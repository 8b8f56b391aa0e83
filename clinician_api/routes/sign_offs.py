"""One treatment's review: signing it, calling a doctor to it, its report on one page."""

from __future__ import annotations

from fastapi import APIRouter, Response

from clinician_api.live.views import moment
from clinician_api.people.looks import What
from clinician_api.people.sessions import Session, SessionDep
from clinician_api.routes.treatments import NumberPath
from clinician_api.services import Services, ServicesDep, note_look
from clinician_api.signing import models
from clinician_api.signing.sign_off_data import number
from clinician_api.signing.sign_off_views import review_view
from clinician_api.web.conditional import IfMatch, check_unchanged
from clinician_api.web.errors import ApiError, responses
from evaluation import reasons
from evaluation.signing import Look, Review, SigningOutcome
from store.sign_offs import SignOffKind

router = APIRouter(tags=["reviews"])

_SAID = (401, 403, 404, 408, 409, 412, 413, 415, 422, 503)


@router.get("/api/treatments/{treatment_id}/review", responses=responses(401, 403, 404, 422, 503))
async def get_review(
    treatment_id: NumberPath, session: SessionDep, services: ServicesDep, response: Response
) -> models.ReviewAnswer:
    """One treatment as it is to be judged now, and who has signed it. Its ETag is what `If-Match` takes."""
    found = await _seen(treatment_id, session, services)
    view = review_view(found)
    response.headers["etag"] = view["etag"]
    return models.ReviewAnswer.model_validate({"review": view})


@router.post("/api/treatments/{treatment_id}/sign", responses=responses(*_SAID))
async def sign_treatment(
    treatment_id: NumberPath, request: models.SignTreatment, session: SessionDep, services: ServicesDep,
    if_match: IfMatch = None,
) -> models.ReviewAnswer:  # fmt: skip
    """Sign a treatment as it was read: `If-Match` is needed. 409 when it is signed already, or goes on."""
    return await _say(treatment_id, SignOffKind.SIGNED, request.note, session, services, if_match)


@router.post("/api/treatments/{treatment_id}/call-doctor", responses=responses(*_SAID))
async def call_doctor(
    treatment_id: NumberPath, request: models.CallDoctor, session: SessionDep, services: ServicesDep,
    if_match: IfMatch = None,
) -> models.ReviewAnswer:  # fmt: skip
    """Say that a doctor has to look: it stays in the queue, and is not signed in bulk. `If-Match` is needed."""
    return await _say(treatment_id, SignOffKind.NEEDS_A_DOCTOR, request.note, session, services, if_match)


@router.get("/api/treatments/{treatment_id}/report", responses=responses(401, 403, 404, 422, 503))
async def treatment_report(
    treatment_id: NumberPath, session: SessionDep, services: ServicesDep
) -> models.TreatmentReport:
    """All that goes on the one page of a treatment, but its course."""
    found = await _seen(treatment_id, session, services, What.REPORT)
    more = await services.data.sign_offs.report(found)
    now = moment(services.clock.now_us())
    said = {"reasons_version": reasons.VERSION, "printed_by": session.name, "server_time": now}
    return models.TreatmentReport.model_validate({"review": review_view(found), **more, **said})


async def visible(treatment_id: str, session: Session, services: Services) -> Review | None:
    """A treatment that the session sees, or None."""
    wanted = number(treatment_id)
    found = None if wanted is None else await services.data.sign_offs.one(wanted)
    if found is None or not session.scope.sees(found.evidence.found.clinic_id, found.evidence.found.patient_id):
        return None
    return found


def unchanged(tag: str) -> Look:
    """The look at a treatment before it is signed: ApiError 412 when it stands otherwise than it was read."""

    def look(review: Review) -> None:
        view = review_view(review)
        check_unchanged(tag, view["etag"], view)

    return look


async def _seen(treatment_id: str, session: Session, services: Services, what: What = What.TREATMENTS) -> Review:
    found = await visible(treatment_id, session, services)
    if found is None:
        raise ApiError(404, "no such treatment", where=treatment_id, hint="GET /api/reviews lists those that wait")
    note_look(services, session, what, patients=[found.evidence.found.patient_id])
    return found


async def _say(
    treatment_id: str, kind: SignOffKind, note: str, session: Session, services: Services, if_match: str | None
) -> models.ReviewAnswer:
    before = await _seen(treatment_id, session, services)
    if if_match is None or if_match.strip() == "*":
        # Nobody signs what they have not read.
        hint = "send the `etag` of what was read"
        raise ApiError(422, "nothing says what was read", where="header.if-match", hint=hint)
    wanted = before.evidence.found.treatment_id
    outcome = await services.data.sign_offs.say(wanted, kind, session.user_id, note, look=unchanged(if_match))
    now = await _seen(treatment_id, session, services)
    if outcome is SigningOutcome.NO_NOTE:
        hint = "it has reasons to be looked at: say what you make of them"
        raise ApiError(422, "a note is needed", where="body.note", hint=hint)
    if outcome is not SigningOutcome.DONE:
        hint = "look at what it is now"
        raise ApiError(409, str(outcome), where=treatment_id, hint=hint, current=review_view(now))
    return models.ReviewAnswer.model_validate({"review": review_view(now)})
