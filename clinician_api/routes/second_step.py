"""The step after the password: a passkey, or a first one."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from clinician_api.people.models import Me
from clinician_api.people.people_data import Account
from clinician_api.people.sessions import Admitted
from clinician_api.routes.session import begin, place
from clinician_api.services import Services, ServicesDep, noting_refusals
from clinician_api.signin import models
from clinician_api.web.errors import responses
from clinician_api.web.guard import client_address

router = APIRouter(tags=["session"])


@router.post("/api/session/passkey", responses=responses(401, 403, 408, 413, 415, 422, 429, 503))
async def answer_with_passkey(
    answer: models.PasskeyAnswer, request: Request, response: Response, services: ServicesDep
) -> Me:  # fmt: skip
    """Sign in: the passkey that the password asked for. An answer that proves nothing uses the step up."""
    address = client_address(request, services.options.proxies)
    with noting_refusals(services, address):
        admitted = services.sessions.admit_step(address)
        account = await services.second_factor.answered(answer.step, answer.credential, place(request, services))
    return await _entered(request, response, services, account, admitted)


@router.post("/api/session/first-passkey", responses=responses(401, 403, 408, 413, 415, 422, 429, 503))
async def register_first_passkey(
    new: models.FirstPasskey, request: Request, response: Response, services: ServicesDep
) -> Me:  # fmt: skip
    """Sign in: the first passkey of an account whose role must have one."""
    address, where = client_address(request, services.options.proxies), place(request, services)
    with noting_refusals(services, address):
        admitted = services.sessions.admit_step(address)
        account = await services.second_factor.registered_first(new.step, new.credential, new.label.strip(), where)
    return await _entered(request, response, services, account, admitted)


async def _entered(
    request: Request, response: Response, services: Services, account: Account, admitted: Admitted
) -> Me:
    me = await begin(request, response, services, account, "passkey")
    services.sessions.give_back_step(admitted)
    return me
