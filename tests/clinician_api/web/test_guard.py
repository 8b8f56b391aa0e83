"""Origins, headers, bodies: what is refused before any route sees it."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from clinician_api.settings import ApiOptions
from clinician_api.web import guard
from clinician_api.web.guard import MAX_BODY, Guard, client_address, is_same_origin
from store import viewers
from tests.clinician_api.conftest import problem

OURS = "http://hd.example"
JSON = {"Content-Type": "application/json"}


def browser(**options: Any) -> httpx.AsyncClient:
    async def echo(request: Request) -> JSONResponse:
        return JSONResponse({"size": len(await request.body())})

    async def broken(_request: Request) -> JSONResponse:
        raise ZeroDivisionError("secret detail")

    methods = ["GET", "POST", "DELETE"]
    routes = [Route("/api/x", echo, methods=methods), Route("/boom", broken), Route("/y", echo)]
    app = Starlette(routes=routes, middleware=[Middleware(Guard, options=ApiOptions(database_url="", **options))])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=OURS)


async def test_a_request_begins_as_nobody_whoever_had_the_line_before() -> None:
    async def whose(_request: Request) -> JSONResponse:
        return JSONResponse(viewers.current().settings[0])

    app = Guard(Starlette(routes=[Route("/whose", whose)]), ApiOptions(database_url=""))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=OURS) as client:
        with viewers.working_for(viewers.Viewer(2)):
            assert (await client.get("/whose")).json() == ""


@pytest.mark.parametrize(
    ("origin", "host", "allowed", "ours"),
    [
        ("http://hd.example", "hd.example", (), True),
        ("https://HD.example", "hd.example", (), True),
        ("http://127.0.0.1:8080", "127.0.0.1:8080", (), True),
        ("http://[::1]:8080", "[::1]:8080", (), True),
        ("https://other.example", "hd.example", ("https://other.example",), True),
        ("http://other.example", "hd.example", ("https://other.example",), False),
        ("http://127.0.0.1:8081", "127.0.0.1:8080", (), False),
        ("http://evil.example", "hd.example", (), False),
        ("http://hd.example.evil.example", "hd.example", (), False),
        ("http://hd.example/path", "hd.example", (), False),
        ("ftp://hd.example", "hd.example", (), False),
        ("http://u@hd.example", "hd.example", (), False),
        ("http://[broken", "hd.example", (), False),
        ("null", "null", ("null",), False),
        ("", "", (), False),
        ("http://", "", (), False),
        (None, "hd.example", (), False),
        ("http://hd.example", None, (), False),
    ],
)
def test_whose_page_it_is(origin: str | None, host: str | None, allowed: tuple[str, ...], ours: bool) -> None:
    assert is_same_origin(origin, host, allowed, https=False) is ours


@pytest.mark.parametrize(("origin", "ours"), [("https://hd.example", True), ("http://hd.example", False)])
async def test_behind_tls_a_page_that_came_without_is_not_ours(origin: str, ours: bool) -> None:
    assert is_same_origin(origin, "hd.example", (), https=True) is ours
    async with browser(public_url="https://hd.example") as client:
        answer = await client.post("/api/x", content=b"{}", headers={"Origin": origin, **JSON})
        assert answer.status_code == (200 if ours else 403)
        assert "strict-transport-security" in answer.headers


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": OURS, **JSON}, 200),
        ({"Sec-Fetch-Site": "same-origin", **JSON}, 200),
        (JSON, 403),
        ({"Sec-Fetch-Site": "cross-site", **JSON}, 403),
        ({"Sec-Fetch-Site": "same-site", **JSON}, 403),
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin", **JSON}, 403),
        ({"Origin": "null", **JSON}, 403),
        ({"Origin": OURS, "Content-Type": "text/plain"}, 415),
        ({"Origin": OURS, "Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Origin": OURS}, 415),
        ({"Origin": OURS, "Content-Type": "application/json; charset=utf-8"}, 200),
    ],
)
async def test_a_request_that_changes_something_must_come_from_our_page(headers: dict[str, str], status: int) -> None:
    async with browser() as client:
        assert (await client.post("/api/x", content=b"{}", headers=headers)).status_code == status


async def test_a_delete_without_body_needs_no_content_type_but_an_origin() -> None:
    async with browser() as client:
        assert (await client.delete("/api/x", headers={"Origin": OURS})).status_code == 200
        assert (await client.delete("/api/x")).status_code == 403


async def test_too_large_a_body_is_refused_announced_or_not() -> None:
    async def drip() -> Any:
        for _ in range(MAX_BODY // 1024 + 1):
            yield b"x" * 1024

    async with browser() as client:
        headers = {"Origin": OURS, **JSON}
        assert (await client.post("/api/x", content=b"x" * MAX_BODY, headers=headers)).json() == {"size": MAX_BODY}
        assert (await client.post("/api/x", content=b"x" * (MAX_BODY + 1), headers=headers)).status_code == 413
        assert (await client.post("/api/x", content=drip(), headers=headers)).status_code == 413


async def test_a_body_that_does_not_arrive_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "BODY_TIMEOUT_S", 0.05)

    async def never() -> Any:
        yield b"{"
        await asyncio.sleep(5)

    async with browser() as client:
        answer = await client.post("/api/x", content=never(), headers={"Origin": OURS, **JSON})
    assert answer.status_code == 408


async def test_every_answer_carries_the_headers() -> None:
    async with browser() as client:
        for answer in (
            await client.get("/y"),
            await client.get("/nowhere"),
            await client.post("/api/x"),
            await client.get("/boom"),
        ):
            policy = answer.headers["content-security-policy"]
            assert "default-src 'self'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert "connect-src 'self' ws://hd.example wss://hd.example" in policy
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert "strict-transport-security" not in answer.headers


async def test_a_host_header_cannot_write_into_the_policy() -> None:
    async with browser() as client:
        answer = await client.get("/y", headers={"Host": "x; script-src *"})
    assert "script-src" not in answer.headers["content-security-policy"]


async def test_behind_tls_browsers_are_told_to_stay_there() -> None:
    async with browser(allowed_origins=("https://hd.example",)) as client:
        assert "strict-transport-security" in (await client.get("/y")).headers


async def test_a_fault_of_ours_is_a_500_without_its_details() -> None:
    async with browser() as client:
        answer = await client.get("/boom")
    assert answer.status_code == 500
    assert answer.json()["what"] == "internal error"
    assert "secret" not in answer.text


async def test_a_method_that_an_address_does_not_take_is_told_which_it_does_whoever_asks() -> None:
    async with browser() as client:
        for method in ("PUT", "PATCH", "TRACE", "OPTIONS", "POST"):
            answer = await client.request(method, "/api/units")
            assert (problem(answer)["status"], answer.headers["allow"]) == (405, "GET, HEAD")
        answer = await client.get("/api/receipts/" + "0" * 32)
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        assert (await client.put("/api/session")).headers["allow"] == "DELETE, GET, HEAD, POST"


async def test_what_can_be_had_can_be_asked_about() -> None:
    async with browser() as client:
        had, asked = await client.get("/y"), await client.head("/y")
    assert (asked.status_code, asked.content) == (200, b"")
    assert had.content
    assert asked.headers["content-length"] == had.headers["content-length"]


PROXIES = ApiOptions(database_url="", trusted_proxies=("10.0.0.5", "10.1.0.0/16", "fd00::1")).proxies


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("198.51.100.7", [], "198.51.100.7"),
        ("198.51.100.7", ["203.0.113.9"], "198.51.100.7"),  # nobody we know says so
        ("10.0.0.5", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.5", ["192.0.2.1, 203.0.113.9"], "203.0.113.9"),  # the client wrote the first one itself
        ("10.0.0.5", ["192.0.2.1", "203.0.113.9"], "203.0.113.9"),
        ("10.0.0.5", ["203.0.113.9, 10.1.2.3"], "203.0.113.9"),
        ("10.0.0.5", ["10.1.2.3"], "10.1.2.3"),
        ("10.0.0.5", [], "10.0.0.5"),
        ("10.0.0.5", [""], "10.0.0.5"),
        ("10.0.0.5", ["203.0.113.9, nonsense"], "10.0.0.5"),
        ("10.0.0.5", ["203.0.113.9:4711"], "10.0.0.5"),
        ("fd00::1", ["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
        ("2001:db8::1", [], "2001:db8::/64"),
        ("unknown", ["203.0.113.9"], "unknown"),
    ],
)
def test_who_asks_is_told_by_our_own_proxies_alone(peer: str, forwarded: list[str], address: str) -> None:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    asked = Request({"type": "http", "client": (peer, 1), "headers": headers})
    assert client_address(asked, PROXIES) == address


def test_who_asks_without_an_address() -> None:
    assert client_address(Request({"type": "http", "client": None, "headers": []}), PROXIES) == "unknown"
