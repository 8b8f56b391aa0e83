"""A patient's prescription and limits: what holds, what was, what the past says to a change, and proposing one."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from fastapi.responses import Response

from alerts.prescribing import changes
from alerts.prescribing.changes import Wanted
from clinician_api.access import Action
from clinician_api.people.looks import What
from clinician_api.people.sessions import Session, SessionDep
from clinician_api.prescribing import models, views
from clinician_api.prescribing.prescription_data import Standing
from clinician_api.routes.treatments import NumberPath, no_patient
from clinician_api.routes.units import UnitPath, no_unit
from clinician_api.services import Services, ServicesDep, note_look, scope_by
from clinician_api.teams.sight import Basis
from clinician_api.treatments.what_if import Busy, TooLong
from clinician_api.web.conditional import IfMatch, check_unchanged, tag_of_state
from clinician_api.web.cursors import CursorQuery, read, written
from clinician_api.web.errors import ApiError, responses
from evaluation import prescribing
from evaluation.prescribing import Impossible, NotSeen, Refused, Request
from store.prescriptions import Patient, Proposal, Replay

router = APIRouter(tags=["prescriptions"])

MAX_PATIENT: Final = 2**31 - 1
MAX_STEPS: Final = 200
# Ten four-hour treatments take ten to twenty seconds.
TREATMENTS: Final = 10
StepLimit = Annotated[int, Query(ge=1, le=MAX_STEPS, description="At most so many, the newest; `next` leads on")]


@router.get("/api/patients/{patient_id}/prescription", responses=responses(401, 403, 404, 422, 503))
async def get_prescription(
    patient_id: NumberPath, session: SessionDep, services: ServicesDep, response: Response
) -> models.Prescription:
    """What holds for a patient now, what is proposed, and what each number can be. 404 also for another clinic's."""
    number, standing = await _standing(patient_id, session, services)
    return _answer(number, standing, session, services, response)


@router.get("/api/units/{unit}/prescription", responses=responses(401, 403, 404, 422, 503))
async def prescription_of_unit(
    unit: UnitPath, session: SessionDep, services: ServicesDep, response: Response
) -> models.Prescription:
    """The same of the patient whom a unit serves now; 404 when it serves nobody."""
    entry = services.room.entry(session.scope, unit)
    if entry is None or entry.patient_id is None:
        raise no_unit(unit)
    number, standing = await _standing(str(entry.patient_id), session, services)
    return _answer(number, standing, session, services, response)


@router.get("/api/patients/{patient_id}/prescription/history", responses=responses(401, 403, 404, 422, 503))
async def prescription_history(
    patient_id: NumberPath,
    session: SessionDep,
    services: ServicesDep,
    limit: StepLimit = 50,
    cursor: CursorQuery = None,
) -> models.PrescriptionHistory:
    """Every version: what was arranged, by whom, why, when, from when on, and who signed besides; newest first."""
    number, _ = await _standing(patient_id, session, services)
    after = read(cursor, int)
    found = await services.data.prescriptions.history(number, None if after is None else int(after[0]), limit + 1)
    note_look(services, session, What.PRESCRIPTION, patients=[number])
    more = written((found[limit - 1].number,)) if len(found) > limit else None
    steps = [views.step_view(step) for step in found[:limit]]
    return models.PrescriptionHistory.model_validate({"steps": steps, "next": more})


@router.post(
    "/api/patients/{patient_id}/prescription/replay", responses=responses(401, 403, 404, 408, 413, 415, 422, 503)
)
async def replay_prescription(
    patient_id: NumberPath, wanted: models.Changes, session: SessionDep, services: ServicesDep
) -> models.Replayed:
    """What the last ten treatments would have told with these changes; kept, and to be named when they are proposed.

    It takes up to some minutes; one question is worked on at a time, and 503 says that it is another's turn.
    """
    number, standing = await _standing(patient_id, session, services)
    now, asked = prescribing.held(standing.patient, standing.now_us), _wanted(wanted)
    try:
        judged = prescribing.judged(services.what_if.rules, now, asked)
    except Impossible as error:
        raise _impossible(error) from error
    note_look(services, session, What.WHAT_IF, patients=[number])
    last = await services.data.prescriptions.last_treatments(number, TREATMENTS)
    start_us, end_us = (last[-1][0], last[0][0] + 1) if last else (0, 1)
    try:
        answer = await services.what_if.ask(
            number, start_us, end_us, prescribing.to_try(now, asked), prescribing.for_rules(asked)
        )
    except Busy as error:
        hint = "another question is being worked on: try again in a minute"
        raise ApiError(503, "busy", where="replay", hint=hint, headers={"Retry-After": "30"}, kind="busy") from error
    except TooLong as error:
        raise ApiError(503, "took too long", where="replay", hint="try again later", kind="busy") from error
    summary = views.replay_view(answer, [one.rule for one in judged])
    replay = Replay(
        number, session.user_id, prescribing.asked(now, asked), answer.treatments, summary, standing.now_us
    )  # fmt: skip
    replay_id = await services.data.prescriptions.keep_replay(replay)
    shown = {"changes": views.change_views(judged), "verdict": str(changes.verdict(judged))}
    return models.Replayed.model_validate({"replay_id": str(replay_id), "summary": summary, **shown})


