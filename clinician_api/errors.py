"""Errors as JSON: what, where, what to do. Never a 5xx for bad input, never an internal detail."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from clinician_api.models import ErrorBody
from telemetry.errors import HomehdError

log = logging.getLogger(__name__)

_MEANING = {
    401: "No session",
    403: "Not allowed for this role, or sent by another site",
    404: "Does not exist, or belongs to another clinic",
    405: "Method not allowed",
    408: "The body did not arrive in time",
    409: "Conflicts with what is so now",
    413: "Body too large",
    415: "Body is not JSON",
    422: "A value is missing or out of range",
    429: "Too many attempts; see Retry-After",
    503: "A part this needs is not there now",
}


class ApiError(Exception):
    """An answer other than success.

    Attributes:
        status: HTTP status.
        what, where, hint: the body; `where` never echoes a secret.
        headers: added to the answer.
    """

    def __init__(
        self, status: int, what: str, *, where: str = "", hint: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(what)
        self.status = status
        self.what = what
        self.where = where
        self.hint = hint
        self.headers = dict(headers or {})


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The declaration of error answers for a route."""
    return {status: {"model": ErrorBody, "description": _MEANING[status]} for status in statuses}


def body(what: str, where: str = "", hint: str = "") -> dict[str, Any]:
    """The JSON of an error."""
    return {"error": {"what": what, "where": where, "hint": hint}}


def install(app: FastAPI) -> None:
    """Translate every way a request can fail."""
    app.add_exception_handler(ApiError, _api_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(HomehdError, _unavailable)


async def _api_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ApiError)
    return JSONResponse(body(error.what, error.where, error.hint), error.status, error.headers)


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    # The offending input is not echoed: it may be a password.
    return JSONResponse(body("not understood", where[:200], str(first["msg"])[:200]), 422)


async def _http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    # FastAPI says 400 for JSON nested too deep to parse; for whoever sent it, it is the same as any other nonsense.
    status = 422 if error.status_code == 400 else error.status_code
    return JSONResponse(body(str(error.detail).lower(), "", _MEANING.get(status, "")), status, error.headers)


async def _unavailable(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HomehdError)
    log.warning("request failed", extra={"fields": {"path": _route(request), "error": error.line()}})
    return JSONResponse(body("not available now", "database", "try again in a few seconds"), 503, {"Retry-After": "5"})


def _route(request: Request) -> str:
    return str(getattr(request.scope.get("route"), "path", ""))
