"""Which screens are open, and whether they would be heard."""

from __future__ import annotations

from fastapi import APIRouter

from clinician_api.live import models
from clinician_api.people.sessions import SessionDep
from clinician_api.services import ServicesDep
from clinician_api.web.errors import responses

router = APIRouter(tags=["rota"])


@router.get("/api/screens", responses=responses(401, 403, 503))
async def list_screens(session: SessionDep, services: ServicesDep) -> models.ScreensAnswer:
    """The screens of the session's clinic that show alerts, named ones first, and how many of them would be heard.

    A screen says so of itself and cannot hear itself: a loudspeaker that was turned down afterwards is not known.
    """
    held = sorted(services.sockets.screens(session.scope), key=lambda one: (one.name == "", one.name, one.sound))
    views = [{"name": one.name, "sound": one.sound} for one in held]
    armed = sum(one.sound == "armed" for one in held)
    return models.ScreensAnswer.model_validate({"screens": views, "armed": armed})
