"""Trends over HTTP: who is shown them, of which time, and that models and trend_data bring what is stored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from clinician_api.access import Role
from store import care, patients
from store.care import Entry
from telemetry.care import Arranged, Schedule
from telemetry.clock import SystemClock
from tests.clinician_api.conftest import Api, problem, until
from tests.clinician_api.routes.test_treatments import bind
from tests.clinician_api.signing_world import Clinic
from tests.clinician_api.teams.world import World

DAY_US = 86_400_000_000


def trends(client: httpx.Client, patient: int, **query: str) -> dict[str, Any]:
    answer = client.get(f"/api/patients/{patient}/trends", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_figures_and_days_of_a_patient(api: Api) -> None:
    clinic = Clinic(api)
    schedule = Schedule(every_days=1, at="01:00", zone="UTC", duration_min=240)
    # From later on than the clinic's own of one day a week: what holds must not hang on which day this runs.
    entry = Entry(Arranged(clinic.now_us - 30 * DAY_US, schedule), "os:test", "for the test", clinic.now_us)
    with api.database() as conn:
        care.arrange(conn, clinic.patient, entry)
    numbers = [clinic.treat(240), clinic.treat(200)]
    client = api.sign_in(Role.NURSE)
    found = trends(client, clinic.patient)
    assert [one["treatment_id"] for one in found["treatments"]] == [str(number) for number in reversed(numbers)]
    older, newer = found["treatments"]
    assert (older["treated_min"], older["prescribed_spktv"], older["weight_after_kg"]) == (200.0, 1.4, 70.4)
    assert (newer["removed_ml"], newer["target_weight_kg"], newer["signed"]) == (2500.0, 70.0, False)
    assert (found["patient"]["name"], found["unit"]) == ("Ada Example", "u-1")
    # Half a year back and a week ahead, each day once.
    dates = [day["date"] for day in found["days"]]
    assert len(dates) == len(set(dates))
    assert len(dates) == 190
    states = {day["date"]: day["state"] for day in found["days"]}
    assert states[dates[0]] == "unknown"
    assert states[dates[-1]] == "planned"
    held = {number for day in found["days"] for number in day["treatments"]}
    assert held == {str(number) for number in numbers}
    assert (found["recent"]["treated"], found["recent"]["short"] + found["recent"]["unmeasured"] >= 1) == (2, True)
    assert client.get("/api/units/u-1/trends").json()["treatments"] == found["treatments"]


def test_of_another_time_and_of_none(api: Api) -> None:
    clinic = Clinic(api)
    clinic.treat()
    client = api.sign_in()
    now = datetime.now(UTC)
    past = {"from": (now - timedelta(days=90)).isoformat(), "until": (now - timedelta(days=60)).isoformat()}
    found = trends(client, clinic.patient, **past)
    assert (found["treatments"], found["recent"], len(found["days"]) in (30, 31)) == ([], None, True)
    far = trends(client, clinic.patient, until=(now + timedelta(days=365)).isoformat())
    assert datetime.fromisoformat(far["end"]) < now + timedelta(days=8), "no further than a week"
    for odd in (
        {"from": now.isoformat(), "until": (now - timedelta(days=1)).isoformat()},
        {"from": (now - timedelta(days=401)).isoformat()}, {"from": "yesterday"}, {"until": "1999-01-01T00:00:00Z"},
        {"from": "0001-01-01T00:00:00+14:00"}, {"from": "9999-12-31T23:59:59-12:00"},
    ):  # fmt: skip
        answer = client.get(f"/api/patients/{clinic.patient}/trends", params=odd)
        assert answer.status_code == 422, odd
        problem(answer)


def test_a_patient_is_the_business_of_their_clinic_wherever_the_unit_is(api: Api) -> None:
    unit = api.add_unit("u-1", "Clinic 1")
    theirs = bind(api, unit, "Bo Example", 2, SystemClock().now_us() - DAY_US)
    ours = bind(api, unit, "Ada Example", 1, SystemClock().now_us())
    api.refresh()
    first, second = api.sign_in(clinic=1), api.sign_in(clinic=2)
    assert [first.get(f"/api/patients/{one}/trends").status_code for one in (ours, theirs)] == [200, 404]
    assert [second.get(f"/api/patients/{one}/trends").status_code for one in (ours, theirs)] == [404, 200]
    assert second.get("/api/units/u-1/trends").status_code == 404
    # The second wall: of the box that has another clinic's patient now nothing is known.
    found = trends(second, theirs)
    assert (found["unit"], found["recent"]) == (None, None)
    assert trends(first, ours)["unit"] == "u-1"


def test_teams_roles_and_walls(api: Api) -> None:
    world = World(api)
    world.join("east", Role.NURSE, 1, "Nora")
    nora = api.sign_in(Role.NURSE, 1, "Nora")
    asked = {name: nora.get(f"/api/patients/{number}/trends").status_code for name, number in world.patients.items()}
    # Cy is in no team, so of all of the clinic.
    assert asked == {"Ann": 200, "Bob": 404, "Cy": 200, "Dan": 404}
    assert [nora.get(f"/api/units/u-{n}/trends").status_code for n in (1, 2, 4)] == [200, 404, 404]
    ann = world.patients["Ann"]
    for role in (Role.KIOSK, Role.TECHNICIAN, Role.OPERATIONS, Role.PATIENT):
        client = api.sign_in(role, None if role is Role.OPERATIONS else 1)
        assert client.get(f"/api/patients/{ann}/trends").status_code == 403, role
    assert api.client().get(f"/api/patients/{ann}/trends").status_code == 401


def test_who_looked_is_on_record(api: Api) -> None:
    clinic = Clinic(api)
    trends(api.sign_in(), clinic.patient)

    def looks() -> list[tuple[str, str]]:
        with api.database() as conn:
            return conn.execute("SELECT action, subject FROM audit_event WHERE action LIKE 'look%'").fetchall()

    until(lambda: ("look at trends", f"patient:{clinic.patient}") in looks())


@pytest.mark.parametrize("number", ["999", "9" * 18, str(2**31), "x"])
def test_what_is_not_there(api: Api, number: str) -> None:
    client = api.sign_in()
    assert client.get(f"/api/patients/{number}/trends").status_code in (404, 422)
    assert client.get("/api/units/nowhere/trends").status_code == 404


def test_a_unit_that_serves_nobody_has_no_trends(api: Api) -> None:
    unit = api.add_unit("u-1", "Clinic 1", "Ann")
    with api.database() as conn:
        patients.unbind(conn, unit.unit_id, SystemClock().now_us())
    api.refresh()
    assert api.sign_in().get("/api/units/u-1/trends").status_code == 404
