"""The record that routes share."""

from __future__ import annotations

from starlette.requests import Request

from clinician_api.app import create_app
from clinician_api.data import Data
from clinician_api.services import services_of
from clinician_api.settings import ApiOptions
from telemetry.clock import ManualClock


def test_a_request_finds_the_services_of_its_own_application() -> None:
    options = ApiOptions(database_url="")
    one, other = (create_app(options, ManualClock(), Data(options)) for _ in range(2))
    request = Request({"type": "http", "app": one, "headers": []})
    assert services_of(request) is one.state.services
    assert services_of(request) is not other.state.services
    assert services_of(request).hub.room is services_of(request).room
