"""Whether the way from a home to people's pockets works."""

from __future__ import annotations

from fastapi import APIRouter

from clinician_api.duty import duty_models as models
from clinician_api.duty import duty_views
from clinician_api.live.views import moment
from clinician_api.people.sessions import SessionDep
from clinician_api.services import ServicesDep
from clinician_api.web.errors import responses

router = APIRouter(tags=["rota"])


@router.get("/api/selftest", responses=responses(401, 403, 503))
async def get_selftest(session: SessionDep, services: ServicesDep) -> models.Selftest:
    """The last self-test, and what became of it at each channel of the people of the session's clinic."""
    now_us = services.clock.now_us()
    book, tested, run = await services.data.duty.everything(now_us)
    view = duty_views.selftest(book, tested, run, session.scope, now_us)
    return models.Selftest.model_validate({"server_time": moment(now_us), **view})
