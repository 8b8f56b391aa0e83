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
    """The screens that show all of the session's patients, named ones first, and how many of them would be heard.

    One that shows another team's only, or some of them, is not counted: of the others nobody would hear there. A screen
    says so of itself and cannot hear itself: a loudspeaker that was turned down afterwards is not known.
    """
    covering = services.sockets.screens(lambda screen: services.room.covers(screen, session.scope))
    held = sorted(covering, key=lambda one: (one.name == "", one.name, one.sound))
    views = [{"name": one.name, "sound": one.sound} for one in held]
    armed = sum(one.sound == "armed" for one in held)
    return models.ScreensAnswer.model_validate({"screens": views, "armed": armed})
