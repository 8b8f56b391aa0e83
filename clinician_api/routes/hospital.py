"""Signing in by the hospital's provider: there and back. A browser walks these addresses, so it ends on a page."""

from __future__ import annotations

import logging
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse

from clinician_api.people.refusals import Why
from clinician_api.people.sessions import Admitted
from clinician_api.routes.session import begin
from clinician_api.services import Services, ServicesDep, note_refusal, shut_out
from clinician_api.signin import models
from clinician_api.signin.hospital import ROUND_S, Hospital
from clinician_api.signin.reasons import Reason, Refused
from clinician_api.web.errors import ApiError, responses
from clinician_api.web.guard import client_address
from store.errors import StoreError

log = logging.getLogger(__name__)
router = APIRouter(tags=["session"])

_ROUND_COOKIE: Final = "homehd_round"
_SAYS: Final[dict[int | str, dict[str, Any]]] = {
    303: {"description": "To the provider, or to the page, whose address says why nobody is signed in"}
}
# Not who thought better of it, nor what did not work.
_ON_RECORD: Final = {
    Reason.STALE: Why.STALE, Reason.NOT_VERIFIED: Why.NOT_VERIFIED, Reason.UNKNOWN_ACCOUNT: Why.UNKNOWN_AT_HOSPITAL,
    Reason.NO_ROLE: Why.NO_ROLE, Reason.NO_CLINIC: Why.NO_CLINIC, Reason.DISABLED: Why.DISABLED,
    Reason.TOO_MANY: Why.TOO_MANY,
}  # fmt: skip
Parameter = Annotated[str | None, Query(max_length=5000)]


@router.get("/api/sign-in")
async def sign_in_ways(services: ServicesDep) -> models.SignInWays:
    """By what one can sign in here, beside local accounts."""
    return models.SignInWays(hospital=services.hospital.options.name if services.hospital else None)


@router.get("/api/oidc/start", status_code=303, response_class=RedirectResponse, responses=_SAYS | responses(404))
async def start_at_hospital(request: Request, services: ServicesDep) -> RedirectResponse:
    """Go to the hospital's provider."""
    hospital = _hospital(services)
    try:
        admitted = _admit(request, services)
        begun = await hospital.begin(admitted.address, admitted.at_s)
    except (Refused, StoreError) as error:
        return _back(request, services, error)
    answer = RedirectResponse(begun.url, 303)
    # Lax: it has to come along when the provider sends the browser back.
    answer.set_cookie(
        _cookie(services), begun.browser, max_age=ROUND_S, path="/", secure=services.options.https, httponly=True,
        samesite="lax",
    )  # fmt: skip
    return answer


@router.get(
    "/api/oidc/callback", status_code=303, response_class=RedirectResponse, responses=_SAYS | responses(404, 422)
)
async def back_from_hospital(
    request: Request,
    services: ServicesDep,
    state: Parameter = None,
    code: Parameter = None,
    error: Parameter = None,
    iss: Parameter = None,
) -> RedirectResponse:
    """Back from the hospital's provider: a session, or the page that says why there is none."""
    hospital = _hospital(services)
    said = {"state": state, "code": code, "error": error, "iss": iss}
    asked = {name: value for name, value in said.items() if value is not None}
    try:
        admitted = _admit(request, services)
        arrived = await hospital.finish(asked, request.cookies.get(_cookie(services)))
        if arrived.moved:
            shut_out(services, arrived.account.user_id)
        answer = _page(services, "")
        await begin(request, answer, services, arrived.account, "hospital")
        for step in (admitted, Admitted(arrived.begun_from, arrived.begun_s)):
            services.sessions.give_back_step(step)
    except (Refused, StoreError, ApiError) as failure:
        answer = _back(request, services, failure)
    answer.delete_cookie(_cookie(services), path="/", secure=services.options.https, httponly=True, samesite="lax")
    return answer


def _hospital(services: Services) -> Hospital:
    if services.hospital is None:
        raise ApiError(404, "no provider is set up", where="oidc_issuer", hint="docs/operations/sign-in.md")
    return services.hospital


def _admit(request: Request, services: Services) -> Admitted:
    try:
        return services.sessions.admit_step(client_address(request, services.options.proxies))
    except ApiError as error:
        raise Refused(Reason.TOO_MANY) from error


def _back(request: Request, services: Services, why: Exception) -> RedirectResponse:
    reason = why.reason if isinstance(why, Refused) else Reason.UNAVAILABLE
    if isinstance(why, Refused) and reason in _ON_RECORD:
        address = client_address(request, services.options.proxies)
        note_refusal(services, _ON_RECORD[reason], why.user_id, address)
    detail = why.detail if isinstance(why, Refused) else type(why).__name__
    log.warning("hospital sign-in refused", extra={"fields": {"reason": str(reason), "detail": detail}})
    return _page(services, f"#/sign-in/{reason}")


def _page(services: Services, address: str) -> RedirectResponse:
    assert services.hospital is not None
    return RedirectResponse(services.hospital.options.public_url.rstrip("/") + "/" + address, 303)


def _cookie(services: Services) -> str:
    return f"__Host-{_ROUND_COOKIE}" if services.options.https else _ROUND_COOKIE
