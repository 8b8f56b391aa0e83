"""Questions asked again: an answer that has not changed is 304 and nothing more (RFC 9110).

A tag is made of the answer itself, so no route can forget to change it. It is strong where the very same bytes would
come again, and weak where only `server_time` would differ. A route may set its own, which is kept.
"""

from __future__ import annotations

import hashlib
import re
from typing import Annotated, Final

import msgspec
from fastapi import Header
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clinician_api.live.views import View
from clinician_api.web.errors import ApiError

# Answers that age while nothing happens, or that are as good as never asked for twice.
FRESH: Final = frozenset({
    "/api/units", "/api/units/{unit}", "/api/session", "/api/demo-accounts", "/api/sign-in", "/api/oidc/start",
    "/api/oidc/callback", "/healthz", "/fhir/{kind}", "/fhir/Procedure/{treatment_id}/$export",
    "/fhir/Patient/{patient_id}/$summary",
})  # fmt: skip
# Of nobody: browsers may keep it, and ask whether it still is so.
IMPERSONAL: Final = frozenset({"/api/signals", "/api/rules", "/problems/{name}", "/openapi.json", "/docs"})
KEPT: Final = "private, no-cache"

IfMatch = Annotated[
    str | None,
    Header(
        max_length=200,
        description="`ETag` of what was read: 412 when it has changed since, and nothing is done",
    ),
]

_TIME: Final = re.compile(rb'"server_time":"[^"]*",?')
_TAG: Final = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')


def is_conditional(method: str, path: str) -> bool:
    """Whether a route's answers have tags."""
    return method.upper() == "GET" and path not in FRESH


def tag_of(content: bytes) -> str:
    """The entity tag of a JSON answer."""
    timeless, times = _TIME.subn(b"", content, count=1)
    tag = f'"{hashlib.sha256(timeless).hexdigest()[:32]}"'
    return f"W/{tag}" if times else tag


def tag_of_state(version: int, view: View) -> str:
    """The strong tag of something that people change, from its version and how it stands."""
    return f'"{hashlib.sha256(msgspec.json.encode([version, view])).hexdigest()[:32]}"'


def is_known(header: str | None, tag: str) -> bool:
    """Whether If-None-Match names the tag; weak or strong makes no difference there."""
    if header is None:
        return False
    return header.strip() == "*" or tag.removeprefix("W/") in [t.removeprefix("W/") for t in _TAG.findall(header)]


def check_unchanged(header: str | None, tag: str, current: View) -> None:
    """Nothing where If-Match is absent, or names the strong tag of how things stand; ApiError 412 otherwise."""
    if header is None or header.strip() == "*" or tag in _TAG.findall(header):
        return
    hint = "look at what it is now and decide anew"
    raise ApiError(412, "changed meanwhile", where="If-Match", hint=hint, headers={"ETag": tag}, current=current)


class Conditional:
    """ASGI middleware: tags what GET answers as JSON or to all alike, and answers 304 to whoever has it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold a JSON answer back until its tag is known."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        await self._app(scope, receive, _Tagging(scope, send))


class _Tagging:
    """One answer on its way out."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._start: Message | None = None
        self._parts: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and self._concerns(message):
            self._start = message
        elif message["type"] == "http.response.body" and self._start is not None:
            self._parts.append(message.get("body", b""))
            if not message.get("more_body"):
                await self._answer(self._start, b"".join(self._parts))
        else:
            await self._send(message)

    def _concerns(self, start: Message) -> bool:
        kind, route = Headers(raw=start["headers"]).get("content-type", ""), self._route()
        tagged = route in IMPERSONAL or (kind == "application/json" and route not in FRESH)
        return bool(start["status"] == 200 and tagged)

    def _route(self) -> str:
        return str(getattr(self._scope.get("route"), "path", self._scope["path"]))

    async def _answer(self, start: Message, content: bytes) -> None:
        headers = MutableHeaders(raw=list(start["headers"]))
        tag = headers.get("etag") or tag_of(content)
        headers["etag"] = tag
        if self._route() in IMPERSONAL:
            headers["cache-control"] = KEPT
        if is_known(Headers(scope=self._scope).get("if-none-match"), tag):
            for name in ("content-length", "content-type"):
                del headers[name]
            start, content = {**start, "status": 304}, b""
        await self._send({**start, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": content})
