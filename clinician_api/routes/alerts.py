"""Alerts: what is open, why, and acknowledging."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query

from clinician_api import models
from clinician_api.data import Outcome
from clinician_api.errors import ApiError, responses
from clinician_api.services import Services, ServicesDep
from clinician_api.sessions import Session, SessionDep
from clinician_api.views import View, moment
from telemetry.alarms import Priority

router = APIRouter(tags=["alerts"])

AlertPath = Annotated[str, Path(max_length=64, pattern=r"^[0-9A-Za-z-]+$", description="Alert id")]


@router.get("/api/alerts", responses=responses(401, 403, 422, 503))
async def list_alerts(
    session: SessionDep,
    services: ServicesDep,
    state: Annotated[
        Literal["open", "recent"], Query(description="open: active or latched; recent: changed in the last 24 hours")
    ] = "open",
) -> models.Alerts:
    """Alerts of the session's clinic, high priority first."""
    now = services.clock.now_us()
    found = await services.data.alerts(session.scope, only_open=state == "open", now_us=now)
    views = services.room.alerts.overlaid([alert.view for alert in found])
    views.sort(key=lambda view: -Priority(view["priority"]).rank)
    seen = [view for view in views if services.room.entry(session.scope, view["unit"])]
    return models.Alerts.model_validate({"server_time": moment(now), "alerts": seen})


@router.get("/api/alerts/{alert_id}", responses=responses(401, 403, 404, 422, 503))
async def get_alert(alert_id: AlertPath, session: SessionDep, services: ServicesDep) -> models.AlertDetail:
    """One alert with every step of its life: rule and version, inputs, limits, who did what. No steps while unsaved."""
    unsaved = _unsaved(alert_id, session, services)
    alert = unsaved or await _visible(alert_id, session, services)
    events = [] if unsaved else await services.data.alert_events(alert_id)
    now = services.clock.now_us()
    return models.AlertDetail.model_validate({"server_time": moment(now), "alert": alert, "events": events})


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
    if result.outcome in (Outcome.OVER, Outcome.UNKNOWN):
        raise ApiError(409, "alert has ended", where=alert_id, hint="nothing is left to acknowledge")
    alert = await told(alert_id, services)
    return models.Acknowledged.model_validate(
        {"outcome": result.outcome.value, "by_you": result.by_user_id == session.user_id, "alert": alert}
    )


async def check_saved(alert_id: str, session: Session, services: Services) -> None:
    """Nothing, when it is an alert that the session sees and that something can be done with; ApiError otherwise."""
    if _unsaved(alert_id, session, services):
        hint = "the database takes nothing now: try again when it is saved"
        raise ApiError(503, "alert is not saved yet", where=alert_id, hint=hint, headers={"Retry-After": "5"})
    await _visible(alert_id, session, services)


async def told(alert_id: str, services: Services) -> View:
    """The alert after something was done with it, told to every screen."""
    alert = await services.data.alert(alert_id, services.clock.now_us())
    assert alert is not None, "alerts are never deleted"
    services.room.alerts.put(alert.view, alert.version)
    services.pump.publish()
    return alert.view


def _unsaved(alert_id: str, session: Session, services: Services) -> View | None:
    view = services.room.alerts.unsaved(alert_id)
    return view if view is not None and services.room.entry(session.scope, view["unit"]) else None


async def _visible(alert_id: str, session: Session, services: Services) -> View:
    alert = await services.data.alert(alert_id, services.clock.now_us())
    if alert is None or services.room.entry(session.scope, alert.view["unit"]) is None:
        raise ApiError(404, "no such alert", where=alert_id, hint="GET /api/alerts lists those you may see")
    return alert.view
