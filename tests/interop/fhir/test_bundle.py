from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID

import pytest

from interop.fhir import bundle
from tests.interop import checkers
from tests.interop.fhir.records import START, made

ONE, OTHER = UUID(int=1), UUID(int=2)


def test_every_reference_leads_to_an_entry(judges: Path) -> None:
    whole = bundle.bundle(made(), ONE, START)
    assert checkers.complaints_about_bundle(judges, whole) == []
    places = [entry["fullUrl"] for entry in whole["entry"]]
    assert len(set(places)) == len(places)
    assert checkers.dangling([entry["resource"] for entry in whole["entry"]], places) == []
    assert whole["type"] == "collection"
    # Patient/7 of two exports are two patients for all a receiver knows.
    assert not {entry["fullUrl"] for entry in bundle.bundle(made(), OTHER, START)["entry"]} & set(places)


def test_one_resource_a_line() -> None:
    lines = list(bundle.lines(made()))
    assert [json.loads(line) for line in lines] == made()
    assert all(line.count(b"\n") == 1 for line in lines)
    with pytest.raises(ValueError):
        bundle.text({"value": float("nan")})


def test_a_version_is_of_the_content(judges: Path) -> None:
    one = {"resourceType": "Patient", "id": "7", "meta": {"lastUpdated": "x", "versionId": "3"}, "active": True}
    first = bundle.stamped(one)
    assert list(first) == ["resourceType", "id", "meta", "active"]
    assert first == bundle.stamped({**one, "meta": {"lastUpdated": "x"}}) == bundle.stamped(first)
    for change in ({"active": False}, {"meta": {"lastUpdated": "y"}}, {"meta": {}}):
        assert bundle.stamped({**one, **change})["meta"]["versionId"] != first["meta"]["versionId"]
    assert checkers.complaints(judges, [bundle.stamped(one) for one in made()]) == []


def test_a_page_without_anything_has_no_entries(judges: Path) -> None:
    empty = bundle.searchset("http://x.example/fhir", [], "http://x.example/fhir/Patient", None)
    assert "entry" not in empty
    full = bundle.searchset("http://x.example/fhir", made()[:2], "http://x.example/fhir/Patient", "http://x.example/n")
    assert checkers.complaints(judges, [empty, full]) == []
