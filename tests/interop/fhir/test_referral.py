from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from uuid import UUID
from xml.etree import ElementTree

import pytest

from interop.fhir.datatypes import Json
from interop.fhir.referral import Referral, document
from store.alert_parts import Part
from store.patient_events import EventKind, PatientEvent
from store.patient_record import Person
from telemetry.alarms import ConditionState
from tests.interop import checkers
from tests.interop.fhir.records import ACTIVE, NURSE, SECRET, START, TITLES, TYPED, alert, event, found

NASTY = "<img src=x>\u202e & done"
NOTE = PatientEvent(1, EventKind.NOTE, START, None, NASTY, NURSE, None, None, START)
PART = Part(replace(alert(), reason=NASTY), [event(1, ACTIVE, 1), event(2, ACTIVE, 2, actor=4)], None, None)
FULL = Referral(
    Person(7, 2, SECRET), "North", {"target_weight_kg": 68.5}, [found(), found(end=None)],
    [PART, replace(PART, alert=replace(PART.alert, alert_id=6, state=ConditionState.NORMAL))], [NOTE], 30,
)  # fmt: skip
EMPTY = Referral(Person(7, None, SECRET), None, {}, [], [], [], 30)


def of(referral: Referral, *, names: bool = False) -> Json:
    return document(referral, TITLES, "9.9", UUID(int=1), START, names=names)


def words(made: Json) -> dict[str, str]:
    """Section by section, as text; ParseError for what is no XML."""
    sections = made["entry"][0]["resource"]["section"]
    return {one["title"]: " ".join(ElementTree.fromstring(one["text"]["div"]).itertext()) for one in sections}


@pytest.mark.parametrize("names", [False, True])
@pytest.mark.parametrize("referral", [replace(FULL, treatments=FULL.treatments[:1]), EMPTY], ids=["full", "empty"])
def test_it_stands_before_the_judges_and_leads_nowhere_else(judges: Path, referral: Referral, names: bool) -> None:
    made = of(referral, names=names)
    assert checkers.complaints_about_bundle(judges, made) == []
    inside = [one["resource"] for one in made["entry"]]
    assert checkers.dangling(inside, [one["fullUrl"] for one in made["entry"]]) == []
    assert inside[0]["resourceType"] == "Composition"


def test_the_words_say_what_the_entries_say() -> None:
    said = words(of(FULL))
    assert said["Dialysis prescription"] == "Target weight: 68.5 kg"
    assert "2025-06-15 15:06 4 1500 1.4 60" in said["Last treatments"]
    assert "goes on" in said["Last treatments"]
    alerts = said["Alerts of the last 30 days"]
    assert "high Venous pressure fell <img src=x>\ufffd & done stands" in alerts and "over" in alerts
    none = words(of(EMPTY))
    assert "no alert is no proof of health" in none["Alerts of the last 30 days"]
    assert none["Dialysis prescription"] == "None on record."


def test_what_people_wrote_goes_with_names_only() -> None:
    without, within = of(FULL), of(FULL, names=True)
    for word in (SECRET, NURSE, TYPED):
        assert word not in json.dumps(without) and word in json.dumps(within)
    assert "Notes of the last 30 days" not in words(without)
    assert NURSE in words(within)["Notes of the last 30 days"]
    corrected = replace(FULL, notes=[replace(NOTE, corrected_by=2)])
    assert words(of(corrected, names=True))["Notes of the last 30 days"] == "None on record."
