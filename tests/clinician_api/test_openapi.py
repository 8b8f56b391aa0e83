"""The descriptions that others generate code from are fresh, complete and say nothing that is not so."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from clinician_api import openapi
from clinician_api.access import ROUTES
from clinician_api.web import problems
from tests.clinician_api.builders import NOW, alert_view, entry, live_reading

DOCUMENT: dict[str, Any] = json.loads(openapi.openapi_text())
PROBLEM = {"$ref": "#/components/schemas/Problem"}
OUTCOME = {"application/fhir+json": {"schema": {"$ref": "#/components/schemas/OperationOutcome"}}}
# The description itself.
UNDESCRIBED = {"/openapi.json", "/docs"}
HINT = "run: python -m clinician_api.openapi"


def test_openapi_json_is_fresh() -> None:
    assert openapi.OPENAPI.read_text("utf-8") == openapi.openapi_text(), HINT


def test_the_schema_of_the_socket_is_fresh() -> None:
    assert openapi.SOCKET_SCHEMA.read_text("utf-8") == openapi.socket_schema_text(), HINT


def test_the_written_matrix_is_fresh() -> None:
    assert openapi.ACCESS.read_text("utf-8") == openapi.access_text(), HINT


def test_every_guarded_route_declares_its_session_and_its_refusals() -> None:
    for (method, path), needed in ROUTES.items():
        if method == "WS" or path in UNDESCRIBED:
            continue
        described = DOCUMENT["paths"][path][method.lower()]
        wanted = ["session"] if needed is not None else []
        wanted += ["origin"] if method in ("POST", "DELETE") else []
        assert described["security"] == ([{scheme: [] for scheme in wanted}] if wanted else []), path
        expected = {"500"} | ({"401", "403", "503"} if needed is not None else set())
        expected |= {"403", "408", "413", "415"} if method in ("POST", "DELETE") else set()
        asked = {one["name"] for one in described.get("parameters", ())} - {"If-None-Match"}
        expected |= {"422"} if asked or "requestBody" in described else set()
        assert expected <= set(described["responses"]), path
        for status, answer in described["responses"].items():
            if status[0] in "45" and (path, status) != ("/healthz", "503"):
                declared = OUTCOME if path.startswith("/fhir/") else {"application/problem+json": {"schema": PROBLEM}}
                assert answer["content"] == declared, (path, status)
    assert set(DOCUMENT["paths"]) == {path for method, path in ROUTES if method != "WS"} - UNDESCRIBED


def test_errors_md_is_fresh() -> None:
    assert openapi.ERRORS.read_text("utf-8") == problems.text(), HINT


def test_the_messages_of_the_socket_are_in_it() -> None:
    assert set(DOCUMENT["webhooks"]) == {"ws-from-server", "ws-from-client"}
    schema = DOCUMENT["webhooks"]["ws-from-server"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(schema["discriminator"]["mapping"]) == {"snapshot", "readings", "alert", "status", "page"}
    assert "HTTPValidationError" not in DOCUMENT["components"]["schemas"]


def test_the_schema_tells_messages_from_nonsense() -> None:
    from clinician_api.access import Role, scope_of
    from clinician_api.live.hub import Hub, Subscriber
    from clinician_api.live.room import Room
    from clinician_api.live.screens import page_view
    from store.screen_pages import ScreenPage

    schema = json.loads(openapi.SOCKET_SCHEMA.read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    room = Room(NOW)
    room.set_directory([entry()])
    room.put_reading(live_reading())
    room.alerts.put(alert_view(), 1)
    hub = Hub(room, 3.0)
    (frame,) = hub.frames(Subscriber(scope_of(Role.NURSE, 1), None), NOW, 0.0)
    validator.validate(json.loads(frame))
    validator.validate({"subscribe": {"units": "all"}})
    validator.validate({"receipt": "12", "state": "read"})
    validator.validate(json.loads(json.dumps(page_view(ScreenPage(1, 2, 3, "high", NOW), NOW), default=str)))
    for wrong in (
        {"type": "snapshot"},
        {"subscribe": {"units": "some"}},
        {"receipt": "12", "state": "sent"},
        {**json.loads(frame), "more": 1},
    ):
        with pytest.raises(jsonschema.ValidationError):
            validator.validate(wrong)
