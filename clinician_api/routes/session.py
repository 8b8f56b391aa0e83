"""Signing in, who am I, signing out."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response

from clinician_api.access import Role
from clinician_api.live.views import moment
from clinician_api.people import models
from clinician_api.people.sessions import Session, SessionDep, cookie_name
from clinician_api.services import Services, ServicesDep
from clinician_api.web.errors import ApiError, responses
from clinician_api.web.guard import client_address

router = APIRouter(tags=["session"])

KIOSK_COOKIE_S: Final = 400 * 86400


@router.post("/api/session", responses=responses(401, 403, 408, 413, 415, 422, 429, 503))
async def log_in(login: models.Login, request: Request, response: Response, services: ServicesDep) -> models.Me:
    """Sign in with a local account. Always a new session; an older one of this browser ends."""
    address = client_address(request, services.options.proxies)
    token, session = await services.sessions.log_in(login.email, login.password, address)
    await _end_previous(request, services)
    _set_cookie(response, services, token, int(services.options.session_hours * 3600))
    return _me(session)


@router.post("/api/kiosk", responses=responses(401, 403, 408, 413, 415, 422, 429, 503))
async def bind_kiosk(asked: models.KioskCode, request: Request, response: Response, services: ServicesDep) -> models.Me:
    """Make this browser a screen on a wall, with the code of `homehd kiosk add`; an older session of it ends."""
    address = client_address(request, services.options.proxies)
    token, session = await services.sessions.bind_kiosk(asked.code, address)
    await _end_previous(request, services)
    _set_cookie(response, services, token, KIOSK_COOKIE_S)
    return _me(session)


@router.get("/api/session", responses=responses(401, 403, 503))
async def who_am_i(session: SessionDep, request: Request, response: Response, services: ServicesDep) -> models.Me:
    """The signed-in user and what the role may do."""
    if session.kiosk_id is not None:
        # Browsers keep no cookie for more than 400 days; a wall that is reloaded now and then keeps it for ever.
        _set_cookie(response, services, request.cookies[cookie_name(services.options)], KIOSK_COOKIE_S)
    return _me(session)


@router.delete("/api/session", status_code=204, responses=responses(401, 403, 503))
async def log_out(session: SessionDep, response: Response, services: ServicesDep) -> None:
    """Sign out: the session ends and its sockets are closed."""
    await services.sessions.end(session.token_hash)
    services.sockets.close_sessions({session.token_hash}, "signed out")
    response.delete_cookie(
        cookie_name(services.options), path="/", secure=services.options.https, httponly=True, samesite="strict"
    )


@router.get("/api/demo-accounts", responses=responses(404))
async def demo_accounts(services: ServicesDep) -> models.DemoAccounts:
    """Accounts a demonstration offers on its sign-in page; 404 on a real system."""
    if not services.options.demo_accounts:
        raise ApiError(404, "not a demonstration", where="/api/demo-accounts")
    return models.DemoAccounts(
        accounts=[
            models.DemoAccount(email=a.email, password=a.password, name=a.name, role=Role(a.role))
            for a in services.options.demo_accounts
        ]
    )


async def _end_previous(request: Request, services: Services) -> None:
    previous = request.cookies.get(cookie_name(services.options))
    if previous:
        ended = await services.sessions.log_out(previous)
        services.sockets.close_sessions({ended}, "signed in again")


def _set_cookie(response: Response, services: Services, token: str, life_s: int) -> None:
    response.set_cookie(
        cookie_name(services.options), token, max_age=life_s, path="/", secure=services.options.https, httponly=True,
        samesite="strict",
    )  # fmt: skip


def _me(session: Session) -> models.Me:
    user = models.User(email=session.email, name=session.name, role=session.role, clinic=session.clinic)
    return models.Me(user=user, may=sorted(session.scope.actions), expires_at=moment(session.expires_us))
