"""One's own sessions: where am I signed in, and an end to any of them. Never another person's."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from clinician_api.live.views import moment
from clinician_api.people.sessions import SessionDep
from clinician_api.services import ServicesDep
from clinician_api.signin import models
from clinician_api.web.errors import ApiError, responses
from telemetry.clock import MICROSECONDS

router = APIRouter(tags=["session"])

SessionPath = Annotated[str, Path(pattern=r"^[0-9]{1,18}$", description="Session id of the list")]


@router.get("/api/me/sessions", responses=responses(401, 403, 503))
async def list_sessions(session: SessionDep, services: ServicesDep) -> models.OwnSessions:
    """Where I am signed in, the newest first."""
    idle_us = int(services.options.idle_minutes * 60 * MICROSECONDS)
    found = await services.data.sign_in.sessions(session.user_id, services.clock.now_us(), idle_us)
    views = [
        {
            "session_id": str(one.session_id), "this": one.token_hash == session.token_hash, "how": one.how,
            "begun_at": moment(one.begun_us), "seen_at": None if one.seen_us is None else moment(one.seen_us),
            "expires_at": moment(one.expires_us), "address": one.address or "", "browser": one.browser or "",
        }
        for one in found
    ]  # fmt: skip
    return models.OwnSessions.model_validate({"sessions": views})


@router.delete("/api/me/sessions/{session_id}", status_code=204, responses=responses(401, 403, 404, 422, 503))
async def end_session(session_id: SessionPath, session: SessionDep, services: ServicesDep) -> None:
    """End one of mine: it is signed out, and its live sockets close."""
    ended = await services.data.sign_in.end_session(session.user_id, int(session_id), services.clock.now_us())
    if ended is None:
        raise ApiError(404, "no such session", where=session_id, hint="GET /api/me/sessions lists your own")
    services.sessions.forget(ended)
    services.sockets.close_sessions({ended}, "session ended")
