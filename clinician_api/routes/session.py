"""Signing in by a local account, who am I, signing out. How a session begins is here for the other ways in, too."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from clinician_api.access import Role
from clinician_api.live.views import moment
from clinician_api.people import models
from clinician_api.people.people_data import Account, Origin
from clinician_api.people.sessions import Session, SessionDep, cookie_name
from clinician_api.services import Services, ServicesDep, noting_refusals
from clinician_api.signin import passkey_checks
from clinician_api.signin.models import SecondStep
from clinician_api.web.errors import ApiError, responses
from clinician_api.web.guard import client_address

router = APIRouter(tags=["session"])

KIOSK_COOKIE_S: Final = 400 * 86400


@router.post(
    "/api/session",
    response_model=models.Me,
    responses={
        202: {"model": SecondStep, "description": "The password was right; a passkey is needed, too"},
        **responses(401, 403, 408, 409, 413, 415, 422, 429, 503),
    },
)
async def log_in(
    login: models.Login, request: Request, response: Response, services: ServicesDep
) -> models.Me | JSONResponse:  # fmt: skip
    """Sign in with a local account. Always a new session; an older one of this browser ends.

    202 where the account has a passkey, or its role must have one: nobody is signed in before that step is done, too.
    """
    address = client_address(request, services.options.proxies)
    with noting_refusals(services, address):
        account = await services.sessions.check_password(login.email, login.password, address)
        asked = await services.second_factor.after_password(account, place(request, services))
    if asked is not None:
        step = SecondStep.model_validate({"kind": asked.kind, "step": asked.token, "options": asked.options})
        return JSONResponse(step.model_dump(), 202)
    return await begin(request, response, services, account, "password")


@router.post("/api/kiosk", responses=responses(401, 403, 408, 413, 415, 422, 429, 503))
async def bind_kiosk(asked: models.KioskCode, request: Request, response: Response, services: ServicesDep) -> models.Me:
    """Make this browser a screen on a wall, with the code of `homehd kiosk add`; an older session of it ends."""
    address = client_address(request, services.options.proxies)
    with noting_refusals(services, address):
        token, session = await services.sessions.bind_kiosk(asked.code, address)
    await _end_previous(request, services, session)
    _set_cookie(response, services, token, KIOSK_COOKIE_S)
    return _me(session, services)


@router.get("/api/session", responses=responses(401, 403, 503))
async def who_am_i(session: SessionDep, request: Request, response: Response, services: ServicesDep) -> models.Me:
    """The signed-in user and what the role may do."""
    if session.kiosk_id is not None:
        # Browsers keep no cookie for more than 400 days; a wall that is reloaded now and then keeps it for ever.
        _set_cookie(response, services, request.cookies[cookie_name(services.options)], KIOSK_COOKIE_S)
    return _me(session, services)


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


async def begin(
    request: Request, response: Response, services: Services, account: Account, how: str
) -> models.Me:  # fmt: skip
    """The session of somebody who has shown all that is needed: a new token, whatever cookie the browser came with."""
    address = client_address(request, services.options.proxies)
    origin = Origin(how, address, request.headers.get("user-agent", ""))
    token, session = await services.sessions.begin(account, origin)
    await _end_previous(request, services, session)
    _set_cookie(response, services, token, int(services.options.session_hours * 3600))
    return _me(session, services)


def place(request: Request, services: Services) -> passkey_checks.Place:
    """Where passkeys of this request's page are good."""
    return passkey_checks.place(services.options.public_url, request.headers.get("origin"))


async def _end_previous(request: Request, services: Services, by: Session) -> None:
    previous = request.cookies.get(cookie_name(services.options))
    if previous:
        ended = await services.sessions.replace(previous, by)
        services.sockets.close_sessions({ended}, "signed in again")


def _set_cookie(response: Response, services: Services, token: str, life_s: int) -> None:
    response.set_cookie(
        cookie_name(services.options), token, max_age=life_s, path="/", secure=services.options.https, httponly=True,
        samesite="strict",
    )  # fmt: skip


def _me(session: Session, services: Services) -> models.Me:
    who = {"email": session.email, "name": session.name, "role": session.role, "clinic": session.clinic}
    user = models.User.model_validate({**who, "language": session.language})
    there = services.hospital.provider.sign_out_url() if services.hospital and session.how == "hospital" else None
    expires_at = moment(session.expires_us)
    return models.Me(user=user, may=sorted(session.scope.actions), expires_at=expires_at, hospital_sign_out=there)
