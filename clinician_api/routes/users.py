"""Accounts, for administrators: list, make, change, let in no more, and again."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Response

from clinician_api.administration import grants, models
from clinician_api.administration.user_data import By, new_password, tag, view
from clinician_api.people.sessions import Session, SessionDep
from clinician_api.routes.treatments import NumberPath
from clinician_api.services import Services, ServicesDep, shut_out
from clinician_api.web.conditional import IfMatch
from clinician_api.web.cursors import CursorQuery, LimitQuery, read, written
from clinician_api.web.errors import ApiError, responses
from store.account_admin import ManagedAccount

router = APIRouter(tags=["users"])

_CHANGES = responses(401, 403, 404, 408, 409, 412, 413, 415, 422, 503)
Search = Annotated[str | None, Query(max_length=200, description="A part of the name or e-mail")]


@router.get("/api/users", responses=responses(401, 403, 422, 503))
async def list_users(
    session: SessionDep, services: ServicesDep, search: Search = None, limit: LimitQuery = 100,
    cursor: CursorQuery = None,
) -> models.Users:  # fmt: skip
    """Accounts of the administrator's clinic, or of all; and the roles and clinics that may be given."""
    after = read(cursor, int)
    place = None if after is None else min(max(int(after[0]), 0), 2**31 - 1)
    found = await services.data.users.listed(_by(session, services), search or None, place, limit + 1)
    some = found.users[:limit]
    return models.Users.model_validate({
        "users": [view(found.actor, one) for one in some],
        "clinics": [name for _, name in found.clinics],
        "roles": sorted(grants.given_by(found.actor)),
        "all_clinics": found.actor.clinic_id is None,
        "next": written((some[-1].user_id,)) if len(found.users) > limit else None,
    })  # fmt: skip


@router.get("/api/users/{user_id}", responses=responses(401, 403, 404, 422, 503))
async def get_user(
    user_id: NumberPath, session: SessionDep, services: ServicesDep, response: Response
) -> models.UserChanged:
    """One account; 404 also when it is of another clinic."""
    return _answer(await services.data.users.one(_by(session, services), int(user_id)), response)


@router.post("/api/users", responses=responses(401, 403, 408, 409, 413, 415, 422, 503))
async def add_user(
    request: models.AddUser, session: SessionDep, services: ServicesDep, response: Response
) -> models.UserWithPassword:
    """A new account, and its first password: shown this once. An administrator of a clinic makes none outside it."""
    _check_fresh(session, services)
    password = new_password()
    hashed = await _hash(services, password)
    actor, made = await services.data.users.add(
        _by(session, services), email=request.email, name=request.name, role=request.role, clinic=request.clinic,
        password_hash=hashed,
    )  # fmt: skip
    return _with_password(actor, made, password, response)


@router.post("/api/users/{user_id}/change", responses=_CHANGES)
async def change_user(
    user_id: NumberPath, request: models.ChangeUser, session: SessionDep, services: ServicesDep, response: Response,
    if_match: IfMatch = None,
) -> models.UserChanged:  # fmt: skip
    """Another name, role, clinic. With another role or clinic every session of this person ends."""
    _check_fresh(session, services)
    by = _by(session, services, if_match)
    done = await services.data.users.change(
        by, int(user_id), name=request.name, role=request.role, clinic=request.clinic
    )
    _close(services, done[1])
    return _answer(done, response)


@router.post("/api/users/{user_id}/disable", responses=_CHANGES)
async def disable_user(
    user_id: NumberPath, session: SessionDep, services: ServicesDep, response: Response, if_match: IfMatch = None
) -> models.UserChanged:
    """Let this person in no more; what they were asked about is asked of the next. Not oneself, not the last."""
    done = await services.data.users.disable(_by(session, services, if_match), int(user_id))
    _close(services, done[1])
    return _answer(done, response)


@router.post("/api/users/{user_id}/enable", responses=_CHANGES)
async def enable_user(
    user_id: NumberPath, session: SessionDep, services: ServicesDep, response: Response, if_match: IfMatch = None
) -> models.UserChanged:
    """Let this person in again, by the password they had."""
    _check_fresh(session, services)
    return _answer(await services.data.users.enable(_by(session, services, if_match), int(user_id)), response)


@router.post("/api/users/{user_id}/sign-out", responses=_CHANGES)
async def end_sessions_of_user(
    user_id: NumberPath, session: SessionDep, services: ServicesDep, response: Response, if_match: IfMatch = None
) -> models.UserChanged:
    """End every session of this person."""
    done = await services.data.users.sign_out(_by(session, services, if_match), int(user_id))
    _close(services, done[1])
    return _answer(done, response)


@router.post("/api/users/{user_id}/password", responses=_CHANGES)
async def reset_password_of_user(
    user_id: NumberPath, session: SessionDep, services: ServicesDep, response: Response, if_match: IfMatch = None
) -> models.UserWithPassword:
    """Another password, shown this once; every session of this person ends."""
    _check_fresh(session, services)
    password = new_password()
    hashed = await _hash(services, password)
    actor, account = await services.data.users.new_password(_by(session, services, if_match), int(user_id), hashed)
    _close(services, account)
    return _with_password(actor, account, password, response)


def _by(session: Session, services: Services, if_match: str | None = None) -> By:
    return By(session.user_id, services.clock.now_us(), if_match)


def _check_fresh(session: Session, services: Services) -> None:
    """Whoever finds an open page must not be able to make themselves a way in that stays."""
    if not session.is_fresh(services.clock.now_us()):
        hint = "accounts can be made, changed and let in for a quarter of an hour after signing in: sign in again"
        raise ApiError(403, "sign in again first", hint=hint, kind="sign-in-again")


def _close(services: Services, account: ManagedAccount) -> None:
    if not account.sessions:
        shut_out(services, account.user_id)


async def _hash(services: Services, password: str) -> str:
    return await asyncio.to_thread(services.hasher.hash, password)


def _answer(found: tuple[ManagedAccount, ManagedAccount], response: Response) -> models.UserChanged:
    response.headers["ETag"] = tag(found[1])
    return models.UserChanged.model_validate({"user": view(*found)})


def _with_password(
    actor: ManagedAccount, account: ManagedAccount, password: str, response: Response
) -> models.UserWithPassword:
    response.headers["Cache-Control"] = "no-store"
    return models.UserWithPassword.model_validate({"user": view(actor, account), "password": password})
