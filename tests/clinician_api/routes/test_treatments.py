"""Treatments over HTTP: newest first, bounded, each the business of its patient's clinic."""

from __future__ import annotations

from datetime import timedelta

import pytest

from clinician_api.access import Role
from store import patients, registry, treatment_summaries, treatments
from store.treatments import Treatment
from telemetry.treatment import EndKnown
from tests.clinician_api.conftest import Api, parts
from tests.clinician_api.routes.test_history import START, store_readings

START_US = int(START.timestamp() * 1e6)
HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US


def add(api: Api, unit: registry.Unit, *starts_us: int) -> None:
    """Four-hour treatments."""
    found = [(unit.unit_id, Treatment(at, at + 4 * HOUR_US, EndKnown.MACHINE)) for at in starts_us]
    with api.database() as conn:
        treatments.add(conn, found, START_US, START_US)


def bind(api: Api, unit: registry.Unit, name: str, clinic_id: int | None, now_us: int) -> int:
    with api.database() as conn:
        patient = patients.add_patient(conn, name, clinic_id, patients.Prescription())
        patients.bind(conn, unit.unit_id, patient, now_us)
        return patient


def test_of_a_unit_newest_first_within_bounds(api: Api) -> None:
    unit = api.add_unit("u-1", "Clinic 1")
    add(api, unit, *[START_US + day * DAY_US for day in range(5)])
    client = api.sign_in()

    def days(**query: object) -> list[float]:
        answer = client.get("/api/units/u-1/treatments", params={k: str(v) for k, v in query.items()})
        assert answer.status_code == 200, answer.text
        return [treatment["start"][:10] for treatment in answer.json()["treatments"]]

    all_days = [f"2026-03-0{day}" for day in range(5, 0, -1)]
    assert days() == all_days
    assert days(limit=2) == all_days[:2]
    second, fourth = START + timedelta(days=1), START + timedelta(days=3)
    assert days(start=second.isoformat(), end=fourth.isoformat()) == ["2026-03-03", "2026-03-02"]


def test_one_with_its_summary(api: Api) -> None:
    unit = api.add_unit("u-1", "Clinic 1")
    patient = bind(api, unit, "Ada Example", unit.clinic_id, START_US - 1)
    add(api, unit, START_US)
    store_readings(api, unit, [(0.0, 100.0), (1.0, 120.0), (2.0, 110.0)])
    client = api.sign_in()
    (listed,) = client.get("/api/units/u-1/treatments").json()["treatments"]
    assert listed["summary"] is None
    with api.database() as conn:
        (wanted,) = treatment_summaries.due(conn, range(64), START_US)
        treatment_summaries.save(conn, wanted, treatment_summaries.summarise(conn, wanted), START_US)

    answer = client.get(f"/api/treatments/{listed['treatment_id']}").json()["treatment"]
    assert answer["patient"] == {"patient_id": str(patient), "name": "Ada Example"}
    assert answer["end_known"] == "said by the machine"
    assert answer["summary"]["signals"] == {
        "venous_pressure": {"count": 3, "median": 110.0, "min": 100.0, "max": 120.0}
    }
    assert answer["summary"]["treated_s"] == 4 * 3600
    assert answer["summary"]["is_current"] is True
    (of_patient,) = client.get(f"/api/patients/{patient}/treatments").json()["treatments"]
    assert of_patient == answer


def test_a_treatment_is_the_business_of_its_patients_clinic_wherever_the_unit_is(api: Api) -> None:
    unit = api.add_unit("u-1", "Clinic 1")
    theirs = bind(api, unit, "Bo Example", 2, START_US)
    ours = bind(api, unit, "Ada Example", 1, START_US + DAY_US)
    add(api, unit, START_US - DAY_US, START_US, START_US + DAY_US)
    first, second = api.sign_in(clinic=1), api.sign_in(clinic=2)
    everything = api.sign_in(Role.ADMINISTRATOR, None).get("/api/units/u-1/treatments").json()["treatments"]
    numbers = [treatment["treatment_id"] for treatment in everything]
    assert [t["patient"] and t["patient"]["name"] for t in everything] == ["Ada Example", "Bo Example", None]

    seen = first.get("/api/units/u-1/treatments").json()["treatments"]
    assert [t["treatment_id"] for t in seen] == [numbers[0], numbers[2]]
    assert [first.get(f"/api/treatments/{n}").status_code for n in numbers] == [200, 404, 200]
    assert [second.get(f"/api/treatments/{n}").status_code for n in numbers] == [404, 200, 404]
    assert second.get("/api/units/u-1/treatments").status_code == 404
    assert [first.get(f"/api/patients/{p}/treatments").status_code for p in (ours, theirs)] == [200, 404]
    assert [second.get(f"/api/patients/{p}/treatments").status_code for p in (ours, theirs)] == [404, 200]


@pytest.mark.parametrize("number", ["999", "9" * 18, str(2**31)])
def test_what_is_not_there(api: Api, number: str) -> None:
    client = api.sign_in()
    assert client.get(f"/api/treatments/{number}").status_code == 404
    assert client.get(f"/api/patients/{number}/treatments").status_code == 404
    assert client.get("/api/units/nowhere/treatments").status_code == 404


def test_questions_that_are_none(api: Api) -> None:
    api.add_unit("u-1", "Clinic 1")
    client = api.sign_in()
    for query in (
        {"limit": "0"}, {"limit": "501"}, {"start": "yesterday"}, {"start": "2026-03-01T08:00:00"},
        {"start": "2026-03-02T00:00:00Z", "end": "2026-03-01T00:00:00Z"}, {"end": "0001-01-01T00:00:00+14:00"},
    ):  # fmt: skip
        assert client.get("/api/units/u-1/treatments", params=query).status_code == 422, query
    for path in ("/api/treatments/x", "/api/treatments/-1", f"/api/patients/{'9' * 19}/treatments"):
        assert client.get(path).status_code in (404, 422), path
    far = {"start": "0001-01-01T00:00:00+14:00", "end": "9999-12-31T23:59:59-12:00"}
    assert client.get("/api/units/u-1/treatments", params=far).status_code == 200


def test_in_parts_it_is_the_same_list_also_where_two_began_at_once(api: Api) -> None:
    units = [api.add_unit(f"u-{n}", "Clinic 1") for n in range(2)]
    patient = bind(api, units[0], "Ada Example", 1, START_US - 1)
    for unit in units:
        add(api, unit, *[START_US + day * DAY_US for day in range(4)])
    with api.database() as conn:
        conn.execute("UPDATE treatment SET patient_id = %s", [patient])
    client = api.sign_in()
    whole = client.get(f"/api/patients/{patient}/treatments").json()["treatments"]
    assert len(whole) == 8
    for limit in (1, 3):
        assert parts(client, f"/api/patients/{patient}/treatments", "treatments", limit) == whole
    assert len(parts(client, "/api/units/u-1/treatments", "treatments", 3)) == 4
