"""Who is on call: covered or not, the shifts, and what people do about them."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from alerts.rota import calendar_export
from alerts.rota.local_time import DAY_US, microseconds
from alerts.rota.rotation import BEGINNING_US, END_US
from clinician_api.duty import duty_models as models
from clinician_api.duty import duty_views
from clinician_api.duty.duty_changes import Change, acceptance, override, swap, withdrawal
from clinician_api.duty.shift_ids import ShiftPath, seen_in
from clinician_api.live.views import moment
from clinician_api.people.sessions import Session, SessionDep
from clinician_api.services import Services, ServicesDep
from clinician_api.web.errors import ApiError, responses
from clinician_api.web.times import Moment
from evaluation.rota_changes import CannotAnswer
from store.errors import StoreError
from telemetry.errors import HomehdError
from telemetry.rota import Book, Rota

router = APIRouter(tags=["rota"])

SPAN_US: Final = 14 * DAY_US
MAX_SPAN: Final = timedelta(days=92)
CALENDAR_US: Final = 13 * 7 * DAY_US
_CHANGES: Final = responses(401, 403, 404, 408, 409, 413, 415, 422, 503)

From = Annotated[Moment | None, Query(alias="from", description="With zone; now")]
Until = Annotated[Moment | None, Query(description="With zone, 92 days after `from` at most; two weeks after it")]
OverridePath = Annotated[str, Path(pattern=r"^[0-9]{1,18}$", description="`override_id` of GET /api/rota")]


@router.get("/api/coverage", responses=responses(401, 403, 503))
async def get_coverage(session: SessionDep, services: ServicesDep) -> models.Coverage:
    """Of each clinic: covered, not covered, by somebody without a tested channel, or not accepted; the next hole."""
    now_us = services.clock.now_us()
    services.room.duty.put(seen := await services.data.duty.read(now_us))
    return models.Coverage.model_validate({"server_time": moment(now_us), **seen.view(session.scope)})


@router.get("/api/rota", responses=responses(401, 403, 422, 503))
async def get_rota(session: SessionDep, services: ServicesDep, since: From = None, until: Until = None) -> models.Rotas:
    """The shifts of a stretch, of the session's clinic and of all clinics, as overrides and swaps leave them.

    All of them: what bounds the answer is the stretch.
    """
    now_us = services.clock.now_us()
    span = _span(since, until, now_us)
    book, _, _ = await services.data.duty.everything(now_us)
    rotas = [
        duty_views.rota_view(book, rota, session.user_id, session.scope, span, now_us)
        for rota in book.rotas
        if duty_views.sees(session.scope, rota)
    ]
    start, end = map(moment, span)
    return models.Rotas.model_validate({"server_time": moment(now_us), "start": start, "end": end, "rotas": rotas})


@router.get("/api/rota.ics", response_class=Response, responses={
    **responses(401, 403, 503), 200: {"content": {"text/calendar": {"schema": {"type": "string"}}}},
})  # fmt: skip
async def own_calendar(session: SessionDep, services: ServicesDep) -> Response:
    """One's own shifts of the next 13 weeks, iCalendar (RFC 5545); the same shift keeps its UID."""
    now_us = services.clock.now_us() // 1_000_000 * 1_000_000
    book, _, _ = await services.data.duty.everything(now_us)
    written = calendar_export.write_own(_seen(book, session), session.user_id, now_us, now_us + CALENDAR_US)
    headers = {"content-disposition": 'attachment; filename="shifts.ics"'}
    return Response(written, media_type="text/calendar; charset=utf-8", headers=headers)


@router.post("/api/rota/shifts/{shift_id}/accept", responses=_CHANGES)
async def accept_shift(
    shift_id: ShiftPath, request: models.AcceptShift, session: SessionDep, services: ServicesDep
) -> models.RotaChanged:
    """I take this shift, which is mine. 409 tells whose it is, or has become; said twice it stays accepted."""
    return await _changed(shift_id, partial(acceptance, note=request.note, accepted=True), session, services)


@router.post("/api/rota/shifts/{shift_id}/decline", responses=_CHANGES)
async def decline_shift(
    shift_id: ShiftPath, request: models.DeclineShift, session: SessionDep, services: ServicesDep
) -> models.RotaChanged:
    """I cannot take this shift of mine: it stays mine until somebody else is named, and is shown as not accepted."""
    return await _changed(shift_id, partial(acceptance, note=request.reason, accepted=False), session, services)


