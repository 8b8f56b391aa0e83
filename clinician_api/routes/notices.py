"""Notices: the work list, why somebody was (not) told, and what people answer."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Path, Query

from alerts.responsibility import Move
from clinician_api.access import Action
from clinician_api.alerting import models
from clinician_api.alerting.notice_data import Eyes, NoticeAsView
from clinician_api.live.alert_board import LASTING
from clinician_api.live.views import moment
from clinician_api.people.looks import What
from clinician_api.people.sessions import Session, SessionDep
from clinician_api.people.whose import ALL_SEEN, Shown, Whose
from clinician_api.services import Services, ServicesDep, note_owners, seen_of_alert
from clinician_api.web.cursors import MAX_LIMIT, CursorQuery, LimitQuery, read
from clinician_api.web.errors import ApiError, responses
from evaluation.answering import Outcome
from store.alert_queries import Clinic
from store.notice_queries import AlertOfNotice, StandingNotice
from telemetry.rota import Audience

router = APIRouter(tags=["notices"])

NoticePath = Annotated[str, Path(pattern=r"^[0-9]{1,18}$", description="Notice id", examples=["1"])]
DeliveryPath = Annotated[str, Path(pattern=r"^[0-9]{1,18}$", description="Delivery id", examples=["1"])]
_ANSWERS: Final = responses(401, 403, 404, 408, 409, 413, 415, 422, 503)


@router.get("/api/notices", responses=responses(401, 403, 422, 503))
async def list_notices(
    session: SessionDep,
    services: ServicesDep,
    state: Annotated[
        Literal["open", "recent"], Query(description="recent: also those that changed in the last 24 hours")
    ] = "open",
    limit: LimitQuery = MAX_LIMIT,
    cursor: CursorQuery = None,
) -> models.Notices:
    """The work list of the session's clinic: open notices, high priority first; recent ones, changed last first."""
    after = read(cursor, int, int, int)
    now = services.clock.now_us()
    of = Clinic(*session.scope.clinics_of_queries)
    found, more, beyond = await services.data.notices.all(
        session.user_id,
        of,
        _eyes(session, services),
        only_open=state == "open",
        now_us=now,
        after=after,
        limit=limit,
    )
    theirs = [(one.notice.unit, _whose(one.notice)) for one in found if one.notice.unit is not None]
    note_owners(services, session, What.WALL, theirs)
    views = [one.view for one in found]
    return models.Notices.model_validate({"server_time": moment(now), "notices": views, "next": more, "beyond": beyond})


@router.get("/api/notices/{notice_id}", responses=responses(401, 403, 404, 422, 503))
async def get_notice(notice_id: NoticePath, session: SessionDep, services: ServicesDep) -> models.NoticeDetail:
    """Why was I (not) told: the notice, its history, the plan of its steps, and to whom it went and how far.

    All of it, from the first event on.
    """
    return await _detail(await _visible(int(notice_id), notice_id, session, services), session, services)


@router.get("/api/deliveries/{delivery_id}", responses=responses(401, 403, 404, 422, 503))
async def get_notice_of_delivery(
    delivery_id: DeliveryPath, session: SessionDep, services: ServicesDep
) -> models.NoticeDetail:
    """The same of the delivery that a page's link names: what am I asked about."""
    notice_id = await services.data.notices.of_delivery(int(delivery_id))
    return await _detail(await _visible(notice_id, delivery_id, session, services), session, services)


@router.post("/api/notices/{notice_id}/accept", responses=_ANSWERS)
async def accept(
    notice_id: NoticePath, request: models.AnswerNotice, session: SessionDep, services: ServicesDep
) -> models.Answered:
    """I see to it: nobody else is asked for a while, and its alerts are acknowledged. Of several at once one has it.

    409 tells who has accepted, or that it is over; what was wanted is on record, too.
    """
    return await _answer(notice_id, Move.ACCEPT, request, session, services)


@router.post("/api/notices/{notice_id}/reject", responses=_ANSWERS)
async def reject(
    notice_id: NoticePath, request: models.AnswerNotice, session: SessionDep, services: ServicesDep
) -> models.Answered:
    """I do not, or cannot: the next is asked at once."""
    return await _answer(notice_id, Move.REJECT, request, session, services)


