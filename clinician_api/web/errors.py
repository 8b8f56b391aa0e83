"""Errors as problem details (RFC 9457): what, where, what to do. Never a 5xx for bad input, never an internal detail.

The only place that writes an error's JSON: routes raise `ApiError`, what stands before them answers with `answer`.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from clinician_api.web.problems import BY_NAME, MEDIA_TYPE, of_status
from telemetry.errors import HomehdError

log = logging.getLogger(__name__)

SCHEMA: Final = {"$ref": "#/components/schemas/Problem"}
MAX_ERRORS: Final = 20  # nobody mends more at a time
_LONGEST: Final = 200


class ProblemResponse(JSONResponse):
    """An answer that is an error."""

    media_type = MEDIA_TYPE


class ApiError(Exception):
    """An answer other than success.

    Attributes:
        status: HTTP status.
        what, where, hint: the body; `where` never echoes a secret.
        headers: added to the answer; Retry-After becomes `retry_after_s`, too.
        kind: a name of `clinician_api.web.problems.KINDS`; without it the first of that status.
        members: further members of the body: `current`, how things stand now.
    """

    def __init__(
        self,
        status: int,
        what: str,
        *,
        where: str = "",
        hint: str = "",
        headers: Mapping[str, str] | None = None,
        kind: str = "",
        **members: Any,
    ) -> None:
        super().__init__(what)
        self.status = status
        self.what = what
        self.where = where
        self.hint = hint
        self.headers = dict(headers or {})
        self.kind = BY_NAME[kind] if kind else of_status(status)
        self.members = members


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The declaration of error answers for a route. Those that any such route has are added to the description."""
    return {status: declared(status) for status in statuses}


def declared(status: int) -> dict[str, Any]:
    """The declaration of one error answer."""
    return {"description": of_status(status).title, "content": {MEDIA_TYPE: {"schema": SCHEMA}}}


def answer(error: ApiError) -> ProblemResponse:
    """The answer that an error is."""
    return ProblemResponse(body(error), error.status, error.headers)


def body(error: ApiError) -> dict[str, Any]:
    """The JSON of an error."""
    said = f"{error.what} ({error.where})" if error.where else error.what
    wait = error.headers.get("Retry-After", "")
    return {
        "type": error.kind.type,
        "title": error.kind.title,
        "status": error.status,
        "detail": f"{said}: {error.hint}" if error.hint else said,
        # Not the path: that is what was sent, and may hold a word that is nobody else's business.
        "instance": uuid4().urn,
        "what": error.what,
        "where": error.where,
        "hint": error.hint,
        **({"retry_after_s": int(wait)} if wait.isdigit() else {}),
        **jsonable_encoder(error.members),
    }


def internal(route: str, fault: Exception) -> ProblemResponse:
    """The answer to a fault of ours; the log has it under the answer's `instance`."""
    found = answer(ApiError(500, "internal error", hint="it is in the server's log; report it with its instance"))
    log.error("request failed", extra={"fields": {"route": route, "instance": _instance(found)}}, exc_info=fault)
    return found


def install(app: FastAPI) -> None:
    """Translate every way a request can fail."""
    app.add_exception_handler(ApiError, _api_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(HomehdError, _unavailable)


async def _api_error(_request: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, ApiError)
    return answer(error)


async def _invalid(_request: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, RequestValidationError)
    # The offending input is not echoed: it may be a password.
    found = [
        {"where": ".".join(str(part) for part in one["loc"])[:_LONGEST], "why": str(one["msg"])[:_LONGEST]}
        for one in error.errors()[:MAX_ERRORS]
    ]
    first = found[0]
    wrong = ApiError(422, "not understood", where=first["where"], hint=first["why"], errors=found)
    return answer(wrong)


async def _http(_request: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, HTTPException)
    # FastAPI says 400 for JSON nested too deep to parse; for whoever sent it, it is the same as any other nonsense.
    status = 422 if error.status_code == 400 else error.status_code
    headers = dict(error.headers or {})
    if status == 405:
        # A page's: whatever can be had can be asked about. Addresses of the API are the guard's business.
        headers["Allow"] = "GET, HEAD"
    kind = "no-such-route" if status == 404 else ""
    hint = of_status(status).remedy.replace("`", "")
    return answer(ApiError(status, str(error.detail).lower(), hint=hint, headers=headers, kind=kind))


async def _unavailable(request: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, HomehdError)
    hint = "try again in a few seconds"
    found = answer(ApiError(503, "not available now", where="database", hint=hint, headers={"Retry-After": "5"}))
    fields = {"path": _route(request), "error": error.line(), "instance": _instance(found)}
    log.warning("request failed", extra={"fields": fields})
    return found


def _instance(found: ProblemResponse) -> str:
    return str(json.loads(bytes(found.body))["instance"])


def _route(request: Request) -> str:
    return str(getattr(request.scope.get("route"), "path", ""))
