"""What FastAPI's description of us lacks: answers that come before any route, headers, the origin, links. Pure.

In one place, so that a new route has them by being in `clinician_api.access.ROUTES`.
"""

from __future__ import annotations

from typing import Any, Final

from clinician_api.access import ROUTES
from clinician_api.fhir import answers
from clinician_api.settings import COOKIE
from clinician_api.web.conditional import is_conditional
from clinician_api.web.errors import declared
from clinician_api.web.models import Problem
from clinician_api.web.problems import MEDIA_TYPE

Document = dict[str, Any]

_SAFE: Final = ("get", "head", "options")
# What the guard answers to a request that changes something.
_BEFORE_A_CHANGE: Final = (403, 408, 413, 415)
# What the check of the session answers: it asks the database.
_OF_A_SESSION: Final = (401, 403, 503)
SCHEMES: Final = {
    "session": {
        "type": "apiKey", "in": "cookie", "name": COOKIE,
        "description": "Set by `POST /api/session`; over TLS its name begins with `__Host-`",
    },
    "origin": {
        "type": "apiKey", "in": "header", "name": "Origin",
        "description": "Of our own page, which a browser sends by itself: a request that changes something must carry "
        "it, so that no page of another site can make one. `Sec-Fetch-Site: same-origin` does, too.",
    },
}  # fmt: skip
_RETRY_AFTER: Final = {
    "description": "Seconds after which to try again", "schema": {"type": "integer", "minimum": 0}, "required": False,
}  # fmt: skip
_ETAG: Final = {
    "description": "Of this answer; weak where only `server_time` would differ", "schema": {"type": "string"},
}  # fmt: skip
_IF_NONE_MATCH: Final = {
    "name": "If-None-Match", "in": "header", "required": False, "schema": {"type": "string"},
    "description": "`ETag` of an answer that is still held: 304 while it is the same",
}  # fmt: skip
# Where an answer leads: operation and status of it -> operation, and where its parameters are.
LINKS: Final = (
    ("list_units", "200", "get_unit", {"unit": "$response.body#/units/0/unit"}),
    ("list_units", "200", "treatments_of_unit", {"unit": "$response.body#/units/0/unit"}),
    ("list_units", "200", "get_history", {"unit": "$response.body#/units/0/unit"}),
    ("list_alerts", "200", "get_alert", {"alert_id": "$response.body#/alerts/0/alert_id"}),
    ("list_alerts", "200", "acknowledge", {"alert_id": "$response.body#/alerts/0/alert_id"}),
    ("get_alert", "200", "shelve", {"alert_id": "$response.body#/alert/alert_id"}),
    ("shelve", "200", "bring_back", {"alert_id": "$response.body#/alert/alert_id"}),
    ("list_notices", "200", "get_notice", {"notice_id": "$response.body#/notices/0/notice_id"}),
    ("get_notice", "200", "accept", {"notice_id": "$response.body#/notice/notice_id"}),
    ("get_notice", "200", "get_notice_of_delivery", {"delivery_id": "$response.body#/deliveries/0/delivery_id"}),
    ("accept", "200", "release", {"notice_id": "$response.body#/notice/notice_id"}),
    ("treatments_of_unit", "200", "get_treatment", {"treatment_id": "$response.body#/treatments/0/treatment_id"}),
    (
        "treatments_of_unit", "200", "treatments_of_patient",
        {"patient_id": "$response.body#/treatments/0/patient/patient_id"},
    ),
    ("list_reviews", "200", "get_review", {"treatment_id": "$response.body#/reviews/0/treatment/treatment_id"}),
    ("list_reviews", "200", "sign_treatment", {"treatment_id": "$response.body#/reviews/0/treatment/treatment_id"}),
    ("list_reviews", "200", "call_doctor", {"treatment_id": "$response.body#/reviews/0/treatment/treatment_id"}),
    ("list_proposals", "200", "sign_proposal", {"proposal_id": "$response.body#/proposals/0/proposal_id"}),
    ("list_proposals", "200", "reject_proposal", {"proposal_id": "$response.body#/proposals/0/proposal_id"}),
    ("list_teams", "200", "remove_team", {"team_id": "$response.body#/teams/0/team_id"}),
    ("list_users", "200", "get_user", {"user_id": "$response.body#/users/0/user_id"}),
    ("disable_user", "200", "enable_user", {"user_id": "$response.body#/user/user_id"}),
    ("list_installations", "200", "get_installation", {"unit": "$response.body#/units/0/unit"}),
    ("get_installation", "200", "unbind_patient", {"unit": "$response.body#/unit/unit"}),
    ("list_installations", "200", "retire_unit", {"unit": "$response.body#/units/0/unit"}),
)  # fmt: skip


def complete(document: Document) -> None:
    """Add it all to FastAPI's document."""
    schemas = document["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    made = Problem.model_json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
    schemas.update({**made.pop("$defs"), **answers.SCHEMAS})
    schemas["Problem"] = made
    document["components"]["securitySchemes"] = SCHEMES
    operations = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            _complete(
                operation, method, path, ROUTES.get((method.upper(), path)), guarded=(method.upper(), path) in ROUTES
            )
            operations[operation["operationId"]] = operation
    for source, status, target, parameters in LINKS:
        if source in operations and target in operations:
            links = operations[source]["responses"][status].setdefault("links", {})
            links[target] = {"operationId": target, "parameters": parameters}
    for webhook in document["webhooks"].values():
        # FastAPI invents answers for them.
        webhook["post"]["responses"] = {"200": {"description": "Not answered: messages of /ws go one way"}}


def _complete(operation: Document, method: str, path: str, needed: str | None, *, guarded: bool) -> None:
    changes = method not in _SAFE
    below_fhir = path.startswith(answers.PREFIX + "/")
    media, said = (answers.JSON, answers.declared) if below_fhir else (MEDIA_TYPE, declared)
    statuses = [500]
    if needed is not None:
        statuses += _OF_A_SESSION
    if changes:
        statuses += _BEFORE_A_CHANGE
    if "parameters" in operation or "requestBody" in operation:
        statuses.append(422)
    responses = operation["responses"]
    if is_conditional(method, path):
        operation.setdefault("parameters", []).append(_IF_NONE_MATCH)
        responses["200"].setdefault("headers", {})["ETag"] = _ETAG
        responses["304"] = {"description": "As it was", "headers": {"ETag": _ETAG}}
    for status in statuses:
        if guarded and str(status) not in responses:
            responses[str(status)] = said(status)
    if "422" in responses and media not in responses["422"]["content"]:
        responses["422"] = said(422)  # FastAPI's own, which we never send
    for waits in ("429", "503"):
        if media in responses.get(waits, {}).get("content", {}):
            responses[waits].setdefault("headers", {})["Retry-After"] = _RETRY_AFTER
    operation["responses"] = dict(sorted(responses.items()))
    wanted = [*(["session"] if needed is not None else []), *(["origin"] if changes else [])]
    operation["security"] = [{scheme: [] for scheme in wanted}] if wanted else []
