"""Units and their readings."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query

from clinician_api import models
from clinician_api.errors import ApiError, responses
from clinician_api.messages import UnitId
from clinician_api.services import ServicesDep
from clinician_api.sessions import SessionDep
from clinician_api.views import moment
from telemetry import signals

router = APIRouter(tags=["units"])

MAX_BUCKETS = 2000
MAX_SPAN = timedelta(days=400)
MAX_SIGNALS = 64

UnitPath = Annotated[UnitId, Path(description="Unit id")]


@router.get("/api/units", responses=responses(401, 403, 503))
async def list_units(session: SessionDep, services: ServicesDep) -> models.Units:
    """Every unit of the session's clinic with its newest values and their age."""
    now = services.clock.now_us()
    views = [services.room.unit_view(session.scope, unit, now) for unit in services.room.units(session.scope)]
    return models.Units.model_validate({"server_time": moment(now), "units": views, **services.room.links()})


@router.get("/api/units/{unit}", responses=responses(401, 403, 404, 422, 503))
async def get_unit(unit: UnitPath, session: SessionDep, services: ServicesDep) -> models.UnitAnswer:
    """One unit; 404 also when it belongs to another clinic."""
    now = services.clock.now_us()
    view = services.room.unit_view(session.scope, unit, now)
    if view is None:
        raise no_unit(unit)
    return models.UnitAnswer.model_validate({"server_time": moment(now), "unit": view})


@router.get("/api/units/{unit}/readings", responses=responses(401, 403, 404, 422, 503))
async def get_history(
    unit: UnitPath,
    session: SessionDep,
    services: ServicesDep,
    names: Annotated[str, Query(alias="signals", max_length=2000, description="Names, separated by commas")],
    start: Annotated[datetime, Query(description="Inclusive, with zone")],
    end: Annotated[datetime, Query(description="Exclusive, with zone")],
    buckets: Annotated[int, Query(ge=1, le=MAX_BUCKETS)] = 600,
) -> models.History:
    """Readings in equal buckets with least, greatest and mean: extremes are never lost, gaps stay gaps."""
    entry = services.room.entry(session.scope, unit)
    if entry is None:
        raise no_unit(unit)
    wanted = _signals(names)
    _check_span(start, end)
    history = await services.data.history(entry.unit_id, wanted, start, end, buckets)
    return models.History.model_validate({"unit": unit, "start": start, "end": end, **history})


def _signals(names: str) -> list[str]:
    wanted = list(dict.fromkeys(name for name in names.split(",") if name))
    unknown = [name for name in wanted if name not in signals.BY_NAME]
    if unknown or not 1 <= len(wanted) <= MAX_SIGNALS:
        raise ApiError(422, "no such signal", where="query.signals", hint="GET /api/signals lists them")
    return wanted


def _check_span(start: datetime, end: datetime) -> None:
    if start.tzinfo is None or end.tzinfo is None:
        raise ApiError(422, "time without zone", where="query.start, query.end", hint="write 2026-01-31T08:00:00Z")
    if not timedelta(0) < end - start <= MAX_SPAN:
        raise ApiError(422, "span out of range", where="query.start, query.end", hint="start < end ≤ start + 400 days")


def no_unit(unit: str) -> ApiError:
    """There is none, or it is another clinic's."""
    return ApiError(404, "no such unit", where=unit, hint="GET /api/units lists those you may see")
