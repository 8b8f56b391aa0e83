"""Accounts over the API: nobody gives what is above them, nobody locks the door, of two at once one is second.

The rules are in clinician_api/administration: `grants`, asked by `user_data`, with bodies of `models`.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from clinician_api.access import Role
from clinician_api.services import Services
from store import teams
from telemetry.clock import SystemClock
from tests.clinician_api.conftest import PASSWORD, Api, parts, problem

NEW = {"email": "new@example.org", "name": "New Person", "role": "nurse", "clinic": "Clinic 1"}


def add(client: httpx.Client, **other: Any) -> httpx.Response:
    return client.post("/api/users", json={**NEW, **other})


def found(client: httpx.Client, text: str) -> dict[str, Any]:
    users = client.get("/api/users", params={"search": text}).json()["users"]
    assert len(users) == 1, users
    one: dict[str, Any] = users[0]
    return one


def test_an_account_is_made_and_its_password_shown_once(api: Api) -> None:
    admin = api.sign_in(Role.ADMINISTRATOR, 1)
    answer = add(admin)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    made = answer.json()
    browser = api.client()
    assert browser.post(
        "/api/session", json={"email": NEW["email"], "password": made["password"]}
    ).status_code == 200  # fmt: skip
    assert made["password"] not in admin.get("/api/users").text
    assert "password" not in admin.get(f"/api/users/{made['user']['user_id']}").text
    row = api.deeds("actor", "action", "subject", "detail::text")[-1]
    assert row[1:3] == ("add user", f"user:{made['user']['user_id']}")
    assert made["password"] not in row[3]
    assert problem(add(admin, email="NEW@example.org"))["status"] == 409


@pytest.mark.parametrize(
    "other", [{"clinic": "Clinic 2"}, {"clinic": None, "role": "administrator"}, {"role": "operations"},
              {"clinic": "Nowhere"}, {"role": "kiosk"}, {"role": "technician", "clinic": None}],
)  # fmt: skip
def test_an_administrator_of_a_clinic_gives_nothing_above_or_outside_it(api: Api, other: dict[str, Any]) -> None:
    admin = api.sign_in(Role.ADMINISTRATOR, 1)
    assert problem(add(admin, **other))["status"] == 403
    assert add(admin).status_code == 200
    user = found(admin, "new@")
    body = {"name": "N", "role": "nurse", "clinic": "Clinic 1", **other}
    assert problem(admin.post(f"/api/users/{user['user_id']}/change", json=body))["status"] == 403
    assert found(admin, "new@") == user


def test_what_is_of_another_clinic_or_of_all_does_not_exist(api: Api) -> None:
    api.account(Role.NURSE, 2)
    api.account(Role.ADMINISTRATOR, None)
    everybody = api.sign_in(Role.ADMINISTRATOR, None)
    admin = api.sign_in(Role.ADMINISTRATOR, 1)
    seen = {user["email"] for user in admin.get("/api/users").json()["users"]}
    assert seen == {"administrator-1@example.org"}
    for email in ("nurse-2", "administrator-all"):
        number = found(everybody, email)["user_id"]
        for deed in ("disable", "enable", "password", "sign-out"):
            assert problem(admin.post(f"/api/users/{number}/{deed}"))["status"] == 404
        body = {"name": "N", "role": "nurse", "clinic": "Clinic 1"}
        assert problem(admin.post(f"/api/users/{number}/change", json=body))["status"] == 404


def test_operations_of_the_clinic_is_not_its_administrators_to_change(api: Api) -> None:
    api.account(Role.OPERATIONS, 1)
    admin = api.sign_in(Role.ADMINISTRATOR, 1)
    user = found(admin, "operations")
    assert not user["changeable"]
    for deed in ("disable", "password", "sign-out"):
        assert problem(admin.post(f"/api/users/{user['user_id']}/{deed}"))["status"] == 403


def test_nobody_locks_themselves_out(api: Api) -> None:
    admin = api.sign_in(Role.ADMINISTRATOR, 1)
    own = found(admin, "administrator-1")["user_id"]
    assert problem(admin.post(f"/api/users/{own}/disable"))["status"] == 409
    for role in ("nurse", "technician"):
        body = {"name": "N", "role": role, "clinic": "Clinic 1"}
        assert problem(admin.post(f"/api/users/{own}/change", json=body))["status"] == 409
    body = {"name": "Other Name", "role": "administrator", "clinic": "Clinic 1"}
    assert admin.post(f"/api/users/{own}/change", json=body).json()["user"]["name"] == "Other Name"


def test_of_two_administrators_who_close_each_other_one_remains(api: Api) -> None:
    clients = [api.sign_in(Role.ADMINISTRATOR, 1, name) for name in ("A", "B")]
    numbers = [found(clients[0], f"administrator{name}-1")["user_id"] for name in ("b", "a")]
    with ThreadPoolExecutor(2) as both:
        asked = [
            both.submit(client.post, f"/api/users/{number}/disable")
            for client, number in zip(clients, numbers, strict=True)
        ]
        codes = sorted(one.result().status_code for one in asked)
    # The second is no administrator any more, be that seen before the lock (401) or behind it (403).
    assert codes[0] == 200
    assert codes[1] in (401, 403)
    with api.database() as conn:
        left = conn.execute(
            "SELECT count(*) FROM user_account WHERE role = 'administrator' AND disabled_at IS NULL"
        ).fetchone()
    assert left == (1,)


def test_what_changed_meanwhile_is_not_changed_again(api: Api) -> None:
    api.account(Role.NURSE, 1)
    admin = api.sign_in(Role.ADMINISTRATOR, 1)
    user = found(admin, "nurse")
    way, seen = f"/api/users/{user['user_id']}", {"If-Match": user["tag"]}
    body = {"name": "N", "role": "on-call", "clinic": "Clinic 1"}
    assert admin.post(f"{way}/change", json=body, headers=seen).status_code == 200
    late = admin.post(f"{way}/disable", headers=seen)
    assert problem(late)["status"] == 412
    assert late.json()["current"]["role"] == "on-call"
    assert admin.post(f"{way}/disable", headers={"If-Match": late.headers["etag"]}).status_code == 200


@pytest.mark.parametrize("deed", ["disable", "sign-out", "password", "change"])
def test_an_open_screen_is_closed_within_seconds(api: Api, deed: str) -> None:
    nurse = api.sign_in(Role.NURSE, 1)
    screen = api.open_socket(nurse)
    screen.subscribe()
    admin = api.sign_in(Role.ADMINISTRATOR, 1)
    number = found(admin, "nurse")["user_id"]
    body = {"name": "N", "role": "technician", "clinic": "Clinic 1"} if deed == "change" else None
    assert admin.post(f"/api/users/{number}/{deed}", json=body).status_code == 200
    assert screen.closed(5.0)[0] == 1008
    again = nurse.post("/api/session", json={"email": "nurse-1@example.org", "password": PASSWORD})
    assert again.status_code == (401 if deed in ("disable", "password") else 200)


@pytest.mark.parametrize("other", [{"role": "on-call"}, {"clinic": "Clinic 2"}])
def test_another_role_or_clinic_ends_the_sessions_and_another_name_does_not(api: Api, other: dict[str, Any]) -> None:
    nurse = api.sign_in(Role.NURSE, 1)
    admin = api.sign_in(Role.ADMINISTRATOR, None)
    number = found(admin, "nurse")["user_id"]
    body = {"name": "N", "role": "nurse", "clinic": "Clinic 1"}
    if "clinic" in other:
        api.account(Role.TECHNICIAN, 2)
    assert admin.post(f"/api/users/{number}/change", json=body).status_code == 200
    assert nurse.get("/api/session").status_code == 200
    assert admin.post(f"/api/users/{number}/change", json={**body, **other}).status_code == 200
    assert nurse.get("/api/session").status_code == 401
    with api.database() as conn:
        assert conn.execute("SELECT count(*) FROM session WHERE user_id = %s", (number,)).fetchone() == (0,)


@pytest.mark.parametrize(
    ("other", "handed", "left"),
    [({"role": "on-call"}, False, False), ({"role": "technician"}, True, False), ({"clinic": "Clinic 2"}, True, True)],
)
def test_who_may_not_answer_any_more_keeps_no_notice_and_no_team(
    api: Api, other: dict[str, Any], handed: bool, left: bool
) -> None:
    api.account(Role.NURSE, 1)
    api.account(Role.NURSE, 2)
    admin = api.sign_in(Role.ADMINISTRATOR, None)
    number = int(found(admin, "nurse-1")["user_id"])
    with api.database() as conn:
        team = teams.add(conn, 1, "East", SystemClock().now_us())
        teams.put_member(conn, team, number, None)
        conn.execute(
            "INSERT INTO notice (clinic_id, audience, cause, subject, opened_at, state, priority, accepted_by, "
            "accepted_until) VALUES (1, 'clinical', 'c', 's', now(), 'accepted', 'high', %s, now() + interval '1 h')",
            (number,),
        )
    body = {"name": "N", "role": "nurse", "clinic": "Clinic 1", **other}
    assert admin.post(f"/api/users/{number}/change", json=body).status_code == 200
    with api.database() as conn:
        assert conn.execute("SELECT recheck_at IS NOT NULL, accepted_until <= now() FROM notice").fetchall() == [
            (handed, handed)
        ]
        assert conn.execute("SELECT until IS NOT NULL FROM team_member").fetchall() == [(left,)]


def test_what_lets_people_in_needs_whoever_does_it_to_have_signed_in_just_now(api: Api) -> None:
    api.account(Role.NURSE, 1)
    admin = api.sign_in(Role.ADMINISTRATOR, 1)
    way = f"/api/users/{found(admin, 'nurse')['user_id']}"
    with api.database() as conn:
        conn.execute("UPDATE session SET created_at = created_at - interval '16 minutes'")
    change = admin.post(f"{way}/change", json={"name": "N", "role": "nurse", "clinic": "Clinic 1"})
    for refused in (add(admin), change, admin.post(f"{way}/password"), admin.post(f"{way}/enable")):
        assert problem(refused)["type"] == "/problems/sign-in-again"
    # Shutting somebody out never waits.
    for deed in ("sign-out", "disable"):
        assert admin.post(f"{way}/{deed}").status_code == 200


@pytest.mark.parametrize("deed", ["disable", "sign-out", "password", "change"])
def test_nobody_trusts_an_ended_session_while_the_database_is_away(api: Api, deed: str) -> None:
    nurse = api.sign_in(Role.NURSE, 1)
    admin = api.sign_in(Role.ADMINISTRATOR, 1)
    number = int(found(admin, "nurse")["user_id"])
    assert nurse.get("/api/session").status_code == 200
    token = hashlib.sha256(next(iter(nurse.cookies.values())).encode()).digest()

    def trusted(services: Services) -> bool:
        return services.sessions.trusted(token) is not None

    assert api.do(trusted)
    body = {"name": "N", "role": "technician", "clinic": "Clinic 1"} if deed == "change" else None
    assert admin.post(f"/api/users/{number}/{deed}", json=body).status_code == 200
    assert not api.do(trusted)


def test_in_parts_and_by_name(api: Api) -> None:
    admin = api.sign_in(Role.ADMINISTRATOR, 1)
    for number in range(3):
        assert add(admin, email=f"p{number}@example.org", name=f"Person {number}").status_code == 200
    assert [one["name"] for one in parts(admin, "/api/users?search=PERSON", "users")] == [
        f"Person {n}" for n in range(3)
    ]
    assert admin.get("/api/users", params={"search": "%"}).json()["users"] == []


def test_whoever_has_no_such_role_is_refused(api: Api) -> None:
    for role in (Role.NURSE, Role.NEPHROLOGIST, Role.TECHNICIAN, Role.OPERATIONS, Role.PATIENT):
        assert problem(add(api.sign_in(role, 1)))["status"] == 403
    assert problem(add(api.client()))["status"] == 401
