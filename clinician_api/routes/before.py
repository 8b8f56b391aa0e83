"""What a rule had to look at before its alert: stored readings, with the limits on record."""

from __future__ import annotations

from fastapi import APIRouter, Response

from clinician_api.alerting import before
from clinician_api.alerting.before_models import AlertBefore
from clinician_api.people.looks import What
from clinician_api.people.sessions import SessionDep
from clinician_api.routes.alerts import AlertPath, check_saved, visible
from clinician_api.services import ServicesDep, note_look
from clinician_api.treatments.history import Asked
from clinician_api.web.errors import ApiError, responses

router = APIRouter(tags=["alerts"])


@router.get(
    "/api/alerts/{alert_id}/before",
    response_class=Response,
    responses={**responses(401, 403, 404, 422, 503), 200: {"model": AlertBefore, "description": "The readings"}},
)
async def get_before(alert_id: AlertPath, session: SessionDep, services: ServicesDep) -> Response:
    """The signals that the alert's rule reads, as stored from ten minutes before it began to five after.

    Of old alerts, too. A rule that is not about readings reads none: then there are no signals. 503 as for an alert
    that is not saved yet.
    """
    await check_saved(alert_id, session, services)
    view = (await visible(alert_id, session, services)).view
    entry = services.room.entry(session.scope, view["unit"])
    if entry is None:
        raise ApiError(404, "no such alert", where=alert_id, hint="GET /api/alerts lists those you may see")
    found = before.reads(view, before.rule_of(view))
    asked = Asked(view["unit"], *before.span(view), services.clock.now_us(), every=False)
    history = await services.data.history(entry.unit_id, asked, found.names, before.BUCKETS)
    note_look(services, session, What.HISTORY, units=[view["unit"]])
    return Response(before.answer(view, found, history), media_type="application/json")
