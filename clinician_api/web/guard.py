"""Before any route: who sent it, from which page, how much, how slowly; and the headers on every answer."""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clinician_api.access import methods_of
from clinician_api.settings import ApiOptions, Network
from clinician_api.web.errors import ApiError, answer, internal
from store import viewers

MAX_BODY: Final = 16 * 1024
BODY_TIMEOUT_S: Final = 10.0
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_EVERYWHERE: Final = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))
_HOST: Final = re.compile(r"[A-Za-z0-9.-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")


def client_address(connection: HTTPConnection, proxies: Sequence[Network]) -> str:
    """The address of who asks: the peer's, or the one a proxy of ours was asked by.

    X-Forwarded-For grows to the right, and anybody can begin it: it is read from the right, as far as our own proxies
    wrote it. What is given is `of_line` of it.
    """
    address = connection.client.host if connection.client else "unknown"
    forwarded = ",".join(connection.headers.getlist("x-forwarded-for")).split(",")
    while forwarded and is_among(address, proxies):
        before = forwarded.pop().strip()
        if not is_among(before, _EVERYWHERE):
            break
        address = before
    return of_line(address)


def of_line(address: str) -> str:
    """What an address counts as: of IPv6 its network, because one line has 2^64 addresses."""
    if ":" not in address:
        return address
    return str(ipaddress.ip_network(f"{address.partition('%')[0]}/64", strict=False))


def is_same_origin(origin: str | None, host: str | None, allowed: Iterable[str], *, https: bool) -> bool:
    """Whether a page of `origin` is ours: of the host that was asked for, or one of `allowed`.

    An absent, "null" or malformed origin is not ours; nor, where TLS is in front (`https`), is one that came without:
    whoever sits on the line can write such a page for any host.
    """
    if not origin or origin == "null":
        return False
    if origin in allowed:
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    schemes = ("https",) if https else ("http", "https")
    bare = parts.scheme in schemes and not (parts.path or parts.query or parts.fragment)
    return bare and bool(host) and parts.netloc.lower() == str(host).lower()


def is_among(address: str, networks: Sequence[Network]) -> bool:
    """Whether it is an address, and of one of the networks."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)


class Guard:
    """ASGI middleware for HTTP; sockets check their origin themselves, before they accept."""

    def __init__(self, app: ASGIApp, options: ApiOptions) -> None:
        self._app = app
        self._options = options

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what no route should see; add the headers to what goes out."""
        if scope["type"] != "lifespan":
            # The server reads the next request on a line in the context of the last one's task, viewer and all.
            viewers.work_for(viewers.NOBODY)
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if scope["method"] == "HEAD":
            # Whatever can be had can be asked about; routes know GET alone.
            scope, send = {**scope, "method": "GET"}, _bodiless(send)
        outgoing = self._with_headers(scope["path"], headers.get("host"), send)
        try:
            self._check(scope["method"], scope["path"], headers)
            if scope["method"] not in _SAFE_METHODS:
                receive = _replay(await _read_body(receive), receive)
        except ApiError as refusal:
            await answer(refusal)(scope, receive, outgoing)
            return
        await self._run(scope, receive, outgoing)

    async def _run(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as fault:
            if started:
                raise
            route = str(getattr(scope.get("route"), "path", ""))
            await internal(route, fault)(scope, receive, send)

    def _check(self, method: str, path: str, headers: Headers) -> None:
        methods = methods_of(path)
        if methods and method not in methods:
            allow = ", ".join(methods)
            raise ApiError(405, "method not allowed", where=method[:20], hint=f"use {allow}", headers={"Allow": allow})
        if method in _SAFE_METHODS:
            return
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        options = self._options
        ours = is_same_origin(origin, headers.get("host"), options.allowed_origins, https=options.https)
        if not ours and not (origin is None and site == "same-origin"):
            hint = "a request that changes something must carry the Origin of our own page"
            raise ApiError(403, "sent by another site", where="Origin", hint=hint, kind="other-site")
        length = headers.get("content-length", "")
        has_body = "transfer-encoding" in headers or (length.isdigit() and int(length) > 0)
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if has_body and kind != "application/json":
            raise ApiError(415, "body is not JSON", where="Content-Type", hint="send application/json")
        if length.isdigit() and int(length) > MAX_BODY:
            raise _too_large()

    def _with_headers(self, path: str, host: str | None, send: Send) -> Send:
        policy = _content_security_policy(host)

        async def wrapped(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["content-security-policy"] = policy
                headers.update(_FIXED)
                if self._options.https:
                    headers["strict-transport-security"] = "max-age=31536000"
                if path.startswith(("/api/", "/fhir/")):
                    headers.setdefault("cache-control", "no-store")
            await send(message)

        return wrapped


_FIXED: Final = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


def _content_security_policy(host: str | None) -> str:
    # 'self' covers ws: of the same host only in newer browsers, so it is named too.
    sockets = f" ws://{host} wss://{host}" if host and _HOST.fullmatch(host) else ""
    return (
        f"default-src 'self'; connect-src 'self'{sockets}; img-src 'self' data:; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


async def _read_body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return b""
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > MAX_BODY:
                    raise _too_large()
                if not message.get("more_body"):
                    return b"".join(parts)
    except TimeoutError as error:
        hint = f"send it within {BODY_TIMEOUT_S:g} s"
        raise ApiError(
            408, "the body did not arrive in time", where="body", hint=hint, headers={"Connection": "close"}
        ) from error


def _replay(content: bytes, receive: Receive) -> Receive:
    sent = False

    async def again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": content, "more_body": False}

    return again


def _bodiless(send: Send) -> Send:
    async def wrapped(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return wrapped


def _too_large() -> ApiError:
    hint = f"at most {MAX_BODY} bytes"
    return ApiError(413, "body too large", where="body", hint=hint, headers={"Connection": "close"})