@router.post("/api/rota/shifts/{shift_id}/override", responses=_CHANGES)
async def override_shift(
    shift_id: ShiftPath, request: models.OverrideShift, session: SessionDep, services: ServicesDep
) -> models.RotaChanged:
    """Somebody else has this shift, or a part of it. Of two at once the first has it, 409 tells the other."""
    start, end = (None if at is None else microseconds(at) for at in (request.start, request.end))
    person = None if request.person_id is None else int(request.person_id)
    change = partial(override, person=person, reason=request.reason, start_us=start, end_us=end)
    return await _changed(shift_id, change, session, services)


@router.post("/api/rota/shifts/{shift_id}/swap", responses=_CHANGES)
async def swap_shifts(
    shift_id: ShiftPath, request: models.SwapShifts, session: SessionDep, services: ServicesDep
) -> models.RotaChanged:
    """The people of this shift and another of the same rota exchange them; either is asked to accept anew."""
    try:
        other = seen_in(request.other)
    except ValueError as error:
        raise ApiError(422, "no such shift", where="body.other", hint="GET /api/rota lists those there are") from error
    return await _changed(shift_id, partial(swap, other=other, reason=request.reason), session, services)


@router.post("/api/rota/overrides/{override_id}/withdraw", responses=_CHANGES)
async def withdraw_override(
    override_id: OverridePath, request: models.Withdraw, session: SessionDep, services: ServicesDep
) -> models.RotaChanged:
    """Take an override, or both halves of a swap, back: whoever had the shift before has it again."""
    number = int(override_id)
    book, _, _ = await services.data.duty.everything(services.clock.now_us())
    found = [rota for rota in book.rotas if any(one.number == number for one in rota.overrides)]
    rota = _visible(found[0] if found else None, override_id, session)
    return await _done(rota, partial(withdrawal, number=number, reason=request.reason), session, services)


async def _changed(shift_id: str, change: Change, session: Session, services: Services) -> models.RotaChanged:
    try:
        seen = seen_in(shift_id)
    except ValueError as error:
        raise _no_shift(shift_id) from error
    book, _, _ = await services.data.duty.everything(services.clock.now_us())
    rota = _visible(next((one for one in book.rotas if one.rota_id == seen.rota_id), None), shift_id, session)
    return await _done(rota, partial(change, seen=seen.shift), session, services)


async def _done(rota: Rota, change: Change, session: Session, services: Services) -> models.RotaChanged:
    now_us = services.clock.now_us()
    try:
        await services.data.duty.change(partial(change, rota=rota, session=session, now_us=now_us))
    except StoreError:
        raise
    except CannotAnswer as error:
        # Not who it is: numbers of other clinics' accounts could be tried out one after the other.
        raise ApiError(409, "not somebody for this shift", where="body.person_id", hint=error.hint) from error
    except HomehdError as error:
        raise ApiError(409, error.subject, where=f"rota {rota.rota_id}", hint=error.hint) from error
    finally:
        # Whoever was second sees on the page what the first has made of it. Not read now it is two seconds later.
        with contextlib.suppress(StoreError):
            services.room.duty.put(await services.data.duty.read(services.clock.now_us()))
            services.pump.publish()
    book, _, _ = await services.data.duty.everything(now_us)
    now = _visible(next((one for one in book.rotas if one.rota_id == rota.rota_id), None), str(rota.rota_id), session)
    view = duty_views.rota_view(book, now, session.user_id, session.scope, (now_us, now_us + SPAN_US), now_us)
    return models.RotaChanged.model_validate({"rota": view})


def _visible(rota: Rota | None, asked: str, session: Session) -> Rota:
    if rota is None or not duty_views.sees(session.scope, rota):
        raise _no_shift(asked)
    return rota


def _no_shift(asked: str) -> ApiError:
    return ApiError(404, "no such shift", where=asked, hint="GET /api/rota lists those there are")


def _seen(book: Book, session: Session) -> Book:
    return Book(tuple(one for one in book.rotas if duty_views.sees(session.scope, one)), book.people, book.clinics)


def _span(since: datetime | None, until: datetime | None, now_us: int) -> tuple[int, int]:
    start_us = now_us if since is None else microseconds(since)
    end_us = start_us + SPAN_US if until is None else microseconds(until)
    most_us = MAX_SPAN // timedelta(microseconds=1)
    if not BEGINNING_US <= start_us < end_us <= min(start_us + most_us, END_US):
        raise ApiError(422, "span out of range", where="from, until", hint="from < until ≤ from + 92 days")
    return start_us, end_us
