"""Setting an alert aside, and bringing it back."""

from __future__ import annotations

from fastapi import APIRouter

from alerts.asked.ruleset import HELP
from alerts.shelving import ShelfKind
from clinician_api.alerting import models
from clinician_api.people.sessions import SessionDep
from clinician_api.routes.alerts import AlertPath, check_saved, told, visible
from clinician_api.services import ServicesDep
from clinician_api.web.conditional import IfMatch
from clinician_api.web.errors import ApiError, responses
from evaluation.setting_aside import Outcome

router = APIRouter(tags=["alerts"])


@router.post("/api/alerts/{alert_id}/shelve", responses=responses(401, 403, 404, 408, 409, 412, 413, 415, 422, 503))
async def shelve(
    alert_id: AlertPath, request: models.Shelve, session: SessionDep, services: ServicesDep, if_match: IfMatch = None
) -> models.Shelved:
    """Set the alert's rule aside for its unit: it is shown, and nobody is asked because of it. A rise ends that.

    422 says what is wrong: a reason is needed, and high priority is set aside for at most 15 minutes.
    """
    await check_saved(alert_id, session, services)
    if (await visible(alert_id, session, services)).view["rule"] == HELP:
        hint = "accept it, or acknowledge it; when the patient was helped, say so"
        raise ApiError(422, "a call for help is not set aside", where=alert_id, hint=hint)
    try:
        outcome = await services.data.notices.shelve(
            alert_id, ShelfKind(request.kind), request.minutes, request.reason, session.user_id,
            services.data.unchanged(if_match, services.clock.now_us()),
        )  # fmt: skip
    except ValueError as error:
        where, _, why = str(error).partition(": ")
        raise ApiError(422, "not set aside", where=f"body.{where}", hint=why) from error
    if outcome is not Outcome.DONE:
        hint, current = "nothing is left to set aside", await told(alert_id, session, services)
        raise ApiError(409, "alert has ended", where=alert_id, hint=hint, current=current)
    return models.Shelved.model_validate({"alert": await told(alert_id, session, services)})


@router.delete(
    "/api/alerts/{alert_id}/shelve", status_code=204, responses=responses(401, 403, 404, 408, 412, 413, 415, 422, 503)
)
async def bring_back(alert_id: AlertPath, session: SessionDep, services: ServicesDep, if_match: IfMatch = None) -> None:
    """What is set aside counts again, now. A second time changes nothing."""
    await check_saved(alert_id, session, services)
    await services.data.notices.bring_back(
        alert_id, session.user_id, services.data.unchanged(if_match, services.clock.now_us())
    )
    await told(alert_id, session, services)
