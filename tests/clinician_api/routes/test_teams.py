"""Who sees whom by teams: on every route, on open sockets, until a day; and who may change that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from alerts.escalation import People
from clinician_api.access import Role
from store import kiosks, teams
from telemetry.clock import SystemClock
from tests.clinician_api.conftest import Api, alike, problem
from tests.clinician_api.notified import Notifier
from tests.clinician_api.rotas import Duty
from tests.clinician_api.teams.world import DAY_US, World, seen

CLINICAL = (Role.NEPHROLOGIST, Role.NURSE, Role.ON_CALL)


@pytest.fixture
def world(api: Api) -> World:
    return World(api)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("clinic", [1, 2])
@pytest.mark.parametrize("team", [None, "east"])
def test_role_by_clinic_by_team(world: World, role: Role, clinic: int, team: str | None) -> None:
    if team and role is not Role.KIOSK:
        world.join(team, role, clinic)
    client = world.api.sign_in(role, clinic)
    if role is Role.PATIENT:
        assert client.get("/api/units").status_code == 403
        return
    whole = ["u-1", "u-2", "u-3", "u-4"] if clinic == 1 else ["u-5"]
    expected = whole
    if clinic == 1 and role in CLINICAL:
        expected = ["u-1", "u-3", "u-4"] if team else ["u-3", "u-4"]
    elif clinic == 2 and team and role in (*CLINICAL, Role.ADMINISTRATOR):
        expected = ["u-1", "u-5"]
    assert seen(client) == expected


def test_a_patient_of_another_team_is_nowhere(world: World) -> None:
    """Every way to a patient, to one who sees her and to one who does not, of the same clinic and role."""
    api = world.api
    world.join("east", Role.NEPHROLOGIST, 1, "East")
    world.join("west", Role.NEPHROLOGIST, 1, "West")
    alert, ann = api.raise_alert(world.units["u-1"]), world.patients["Ann"]
    notifier = Notifier(api)
    notifier.people = People((notifier.user("Zoe"),))
    notifier.settle()
    span = "start=2026-03-01T08:00:00Z&end=2026-03-01T09:00:00Z"
    ways = [
        "/api/units/u-1", f"/api/units/u-1/readings?{span}", "/api/units/u-1/treatments", "/api/units/u-1/audit",
        f"/api/patients/{ann}/treatments", f"/api/patients/{ann}/audit", f"/api/alerts/{alert}", "/api/notices/1",
    ]  # fmt: skip
    what_if = {"start": "2026-03-01T00:00:00Z", "end": "2026-03-02T00:00:00Z", "limits": {"R13": {"high": 320}}}
    for name, status in (("East", 200), ("West", 404)):
        client = api.sign_in(Role.NEPHROLOGIST, 1, name)
        for way in ways:
            assert client.get(way).status_code == status, (name, way)
        assert client.post(f"/api/patients/{ann}/what-if", json=what_if).status_code == status
        for way in ("/api/units", "/api/alerts", "/api/notices", "/api/handover?names=true", "/api/load", "/api/teams"):
            text = client.get(way).text
            assert ("Ann" in text or "u-1" in text) is (status == 200), (name, way, text)
        snapshot = api.open_socket(client).subscribe()
        assert ("u-1" in [unit["unit"] for unit in snapshot["units"]]) is (status == 200)
        assert len(snapshot["alerts"]) == (status == 200)
    assert (
        api.sign_in(Role.NEPHROLOGIST, 1, "West").post(f"/api/alerts/{alert}/acknowledge", json={}).status_code == 404
    )


def test_open_sockets_follow_within_five_seconds_and_stay_open(world: World) -> None:
    api = world.api
    nurse, chief = world.join("west", Role.NURSE, 1), api.sign_in(Role.ADMINISTRATOR, 1)
    socket = api.open_socket(api.sign_in(Role.NURSE, 1))
    assert [unit["unit"] for unit in socket.subscribe()["units"]] == ["u-2", "u-3", "u-4"]

    def told(units: list[str]) -> Any:
        return socket.next("snapshot", 5.0, lambda one: [unit["unit"] for unit in one["units"]] == units)

    added = chief.post(f"/api/teams/{world.teams['east']}/members", json={"email": api.account(Role.NURSE, 1)})
    assert added.status_code == 200
    told(["u-1", "u-2", "u-3", "u-4"])
    assert chief.delete(f"/api/teams/{world.teams['west']}/members/{nurse}").status_code == 204
    told(["u-1", "u-3", "u-4"])
    # By another process, and by time alone: nobody tells this one.
    with api.database() as conn:
        teams.put_member(conn, world.teams["east"], nurse, SystemClock().now_us() + 1_500_000)
    told(["u-3", "u-4"])
    with api.database() as conn:
        teams.go_by_team(conn, "Clinic 1", by_team=False)
    told(["u-1", "u-2", "u-3", "u-4"])


def test_somebody_of_another_clinic_sees_one_patient_until_a_day(world: World) -> None:
    api = world.api
    chief = api.sign_in(Role.ADMINISTRATOR, 1)
    until = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    body = {"email": api.account(Role.NURSE, 2), "until": until}
    team = chief.post(f"/api/teams/{world.teams['east']}/members", json=body).json()["team"]
    assert [(one["clinic"], one["until"] is None) for one in team["members"]] == [("Clinic 2", False)]
    guest = api.sign_in(Role.NURSE, 2)
    assert seen(guest) == ["u-1", "u-5"]
    assert problem(
        chief.post(f"/api/teams/{world.teams['east']}/members", json={**body, "until": "2020-01-01T00:00:00Z"})
    )
    assert guest.get("/api/units/u-1/treatments").status_code == 200
    assert guest.get("/api/units/u-3").status_code == 404, "in no team is of the own clinic's business only"


def test_who_is_asked_sees_whom_the_notice_is_about_while_it_is_open(world: World) -> None:
    api = world.api
    asked, other = world.user_id(Role.NURSE, 1, "Asked"), api.sign_in(Role.NURSE, 1, "Other")
    client = api.sign_in(Role.NURSE, 1, "Asked")
    socket = api.open_socket(client)
    assert "u-1" not in [unit["unit"] for unit in socket.subscribe()["units"]]
    notifier = Notifier(api)
    notifier.people = People((asked,))
    alert = api.raise_alert(world.units["u-1"])
    notifier.settle()
    told = socket.next("snapshot", 5.0, lambda one: "u-1" in [unit["unit"] for unit in one["units"]])
    assert [one["alert_id"] for one in told["alerts"]] == [alert]
    assert client.post("/api/notices/1/accept", json={}).status_code == 200
    assert seen(other) == ["u-3", "u-4"]
    with api.database() as conn:
        conn.execute("UPDATE notice SET state = 'over'")
    socket.next("snapshot", 5.0, lambda one: "u-1" not in [unit["unit"] for unit in one["units"]])


def test_who_is_on_duty_sees_all_of_the_clinic_and_every_alert_of_it(world: World) -> None:
    api = world.api
    duty = Duty(api)
    number = duty.person(1, "Dora")
    rota_id = duty.weekly(1, "Dora")
    assert (number, rota_id) != (0, 0)
    world.settle()
    alert = api.raise_alert(world.units["u-1"])
    client = duty.sign_in(1, "Dora")
    assert seen(client) == ["u-1", "u-2", "u-3", "u-4"]
    assert [one["alert_id"] for one in client.get("/api/alerts").json()["alerts"]] == [alert]
    assert client.get("/api/units/u-5").status_code == 404
    duty.nobody(1)
    world.settle()
    assert seen(client) == ["u-3", "u-4"]


def test_a_screen_shows_its_team_and_one_without_a_team_its_clinic(world: World) -> None:
    screen = world.api.kiosk(1, "East wall")
    assert seen(screen) == ["u-1", "u-2", "u-3", "u-4"]
    with world.api.database() as conn:
        kiosks.show_team(conn, kiosks.named(conn, "East wall").kiosk_id, world.teams["east"])
    assert seen(screen) == ["u-1", "u-3", "u-4"]
    chief = world.api.sign_in(Role.ADMINISTRATOR, 1)
    assert chief.delete(f"/api/teams/{world.teams['east']}").status_code == 204
    assert seen(screen) == ["u-1", "u-2", "u-3", "u-4"], "a screen is never dark because its team is gone"


def test_nobody_gives_away_whom_they_do_not_see(world: World) -> None:
    api = world.api
    world.join("east", Role.NEPHROLOGIST, 1)
    east, west = (f"/api/teams/{world.teams[name]}" for name in ("east", "west"))
    doctor = api.sign_in(Role.NEPHROLOGIST, 1)
    me = {"email": api.account(Role.NEPHROLOGIST, 1)}
    assert doctor.post(f"{west}/members", json=me).status_code == 403
    assert doctor.post(f"{east}/patients", json={"unit": "u-2"}).status_code == 404
    assert doctor.post(f"{east}/patients", json={"unit": "u-3"}).status_code == 200
    assert doctor.delete(f"{west}/patients/{world.patients['Bob']}").status_code == 403
    assert doctor.delete(f"{east}/patients/{world.patients['Cy']}").status_code == 204
    assert doctor.post(f"{east}/members", json={"email": "nobody@example.org"}).status_code == 404
    mine = doctor.post("/api/teams", json={"name": "Night"}).json()["team"]
    assert [one["email"] for one in mine["members"]] == [me["email"]]
    assert problem(doctor.post("/api/teams", json={"name": "night"}))["status"] == 409
    stranger = api.sign_in(Role.NEPHROLOGIST, 2)
    world.join("east", Role.NEPHROLOGIST, 2)
    assert [one["may_change"] for one in stranger.get("/api/teams").json()["teams"]] == [False]
    assert stranger.post(f"{east}/members", json=me).status_code == 403
    assert api.sign_in(Role.NURSE, 1).get("/api/teams").status_code == 403
    chief = api.sign_in(Role.ADMINISTRATOR, None)
    assert chief.post("/api/teams", json={"name": "x", "clinic": "Nowhere"}).status_code == 404
    assert chief.post("/api/teams", json={"name": "x", "clinic": "clinic 2"}).status_code == 200
    assert chief.post(f"{east}/patients", json={"unit": "u-5"}).status_code == 409
    with api.database() as conn:
        deeds = {row[0] for row in conn.execute("SELECT action FROM audit_event WHERE actor LIKE 'user:%'").fetchall()}
    assert {"add team", "add team patient", "remove team patient"} <= deeds


def test_what_is_seen_for_a_while_does_not_become_what_is_seen_for_good(world: World) -> None:
    """By a broken glass, a notice, a shift, or a membership until a day: neither put into a team nor taken out."""
    api = world.api
    world.join("west", Role.NEPHROLOGIST, 1, "West")
    west, east = (f"/api/teams/{world.teams[name]}" for name in ("west", "east"))
    doctor = api.sign_in(Role.NEPHROLOGIST, 1, "West")

    def refused() -> None:
        assert "u-1" in seen(doctor)
        answer = doctor.post(f"{west}/patients", json={"unit": "u-1"})
        assert (answer.status_code, problem(answer)["what"]) == (403, "a patient you see for a while only")
        assert doctor.delete(f"{east}/patients/{world.patients['Ann']}").status_code in (403, 404)
        for member in ("West", "Other"):
            email = api.account(Role.NEPHROLOGIST, 1, member)
            assert doctor.post(f"{east}/members", json={"email": email}).status_code in (403, 404)

    glass = doctor.post("/api/break-glass", json={"whom": "Ann", "reason": "called by the family"}).json()
    refused()
    assert doctor.post(f"/api/break-glass/{glass['glass_id']}/end", json={}).status_code == 200
    notifier = Notifier(api)
    notifier.people = People((world.user_id(Role.NEPHROLOGIST, 1, "West"),))
    api.raise_alert(world.units["u-1"])
    notifier.settle()
    world.settle()
    refused()
    with api.database() as conn:
        conn.execute("UPDATE notice SET state = 'over'")
    world.join("east", Role.NEPHROLOGIST, 1, "West", SystemClock().now_us() + DAY_US)
    refused()
    world.join("east", Role.NEPHROLOGIST, 1, "West", 1)
    assert "u-1" not in seen(doctor)
    assert doctor.post(f"{west}/patients", json={"unit": "u-3"}).status_code == 200, "whom she sees for good"


def test_who_is_on_duty_looks_after_all_and_hands_on_only_their_own(world: World) -> None:
    api, duty = world.api, Duty(world.api)
    number = duty.person(1, "Dora")
    duty.weekly(1, "Dora")
    with api.database() as conn:
        conn.execute("UPDATE user_account SET role = 'nephrologist' WHERE user_id = %s", [number])
    world.settle()
    client = duty.sign_in(1, "Dora")
    assert seen(client) == ["u-1", "u-2", "u-3", "u-4"]
    team = client.post("/api/teams", json={"name": "Mine"}).json()["team"]
    assert [one["name"] for one in team["members"]] == ["Dora"], "whose team it is, as on any other day"
    assert client.post(f"/api/teams/{team['team_id']}/patients", json={"unit": "u-1"}).status_code == 403
    for path, body in (("members", {"email": "dora@example.org"}), ("patients", {"unit": "u-3"})):
        assert client.post(f"/api/teams/{world.teams['east']}/{path}", json=body).status_code == 403
    assert client.delete(f"/api/teams/{world.teams['east']}").status_code == 403
    assert [one["may_change"] for one in client.get("/api/teams").json()["teams"]] == [False, False, True]


def test_a_guest_has_an_end_and_does_not_set_it(world: World) -> None:
    api, chief = world.api, world.api.sign_in(Role.ADMINISTRATOR, 1)
    way, email = f"/api/teams/{world.teams['east']}/members", api.account(Role.NEPHROLOGIST, 2)

    def put(client: httpx.Client, days: float | None) -> httpx.Response:
        until = None if days is None else (datetime.now(UTC) + timedelta(days=days)).isoformat()
        return client.post(way, json={"email": email, "until": until})

    for days in (None, 90.01):
        refused = problem(put(chief, days))
        assert (refused["status"], refused["where"]) == (422, "body.until")
        assert "within 90 days" in refused["hint"]
    guest = api.sign_in(Role.NEPHROLOGIST, 2)
    assert "u-1" not in seen(guest)
    assert put(chief, 89).status_code == 200
    assert "u-1" in seen(guest)
    assert put(guest, 90).status_code == put(guest, None).status_code == 403
    own = chief.post(way, json={"email": api.account(Role.NURSE, 1)})
    assert own.status_code == 200, "of the own clinic nobody needs one"


def test_while_the_database_is_away_a_membership_ends_all_the_same(world: World) -> None:
    api = world.api
    world.join("east", Role.NURSE, 1, until_us=SystemClock().now_us() + DAY_US)
    book, user_id = api.services.data.teams.book, world.user_id(Role.NURSE, 1)
    now_us = SystemClock().now_us()
    assert world.patients["Ann"] in book.of_person(user_id, Role.NURSE, 1, now_us).patients
    assert world.patients["Ann"] not in book.of_person(user_id, Role.NURSE, 1, now_us + 2 * DAY_US).patients


def test_whose_an_address_is_can_be_tried_ten_times_and_is_on_record(world: World) -> None:
    api = world.api
    chief = api.sign_in(Role.ADMINISTRATOR, 1)
    east = f"/api/teams/{world.teams['east']}/members"
    own = api.account(Role.NURSE, 1)
    with api.database() as conn:
        email = api.account(Role.NURSE, 2, "Gone")
        conn.execute("UPDATE user_account SET disabled_at = now() WHERE email = %s", (email,))
    gone, nobody = (chief.post(east, json={"email": one}) for one in (email, "nobody@example.org"))
    assert gone.status_code == 404 and alike(gone) == alike(nobody), "one that is disabled is nobody's"
    for _ in range(15):
        assert chief.post(east, json={"email": own}).status_code == 200, "one's own clinic's are no guesses"
    for number in range(7):
        assert chief.post(east, json={"email": f"guess-{number}@example.org"}).status_code == 404
    day = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    guest = {"email": api.account(Role.NURSE, 2), "until": day}
    assert chief.post(east, json=guest).status_code == 200, "a guest is the tenth"
    refused = chief.post(east, json={"email": api.account(Role.ON_CALL, 2)})
    assert refused.status_code == 429 and problem(refused)["retry_after_s"] > 0
    with api.database() as conn:
        deeds = conn.execute(
            "SELECT action, count(*) FROM audit_event WHERE action LIKE '%team%' GROUP BY 1"
        ).fetchall()
    assert dict(deeds) == {"name nobody for team": 9, "put team member": 16}
