"""Access to somebody who is not among one's own: with a reason, for hours, on record, looked at afterwards."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from clinician_api.access import Role
from clinician_api.routes.break_glass import ATTEMPTS
from clinician_api.settings import ApiOptions
from store import break_glass
from telemetry.clock import SystemClock
from tests.clinician_api.conftest import Api, alike, problem
from tests.clinician_api.teams.world import DAY_US, World, seen

REASON = "called by the family: feels faint"


@pytest.fixture
def world(api: Api) -> World:
    return World(api)


def opens(client: httpx.Client, whom: str, reason: str = REASON) -> httpx.Response:
    return client.post("/api/break-glass", json={"whom": whom, "reason": reason})


@pytest.mark.parametrize("whom", ["u-1", " ANN "])
def test_it_opens_one_patient_everywhere_on_record_until_it_ends(world: World, whom: str) -> None:
    api, client = world.api, world.api.sign_in(Role.NURSE, 1)
    socket = api.open_socket(client)
    socket.subscribe()
    opened = opens(client, whom).json()
    assert (opened["patient"], opened["unit"]) == ("Ann", "u-1")
    told = socket.next("snapshot", 5.0)
    of_ann = next(unit for unit in told["units"] if unit["unit"] == "u-1")
    assert of_ann["opened"] == {"glass_id": opened["glass_id"], "until": opened["until"]}
    assert [unit["opened"] for unit in told["units"] if unit["unit"] != "u-1"] == [None, None]
    assert client.get("/api/units/u-1/treatments").status_code == 200
    assert client.get("/api/units/u-2").status_code == 404
    assert seen(api.sign_in(Role.NURSE, 1, "Other")) == ["u-3", "u-4"]
    with api.database() as conn:
        rows = conn.execute(
            "SELECT action, detail FROM audit_event WHERE subject = 'patient:1' AND action NOT LIKE 'look at %'"
        ).fetchall()
    assert [row[0] for row in rows] == ["break glass"]
    assert REASON not in json.dumps(rows[0][1])
    assert client.post(f"/api/break-glass/{opened['glass_id']}/end", json={}).status_code == 200
    socket.next("snapshot", 5.0, lambda one: [unit["unit"] for unit in one["units"]] == ["u-3", "u-4"])
    assert client.post(f"/api/break-glass/{opened['glass_id']}/end", json={}).status_code == 404


def test_it_ends_by_itself_also_on_an_open_socket(world: World) -> None:
    api, now_us = world.api, SystemClock().now_us()
    socket = api.open_socket(api.sign_in(Role.NURSE, 1))
    socket.subscribe()
    with api.database() as conn:
        user_id, ann = world.user_id(Role.NURSE, 1), world.patients["Ann"]
        break_glass.open_glass(conn, user_id, ann, REASON, now_us, now_us + 3_000_000)
    socket.next("snapshot", 5.0, lambda one: len(one["units"]) == 3)
    socket.next("snapshot", 8.0, lambda one: len(one["units"]) == 2)


def test_whoever_is_not_to_be_opened_is_nobody(world: World) -> None:
    """The same words for nobody, for two of a name, and for another clinic's; and not for ever."""
    api, client = world.api, world.api.sign_in(Role.NURSE, 1)
    api.add_unit("u-6", "Clinic 1", "Bob")
    answers = [opens(client, whom) for whom in ("Nobody", "Bob", "Dan", "u-5", "An", "Ann%", "u-4")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({json.dumps(alike(answer)) for answer in answers}) == 1
    assert problem(opens(client, "Cy"))["what"] == "you see this patient already"
    assert opens(client, "Ann", "because").status_code == 422
    assert [opens(client, "Nobody").status_code for _ in range(ATTEMPTS)][-1] == 429
    with api.database() as conn:
        refused = conn.execute("SELECT count(*) FROM audit_event WHERE action = 'break glass refused'").fetchall()
    assert refused[0][0] >= len(answers)


def test_a_namesake_of_another_clinic_is_in_nobody_s_way(world: World) -> None:
    api = world.api
    api.add_unit("u-6", "Clinic 2", "Ann")
    assert opens(api.sign_in(Role.NURSE, 1), "Ann").json()["unit"] == "u-1"
    guest = api.sign_in(Role.NURSE, 2)
    assert problem(opens(guest, "Ann"))["what"] == "you see this patient already"
    object.__setattr__(api.services, "options", _across(api.services.options))
    other = api.sign_in(Role.NURSE, 1, "Other")
    assert opens(other, "Ann").status_code == 404, "who may open both has to say which: by the home's id"
    assert opens(other, "u-6").json()["unit"] == "u-6"


def test_who_is_of_no_clinic_opens_nobody(world: World) -> None:
    world.api.add_unit("u-6", None, "Eve")
    nobody = world.api.sign_in(Role.NURSE, None)
    assert [opens(nobody, whom).status_code for whom in ("Eve", "u-6", "Ann")] == [404] * 3


def test_only_who_answers_alerts_may(world: World) -> None:
    for role in (Role.ADMINISTRATOR, Role.TECHNICIAN, Role.OPERATIONS, Role.PATIENT, Role.KIOSK):
        assert opens(world.api.sign_in(role, 1), "Ann").status_code == 403


def test_a_page_is_told_where_somebody_may_be_hidden(world: World) -> None:
    """Of a clinic that goes by team, to who may open access and is not there for all of it; else of none."""

    def hidden(role: Role, clinic: int | None) -> bool:
        told: bool = world.api.sign_in(role, clinic).get("/api/session").json()["hidden"]
        return told

    asked = [(Role.NURSE, 1), (Role.NURSE, 2), (Role.ADMINISTRATOR, 1), (Role.NURSE, None)]
    assert [hidden(*one) for one in asked] == [True, False, False, False]
    object.__setattr__(world.api.services, "options", _across(world.api.services.options))
    assert [hidden(*one) for one in asked] == [True, True, False, False]


def test_another_clinic_s_only_where_settings_allow(world: World) -> None:
    guest = world.api.sign_in(Role.NURSE, 2)
    assert opens(guest, "Ann").status_code == 404
    options: ApiOptions = world.api.services.options
    object.__setattr__(world.api.services, "options", _across(options))
    assert opens(guest, "Ann").status_code == 200
    assert seen(guest) == ["u-1", "u-5"]


def _across(options: ApiOptions) -> ApiOptions:
    fields: dict[str, Any] = {name: getattr(options, name) for name in options.__struct_fields__}
    return ApiOptions(**{**fields, "break_glass_across_clinics": True})


def test_it_is_judged_once_by_somebody_else_of_the_patient_s_clinic(world: World) -> None:
    api = world.api
    doctor = api.sign_in(Role.NEPHROLOGIST, 1)
    number = opens(doctor, "Ann").json()["glass_id"]
    doctor.get("/api/units/u-1")
    way = f"/api/break-glass/{number}/review"
    assert problem(doctor.post(way, json={"right": True}))["status"] == 409, "one's own"
    assert [one["may_review"] for one in doctor.get("/api/break-glass").json()["glasses"]] == [False]
    assert api.sign_in(Role.ADMINISTRATOR, 2).post(way, json={"right": True}).status_code == 404
    assert api.sign_in(Role.NEPHROLOGIST, 1, "West").post(way, json={"right": True}).status_code == 404, (
        "not among hers"
    )
    assert api.sign_in(Role.NURSE, 1).get("/api/break-glass").status_code == 403
    chief = api.sign_in(Role.ADMINISTRATOR, 1)
    (listed,) = chief.get("/api/break-glass").json()["glasses"]
    assert (listed["patient"], listed["reason"], listed["open"], listed["overdue"]) == ("Ann", REASON, True, False)
    assert chief.post(way, json={"right": False}).status_code == 422
    done = chief.post(way, json={"right": False, "note": "nobody had called"}).json()["glass"]
    assert (done["right"], done["may_review"], done["note"]) == (False, False, "nobody had called")
    assert problem(chief.post(way, json={"right": True}))["status"] == 409


def test_after_three_days_it_is_overdue(world: World) -> None:
    api, old = world.api, SystemClock().now_us() - 3 * DAY_US - 60_000_000
    with api.database() as conn:
        user_id = world.user_id(Role.NURSE, 1)
        break_glass.open_glass(conn, user_id, world.patients["Ann"], REASON, old, old + DAY_US)
    (listed,) = api.sign_in(Role.ADMINISTRATOR, 1).get("/api/break-glass").json()["glasses"]
    assert (listed["overdue"], listed["open"]) == (True, False)
