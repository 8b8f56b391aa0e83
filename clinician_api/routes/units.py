"""Units and their newest values."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from clinician_api.live import models
from clinician_api.live.messages import UnitId
from clinician_api.live.views import moment
from clinician_api.people.looks import What
from clinician_api.people.sessions import SessionDep
from clinician_api.services import ServicesDep, note_look
from clinician_api.web import cursors
from clinician_api.web.cursors import MAX_LIMIT, CursorQuery, LimitQuery, read
from clinician_api.web.errors import ApiError, responses

router = APIRouter(tags=["units"])

UnitPath = Annotated[UnitId, Path(description="Unit id", examples=["u-1"])]


@router.get("/api/units", responses=responses(401, 403, 422, 503))
async def list_units(
    session: SessionDep, services: ServicesDep, limit: LimitQuery = MAX_LIMIT, cursor: CursorQuery = None
) -> models.Units:
    """Every unit of the session's clinic with its newest values and their age, in order of their ids."""
    now = services.clock.now_us()
    units, more = cursors.part(services.room.units(session.scope), lambda unit: (unit,), read(cursor, str), limit)
    views = [services.room.unit_view(session.scope, unit, now) for unit in units]
    links = services.room.links()
    note_look(services, session, What.WALL, units=units)
    return models.Units.model_validate({"server_time": moment(now), "units": views, "next": more, **links})


@router.get("/api/units/{unit}", responses=responses(401, 403, 404, 422, 503))
async def get_unit(unit: UnitPath, session: SessionDep, services: ServicesDep) -> models.UnitAnswer:
    """One unit; 404 also when it belongs to another clinic."""
    now = services.clock.now_us()
    view = services.room.unit_view(session.scope, unit, now)
    if view is None:
        raise no_unit(unit)
    note_look(services, session, What.PAGE, units=[unit])
    return models.UnitAnswer.model_validate({"server_time": moment(now), "unit": view})


def no_unit(unit: str) -> ApiError:
    """There is none, or it is another clinic's."""
    return ApiError(404, "no such unit", where=unit, hint="GET /api/units lists those you may see")
