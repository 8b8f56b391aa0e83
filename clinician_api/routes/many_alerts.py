"""Several low alerts acknowledged with one press. Medium and high ones are answered one by one."""

from __future__ import annotations

import contextlib
from typing import Final

from fastapi import APIRouter

from clinician_api.alerting import models
from clinician_api.people.sessions import Session, SessionDep
from clinician_api.services import Services, ServicesDep
from clinician_api.web.errors import responses
from evaluation.answering import Bulk
from store.errors import StoreError

router = APIRouter(tags=["alerts"])

NOT_RECORDED: Final = "not recorded"


@router.post("/api/low-alerts/acknowledge", responses=responses(401, 403, 408, 413, 415, 422, 503))
async def acknowledge_low(
    request: models.AcknowledgeMany, session: SessionDep, services: ServicesDep
) -> models.AcknowledgedMany:
    """Take note of up to a hundred low alerts. Each is done, or not, by itself, and its outcome is told.

    None is done that is more than low by now, or that is told to people together with something that is.
    """
    wanted = list(dict.fromkeys(request.alert_ids))
    seen = await _seen(wanted, session, services)
    outcomes = dict.fromkeys(wanted, str(Bulk.UNKNOWN))
    outcomes |= dict.fromkeys((one for one in wanted if _is_unsaved(one, session, services)), NOT_RECORDED)
    for place, alert_id in enumerate(seen):
        try:
            outcomes[alert_id] = str(await services.data.acknowledge_low(alert_id, session.user_id, request.note))
        except StoreError:
            # The others would each wait as long.
            outcomes |= dict.fromkeys(seen[place:], NOT_RECORDED)
            break
    await _tell(seen, services)
    done = [outcome for outcome in outcomes.values() if outcome in (Bulk.ACKNOWLEDGED, Bulk.ALREADY)]
    views = [{"alert_id": alert_id, "outcome": outcome} for alert_id, outcome in outcomes.items()]
    return models.AcknowledgedMany.model_validate({"outcomes": views, "done": len(done)})


async def _seen(wanted: list[str], session: Session, services: Services) -> list[str]:
    """Those that are on record and of the session's clinic, as they were asked for."""
    found = await services.data.alerts_by_id(wanted, services.clock.now_us())
    room = services.room
    theirs = {one.view["alert_id"] for one in found if room.alert_for(session.scope, one.view, one.whose) is not None}
    return [one for one in wanted if one in theirs and not _is_unsaved(one, session, services)]


def _is_unsaved(alert_id: str, session: Session, services: Services) -> bool:
    unsaved = services.room.alerts.unsaved(alert_id)
    whose = services.room.alerts.whose(alert_id)
    return unsaved is not None and services.room.alert_for(session.scope, unsaved, whose) is not None


async def _tell(alert_ids: list[str], services: Services) -> None:
    """How they stand now, to every screen at once; where the database cannot say, the next look at it does."""
    with contextlib.suppress(StoreError):
        for alert in await services.data.told_alerts(alert_ids, services.clock.now_us()):
            services.room.alerts.put(alert.view, alert.version, alert.whose)
        services.pump.publish()
