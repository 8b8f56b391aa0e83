"""Care teams: who belongs to them, until when, and whose patients are whose."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, TypeVar

from fastapi import APIRouter, Path

from alerts.rota.local_time import microseconds
from clinician_api.people.looks import What
from clinician_api.people.sessions import Session, SessionDep
from clinician_api.services import Services, ServicesDep, learn_sights, note_look, scope_by
from clinician_api.teams import team_models as models
from clinician_api.teams.sight import Basis
from clinician_api.teams.team_views import may_change, sees_team, team_view
from clinician_api.web import cursors
from clinician_api.web.cursors import MAX_LIMIT, CursorQuery, LimitQuery, read
from clinician_api.web.errors import ApiError, responses
from clinician_api.web.rate_limit import admit
from store import audit, teams
from store.audit import Deed
from store.errors import StoreError, Trouble
from store.pool import Connection
from store.teams import Team

router = APIRouter(tags=["teams"])

T = TypeVar("T")

TeamPath = Annotated[str, Path(pattern=r"^[0-9]{1,9}$", description="Team id", examples=["1"])]
UserPath = Annotated[str, Path(pattern=r"^[0-9]{1,9}$", description="`user_id` of a member", examples=["1"])]
PatientPath = Annotated[str, Path(pattern=r"^[0-9]{1,9}$", examples=["1"])]
# Accounts that one person may name for a team and that are not of its clinic: guests, and guesses.
GUESSES: Final = 10
GUESSES_WINDOW_S: Final = 600.0
_CHANGES = responses(401, 403, 404, 408, 409, 413, 415, 422, 503)
_REMOVES = responses(401, 403, 404, 408, 413, 415, 422, 503)


@router.get("/api/teams", responses=responses(401, 403, 422, 503))
async def list_teams(
    session: SessionDep, services: ServicesDep, limit: LimitQuery = MAX_LIMIT, cursor: CursorQuery = None
) -> models.Teams:
    """The teams of the session's clinic, and those it belongs to, in order of their ids; with patients it sees."""
    found = [one for one in await services.data.teams.teams(services.clock.now_us()) if sees_team(session, one)]
    some, more = cursors.part(found, lambda team: (team.team_id,), read(cursor, int), limit)
    lasting = scope_by(services, session, Basis.LASTING)
    views = [team_view(team, session, lasting) for team in some]
    note_look(services, session, What.WALL, patients=_patients(views))
    by_team = sorted({team.clinic for team in found if team.by_team})
    return models.Teams.model_validate({"teams": views, "by_team": by_team, "next": more})


@router.post("/api/teams", responses=_CHANGES)
async def add_team(request: models.AddTeam, session: SessionDep, services: ServicesDep) -> models.TeamAnswer:
    """A new team of one's clinic. Whoever sees the patients of their teams only belongs to it from the start."""
    now_us, lasting = services.clock.now_us(), scope_by(services, session, Basis.LASTING)

    def work(conn: Connection) -> int:
        clinic_id = session.clinic_id
        if session.scope.all_clinics:
            clinic_id = teams.clinic_named(conn, request.clinic or "")
        if clinic_id is None:
            raise ApiError(404, "no such clinic", where="body.clinic", hint="say whose team it is to be")
        number = teams.add(conn, clinic_id, request.name, now_us)
        if not lasting.sees_all_of_clinic:
            teams.put_member(conn, number, session.user_id, None)
        _note(conn, session, now_us, "add team", number, {"name": request.name.strip()})
        return number

    try:
        number = await _change(services, work)
    except StoreError as error:
        if error.trouble is not Trouble.CONFLICT:
            raise
        raise ApiError(409, "there is a team of that name", where="body.name", hint="another name") from error
    return await _told(number, session, services)


@router.delete("/api/teams/{team_id}", status_code=204, responses=_REMOVES)
async def remove_team(team_id: TeamPath, session: SessionDep, services: ServicesDep) -> None:
    """It is no team any more; screens that showed its patients show their clinic again."""
    team, now_us = await _own(team_id, session, services), services.clock.now_us()

    def work(conn: Connection) -> None:
        screens = teams.remove(conn, team.team_id, now_us)
        _note(conn, session, now_us, "remove team", team.team_id, {"screens": screens})

    await _change(services, work)


@router.post("/api/teams/{team_id}/members", responses=_CHANGES | responses(429))
async def put_team_member(
    team_id: TeamPath, request: models.AddMember, session: SessionDep, services: ServicesDep
) -> models.TeamAnswer:
    """Somebody belongs to the team until a day; said again, the new end counts.

    Of another clinic for 90 days at most, and never without an end (422). What is answered tells whose e-mail it is, so
    addresses of nobody and of guests are counted (429) and on record.
    """
    team, now_us = await _own(team_id, session, services), services.clock.now_us()
    until_us = None if request.until is None else microseconds(request.until)
    if until_us is not None and until_us <= now_us:
        raise ApiError(422, "an end that has passed", where="body.until", hint="a later one; or take the person out")
    admit(services.guests, str(session.user_id), services.clock.monotonic_s())
    account = await services.data.people.account(request.email)
    if account is None or account.disabled:
        tried = {"email_sha256": hashlib.sha256(request.email.strip().lower().encode()).hexdigest()}
        await services.data.teams.change(
            lambda conn: _note(conn, session, now_us, "name nobody for team", team.team_id, tried)
        )
        raise ApiError(404, "no such account", where="body.email", hint="the exact e-mail of an account that is in use")
    if not teams.guest_has_end(team, account.clinic_id, until_us, now_us):
        what = "somebody of another clinic without an end, or with one too far away"
        hint = f"an end within {teams.GUEST_DAYS} days; whoever may change the team can set it anew"
        raise ApiError(422, what, where="body.until", hint=hint)

    def work(conn: Connection) -> None:
        teams.put_member(conn, team.team_id, account.user_id, until_us)
        detail = {"user": account.user_id, "until_us": until_us}
        _note(conn, session, now_us, "put team member", team.team_id, detail)

    await _change(services, work)
    if account.clinic_id == team.clinic_id:
        services.guests.give_back(str(session.user_id))
    return await _told(team.team_id, session, services)


