"""Stored readings of one unit, for drawing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response

from clinician_api import models
from clinician_api.errors import ApiError, responses
from clinician_api.history import Asked
from clinician_api.looks import What
from clinician_api.routes.units import UnitPath, no_unit
from clinician_api.services import ServicesDep, note_look
from clinician_api.sessions import SessionDep
from store.errors import StoreError, Trouble
from store.minutes import MINUTE_US
from telemetry import signals

router = APIRouter(tags=["units"])

MAX_BUCKETS: Final = 4000  # the widest screens
MAX_SPAN: Final = timedelta(days=400)  # readings older than that are in no day's partition
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@router.get(
    "/api/units/{unit}/readings",
    response_class=Response,
    responses={**responses(401, 403, 404, 422, 503), 200: {"model": models.History, "description": "The readings"}},
)
async def get_history(
    unit: UnitPath,
    session: SessionDep,
    services: ServicesDep,
    start: Annotated[datetime, Query(description="Inclusive, with zone")],
    end: Annotated[datetime, Query(description="Exclusive, with zone; at most 400 days after start")],
    names: Annotated[
        str | None,
        Query(alias="signals", max_length=2000, description="Names, separated by commas; all when left out"),
    ] = None,
    buckets: Annotated[int, Query(ge=1, le=MAX_BUCKETS, description="Pixels to draw on")] = 600,
) -> Response:
    """Readings in equal buckets with least, greatest and mean: extremes are never lost, gaps stay and have reasons.

    Bounds of buckets are multiples of `bucket_s` after `start`, in UTC: days of 23 and 25 hours make no difference.
    Buckets of more than a minute are of whole minutes, and `start` is moved back to one.
    """
    entry = services.room.entry(session.scope, unit)
    if entry is None:
        raise no_unit(unit)
    wanted = _signals(names)
    _check_span(start, end)
    asked = Asked(unit, _start_us(start, end, buckets), _us(end), services.clock.now_us(), every=names is None)
    try:
        content = await services.data.history(entry.unit_id, asked, wanted, buckets)
    except StoreError as error:
        if error.trouble is not Trouble.BUSY:
            raise
        hint = "a shorter span or fewer signals take less time"
        raise ApiError(503, "too much to read now", where="query.start, query.end", hint=hint) from error
    note_look(services, session, What.HISTORY, units=[unit])
    return Response(content, media_type="application/json")


def _signals(names: str | None) -> list[str]:
    if names is None:
        return list(signals.BY_NAME)
    wanted = list(dict.fromkeys(name for name in names.split(",") if name))
    if not wanted or any(name not in signals.BY_NAME for name in wanted):
        raise ApiError(422, "no such signal", where="query.signals", hint="GET /api/signals lists them")
    return wanted


def _check_span(start: datetime, end: datetime) -> None:
    if start.tzinfo is None or end.tzinfo is None:
        raise ApiError(422, "time without zone", where="query.start, query.end", hint="write 2026-01-31T08:00:00Z")
    if not timedelta(0) < end - start <= MAX_SPAN:
        raise ApiError(422, "span out of range", where="query.start, query.end", hint="start < end ≤ start + 400 days")


def _start_us(start: datetime, end: datetime, buckets: int) -> int:
    # A whole minute, where buckets are: the database may have minutes reduced already.
    start_us = _us(start)
    return start_us // MINUTE_US * MINUTE_US if _us(end) - start_us > buckets * MINUTE_US else start_us


def _us(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
