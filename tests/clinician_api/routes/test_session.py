"""Signing in and out: cookies, limits, equal answers, sessions that end."""

from __future__ import annotations

import statistics
import time
from contextlib import ExitStack

import httpx
import msgspec

from clinician_api.access import Action, Role
from clinician_api.people.sessions import ACCOUNT_ATTEMPTS
from clinician_api.settings import ApiOptions, DemoLogin
from store import accounts
from telemetry.clock import SystemClock
from tests.clinician_api.conftest import PASSWORD, Api, alike, problem, start_api


def log_in(client: httpx.Client, email: str, password: str = PASSWORD) -> httpx.Response:
    return client.post("/api/session", json={"email": email, "password": password})


def test_signing_in_says_who_one_is_and_what_one_may(api: Api) -> None:
    client = api.client()
    email = api.account(Role.NURSE, 1, "Nora")
    assert client.get("/api/session").status_code == 401
    answer = log_in(client, f"  {email.upper()} ")
    assert answer.status_code == 200
    assert answer.json() == client.get("/api/session").json()
    me = answer.json()
    assert me["user"] == {"email": email, "name": "Nora", "role": "nurse", "clinic": "Clinic 1", "language": None}
    # Other limits and the record are not for a nurse, troubles of the system are for operations.
    not_hers = {
        Action.TRY_LIMITS, Action.SEE_TROUBLES, Action.SEE_TECHNICAL, Action.SEE_WHO_LOOKED, Action.CHANGE_ROTA,
        Action.SEE_LOAD_OF_OTHERS, Action.SEE_SELFTEST, Action.SEE_TEAMS, Action.CHANGE_TEAMS,
        Action.REVIEW_BREAK_GLASS, Action.CHANGE_PRESCRIPTION, Action.SIGN_TREATMENTS, Action.MANAGE_USERS,
        Action.SEE_AUDIT, Action.SEE_SYSTEM, Action.SEE_INSTALLATIONS, Action.CHANGE_INSTALLATIONS,
        Action.OPEN_HOMES, Action.SEE_HOME, Action.SPEAK_FROM_HOME,
    }  # fmt: skip
    assert set(me["may"]) == set(Action) - not_hers


def test_the_cookie_is_for_the_browser_alone(api: Api) -> None:
    answer = log_in(api.client(), api.account(Role.NURSE, 1))
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("homehd_session=")
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/" in cookie
    assert "secure" not in cookie, "without TLS a browser would not send it back"
    assert PASSWORD not in answer.text


def test_behind_tls_the_cookie_is_bound_to_host_and_tls(options: ApiOptions) -> None:
    with ExitStack() as stack:
        running = start_api(stack, msgspec.structs.replace(options, allowed_origins=("https://hd.example",)))
        client = running.client(Origin="https://hd.example")
        cookie = log_in(client, running.account(Role.ADMINISTRATOR, None)).headers["set-cookie"]
    assert cookie.startswith("__Host-homehd_session=")
    assert "Secure" in cookie


def test_the_store_never_sees_the_token(api: Api) -> None:
    client = api.sign_in()
    token = client.cookies["homehd_session"].encode()
    with api.database() as conn:
        rows = conn.execute("SELECT token_hash FROM session").fetchall()
    assert len(rows) == 1
    assert token not in rows[0][0]


def test_a_login_always_gives_a_new_token_and_ends_the_old_session(api: Api) -> None:
    email = api.account(Role.NURSE, 1)
    fixed = api.client()
    fixed.cookies.set("homehd_session", "chosen-by-an-attacker")
    log_in(fixed, email)
    tokens = [cookie.value for cookie in fixed.cookies.jar]
    assert "chosen-by-an-attacker" in tokens, "httpx keeps both; the server set its own"
    client = api.client()
    log_in(client, email)
    first = client.cookies["homehd_session"]
    log_in(client, email)
    assert client.cookies["homehd_session"] != first
    stolen = api.client()
    stolen.cookies.set("homehd_session", first)
    assert stolen.get("/api/session").status_code == 401


def test_signing_out_ends_the_session_everywhere(api: Api) -> None:
    client = api.sign_in()
    copy = api.client()
    copy.cookies.set("homehd_session", client.cookies["homehd_session"])
    assert client.delete("/api/session").status_code == 204
    assert client.get("/api/session").status_code == 401
    assert copy.get("/api/session").status_code == 401
    assert client.delete("/api/session").status_code == 401


def test_an_expired_session_is_none(api: Api) -> None:
    client = api.sign_in()
    with api.database() as conn:
        conn.execute("UPDATE session SET expires_at = now() - interval '1 second'")
    assert client.get("/api/session").status_code == 401


