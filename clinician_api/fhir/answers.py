"""How `/fhir` answers: its media type, versions as tags, and every error as an OperationOutcome, whoever found it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final

from fastapi import Request
from fastapi.responses import Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clinician_api.settings import ApiOptions
from clinician_api.web.conditional import is_known
from clinician_api.web.problems import MEDIA_TYPE as PROBLEM
from clinician_api.web.problems import of_status
from interop.fhir import bundle
from interop.fhir.datatypes import Json
from interop.fhir.outcomes import issue_type, outcome
from interop.fhir.search import moment

PREFIX: Final = "/fhir"
JSON: Final = "application/fhir+json"
NDJSON: Final = "application/fhir+ndjson"
OUTCOME: Final = {"$ref": "#/components/schemas/OperationOutcome"}
SCHEMAS: Final[dict[str, Json]] = {
    "FhirResource": {
        "type": "object", "description": "A resource of HL7 FHIR R4 (4.0.1); hl7.org/fhir/R4 says what is in it",
        "required": ["resourceType"], "properties": {"resourceType": {"type": "string"}, "id": {"type": "string"}},
    },
    "OperationOutcome": {
        "type": "object", "description": "FHIR R4: what went wrong, in `issue`", "required": ["resourceType", "issue"],
        "properties": {
            "resourceType": {"const": "OperationOutcome"},
            "issue": {
                "type": "array", "minItems": 1, "items": {
                    "type": "object", "required": ["severity", "code"],
                    "properties": {"severity": {"type": "string"}, "code": {"type": "string"}},
                },
            },
        },
    },
}  # fmt: skip
_HOST: Final = re.compile(r"[A-Za-z0-9.-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?", re.ASCII)
_JSONS: Final = ("json", "*/*", "application/*")


class Refusal(Exception):
    """An answer other than success, in FHIR's words.

    Attributes:
        status: HTTP status. said: for people. where: the parameter or header at fault.
    """

    def __init__(self, status: int, said: str, where: str = "", code: str = "") -> None:
        super().__init__(said)
        self.status = status
        self.said = said
        self.where = where
        self.code = code or issue_type(status)


def declared(status: int) -> Json:
    """The declaration of one error answer."""
    return {"description": of_status(status).title, "content": {JSON: {"schema": OUTCOME}}}


def refused(_request: Request, error: Exception) -> Response:
    """The answer that a Refusal is."""
    assert isinstance(error, Refusal)
    where = (f"http.{error.where}",) if error.where else ()
    return written(outcome("error", error.code, error.said, *where), error.status)


def written(resource: Json, status: int = 200) -> Response:
    """A resource as an answer."""
    return Response(bundle.text(resource), status, media_type=JSON)


def tagged(resource: Json, request: Request) -> Response:
    """The same with its version as tag and the time of its last change; 304 to whoever has it."""
    held = resource.get("meta", {})
    tag, changed = f'W/"{held["versionId"]}"', moment(held.get("lastUpdated", ""))
    headers = {"etag": tag}
    if changed is not None:
        headers["last-modified"] = format_datetime(datetime.fromtimestamp(changed[0] // 1_000_000, UTC), usegmt=True)
    known = request.headers.get("if-none-match")
    same = is_known(known, tag) or (known is None and _unchanged(request, changed))
    return Response(status_code=304, headers=headers) if same else Response(
        bundle.text(resource), media_type=JSON, headers=headers
    )  # fmt: skip


def base_of(request: Request, options: ApiOptions) -> str:
    """The address of `/fhir` as it was asked for."""
    host = request.headers.get("host", "")
    scheme = "https" if options.https else "http"
    return f"{scheme}://{host if _HOST.fullmatch(host) else 'localhost'}{PREFIX}"


def check_format(request: Request) -> None:
    """Refusal 406 where something other than JSON is wanted."""
    asked = request.query_params.get("_format", request.headers.get("accept", "*/*")) or "*/*"
    if not any(word in asked.lower() for word in _JSONS):
        raise Refusal(406, "JSON only: application/fhir+json", "Accept")


def is_strict(request: Request) -> bool:
    """Whether a parameter that is not known is to be refused."""
    words = [word.strip().lower().replace(" ", "") for word in request.headers.get("prefer", "").split(",")]
    return any("handling=strict" in word.split(";") for word in words)


class Outcomes:
    """ASGI middleware: what others answer below `/fhir` as a problem goes out as an OperationOutcome."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold an error back until it can be said in FHIR's words."""
        path = scope.get("path", "")
        if scope["type"] != "http" or not (path == PREFIX or path.startswith(PREFIX + "/")):
            await self._app(scope, receive, send)
            return
        await self._app(scope, receive, _translating(send, bodiless=scope["method"] == "HEAD"))


def _translating(send: Send, *, bodiless: bool) -> Send:
    held: list[Message] = []

    async def translated(message: Message) -> None:
        if message["type"] == "http.response.start":
            if Headers(raw=message["headers"]).get("content-type") != PROBLEM:
                await send(message)
                return
            held.append(message)
            return
        if not held or message["type"] != "http.response.body":
            await send(message)
            return
        held.append(message)
        if message.get("more_body"):
            return
        start, *parts = held
        content = _as_outcome(start["status"], b"".join(part.get("body", b"") for part in parts))
        headers = MutableHeaders(raw=list(start["headers"]))
        headers["content-type"] = JSON
        if not bodiless:
            headers["content-length"] = str(len(content))
        held.clear()
        await send({**start, "headers": headers.raw})
        await send({"type": "http.response.body", "body": b"" if bodiless else content})

    return translated


def _as_outcome(status: int, problem: bytes) -> bytes:
    said = json.loads(problem) if problem else {}
    place, _, name = str(said.get("where", "")).partition(".")
    where = [f"http.{name}"] if place in ("query", "header") and name else []
    return bundle.text(outcome("error", issue_type(status), str(said.get("detail", "not answered")), *where))


def _unchanged(request: Request, changed: tuple[int, int] | None) -> bool:
    since = request.headers.get("if-modified-since")
    if since is None or changed is None:
        return False
    try:
        known = parsedate_to_datetime(since)
    except ValueError:
        return False
    at_s = known.replace(tzinfo=known.tzinfo or UTC).timestamp()
    return changed[0] // 1_000_000 <= at_s
