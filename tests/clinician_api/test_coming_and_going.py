"""Who came in, went out or was refused is on record: each way, once, behind its clinic's walls, and no word typed."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from clinician_api.access import Role
from clinician_api.people.sessions import ACCOUNT_ATTEMPTS, ADDRESS_ATTEMPTS
from store import accounts, audit
from store.session_ends import SIGN_INS, named
from telemetry.clock import SystemClock
from tests.clinician_api.conftest import PASSWORD, Api, problem, until

WHO, WHY = ("actor", "action", "subject"), "detail ->> 'why'"
REFUSED = ("subject", WHY, "(detail ->> 'refused')::int")


def log_in(client: httpx.Client, email: str, password: str = PASSWORD) -> httpx.Response:
    return client.post("/api/session", json={"email": email, "password": password})


def number(api: Api, email: str) -> int:
    with api.database() as conn:
        return next(one.user_id for one in accounts.list_users(conn) if one.email == email)


def refused(api: Api, count: int) -> list[tuple[Any, ...]]:
    """That many rows, in the order of the alphabet."""
    api.do(lambda services: services.refusals.tell_all())
    until(lambda: len(api.record("action = 'refuse sign-in'")) >= count)
    return sorted(api.record("action = 'refuse sign-in'", columns=REFUSED))


def overdue(api: Api) -> int:
    return asyncio.run_coroutine_threadsafe(api.services.sessions.end_overdue(), api.loop).result(10)


def test_coming_in_and_going_out_is_a_row_each_with_the_session_that_looks_name_too(api: Api) -> None:
    client = api.sign_in(Role.NURSE)
    token = client.cookies["homehd_session"]
    with api.database() as conn:
        token_hash = bytes(conn.execute("SELECT token_hash FROM session").fetchall()[0][0])
    assert client.delete("/api/session").status_code == 204
    assert client.delete("/api/session").status_code == 401
    session = {"session": named(token_hash)}
    assert api.sign_ins(*WHO, "detail") == [
        ("user:1", "sign in", "user:1", {**session, "how": "password", "address": "127.0.0.1"}),
        ("user:1", "sign out", "user:1", session),
    ]
    with api.database() as conn:
        assert audit.verify(conn).broken is None
        record = str(conn.execute("SELECT * FROM audit_event").fetchall())
    assert token not in record and token_hash.hex() not in record


def test_who_signs_in_after_another_ends_that_session_and_it_is_said_by_whom(api: Api) -> None:
    browser = api.sign_in(Role.NURSE, 1, "Ann")
    bo = api.account(Role.NURSE, 1, "Bo")
    assert log_in(browser, bo).status_code == 200
    assert log_in(browser, bo).status_code == 200
    assert [row for row in api.sign_ins(*WHO, WHY) if row[1] == "end session"] == [
        ("user:2", "end session", "user:1", "signed in again"), ("user:2", "end session", "user:2", "signed in again"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("way", "why"),
    [
        ("sign-out", "end sessions"),
        ("disable", "disable user"),
        ("password", "set password"),
        ("change", "change user"),
    ],
)
def test_what_an_administrator_ends_is_said_with_the_deed(api: Api, way: str, why: str) -> None:
    admin = api.sign_in(Role.ADMINISTRATOR, 1)
    for _ in range(2):
        api.sign_in(Role.NURSE, 1, "Ann")
    ann = number(api, api.account(Role.NURSE, 1, "Ann"))
    body = {"name": "Ann", "role": "nephrologist", "clinic": "Clinic 1"} if way == "change" else None
    for _ in range(2):
        answer = admin.post(f"/api/users/{ann}/{way}", json=body or {})
        assert answer.status_code == 200, answer.text
    ended = api.record("action = 'end session'", columns=(*WHO, WHY, "(detail ->> 'count')::int"))
    assert ended == [("user:1", "end session", f"user:{ann}", why, 2)], "and not once more when there are none"


def test_what_ends_by_itself_is_noticed_and_told_once(api: Api) -> None:
    for name in ("Ann", "Bo", "Cy"):
        api.sign_in(Role.NURSE, 1, name)
    with api.database() as conn:
        conn.execute("UPDATE session SET seen_at = seen_at - interval '61 minutes' WHERE user_id = 1")
        conn.execute("UPDATE session SET expires_at = now() - interval '1 second' WHERE user_id = 2")
    assert [overdue(api), overdue(api)] == [2, 0]
    ended = api.record("action = 'end session'", columns=(*WHO, WHY))
    assert ended == [
        ("service:api", "end session", "user:1", "not used"), ("service:api", "end session", "user:2", "expired"),
    ]  # fmt: skip


def test_what_cannot_be_put_on_record_has_not_happened(api: Api) -> None:
    client, email = api.sign_in(Role.NURSE), api.account(Role.NURSE, 1)
    with api.database() as conn:
        conn.execute("ALTER TABLE audit_event ADD CONSTRAINT never CHECK (action NOT LIKE 'sign%') NOT VALID")
        before = conn.execute("SELECT session_id FROM session").fetchall()
        # What is refused by the store is a fault of ours, not of who signs in.
        assert log_in(api.client(), email).status_code >= 500
        assert client.delete("/api/session").status_code >= 500
        assert conn.execute("SELECT session_id FROM session").fetchall() == before


def test_each_refusal_is_told_by_its_reason_and_a_name_that_is_nobody_s_never(api: Api) -> None:
    known, gone, odd = (api.account(Role.NURSE, 1, name) for name in ("Nora", "Gone", "Odd"))
    numbers = {email: number(api, email) for email in (known, gone, odd)}
    with api.database() as conn:
        accounts.disable_user(conn, numbers[gone], SystemClock().now_us())
        # As a release to come may write it.
        conn.execute("ALTER TABLE user_account DROP CONSTRAINT user_account_role_check")
        conn.execute("UPDATE user_account SET role = 'seer' WHERE user_id = %s", [numbers[odd]])
    typed = "my-Secret-Pa55word"
    for email, password in ((known, "wrong"), (gone, PASSWORD), (odd, PASSWORD), (typed, "x"), (typed + "2", "x")):
        assert log_in(api.client(), email, password).status_code == 401
    assert problem(api.client().post("/api/kiosk", json={"code": "WRONG-CODE"}))["status"] == 401
    assert refused(api, 6) == sorted([
        (f"user:{numbers[known]}", "wrong password", 1), (f"user:{numbers[gone]}", "disabled account", 1),
        (f"user:{numbers[odd]}", "no role", 1), ("nobody", "unknown name", 1), ("nobody", "unknown name", 1),
        ("nobody", "wrong kiosk code", 1),
    ])  # fmt: skip
    with api.database() as conn:
        rows = str(conn.execute("SELECT actor, action, subject, detail::text FROM audit_event").fetchall()).lower()
        assert audit.verify(conn).broken is None
    assert typed.lower() not in rows and "127.0.0.1" in rows
    assert set(api.sign_ins("actor")) == {("service:api",)}, "nobody has shown who they are"


def test_a_storm_of_wrong_passwords_is_a_few_rows_that_count_it(api: Api) -> None:
    email = api.account(Role.NURSE, 1)
    statuses = [log_in(api.client(), email, "wrong").status_code for _ in range(ACCOUNT_ATTEMPTS + 5)]
    statuses += [log_in(api.client(), f"guess-{n}", "x").status_code for n in range(ADDRESS_ATTEMPTS)]
    # Who is kept out is told to wait before it is asked whether there is such an account; it was asked before.
    assert statuses.count(429) == 5 + ACCOUNT_ATTEMPTS + 5
    assert refused(api, 8) == sorted([
        ("user:1", "wrong password", 1), ("user:1", "wrong password", ACCOUNT_ATTEMPTS - 1),
        ("user:1", "too many tries", 1), ("user:1", "too many tries", 4),
        ("nobody", "unknown name", 1), ("nobody", "unknown name", ADDRESS_ATTEMPTS - ACCOUNT_ATTEMPTS - 6),
        ("nobody", "too many tries", 1), ("nobody", "too many tries", ACCOUNT_ATTEMPTS + 4),
    ])  # fmt: skip


def test_who_is_refused_waits_for_no_record(api: Api) -> None:
    """Or a stranger who guesses would wait in one line with whoever acknowledges an alert."""
    email = api.account(Role.NURSE, 1)
    with api.database() as conn, conn.transaction():
        conn.execute("SELECT pg_advisory_xact_lock(hashtext('homehd audit_event'))")
        assert log_in(api.client(), email, "wrong").status_code == 401
        assert log_in(api.client(), "nobody", "wrong").status_code == 401
    assert refused(api, 2) == [("nobody", "unknown name", 1), ("user:1", "wrong password", 1)]


def test_an_administrator_sees_who_came_and_went_in_their_clinic_alone_and_by_filter(api: Api) -> None:
    for clinic in (1, 2):
        client = api.sign_in(Role.NURSE, clinic)
        log_in(api.client(), api.account(Role.NURSE, clinic), "wrong")
        client.delete("/api/session")
    log_in(api.client(), "nobody", "wrong")
    refused(api, 3)

    def seen(clinic: int | None, **query: str) -> list[tuple[str, str]]:
        admin = api.sign_in(Role.ADMINISTRATOR, clinic)
        answer = admin.get("/api/audit", params={"kind": "sign-ins", **query})
        assert answer.status_code == 200, answer.text
        return [(row["action"], row["about"] or row["subject"]) for row in reversed(answer.json()["rows"])]

    for clinic in (1, 2):
        nurse = f"nurse of {clinic}"
        assert sorted(seen(clinic)) == sorted([
            ("sign in", nurse), ("sign out", nurse), ("refuse sign-in", nurse),
            ("sign in", f"administrator of {clinic}"),
        ])  # fmt: skip
    everybody = seen(None)
    assert ("refuse sign-in", "nobody") in everybody
    assert len(everybody) == 2 * 4 + 2
    assert seen(None, action="refuse sign-in", subject="user:1") == [("refuse sign-in", "nurse of 1")]
    admin = api.sign_in(Role.ADMINISTRATOR, None)
    for kind in ("looks", "deeds"):
        rows = admin.get("/api/audit", params={"kind": kind}).json()["rows"]
        assert not [row for row in rows if row["action"] in SIGN_INS], kind
    assert {"sign in", "sign out", "refuse sign-in"} <= set(admin.get("/api/audit/actions").json()["actions"])
