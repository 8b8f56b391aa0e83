"""Every way a request can fail is JSON that says what, where and what to do, and nothing of the inside."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI

from clinician_api.web import errors
from clinician_api.web.errors import ApiError
from telemetry.errors import HomehdError
from tests.clinician_api.conftest import alike, problem


@pytest.fixture
def client() -> httpx.AsyncClient:
    app = FastAPI()
    errors.install(app)

    @app.get("/known")
    def known() -> None:
        raise ApiError(429, "too many", where="here", hint="wait", headers={"Retry-After": "7"}, current={"n": 1})

    @app.get("/away")
    def away() -> None:
        raise HomehdError("read readings", "10.0.0.7:5432, database hd", hint="secret detail")

    @app.get("/number/{number}")
    def number(number: int, size: int) -> int:
        return number + size

    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x")


async def test_an_error_of_ours(client: httpx.AsyncClient) -> None:
    answer = await client.get("/known")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert alike(answer) == {
        "type": "/problems/too-many-attempts", "title": "Too many attempts", "status": 429,
        "detail": "too many (here): wait", "what": "too many", "where": "here", "hint": "wait",
        "instance": "", "retry_after_s": 7, "current": {"n": 1},
    }  # fmt: skip


async def test_a_database_that_is_away_is_a_503_without_its_address(client: httpx.AsyncClient) -> None:
    answer = await client.get("/away")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "10.0.0.7" not in answer.text
    assert "secret" not in answer.text


async def test_bad_input_says_where_and_does_not_echo(client: httpx.AsyncClient) -> None:
    answer = await client.get("/number/sesame")
    assert answer.status_code == 422
    found = problem(answer)
    assert found["where"] == "path.number"
    assert [wrong["where"] for wrong in found["errors"]] == ["path.number", "query.size"], "all that is wrong"
    assert "sesame" not in answer.text


async def test_no_route_and_wrong_method(client: httpx.AsyncClient) -> None:
    assert problem(await client.get("/nowhere"))["type"] == "/problems/no-such-route"
    answer = await client.post("/known")
    assert (problem(answer)["status"], answer.headers["allow"]) == (405, "GET, HEAD")


async def test_each_answer_has_a_number_of_its_own_and_the_log_has_that_of_what_is_our_fault(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = [problem(await client.get("/away"))["instance"] for _ in range(2)]
    assert first != second
    assert [record.fields["instance"] for record in caplog.records] == [first, second]  # type: ignore[attr-defined]
