"""What the description says beyond FastAPI's: links that lead somewhere, headers, what is declared of every route."""

from __future__ import annotations

import json
from typing import Any

from clinician_api import openapi
from clinician_api.description import LINKS

DOCUMENT: dict[str, Any] = json.loads(openapi.openapi_text())
OPERATIONS: dict[str, Any] = {o["operationId"]: o for path in DOCUMENT["paths"].values() for o in path.values()}


def test_every_operation_has_a_name_of_its_own() -> None:
    assert len(OPERATIONS) == sum(len(path) for path in DOCUMENT["paths"].values())


def test_links_lead_from_answers_to_operations_that_there_are() -> None:
    for source, status, target, parameters in LINKS:
        assert OPERATIONS[source]["responses"][status]["links"][target]["parameters"] == parameters
        assert set(parameters) <= {one["name"] for one in OPERATIONS[target]["parameters"]}


def test_whoever_is_to_wait_is_told_how_long() -> None:
    for name, operation in OPERATIONS.items():
        for status in {"429", "503"} & set(operation["responses"]):
            if name != "healthz":
                assert "Retry-After" in operation["responses"][status]["headers"], (name, status)


def test_nothing_is_left_of_the_answers_that_the_framework_invents() -> None:
    assert "HTTPValidationError" not in DOCUMENT["components"]["schemas"]
    assert "ValidationError" not in json.dumps(DOCUMENT)
