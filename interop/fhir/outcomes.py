"""OperationOutcome: what went wrong, or was left aside, in FHIR's words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from interop.fhir.datatypes import Json, tidy

# HTTP status -> issue type (`issue-type`); anything else is a fault of ours.
_OF_STATUS: Final = {
    400: "invalid", 401: "login", 403: "forbidden", 404: "not-found", 405: "not-supported", 406: "not-supported",
    408: "timeout", 413: "too-long", 415: "not-supported", 422: "invalid", 429: "throttled", 503: "transient",
}  # fmt: skip


def issue_type(status: int) -> str:
    """What an HTTP status is called."""
    return _OF_STATUS.get(status, "exception")


def outcome(severity: str, code: str, said: str, *where: str) -> Json:
    """One thing to say. `where`: parameters or headers at fault, as FHIRPath has them: `http.NAME`."""
    issue = {"severity": severity, "code": code, "details": {"text": said}, "expression": list(where)}
    return tidy({"resourceType": "OperationOutcome", "issue": [issue]})


def joined(several: Sequence[Json]) -> Json | None:
    """All that these say in one; None where there is nothing to say."""
    issues = [issue for one in several for issue in one["issue"]]
    return {"resourceType": "OperationOutcome", "issue": issues} if issues else None
