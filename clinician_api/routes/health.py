"""Whether this server can do its work."""

from __future__ import annotations

from fastapi import APIRouter, Response

from clinician_api.services import ServicesDep
from clinician_api.web import models

router = APIRouter(tags=["health"])


@router.get("/healthz", responses={503: {"model": models.Health, "description": "A part is not there"}})
async def healthz(response: Response, services: ServicesDep) -> models.Health:
    """200 "ok" when database, broker and ingest are there, else 503 "degraded". No details for strangers."""
    if services.room.all_alive() and await services.data.ping():
        return models.Health(status="ok")
    response.status_code = 503
    return models.Health(status="degraded")
