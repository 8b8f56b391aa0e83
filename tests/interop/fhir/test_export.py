"""The whole of a treatment before judges of others: people, devices, codes, provenance and plans included."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from interop.fhir import codes, devices, people
from interop.fhir.provenance import provenance
from telemetry.signals import BY_NAME, CATALOGUE
from tests.interop import checkers
from tests.interop.fhir.records import NURSE, SECRET, START, TYPED, made, of_type, record


@pytest.mark.parametrize("names", [False, True])
@pytest.mark.parametrize("patient_id", [7, None])
@pytest.mark.parametrize("end", [4, None])
def test_no_judge_has_anything_against_it(judges: Path, names: bool, patient_id: int | None, end: int | None) -> None:
    found = made(record(patient_id, end), names=names)
    assert checkers.complaints(judges, found) == []
    places = [f"{one['resourceType']}/{one['id']}" for one in found]
    assert len(set(places)) == len(places)
    assert checkers.dangling(found, places) == []


def test_each_kind_is_there() -> None:
    assert {one["resourceType"] for one in made()} == {
        "Patient", "Organization", "Device", "DeviceMetric", "Procedure", "Observation", "DetectedIssue", "Flag",
        "Communication", "CarePlan", "Provenance",
    }  # fmt: skip
    assert not of_type("Patient", made(record(None))) and not of_type("CarePlan", made(record(None)))


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        ({"status": "bogus"}, "bogus"),
        ({"code": None}, "empty"),
        ({"category": []}, "empty"),
        ({"invented": "x"}, "invented"),
        ({"id": "a_b"}, "id a_b"),
        ({"valueQuantity": {"value": 1, "system": checkers.UCUM, "code": "mmHg"}}, "mmHg"),
        ({"subject": {"reference": "#nobody"}}, "#nobody"),
    ],
)
def test_the_judges_judge(judges: Path, spoilt: dict[str, Any], said: str) -> None:
    whole = next(one for one in of_type("Observation", made()) if one["id"] == "12.blood-processed.total")
    assert any(said in text for text in checkers.complaints(judges, [{**whole, **spoilt}]))
    assert checkers.dangling([whole], []) == ["DeviceMetric/h0000000a.blood-processed", "Patient/7", "Procedure/12"]


def test_without_names_nobody_is_named_and_nothing_anybody_typed_goes_out() -> None:
    without, within = json.dumps(made()), json.dumps(made(names=True))
    for word in (SECRET, NURSE, TYPED):
        assert word not in without
    for word in (SECRET, NURSE, TYPED):
        assert word in within
    (hidden,), (shown,) = of_type("Patient", made()), of_type("Patient", made(names=True))
    assert hidden["meta"]["security"][0]["code"] == "PSEUDED"
    assert "meta" not in shown
    assert people.patient(7, None, None)["identifier"] == [{"system": "urn:homehd:patient", "value": "7"}]
    assert people.organization(2, "North")["name"] == "North"


def test_codes_are_the_catalogues() -> None:
    assert codes.code_of(BY_NAME["systolic"])["coding"] == [
        {"system": "urn:iso:std:iso:11073:10101", "code": "150021", "display": "MDC_PRESS_BLD_NONINV_SYS"},
        {"system": "http://loinc.org", "code": "8480-6"},
        {"system": "urn:homehd:signal", "code": "systolic", "display": "Systolic pressure"},
    ]
    assert [one["system"] for one in codes.code_of(BY_NAME["dialysate_pressure"])["coding"]] == ["urn:homehd:signal"]
    assert len({codes.id_of(signal) for signal in CATALOGUE}) == len(CATALOGUE)


def test_what_is_set_is_no_measurement() -> None:
    kinds = {
        name: devices.metric("u", BY_NAME[name])["category"]
        for name in ("blood_flow_setting", "systolic", "online_ektv")
    }
    assert kinds == {"blood_flow_setting": "setting", "systolic": "measurement", "online_ektv": "calculation"}
    assert "unit" not in devices.metric("u", BY_NAME["machine_mode"])


def test_who_made_it_by_which_rules() -> None:
    *rest, last = made()
    assert len(last["target"]) == len(rest)
    assert last["agent"][0]["who"] == {"reference": "Device/homehd", "display": "homehd 9.9"}
    assert [one["what"]["display"] for one in last["entity"]] == ["rule R10, version 3"]
    assert "entity" not in provenance("1", rest, [], "9.9", START)
