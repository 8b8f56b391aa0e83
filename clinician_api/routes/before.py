"""What a rule had to look at before its alert: stored readings, with the limits on record."""

from __future__ import annotations

from fastapi import APIRouter, Response

from clinician_api.alerting import before
from clinician_api.alerting.alert_views import without_findings
from clinician_api.alerting.before_models import AlertBefore
from clinician_api.people.looks import What
from clinician_api.people.sessions import SessionDep
from clinician_api.routes.alerts import AlertPath, check_saved, visible
from clinician_api.services import ServicesDep, note_seen, seen_of_unit
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
    alert = await visible(alert_id, session, services)
    view = services.room.alert_for(session.scope, alert.view, alert.whose) or without_findings(alert.view)
    span = before.span(view)
    whose = await seen_of_unit(services, session, view["unit"], *span)
    if whose is None:
        raise ApiError(404, "no such alert", where=alert_id, hint="GET /api/alerts lists those you may see")
    unit_id, seen = whose
    found = before.reads(view, before.rule_of(view))
    asked = Asked(view["unit"], *span, services.clock.now_us(), every=False)
    history = await services.data.history(unit_id, asked, found.names, before.BUCKETS, seen)
    note_seen(services, session, What.HISTORY, view["unit"], seen)
    return Response(before.answer(view, found, history), media_type="application/json")
