from __future__ import annotations

from pathlib import Path

import pytest

from interop.fhir.audit import audit_event
from store.audit import Looked
from tests.interop import checkers
from tests.interop.fhir.records import NURSE, START

ROWS = {
    "user:4": {"type": "Practitioner", "identifier": {"system": "urn:homehd:user", "value": "4"}},
    "kiosk:2": {"type": "Device", "identifier": {"system": "urn:homehd:kiosk", "value": "2"}},
    "os:root": {"display": "the command line"},
}


@pytest.mark.parametrize("actor", list(ROWS))
def test_who_did_it_is_a_number_unless_named(judges: Path, actor: str) -> None:
    row = Looked(9, START, actor, NURSE, "nurse" if actor == "user:4" else "", "look at page")
    made = [audit_event(row, 7, names) for names in (False, True)]
    assert checkers.complaints(judges, made) == []
    without, within = (one["agent"][0]["who"] for one in made)
    assert without == ROWS[actor]
    assert within == {**ROWS[actor], "display": NURSE}
    assert (made[0]["id"], made[0]["entity"][0]["what"]["reference"]) == ("7.9", "Patient/7")


def test_a_look_is_a_read_and_a_deed_is_not() -> None:
    rows = [Looked(9, START, "user:4", NURSE, "nurse", word) for word in ("look at page", "write note")]
    assert [audit_event(row, 7, False)["action"] for row in rows] == ["R", "E"]