@router.post(
    "/api/patients/{patient_id}/prescription/proposals",
    responses=responses(401, 403, 404, 408, 409, 412, 413, 415, 422, 503),
)
async def propose_prescription(
    patient_id: NumberPath,
    proposal: models.Propose,
    session: SessionDep,
    services: ServicesDep,
    if_match: IfMatch = None,
) -> models.Proposed:
    """Change what holds: at once, or, of a dangerous widening, when another nephrologist of the clinic has signed.

    `If-Match` is the `ETag` of what was read, and has to be there. 422 names each value that cannot be.
    """
    number, _ = await _standing(patient_id, session, services)
    if if_match is None or if_match.strip() == "*":
        raise ApiError(422, "missing", where="header.If-Match", hint="send the ETag of the prescription you have read")

    def look(patient: Patient, proposals: list[Proposal], now_us: int) -> None:
        by = reader(session, services, patient.clinic_id, number)
        view = views.prescription_view(services.what_if.rules, number, patient, proposals, by, now_us)
        check_unchanged(if_match, tag_of_state(patient.version, view), _plain(view))

    replay_id = None if proposal.replay_id is None else int(proposal.replay_id)
    request = Request(
        number, session.user_id, _wanted(proposal), proposal.reason, replay_id, proposal.without_treatments
    )  # fmt: skip
    try:
        made = await services.data.prescriptions.propose(services.what_if.rules, request, look)
    except Impossible as error:
        raise _impossible(error) from error
    except NotSeen as error:
        raise ApiError(422, "not looked at", where=f"body.{error.where}", hint=str(error)) from error
    except Refused as error:
        raise ApiError(409, str(error), where="proposal", hint=error.hint) from error
    return await told(made, session, services)


async def told(proposal_id: int, session: Session, services: Services) -> models.Proposed:
    """A proposal and its patient's prescription, as they stand now."""
    proposal = await services.data.prescriptions.proposal(proposal_id)
    assert proposal is not None, "append-only"
    standing = await services.data.prescriptions.standing(proposal.patient_id)
    assert standing is not None, "a patient who has a proposal stays"
    by = reader(session, services, proposal.clinic_id, proposal.patient_id)
    view = views.proposal_view(proposal, by, standing.now_us)
    return models.Proposed.model_validate({
        "proposal": view, "prescription": _view(proposal.patient_id, standing, session, services),
    })  # fmt: skip


def reader(session: Session, services: Services, clinic_id: int | None, patient_id: int) -> views.Reader:
    """Who is told, and whether they may sign for this patient, as the routes that settle a proposal decide it."""
    given = scope_by(services, session, Basis.GIVEN)
    return views.Reader(
        session.user_id, signs=given.may(Action.CHANGE_PRESCRIPTION) and given.sees(clinic_id, patient_id)
    )  # fmt: skip


async def _standing(patient_id: str, session: Session, services: Services) -> tuple[int, Standing]:
    number = int(patient_id)
    standing = await services.data.prescriptions.standing(number) if number <= MAX_PATIENT else None
    if standing is None or not session.scope.sees(standing.patient.clinic_id, number):
        raise no_patient(patient_id)
    return number, standing


def _answer(
    number: int, standing: Standing, session: Session, services: Services, response: Response
) -> models.Prescription:
    note_look(services, session, What.PRESCRIPTION, patients=[number])
    view = _view(number, standing, session, services)
    response.headers["ETag"] = tag_of_state(standing.patient.version, view)
    return models.Prescription.model_validate(view)


def _view(number: int, standing: Standing, session: Session, services: Services) -> dict[str, Any]:
    rules, by = services.what_if.rules, reader(session, services, standing.patient.clinic_id, number)
    return views.prescription_view(rules, number, standing.patient, standing.proposals, by, standing.now_us)


def _plain(view: dict[str, Any]) -> dict[str, Any]:
    return models.Prescription.model_validate(view).model_dump(mode="json")


def _wanted(asked: models.Changes) -> Wanted:
    return Wanted(asked.limits, asked.items)


def _impossible(error: Impossible) -> ApiError:
    found = [{"where": f"body.{one.where}", "why": one.why[:200]} for one in error.wrong]
    first = found[0]
    return ApiError(422, "cannot be", where=first["where"], hint=first["why"], errors=found)
