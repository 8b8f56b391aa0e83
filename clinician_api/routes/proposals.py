"""Proposals that wait for a second signature: the list, and signing, rejecting and withdrawing them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Path

from clinician_api.live.views import moment
from clinician_api.people.looks import What
from clinician_api.people.sessions import Session, SessionDep
from clinician_api.prescribing import models, views
from clinician_api.routes.prescriptions import reader, told
from clinician_api.services import Services, ServicesDep, note_look, scope_by
from clinician_api.teams.sight import Basis
from clinician_api.web.cursors import CursorQuery, LimitQuery, read, written
from clinician_api.web.errors import ApiError, responses
from evaluation import prescribing
from evaluation.prescribing import Refused
from store.pool import AsyncConnection

router = APIRouter(tags=["prescriptions"])

_ANSWERS: Final = responses(401, 403, 404, 408, 409, 413, 415, 422, 503)
ProposalPath = Annotated[str, Path(pattern=r"^[0-9]{1,18}$", description="Proposal id", examples=["1"])]


@router.get("/api/proposals", responses=responses(401, 403, 422, 503))
async def list_proposals(
    session: SessionDep, services: ServicesDep, limit: LimitQuery = 100, cursor: CursorQuery = None
) -> models.Proposals:
    """What waits for a second signature in the session's clinic, oldest first."""
    after = read(cursor, int)
    found, now_us = await services.data.prescriptions.waiting(0 if after is None else int(after[0]), limit + 1)
    shown = [one for one in found[:limit] if session.scope.sees(one.clinic_id, one.patient_id)]
    note_look(services, session, What.PRESCRIPTION, patients=[one.patient_id for one in shown])
    more = written((found[limit - 1].proposal_id,)) if len(found) > limit else None
    proposals = [
        views.proposal_view(one, reader(session, services, one.clinic_id, one.patient_id), now_us) for one in shown
    ]
    return models.Proposals.model_validate({"server_time": moment(now_us), "proposals": proposals, "next": more})


@router.post("/api/proposals/{proposal_id}/sign", responses=_ANSWERS)
async def sign_proposal(proposal_id: ProposalPath, session: SessionDep, services: ServicesDep) -> models.Proposed:
    """As the second person: it holds from now on. 409 to its proposer, and when it does not wait any more.

    403 to whoever sees the patient for the moment only: by a broken glass, a shift or a notice.
    """
    work = partial(prescribing.sign, user_id=session.user_id)
    return await _settled(proposal_id, session, services, work, by=Basis.GIVEN)


@router.post("/api/proposals/{proposal_id}/reject", responses=_ANSWERS)
async def reject_proposal(
    proposal_id: ProposalPath, request: models.RejectProposal, session: SessionDep, services: ServicesDep
) -> models.Proposed:
    """As the second person: it will not hold, and its proposer reads why. 403 as with signing."""
    work = partial(prescribing.reject, user_id=session.user_id, reason=request.reason)
    return await _settled(proposal_id, session, services, work, by=Basis.GIVEN)


@router.post("/api/proposals/{proposal_id}/withdraw", responses=_ANSWERS)
async def withdraw_proposal(proposal_id: ProposalPath, session: SessionDep, services: ServicesDep) -> models.Proposed:
    """Its proposer takes it back."""
    work = partial(prescribing.withdraw, user_id=session.user_id)
    return await _settled(proposal_id, session, services, work, by=Basis.NOW)


async def _settled(
    proposal_id: str, session: Session, services: Services, work: Callable[..., Awaitable[None]], *, by: Basis
) -> models.Proposed:
    proposal = await services.data.prescriptions.proposal(int(proposal_id))
    if proposal is None or not session.scope.sees(proposal.clinic_id, proposal.patient_id):
        hint = "GET /api/proposals lists those that wait"
        raise ApiError(404, "no such proposal", where=proposal_id, hint=hint)
    note_look(services, session, What.PRESCRIPTION, patients=[proposal.patient_id])
    if not scope_by(services, session, by).sees(proposal.clinic_id, proposal.patient_id):
        hint = "a nephrologist of the patient's clinic or team has to: not by opened access, a shift or a notice"
        raise ApiError(403, "you see this patient for the moment only", where=proposal_id, hint=hint)

    async def done(conn: AsyncConnection, now_us: int) -> None:
        await work(conn, proposal, now_us=now_us)

    try:
        await services.data.prescriptions.settle(proposal, done)
    except Refused as error:
        now = (await told(int(proposal_id), session, services)).model_dump(mode="json")
        raise ApiError(409, str(error), where=proposal_id, hint=error.hint, current=now) from error
    return await told(int(proposal_id), session, services)
