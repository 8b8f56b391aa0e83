"""Alerts: what is open, why, and acknowledging."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response

from clinician_api.access import Action
from clinician_api.alerting import models
from clinician_api.alerting.alert_views import without_findings
from clinician_api.data import Outcome, StoredAlert
from clinician_api.live.views import View, microseconds, moment
from clinician_api.people.looks import What
from clinician_api.people.sessions import Session, SessionDep
from clinician_api.people.whose import Whose
from clinician_api.services import Services, ServicesDep, note_owners, seen_of_alert
from clinician_api.web import cursors
from clinician_api.web.conditional import tag_of_state
from clinician_api.web.cursors import MAX_LIMIT, CursorQuery, LimitQuery, read
from clinician_api.web.errors import ApiError, responses
from telemetry.alarms import Priority

router = APIRouter(tags=["alerts"])

AlertPath = Annotated[str, Path(max_length=64, pattern=r"^[0-9A-Za-z-]+$", description="Alert id", examples=["1"])]


@router.get("/api/alerts", responses=responses(401, 403, 422, 503))
async def list_alerts(
    session: SessionDep,
    services: ServicesDep,
    state: Annotated[
        Literal["open", "recent"], Query(description="open: active or latched; recent: changed in the last 24 hours")
    ] = "open",
    limit: LimitQuery = MAX_LIMIT,
    cursor: CursorQuery = None,
) -> models.Alerts:
    """Alerts of the session's clinic, high priority first, then newest first.

    Recent ones: of the thousand that changed last in the clinics asked of; `beyond` says when the day had more.
    """
    after = read(cursor, int, int, int, str)
    now = services.clock.now_us()
    found, beyond = await services.data.alerts(session.scope, only_open=state == "open", now_us=now)
    views = services.room.alerts.overlaid([alert.view for alert in found])
    owners = {alert.view["alert_id"]: alert.whose for alert in found}

    def whose(view: View) -> Whose:
        return owners.get(view["alert_id"]) or services.room.alerts.whose(view["alert_id"])

    seen = [one for view in views if (one := services.room.alert_for(session.scope, view, whose(view))) is not None]
    some, more = cursors.part(seen, _place, after, limit)
    note_owners(services, session, What.WALL, [(view["unit"], whose(view)) for view in some])
    return models.Alerts.model_validate({"server_time": moment(now), "alerts": some, "next": more, "beyond": beyond})


@router.get("/api/alerts/{alert_id}", responses=responses(401, 403, 404, 422, 503))
async def get_alert(
    alert_id: AlertPath, session: SessionDep, services: ServicesDep, response: Response
) -> models.AlertDetail:
    """One alert with every step of its life, none left out: rule and version, inputs, limits, who did what.

    No steps while it is not saved.

    Its ETag is what `If-Match` takes when it is set aside or brought back.
    """
    if unsaved := _unsaved(alert_id, session, services):
        note_owners(services, session, What.ALERTS, [(unsaved["unit"], services.room.alerts.whose(alert_id))])
        return models.AlertDetail.model_validate({"alert": unsaved, "events": []})
    alert = await visible(alert_id, session, services)
    response.headers["etag"] = tag_of_state(alert.version, alert.view)
    seen = await seen_of_alert(services, session, alert.view["unit"])
    events = [event for event in await services.data.alert_events(alert_id) if seen.covers(microseconds(event["time"]))]
    note_owners(services, session, What.ALERTS, [(alert.view["unit"], alert.whose)])
    view = services.room.alert_for(session.scope, alert.view, alert.whose)
    if not session.scope.may(Action.SEE_PATIENTS):
        events = [{**event, "note": None} for event in events]
    return models.AlertDetail.model_validate({"alert": view, "events": events})


@router.post("/api/alerts/{alert_id}/acknowledge", responses=responses(401, 403, 404, 408, 409, 413, 415, 422, 503))
async def acknowledge(
    alert_id: AlertPath, request: models.Acknowledge, session: SessionDep, services: ServicesDep
) -> models.Acknowledged:
    """Take note of an alert, and accept its notice where nobody has, so that nobody is asked any more.

    When several do at once there is one outcome, and everybody is told whose it was.
    409 when the alert has ended, so that nothing is left to acknowledge. 503 while nothing can be recorded, as for an
    alert that is not saved yet.
    """
    await check_saved(alert_id, session, services)
    result = await services.data.acknowledge(alert_id, session.user_id, request.note)
    alert = await told(alert_id, session, services)
    if result.outcome in (Outcome.OVER, Outcome.UNKNOWN):
        hint = "nothing is left to acknowledge"
        raise ApiError(409, "alert has ended", where=alert_id, hint=hint, current=alert)
    return models.Acknowledged.model_validate(
        {"outcome": result.outcome.value, "by_you": result.by_user_id == session.user_id, "alert": alert}
    )


def _place(view: View) -> cursors.Key:
    alert_id = view["alert_id"]
    # Of several at one moment the last; those that are not saved yet, whose ids are no numbers, in front.
    number = -int(alert_id) if alert_id.isdigit() else -(2**62)
    return -Priority(view["priority"]).rank, -microseconds(view["since"]), number, alert_id


async def check_saved(alert_id: str, session: Session, services: Services) -> None:
    """Nothing, when it is an alert that the session sees and that something can be done with; ApiError otherwise."""
    if _unsaved(alert_id, session, services):
        hint = "the database takes nothing now: try again when it is saved"
        raise ApiError(503, "alert is not saved yet", where=alert_id, hint=hint, headers={"Retry-After": "5"})
    await visible(alert_id, session, services)


async def told(alert_id: str, session: Session, services: Services) -> View:
    """The alert after something was done with it, told to every screen; as much of it as the session sees."""
    now_us = services.clock.now_us()
    (alert,) = await services.data.told_alerts([alert_id], now_us)
    services.room.alerts.put(alert.view, alert.version, alert.whose)
    services.pump.publish()
    seen = await services.data.alert(alert_id, now_us)
    shown = None if seen is None else services.room.alert_for(session.scope, seen.view, seen.whose)
    return without_findings(alert.view) if shown is None else shown


def _unsaved(alert_id: str, session: Session, services: Services) -> View | None:
    view = services.room.alerts.unsaved(alert_id)
    whose = services.room.alerts.whose(alert_id)
    return None if view is None else services.room.alert_for(session.scope, view, whose)


async def visible(alert_id: str, session: Session, services: Services) -> StoredAlert:
    """An alert that the session sees, in full: how much of it is for the caller to ask. ApiError otherwise."""
    alert = await services.data.alert(alert_id, services.clock.now_us())
    if alert is None or services.room.alert_for(session.scope, alert.view, alert.whose) is None:
        raise ApiError(404, "no such alert", where=alert_id, hint="GET /api/alerts lists those you may see")
    return alert
