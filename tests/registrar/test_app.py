"""The HTTPS door without its TLS: real application, real database."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from registrar.app import MAX_BODY, create_app
from registrar.attempts import LIMIT, NONSENSE_LIMIT, NONSENSE_WINDOW_S, WINDOW_S
from registrar.authority import Authority
from registrar.desk import Desk
from registrar.metrics import Metrics
from store import registry
from store.pool import Connection
from telemetry.clock import ManualClock


class Door:
    def __init__(self, url: str, authority: Authority, now_us: int) -> None:
        self.clock, self.metrics = ManualClock(now_us), Metrics()
        self.desk = Desk(url, authority, self.clock)
        self.app = create_app(self.desk, self.clock, self.metrics)

    async def post(self, content: bytes, address: str = "192.0.2.1") -> httpx.Response:
        transport = httpx.ASGITransport(self.app, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="https://x") as client:
            return await client.post("/enrol", content=content)

    async def enrol(self, code: str, request: bytes, address: str = "192.0.2.1") -> httpx.Response:
        body = {"code": code, "request": base64.b64encode(request).decode()}
        return await self.post(json.dumps(body).encode(), address)

    async def get(self, path: str) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="https://x") as client:
            return await client.get(path)


@pytest.fixture
def door(database_url: str, authority: Authority, tools: Any) -> Iterator[Door]:
    door = Door(database_url, authority, tools.NOW_US)
    yield door
    door.desk.close()


async def test_the_authority_is_public(door: Door, authority: Authority) -> None:
    assert (await door.get("/authority")).text == authority.pem
    for path in ("/", "/docs", "/openapi.json", "/enrol"):
        assert (await door.get(path)).status_code in (404, 405)


async def test_a_code_for_a_certificate(
    door: Door, conn: Connection, authority: Authority, unit: registry.Unit, tools: Any
) -> None:
    code, request = tools.code(conn, authority, unit.name), tools.request(unit.name)
    said = await door.enrol(code, request)
    assert said.status_code == 200 and said.headers["Cache-Control"] == "no-store"
    answer = said.json()
    assert (answer["unit"], answer["settings"], answer["authority"]) == (unit.name, tools.SETTINGS, authority.pem)
    assert "BEGIN CERTIFICATE" in answer["certificate"]
    assert (await door.enrol(code, request)).json() == answer
    used = await door.enrol(code, tools.request(unit.name))
    assert (used.status_code, used.json()["reason"]) == (409, "code used")


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b"null", b'{"code": 1, "request": ""}', b'{"code": "a", "request": "*"}', b"\xff" * 10,
     b'{"code": "a.b", "request": "", "more": 1}', b"[" * 5000, b"x" * (MAX_BODY + 1)],
    ids=range(10),
)  # fmt: skip
async def test_nonsense_is_refused_and_not_echoed(door: Door, content: bytes) -> None:
    said = await door.post(content)
    assert (said.status_code, said.json()["reason"]) == (422, "bad request")


async def test_wrong_codes_are_counted_limited_and_never_logged(
    door: Door, conn: Connection, authority: Authority, unit: registry.Unit, tools: Any, caplog: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    right, request = tools.code(conn, authority, unit.name), tools.request(unit.name)
    wrong = right[:-1] + ("a" if right[-1] != "a" else "b")
    for _ in range(LIMIT):
        said = await door.enrol(wrong, request)
        assert (said.status_code, said.json()["reason"]) == (403, "unknown code")
    held_off = await door.enrol(right, request)
    assert held_off.status_code == 429 and 0 < int(held_off.headers["Retry-After"]) <= WINDOW_S
    assert held_off.json()["text"] == "too many wrong codes from this address: try again in 10 minutes"
    assert door.metrics.registry.get_sample_value(
        "homehd_registrar_refused_total", {"reason": "unknown code"}
    ) == LIMIT  # fmt: skip
    # Another address is not held off, and the time passes.
    assert (await door.enrol(wrong, request, "192.0.2.2")).status_code == 403
    door.clock.advance(WINDOW_S)
    assert (await door.enrol(right, request)).status_code == 200
    logged = " ".join(str(vars(record)) for record in caplog.records)
    assert "unknown code" in logged and unit.name in logged
    assert right.partition(".")[2][:-1] not in logged


async def test_nonsense_has_a_limit_of_its_own_and_holds_off_no_good_code(
    door: Door, conn: Connection, authority: Authority, unit: registry.Unit, tools: Any
) -> None:
    code = tools.code(conn, authority, unit.name)
    for n in range(NONSENSE_LIMIT):
        assert (await (door.post(b"{}") if n % 2 else door.enrol(code, b"no request"))).status_code == 422
    held_off = await door.post(b"{}")
    assert held_off.status_code == 429 and 0 < int(held_off.headers["Retry-After"]) <= NONSENSE_WINDOW_S
    assert held_off.json()["text"].endswith("try again in a minute")
    assert (await door.enrol(code, b"no request")).status_code == 429
    assert (await door.enrol(code, tools.request(unit.name))).status_code == 200
    door.clock.advance(NONSENSE_WINDOW_S)
    assert (await door.post(b"{}")).status_code == 422


async def test_somebody_with_a_real_code_is_not_held_off(
    door: Door, conn: Connection, authority: Authority, unit: registry.Unit, tools: Any
) -> None:
    code = tools.code(conn, authority, unit.name)
    await door.enrol(code, tools.request(unit.name))
    for _ in range(LIMIT + 5):
        assert (await door.enrol(code, tools.request(unit.name))).status_code == 409


async def test_who_hangs_up_in_the_middle_is_no_error_and_not_counted(door: Door) -> None:
    """As a connection ends whose time is over; an exception here would be a traceback in the log for each."""
    scope = {"type": "http", "method": "POST", "path": "/enrol", "headers": [], "query_string": b"", "client": ("a", 1)}
    parts = iter([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}])
    said: list[Any] = []

    async def receive() -> Any:
        return next(parts)

    async def send(message: Any) -> None:
        said.append(message)

    await door.app(scope, receive, send)
    assert said[0]["status"] == 400
    assert "refused_total{" not in door.metrics.page()[1].decode()


async def test_a_database_that_is_away(authority: Authority, tools: Any) -> None:
    door = Door("postgresql://127.0.0.1:1/nowhere", authority, tools.NOW_US)
    said = await door.enrol("a.b", b"")
    assert (said.status_code, said.json()["reason"]) == (503, "unavailable")
    assert said.headers["Retry-After"] == "5"
    assert "127.0.0.1" not in said.text
