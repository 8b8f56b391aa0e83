"""One's own passkeys: what there are, a new one, one less. Changes only soon after signing in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request

from clinician_api.live.views import moment
from clinician_api.people.sessions import Session, SessionDep
from clinician_api.routes.session import place
from clinician_api.services import Services, ServicesDep
from clinician_api.signin import models
from clinician_api.signin.signin_data import Passkey, Used
from clinician_api.web.errors import ApiError, responses

router = APIRouter(tags=["session"])

PasskeyPath = Annotated[str, Path(pattern=r"^[0-9]{1,9}$", description="Passkey id")]


@router.get("/api/me/passkeys", responses=responses(401, 403, 503))
async def list_passkeys(session: SessionDep, services: ServicesDep) -> models.OwnPasskeys:
    """My passkeys, oldest first."""
    found = await services.data.sign_in.passkeys(session.user_id)
    return models.OwnPasskeys(
        passkeys=[_view(one) for one in found], needed=services.second_factor.demands(session.role)
    )


@router.post("/api/me/passkey-options", responses=responses(401, 403, 408, 409, 413, 415, 429, 503))
async def begin_passkey(request: Request, session: SessionDep, services: ServicesDep) -> models.PasskeyOptions:
    """What this browser needs to make a passkey. 409 where browsers make none: a page without a host name."""
    _check_fresh(session, services)
    services.sessions.admit_step(f"user {session.user_id}")
    where = place(request, services)
    asked = await services.second_factor.ask_for_own(session.user_id, session.email, session.name, where)
    return models.PasskeyOptions(step=asked.token, options=asked.options)


@router.post("/api/me/passkeys", responses=responses(401, 403, 408, 409, 413, 415, 422, 503))
async def add_passkey(
    new: models.FirstPasskey, request: Request, session: SessionDep, services: ServicesDep
) -> models.AddedPasskey:  # fmt: skip
    """Add a passkey: from now on a password alone signs nobody in to this account."""
    _check_fresh(session, services)
    where = place(request, services)
    added = await services.second_factor.add_own(session.user_id, new.step, new.credential, new.label.strip(), where)
    return models.AddedPasskey(passkey=_view(added))


@router.delete("/api/me/passkeys/{passkey_id}", status_code=204, responses=responses(401, 403, 404, 409, 422, 503))
async def remove_passkey(passkey_id: PasskeyPath, session: SessionDep, services: ServicesDep) -> None:
    """Take a passkey away. 409: it is the last, and the role must have one."""
    _check_fresh(session, services)
    keep_one = services.second_factor.demands(session.role)
    now_us = services.clock.now_us()
    done = await services.data.sign_in.remove_passkey(session.user_id, int(passkey_id), now_us, keep_one=keep_one)
    if done is Used.UNKNOWN:
        raise ApiError(404, "no such passkey", where=passkey_id, hint="GET /api/me/passkeys lists your own")
    if done is Used.LAST:
        raise ApiError(409, "the last passkey", where=passkey_id, hint="add another first: your role must have one")


def _check_fresh(session: Session, services: Services) -> None:
    if not session.is_fresh(services.clock.now_us()):
        hint = "passkeys can be changed for a quarter of an hour after signing in"
        raise ApiError(403, "sign in again first", hint=hint, kind="sign-in-again")


def _view(one: Passkey) -> models.PasskeyView:
    return models.PasskeyView(
        passkey_id=str(one.passkey_id),
        label=one.label,
        added_at=moment(one.added_us),
        used_at=None if one.used_us is None else moment(one.used_us),
        suspected_at=None if one.suspected_us is None else moment(one.suspected_us),
    )
