"""Several low alerts acknowledged with one press. Medium and high ones are answered one by one."""

from __future__ import annotations

from fastapi import APIRouter

from clinician_api.alerting import models
from clinician_api.people.sessions import Session, SessionDep
from clinician_api.routes.alerts import told
from clinician_api.services import Services, ServicesDep
from clinician_api.web.errors import responses
from evaluation.answering import Bulk
from store.errors import StoreError

router = APIRouter(tags=["alerts"])


@router.post("/api/alerts/acknowledge-low", responses=responses(401, 403, 408, 413, 415, 422, 503))
async def acknowledge_low(
    request: models.AcknowledgeMany, session: SessionDep, services: ServicesDep
) -> models.AcknowledgedMany:
    """Take note of up to a hundred low alerts. Each is done, or not, by itself, and its outcome is told.

    None is done that is more than low by now, or that is told to people together with something that is.
    """
    wanted = dict.fromkeys(request.alert_ids)
    outcomes = [(alert_id, await _one(alert_id, request.note, session, services)) for alert_id in wanted]
    done = [outcome for _, outcome in outcomes if outcome in (Bulk.ACKNOWLEDGED, Bulk.ALREADY)]
    views = [{"alert_id": alert_id, "outcome": outcome} for alert_id, outcome in outcomes]
    return models.AcknowledgedMany.model_validate({"outcomes": views, "done": len(done)})


async def _one(alert_id: str, note: str | None, session: Session, services: Services) -> str:
    unsaved = services.room.alerts.unsaved(alert_id)
    if unsaved is not None and services.room.entry(session.scope, unsaved["unit"]) is not None:
        return "not recorded"
    try:
        alert = await services.data.alert(alert_id, services.clock.now_us())
        if alert is None or services.room.entry(session.scope, alert.view["unit"]) is None:
            return str(Bulk.UNKNOWN)
        outcome = await services.data.acknowledge_low(alert_id, session.user_id, note)
        await told(alert_id, services)
    except StoreError:
        return "not recorded"
    return str(outcome)
