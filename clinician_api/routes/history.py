"""Stored readings of one unit, for drawing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response

from clinician_api.live.views import microseconds
from clinician_api.people.looks import What
from clinician_api.people.sessions import SessionDep
from clinician_api.routes.units import UnitPath, no_unit
from clinician_api.services import ServicesDep, note_seen, seen_of_unit
from clinician_api.treatments import models
from clinician_api.treatments.history import Asked
from clinician_api.web.errors import ApiError, responses
from clinician_api.web.times import Moment
from store.errors import StoreError, Trouble
from store.minutes import MINUTE_US
from telemetry import signals

router = APIRouter(tags=["units"])

MAX_BUCKETS: Final = 4000  # the widest screens
MAX_SPAN: Final = timedelta(days=400)  # readings older than that are in no day's partition
_NAMES: Final = "|".join(signals.BY_NAME)
SignalsQuery = Annotated[
    str | None,
    Query(
        alias="signals",
        max_length=2000,
        description="Names, separated by commas; all when left out",
        examples=["venous_pressure,arterial_pressure"],
        json_schema_extra={"pattern": f"^({_NAMES})(,({_NAMES}))*$"},
    ),
]


@router.get(
    "/api/units/{unit}/readings",
    response_class=Response,
    responses={**responses(401, 403, 404, 422, 503), 200: {"model": models.History, "description": "The readings"}},
)
async def get_history(
    unit: UnitPath,
    session: SessionDep,
    services: ServicesDep,
    start: Annotated[Moment, Query(description="Inclusive, with zone")],
    end: Annotated[
        Moment,
        Query(description="Exclusive, with zone; at most 400 days after start", examples=["2026-03-01T09:00:00Z"]),
    ],
    names: SignalsQuery = None,
    buckets: Annotated[int, Query(ge=1, le=MAX_BUCKETS, description="Pixels to draw on")] = 600,
) -> Response:
    """Readings in equal buckets with least, greatest and mean: extremes are never lost, gaps stay and have reasons.

    Bounds of buckets are multiples of `bucket_s` after `start`, in UTC: days of 23 and 25 hours make no difference.
    Buckets of more than a minute are of whole minutes, and `start` is moved back to one. Of a unit that served several
    patients only the stretches of those whom the session sees: what lies between is a gap, which says so.
    """
    wanted = wanted_signals(names)
    _check_span(start, end)
    asked = Asked(unit, _start_us(start, end, buckets), microseconds(end), services.clock.now_us(), every=names is None)
    found = await seen_of_unit(services, session, unit, asked.start_us, asked.end_us)
    if found is None:
        raise no_unit(unit)
    unit_id, seen = found
    try:
        content = await services.data.history(unit_id, asked, wanted, buckets, seen)
    except StoreError as error:
        if error.trouble is not Trouble.BUSY:
            raise
        hint = "a shorter span or fewer signals take less time"
        raise ApiError(503, "too much to read now", where="query.start, query.end", hint=hint, kind="busy") from error
    note_seen(services, session, What.HISTORY, unit, seen)
    return Response(content, media_type="application/json")


def wanted_signals(names: str | None) -> list[str]:
    """What `SignalsQuery` names, each once; ApiError for one that is not in the catalogue."""
    if names is None:
        return list(signals.BY_NAME)
    wanted = list(dict.fromkeys(names.split(",")))
    if any(name not in signals.BY_NAME for name in wanted):
        raise ApiError(422, "no such signal", where="query.signals", hint="GET /api/signals lists them")
    return wanted


def _check_span(start: datetime, end: datetime) -> None:
    if not timedelta(0) < end - start <= MAX_SPAN:
        raise ApiError(422, "span out of range", where="query.start, query.end", hint="start < end ≤ start + 400 days")


def _start_us(start: datetime, end: datetime, buckets: int) -> int:
    # A whole minute, where buckets are: the database may have minutes reduced already.
    start_us = microseconds(start)
    return start_us // MINUTE_US * MINUTE_US if microseconds(end) - start_us > buckets * MINUTE_US else start_us