@router.delete("/api/teams/{team_id}/members/{user_id}", status_code=204, responses=_REMOVES)
async def remove_team_member(team_id: TeamPath, user_id: UserPath, session: SessionDep, services: ServicesDep) -> None:
    """Somebody belongs to it no more, at once; also on pages that are open."""
    team, now_us = await _own(team_id, session, services), services.clock.now_us()
    if int(user_id) not in {one.user_id for one in team.members}:
        raise ApiError(404, "no such member", where=user_id, hint="GET /api/teams lists them")

    def work(conn: Connection) -> None:
        teams.put_member(conn, team.team_id, int(user_id), now_us)
        _note(conn, session, now_us, "remove team member", team.team_id, {"user": int(user_id)})

    await _change(services, work)


@router.post("/api/teams/{team_id}/patients", responses=_CHANGES)
async def add_team_patient(
    team_id: TeamPath, request: models.AddPatient, session: SessionDep, services: ServicesDep
) -> models.TeamAnswer:
    """The patient of a home that the session sees is of the team, too."""
    team, now_us = await _own(team_id, session, services), services.clock.now_us()
    entry = services.room.entry(session.scope, request.unit)
    if entry is None or entry.patient_id is None:
        raise ApiError(404, "no such patient", where="body.unit", hint="a home you see that serves somebody")
    patient_id = entry.patient_id
    _check_lasting(team, patient_id, "body.unit", session, services)
    if not await _change(services, lambda conn: _put_patient(conn, session, team, patient_id, now_us)):
        raise ApiError(409, "a patient of another clinic", where="body.unit", hint="a team has patients of its clinic")
    return await _told(team.team_id, session, services)


@router.delete("/api/teams/{team_id}/patients/{patient_id}", status_code=204, responses=_REMOVES)
async def remove_team_patient(
    team_id: TeamPath, patient_id: PatientPath, session: SessionDep, services: ServicesDep
) -> None:
    """A patient is of it no more; one who is in no team at all is seen by the whole clinic."""
    team, now_us = await _own(team_id, session, services), services.clock.now_us()
    number = int(patient_id)
    of_it = {one for one, _name in team.patients}
    if number not in of_it or not session.scope.sees(team.clinic_id, number):
        raise ApiError(404, "no such patient", where=patient_id, hint="GET /api/teams lists those you may see")
    _check_lasting(team, number, patient_id, session, services)
    await _change(services, lambda conn: _put_patient(conn, session, team, number, now_us, now_us))


def _put_patient(
    conn: Connection, session: Session, team: Team, patient_id: int, now_us: int, removed_us: int | None = None
) -> bool:
    if not teams.put_patient(conn, team.team_id, patient_id, removed_us):
        return False
    action = "add team patient" if removed_us is None else "remove team patient"
    audit.append(conn, Deed(now_us, session.actor, action, f"patient:{patient_id}", {"team": team.team_id}))
    return True


def _check_lasting(team: Team, patient_id: int, where: str, session: Session, services: Services) -> None:
    """What is seen for hours must not become what is seen for good, nor be taken from those who see it for good."""
    if not scope_by(services, session, Basis.LASTING).sees(team.clinic_id, patient_id):
        hint = "an administrator of the clinic can, or who belongs to a team of this patient without an end"
        raise ApiError(403, "a patient you see for a while only", where=where, hint=hint)


async def _own(team_id: str, session: Session, services: Services) -> Team:
    """The team, if there is one that the session may change: 404 where it does not see it, 403 else."""
    for team in await services.data.teams.teams(services.clock.now_us()):
        if team.team_id == int(team_id) and sees_team(session, team):
            if may_change(session, scope_by(services, session, Basis.LASTING), team):
                return team
            hint = "who belongs to it without an end may, and an administrator of its clinic"
            raise ApiError(403, "not your team", where=team_id, hint=hint)
    raise ApiError(404, "no such team", where=team_id, hint="GET /api/teams lists those you may see")


async def _told(team_id: int, session: Session, services: Services) -> models.TeamAnswer:
    found = await services.data.teams.teams(services.clock.now_us())
    team = next((one for one in found if one.team_id == team_id), None)
    if team is None:
        raise ApiError(404, "no such team", where=str(team_id), hint="somebody has removed it meanwhile")
    view = team_view(team, session, scope_by(services, session, Basis.LASTING))
    note_look(services, session, What.WALL, patients=_patients([view]))
    return models.TeamAnswer.model_validate({"team": view})


async def _change(services: Services, work: Callable[[Connection], T]) -> T:
    done = await services.data.teams.change(work)
    await learn_sights(services)
    return done


def _patients(views: list[dict[str, Any]]) -> list[int]:
    return [int(one["patient_id"]) for view in views for one in view["patients"]]


def _note(
    conn: Connection, session: Session, now_us: int, action: str, team_id: int, detail: Mapping[str, Any]
) -> None:
    audit.append(conn, Deed(now_us, session.actor, action, f"team:{team_id}", detail))
