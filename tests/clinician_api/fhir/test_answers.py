from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi import Request
from starlette.types import Message

from clinician_api.fhir import answers
from clinician_api.settings import ApiOptions
from clinician_api.web.errors import ApiError, answer
from clinician_api.web.problems import KINDS


def request(query: str = "", **headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": raw, "query_string": query.encode()})


async def said(error: ApiError, path: str, method: str = "GET") -> list[Message]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        raise AssertionError

    scope: dict[str, Any] = {"type": "http", "path": path, "method": method, "headers": []}
    await answers.Outcomes(answer(error))(scope, receive, send)
    return sent


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
async def test_every_kind_of_error_is_an_outcome_below_fhir_and_a_problem_elsewhere(kind: Any) -> None:
    error = ApiError(kind.status, "not so", where="query.x", hint="else", kind=kind.name, headers={"Retry-After": "5"})
    start, body = await said(error, "/fhir/Patient")
    headers = dict(start["headers"])
    assert (start["status"], headers[b"content-type"]) == (kind.status, b"application/fhir+json")
    assert headers[b"retry-after"] == b"5"
    assert headers[b"content-length"] == str(len(body["body"])).encode()
    (issue,) = json.loads(body["body"])["issue"]
    assert (issue["details"]["text"], issue["expression"]) == ("not so (query.x): else", ["http.x"])
    for path in ("/api/units", "/fhirx", "/"):
        _, untouched = await said(error, path)
        assert json.loads(untouched["body"])["type"] == kind.type
    _, bodiless = await said(error, "/fhir", "HEAD")
    assert bodiless["body"] == b""


@pytest.mark.parametrize(
    ("host", "https", "base"),
    [
        ("dialysis.example:8443", True, "https://dialysis.example:8443/fhir"),
        ("[::1]:80", False, "http://[::1]:80/fhir"),
        ('x"><script>', False, "http://localhost/fhir"),
        ("", False, "http://localhost/fhir"),
    ],
)
def test_the_address_is_the_one_that_was_asked(host: str, https: bool, base: str) -> None:
    options = ApiOptions(database_url="", public_url="https://dialysis.example" if https else None)
    assert options.https is https
    assert answers.base_of(request(host=host), options) == base


@pytest.mark.parametrize(
    ("query", "accept", "right"),
    [
        ("", "", True), ("", "*/*", True), ("", "text/html, application/fhir+json;q=0.9", True),
        ("", "application/fhir+xml", False), ("_format=json", "application/fhir+xml", True),
        ("_format=xml", "*/*", False), ("_format=application/fhir%2Bjson", "", True),
    ],
)  # fmt: skip
def test_json_alone(query: str, accept: str, right: bool) -> None:
    asked = request(query, accept=accept)
    if right:
        answers.check_format(asked)
        return
    with pytest.raises(answers.Refusal) as caught:
        answers.check_format(asked)
    assert caught.value.status == 406


@pytest.mark.parametrize(
    ("prefer", "strict"),
    [
        ("", False),
        ("handling=lenient", False),
        ("return=minimal, Handling = Strict", True),
        ("handling=stricter", False),
    ],
)
def test_who_wants_it_strictly(prefer: str, strict: bool) -> None:
    assert answers.is_strict(request(prefer=prefer)) is strict
