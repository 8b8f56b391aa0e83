"""What alerts ask of people, and what a shift hands over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query

from alerts.load.figures import Stretch
from alerts.rota.local_time import DAY_US, microseconds
from clinician_api.access import Action, Scope
from clinician_api.duty import load_models as models
from clinician_api.duty.duty_data import Busy
from clinician_api.duty.load_views import handover_view, load_view
from clinician_api.live.views import moment
from clinician_api.people.looks import What
from clinician_api.people.sessions import Session, SessionDep
from clinician_api.services import Services, ServicesDep, note_look
from clinician_api.web.errors import ApiError, responses
from clinician_api.web.times import Moment
from evaluation.load import Handover

router = APIRouter(tags=["load"])

# A month of a large clinic is minutes of a core: `homehd load` counts it.
MAX_DAYS: Final = 8
_NO_CLINIC: Final = 0  # numbers begin at 1: whoever sees nothing is told of nothing


@router.get("/api/load", responses=responses(401, 403, 422, 503))
async def get_load(
    session: SessionDep,
    services: ServicesDep,
    since: Annotated[Moment | None, Query(alias="from", description="With zone; a week ago")] = None,
    until: Annotated[Moment | None, Query(description="With zone, 8 days after `from` at most; now")] = None,
) -> models.LoadAnswer:
    """Per recipient and rule: how much, how fast, in floods, and how often for nothing.

    All of them: what bounds the answer is the stretch, eight days at most.
    Others' load is told to whoever makes the rota or runs the accounts; everybody else sees their own.
    """
    now_us = services.clock.now_us()
    stretch = _stretch(since, until, now_us)
    try:
        found, snapshot, book = await services.data.duty.load(_clinic_of(session.scope), stretch, now_us)
    except Busy as error:
        raise _busy() from error
    if not session.scope.sees_all_of_clinic:
        found = replace(found, homes=tuple(one for one in found.homes if _sees(session, services, one.unit_id)))
    view = load_view(
        found, book.people, snapshot.labels, services.data.title,
        lambda user_id: user_id == session.user_id or session.scope.may(Action.SEE_LOAD_OF_OTHERS),
        session.user_id,
    )  # fmt: skip
    return models.LoadAnswer.model_validate({"server_time": moment(now_us), **view})


@router.get("/api/handover", responses=responses(401, 403, 422, 503))
async def get_handover(
    session: SessionDep,
    services: ServicesDep,
    shift: Annotated[Literal["now", "last"], Query(description="That runs, or the one before")] = "now",
    names: Annotated[bool, Query(description="With patients' names beside the homes' labels")] = False,
) -> models.HandoverAnswer:
    """What is open, set aside and noisy: for the shift that ends to tell the one that begins. Nothing is left out."""
    now_us = services.clock.now_us()
    try:
        report, snapshot = await services.data.duty.handover(_clinic_of(session.scope), now_us, last=shift == "last")
    except Busy as error:
        raise _busy() from error
    named = names and session.scope.may(Action.SEE_PATIENTS)
    note_look(services, session, What.NOTICES, units=_units(report, services.room.names()))
    if not session.scope.may(Action.SEE_TROUBLES):
        report = replace(report, standing=tuple(row for row in report.standing if row.unit_id is not None))
    if not session.scope.sees_all_of_clinic:
        report = _of_seen(report, lambda unit_id: _sees(session, services, unit_id))
    view = handover_view(report, snapshot.labels, services.data.title, session.clinic, names=named)
    return models.HandoverAnswer.model_validate({"server_time": moment(now_us), **view})


def _sees(session: Session, services: Services, unit_id: int | None) -> bool:
    if unit_id is None:
        return True
    unit = services.room.names().get(unit_id)
    return unit is not None and services.room.entry(session.scope, unit) is not None


def _of_seen(report: Handover, sees: Callable[[int | None], bool]) -> Handover:
    """What of a report is of homes that are seen, or of none."""
    return replace(
        report,
        standing=tuple(row for row in report.standing if sees(row.unit_id)),
        shelved=tuple(row for row in report.shelved if sees(row.unit_id)),
        out=tuple(row for row in report.out if sees(row.unit_id)),
        noisy=tuple(row for row in report.noisy if sees(row.unit_id)),
    )


def _units(report: Handover, names: Mapping[int, str]) -> list[str]:
    """The homes of a report, by their wire ids."""
    numbers = [row.unit_id for row in report.standing if row.unit_id is not None]
    numbers += [one.unit_id for one in report.shelved] + [one.unit_id for one in report.out]
    return [names[number] for number in numbers if number in names]


def _clinic_of(scope: Scope) -> int | None:
    """For the store, to which None is every clinic."""
    if scope.all_clinics:
        return None
    return _NO_CLINIC if scope.clinic_id is None else scope.clinic_id


def _stretch(since: datetime | None, until: datetime | None, now_us: int) -> Stretch:
    to_us = now_us if until is None else microseconds(until)
    from_us = to_us - 7 * DAY_US if since is None else microseconds(since)
    if not 0 <= from_us < to_us <= from_us + MAX_DAYS * DAY_US:
        raise ApiError(422, "span out of range", where="from, until", hint=f"from < until ≤ from + {MAX_DAYS} days")
    return Stretch(from_us, min(to_us, max(now_us, from_us + 1)))


def _busy() -> ApiError:
    hint = "other figures are being counted: try again in a few seconds"
    return ApiError(503, "busy", where="load", hint=hint, headers={"Retry-After": "5"}, kind="busy")
