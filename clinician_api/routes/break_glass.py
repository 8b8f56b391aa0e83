"""Access to a patient who is not among one's own: with a reason, for hours, looked at afterwards by somebody else."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path

from clinician_api.live.views import moment
from clinician_api.people.looks import What
from clinician_api.people.sessions import Session, SessionDep
from clinician_api.services import Services, ServicesDep, learn_sights, note_look
from clinician_api.teams import team_models as models
from clinician_api.teams.team_views import glass_view, sees_glass
from clinician_api.web import cursors
from clinician_api.web.cursors import MAX_LIMIT, CursorQuery, LimitQuery, read
from clinician_api.web.errors import ApiError, responses
from clinician_api.web.rate_limit import admit
from store import break_glass
from store.audit import Deed
from store.break_glass import Glass
from store.pool import Connection

router = APIRouter(tags=["break glass"])

# A hurried person does not get there; who tries names in a row does.
ATTEMPTS, ATTEMPTS_WINDOW_S = 10, 600.0
MIN_NOTE: Final = 3
GlassPath = Annotated[str, Path(pattern=r"^[0-9]{1,18}$", description="`glass_id`", examples=["1"])]


@router.post("/api/break-glass", responses=responses(401, 403, 404, 408, 409, 413, 415, 422, 429, 503))
async def break_the_glass(request: models.BreakGlass, session: SessionDep, services: ServicesDep) -> models.Opened:
    """Open access to one patient for some hours, with a reason, on record and for review.

    By the exact name or the home's id, and nothing else: the answer is the same for nobody, for two of that name and
    for a patient of another clinic where that is not allowed. 409 for a patient whom one sees anyway.
    """
    admit(services.glasses, str(session.user_id), services.clock.monotonic_s())
    now_us = services.clock.now_us()
    until_us = now_us + round(services.options.break_glass_hours * 3_600_000_000)
    patient_id = await services.data.teams.change(lambda conn: _called(conn, request.whom, session, services))
    if patient_id is None:
        deed = Deed(now_us, session.actor, "break glass refused", session.actor)
        await services.data.record.write_down([deed])
        hint = "the exact name, or the id of the home; nobody, or more than one, is called so among those you may open"
        raise ApiError(404, "no such patient", where="body.whom", hint=hint)
    glass_id = await services.data.teams.change(
        lambda conn: break_glass.open_glass(conn, session.user_id, patient_id, request.reason, now_us, until_us)
    )
    await learn_sights(services)
    note_look(services, session, What.PAGE, patients=[patient_id])
    found = (await services.data.teams.own_glass(glass_id)).patient
    return models.Opened.model_validate(
        {
            "glass_id": str(glass_id), "patient": found, "unit": services.room.unit_of(patient_id),
            "until": moment(until_us),
        }
    )  # fmt: skip


@router.post("/api/break-glass/{glass_id}/end", responses=responses(401, 403, 404, 408, 413, 415, 422, 503))
async def end_break_glass(glass_id: GlassPath, session: SessionDep, services: ServicesDep) -> models.Ended:
    """One's own is over, before its time."""
    now_us = services.clock.now_us()
    done = await services.data.teams.change(lambda conn: break_glass.end(conn, int(glass_id), session.user_id, now_us))
    if not done:
        raise ApiError(404, "no such access", where=glass_id, hint="one's own that is still open")
    await learn_sights(services)
    return models.Ended(ended_at=moment(now_us))


@router.get("/api/break-glass", responses=responses(401, 403, 422, 503))
async def list_break_glass(
    session: SessionDep, services: ServicesDep, limit: LimitQuery = MAX_LIMIT, cursor: CursorQuery = None
) -> models.Glasses:
    """What was opened to patients of the session's clinic whom it sees: not judged first, then the newest."""
    glasses = await services.data.teams.glasses()
    found = [one for one in glasses[: break_glass.MOST] if sees_glass(session, one)]
    some, more = cursors.part(found, _place, read(cursor, int, int), limit)
    note_look(services, session, What.WALL, patients=[one.patient_id for one in some])
    now_us = services.clock.now_us()
    views = [glass_view(one, session, now_us) for one in some]
    beyond = len(glasses) > break_glass.MOST
    return models.Glasses.model_validate(
        {"server_time": moment(now_us), "glasses": views, "next": more, "beyond": beyond}
    )


@router.post("/api/break-glass/{glass_id}/review", responses=responses(401, 403, 404, 408, 409, 413, 415, 422, 503))
async def review_break_glass(
    glass_id: GlassPath, request: models.Review, session: SessionDep, services: ServicesDep
) -> models.Reviewed:
    """Say whether it was right; once, and never of one's own (409)."""
    if not request.right and len(request.note.strip()) < MIN_NOTE:
        raise ApiError(422, "no note", where="body.note", hint="what was not right, for who opened it")
    await _seen(int(glass_id), glass_id, session, services)
    now_us = services.clock.now_us()

    def work(conn: Connection) -> bool:
        return break_glass.review(conn, int(glass_id), session.user_id, now_us, request.note, right=request.right)

    done = await services.data.teams.change(work)
    now = await _seen(int(glass_id), glass_id, session, services)
    view = glass_view(now, session, now_us)
    if not done:
        hint = f"judged by {now.reviewer}" if now.reviewer else "somebody else has to judge one's own"
        raise ApiError(409, "cannot be judged", where=glass_id, hint=hint, current=view)
    return models.Reviewed.model_validate({"glass": view})


def _called(conn: Connection, whom: str, session: Session, services: Services) -> int | None:
    """The patient, if it is one whom the session may open; ApiError 409 for one whom it sees anyway."""
    if session.clinic_id is None:
        return None
    across = services.options.break_glass_across_clinics
    found = break_glass.called(conn, whom, None if across else session.clinic_id)
    if found is None:
        return None
    patient_id, clinic_id = found
    scope = session.scope
    if scope.sees(clinic_id, patient_id) and scope.sight.glass(patient_id) is None:
        raise ApiError(409, "you see this patient already", where="body.whom", hint="it is among yours")
    return patient_id


def _place(glass: Glass) -> cursors.Key:
    return int(glass.reviewed_us is not None), -glass.glass_id


async def _seen(number: int, asked: str, session: Session, services: Services) -> Glass:
    for glass in await services.data.teams.glasses(number):
        if sees_glass(session, glass):
            return glass
    raise ApiError(404, "no such access", where=asked, hint="GET /api/break-glass lists them")