@router.post("/api/notices/{notice_id}/release", responses=_ANSWERS)
async def release(
    notice_id: NoticePath, request: models.AnswerNotice, session: SessionDep, services: ServicesDep
) -> models.Answered:
    """Whoever has accepted gives it back: people are asked anew. 409 for everybody else."""
    return await _answer(notice_id, Move.RELEASE, request, session, services)


@router.post("/api/notices/{notice_id}/take-over", responses=_ANSWERS)
async def take_over(
    notice_id: NoticePath, request: models.AnswerNotice, session: SessionDep, services: ServicesDep
) -> models.Answered:
    """From whoever has accepted it; 409 where nobody has."""
    return await _answer(notice_id, Move.TAKE_OVER, request, session, services)


async def _answer(
    notice_id: str, move: Move, request: models.AnswerNotice, session: Session, services: Services
) -> models.Answered:
    await _visible(int(notice_id), notice_id, session, services)
    outcome = await services.data.notices.answer(int(notice_id), move, session.user_id, request.note)
    for alert in await services.data.alerts_of_notice(int(notice_id), services.clock.now_us()):
        services.room.alerts.put(alert.view, alert.version, alert.whose)
    services.pump.publish()
    now = await _visible(int(notice_id), notice_id, session, services)
    # Whoever says the same again, because an answer was lost on the way, has what he wanted.
    again = outcome is Outcome.YOURS and move in (Move.ACCEPT, Move.TAKE_OVER)
    if outcome is not Outcome.DONE and not again:
        raise ApiError(409, outcome.value, where=notice_id, hint=_hint(now), current=now.view)
    return models.Answered.model_validate({"outcome": outcome.value, "notice": now.view})


def _hint(now: NoticeAsView) -> str:
    if now.notice.accepted_name is None:
        return f"it is: {now.notice.state}"
    return f"accepted by {now.notice.accepted_name}"


def _eyes(session: Session, services: Services) -> Eyes:
    scope, room = session.scope, services.room

    def sees(notice: StandingNotice) -> Shown:
        if notice.unit is None:
            technical = notice.audience == Audience.TECHNICAL and scope.may(Action.SEE_TECHNICAL)
            theirs = (technical or scope.may(Action.SEE_TROUBLES)) and scope.sees_clinic(notice.clinic_id)
            return Shown.WHOLE if theirs else Shown.NOTHING
        if not scope.may(Action.SEE_ALERTS):
            return Shown.NOTHING
        return room.shows(scope, notice.unit, _whose(notice), lasting=notice.stands)

    def sees_alert(notice: StandingNotice, alert: AlertOfNotice) -> bool:
        owner, lasting = Whose(alert.owner_id, alert.owner_clinic_id), alert.state in LASTING
        return notice.unit is None or room.shows(scope, notice.unit, owner, lasting=lasting) is not Shown.NOTHING

    return Eyes(sees, sees_alert)


def _whose(notice: StandingNotice) -> Whose:
    return Whose(notice.owner_id, notice.owner_clinic_id)


def _asked_for_help(found: NoticeAsView) -> bool:
    # A trouble that operations does not answer goes to clinicians. It holds nothing of a patient.
    return found.addressed and found.notice.unit is None


async def _visible(notice_id: int | None, asked: str, session: Session, services: Services) -> NoticeAsView:
    """The notice, if there is one that the session sees; `asked`: the number by which it was asked for."""
    eyes = _eyes(session, services)
    found = None if notice_id is None else await services.data.notices.one(notice_id, session.user_id, eyes)
    if found is None or (found.shown is Shown.NOTHING and not _asked_for_help(found)):
        raise ApiError(404, "no such notice", where=asked, hint="GET /api/notices lists those you may see")
    return found


async def _detail(seen: NoticeAsView, session: Session, services: Services) -> models.NoticeDetail:
    times = ALL_SEEN
    if seen.notice.unit is not None:
        times = await seen_of_alert(services, session, seen.notice.unit)
        note_owners(services, session, What.NOTICES, [(seen.notice.unit, _whose(seen.notice))])
    record = await services.data.notices.record(seen.notice.notice_id, times)
    now = moment(services.clock.now_us())
    return models.NoticeDetail.model_validate({"server_time": now, "notice": seen.view, **record})
