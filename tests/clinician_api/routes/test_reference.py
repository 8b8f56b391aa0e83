"""The description is ready before anybody asks, and sent as it is."""

from __future__ import annotations

import json
from unittest.mock import patch

from fastapi import FastAPI

from clinician_api import openapi
from clinician_api.routes.reference import OPENAPI, made
from tests.clinician_api.conftest import Api


def test_who_asks_for_the_description_costs_the_screens_nothing(api: Api) -> None:
    with patch.object(FastAPI, "openapi", side_effect=AssertionError("worked out while screens wait")):
        answer = api.client().get("/openapi.json")
    assert made.cache_info().currsize == 1
    assert answer.json() == json.loads(OPENAPI.read_text("utf-8")) == json.loads(openapi.openapi_text())
    assert answer.content == made()[0].content


def test_people_get_a_page(api: Api) -> None:
    answer = api.client().get("/docs")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>homehd clinician API</h1>" in answer.text
    assert "script" not in answer.headers["content-security-policy"]
