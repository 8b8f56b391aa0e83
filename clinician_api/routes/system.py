"""How the services are, for those who run them. An answer also while the database gives none."""

from __future__ import annotations

from fastapi import APIRouter

from clinician_api.administration import models, system_view
from clinician_api.live.views import moment
from clinician_api.people.sessions import SessionDep
from clinician_api.services import ServicesDep
from clinician_api.web.errors import responses
from store.vital_signs import own_version

router = APIRouter(tags=["system"])


@router.get("/api/system", responses=responses(401, 403, 503))
async def get_system(_session: SessionDep, services: ServicesDep) -> models.SystemAnswer:
    """Each part with what was measured of it, worst first; what is not known is `unknown`, never `good`."""
    now_us = services.clock.now_us()
    found = await services.data.system.read(services.clock.monotonic_s())
    hears = services.room.links()["live_feed"]["alive"]
    own = own_version()
    parts = system_view.parts(found, now_us, hears, own, services.options.disk_limits)
    return models.SystemAnswer.model_validate({"server_time": moment(now_us), "version": own, "parts": parts})