def test_unknown_disabled_and_wrong_give_the_same_answer_at_the_same_cost(api: Api) -> None:
    known, gone = api.account(Role.NURSE, 1), api.account(Role.NURSE, 1, "Gone")
    with api.database() as conn:
        user = next(a for a in accounts.list_users(conn) if a.email == gone)
        accounts.disable_user(conn, user.user_id, SystemClock().now_us())
    answers: dict[str, httpx.Response] = {}
    times: dict[str, list[float]] = {}
    for _ in range(8):
        for email in (known, gone, "nobody@example.org"):
            began = time.perf_counter()
            answers[email] = log_in(api.client(), email, "wrong")
            times.setdefault(email, []).append(time.perf_counter() - began)
    log_in(api.client(), gone, PASSWORD)
    assert {answer.status_code for answer in answers.values()} == {401}
    first, *others = [alike(answer) for answer in answers.values()]
    assert others == [first, first]
    middle = [statistics.median(values) for values in times.values()]
    assert max(middle) < 5 * min(middle)


def test_guessing_is_stopped_and_told_when_to_come_back(api: Api) -> None:
    email = api.account(Role.NURSE, 1)
    client = api.client()
    assert {log_in(client, email, "wrong").status_code for _ in range(ACCOUNT_ATTEMPTS)} == {401}
    answer = log_in(client, email, PASSWORD)
    assert answer.status_code == 429, "also with the right password: guessing must not pay"
    assert 0 < int(answer.headers["retry-after"]) <= 300
    assert log_in(client, api.account(Role.NURSE, 1, "Other")).status_code == 200


def test_guessing_behind_a_proxy_stops_only_who_guesses(options: ApiOptions) -> None:
    with ExitStack() as stack:
        running = start_api(stack, msgspec.structs.replace(options, trusted_proxies=("127.0.0.1",)))
        guesser = running.client(**{"X-Forwarded-For": "203.0.113.9"})
        statuses = [log_in(guesser, f"nobody-{n}@example.org", "x").status_code for n in range(60)]
        assert statuses[-1] == 429
        neighbour = running.client(**{"X-Forwarded-For": "203.0.113.10"})
        assert log_in(neighbour, running.account(Role.NURSE, 1)).status_code == 200


def test_guessing_names_is_stopped_by_address(api: Api) -> None:
    client = api.client()
    statuses = [log_in(client, f"nobody-{n}@example.org", "x").status_code for n in range(60)]
    assert statuses[0] == 401
    assert statuses[-1] == 429


def test_what_is_no_login_is_refused_without_an_echo(api: Api) -> None:
    client = api.client()
    bodies: list[object] = [
        {}, [], "x", None, 1, {"email": "a@b.c"}, {"email": 1, "password": "x"}, {"email": "a@b.c", "password": ""},
        {"email": "a@b.c", "password": "p" * 2000}, {"email": "a@b.c", "password": "sesame", "role": "administrator"},
    ]  # fmt: skip
    for content in bodies:
        answer = client.post("/api/session", json=content)
        assert answer.status_code == 422, content
        assert problem(answer)["detail"]
        assert "sesame" not in answer.text
    for raw in (b"", b"{", b"\xff\xfe", b'{"email": "a@b.c", "password": "\\ud800xx"}', b"[" * 8000):
        answer = client.post("/api/session", content=raw, headers={"Content-Type": "application/json"})
        assert answer.status_code in (401, 415, 422), raw[:40]
    nul = client.post("/api/session", json={"email": "a\0@b.c", "password": "\0"})
    assert nul.status_code == 401


def test_another_site_cannot_sign_anybody_in_or_out(api: Api) -> None:
    email = api.account(Role.NURSE, 1)
    evil = api.client(Origin="https://evil.example")
    assert log_in(evil, email).status_code == 403
    client = api.sign_in(Role.NURSE)
    assert client.delete("/api/session", headers={"Origin": "https://evil.example"}).status_code == 403
    assert client.get("/api/session").status_code == 200


def test_demo_accounts_are_offered_only_by_a_demonstration(options: ApiOptions) -> None:
    demo = (DemoLogin("nora@demo.example", "shown on purpose", "Nora", "nurse"),)
    with ExitStack() as stack:
        real = start_api(stack, options)
        assert real.client().get("/api/demo-accounts").status_code == 404
        shown = start_api(stack, msgspec.structs.replace(options, demo_accounts=demo))
        assert shown.client().get("/api/demo-accounts").json() == {
            "accounts": [
                {"email": "nora@demo.example", "password": "shown on purpose", "name": "Nora", "role": "nurse"}
            ]
        }
