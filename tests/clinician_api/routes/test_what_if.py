"""What if, over HTTP: whose patient, which span, which limits."""

from __future__ import annotations

from typing import Any

import pytest

from clinician_api.access import Role
from clinician_api.routes import what_if
from store import patients, registry, treatments
from store.treatments import Treatment
from telemetry.treatment import EndKnown
from tests.clinician_api.conftest import Api
from tests.evaluation.treated import DAY_US, SECOND, START_US, treated

QUESTION = {
    "start": "2025-06-15T00:00:00Z",
    "end": "2025-07-15T00:00:00Z",
    "limits": {"R13": {"high": 320, "medium": 305}},
}


@pytest.fixture
def patient(api: Api) -> int:
    """A patient of clinic 1, treated twice."""
    unit = api.add_unit("u-1", "Clinic 1")
    with api.database() as conn:
        number = patients.add_patient(conn, "Ann", unit.clinic_id, patients.Prescription())
        patients.bind(conn, unit.unit_id, number, START_US - 1)
        for day, level in enumerate((262.0, 310.0)):
            treated(conn, unit.unit_id, day, [150.0] * 100 + [level] * 60)
    return number


def ask(api: Api, patient: int, role: Role = Role.NEPHROLOGIST, clinic: int = 1, **change: Any) -> Any:
    return api.sign_in(role, clinic).post(f"/api/patients/{patient}/what-if", json={**QUESTION, **change}, timeout=60)


def test_with_this_limit_one_alert_instead_of_two(api: Api, patient: int) -> None:
    answer = ask(api, patient)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["treatments"], told["alerts"]) == (2, {"old": 2, "new": 1})
    (venous,) = (rule for rule in told["rules"] if rule["rule"] == "R13")
    (gone,) = venous["gone"]
    assert (gone["time"], gone["priority"]) == ("2025-06-15T15:08:35Z", "medium")
    assert "above 250" in gone["reason"]


def test_only_nephrologists_and_of_the_own_clinic(api: Api, patient: int) -> None:
    assert ask(api, patient, Role.NURSE).status_code == 403
    assert ask(api, patient, clinic=2).status_code == 404
    assert ask(api, 999).status_code == 404


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"start": "2025-06-15T00:00:00"}, "not a time with its zone"),
        ({"end": "2025-06-15T00:00:00Z"}, "span out of range"),
        ({"end": "2025-09-24T00:00:00Z"}, "span out of range"),
        ({"limits": {}}, "body.limits"),
        ({"limits": {"R13": {"high": 42}}}, "R13 high: 150 to 600"),
        ({"limits": {"R33": {"high": 42}}}, "R33: silence is the line's"),
        ({"limits": {"R06": {"medium_other": 120}}}, "there are medium, medium_other_at_least"),
        ({"limits": {"R13": {"high": "NaN"}}}, "body.limits.R13.high"),
        ({"limits": {"R13": {"highest": 320}}}, "body.limits.R13.highest"),
        ({"limits": {"R13; DROP": {"high": 320}}}, "body.limits.R13; DROP"),
        ({"more": 1}, "body.more"),
    ],
)
def test_questions_that_are_none(api: Api, patient: int, change: dict[str, Any], says: str) -> None:
    answer = ask(api, patient, **change)
    assert answer.status_code == 422
    assert says in answer.text


def test_more_than_can_be_worked_out_is_said_before(api: Api, patient: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(what_if, "MAX_TREATMENTS", 2)
    with api.database() as conn:
        unit = registry.unit_by_name(conn, "u-1")
        more = Treatment(START_US + 5 * DAY_US, START_US + 5 * DAY_US + SECOND, EndKnown.MACHINE)
        treatments.add(conn, [(unit.unit_id, more)], START_US, START_US)
    answer = ask(api, patient)
    assert (answer.status_code, answer.json()["what"]) == (422, "more than 2 treatments")


def test_another_ones_turn(api: Api, patient: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.services.what_if, "_is_busy", True)
    answer = ask(api, patient)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")


def test_what_takes_too_long_says_what_to_do(api: Api, patient: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.services.what_if, "_within_s", 0)
    answer = ask(api, patient)
    assert (answer.status_code, answer.json()["hint"]) == (503, "a shorter span takes less")
