"""A passkey after the password: what lets in, and everything that must not. The passkeys are real, in software.

What is behind the routes has its test here, too: `signin.second_factor`, `signin.passkey_checks`, `signin.signin_data`,
`signin.models` and `routes.own_passkeys`.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import msgspec
import pytest

from clinician_api.access import Role
from clinician_api.people.sessions import ADDRESS_ATTEMPTS
from clinician_api.settings import ApiOptions
from store import accounts, passkeys, pool
from telemetry.clock import SystemClock
from tests.clinician_api.authenticator import Authenticator, raw, text
from tests.clinician_api.conftest import PASSWORD, Api, problem, start_api, until

ORIGIN, HOST = "http://localhost:8080", "localhost"


@pytest.fixture
def api(options: ApiOptions) -> Iterator[Api]:
    """Nurses must have a passkey, technicians may."""
    with ExitStack() as stack:
        yield start_api(
            stack, msgspec.structs.replace(options, public_url=ORIGIN, second_factor_roles=("nurse",))
        )  # fmt: skip


def device(**changed: Any) -> Authenticator:
    return Authenticator(**{"origin": ORIGIN, "rp_id": HOST, **changed})


def log_in(api: Api, role: Role, client: httpx.Client | None = None) -> tuple[httpx.Client, httpx.Response]:
    client = client or api.client()
    return client, client.post("/api/session", json={"email": api.account(role, 1), "password": PASSWORD})


def register(api: Api, role: Role = Role.NURSE) -> Authenticator:
    """A passkey for the account of that role."""
    client, asked = log_in(api, role)
    made = device()
    if asked.status_code == 202:
        body = {"step": asked.json()["step"], "credential": made.create(asked.json()["options"]), "label": "Key"}
        assert client.post("/api/session/first-passkey", json=body).status_code == 200
    else:
        options = client.post("/api/me/passkey-options").json()
        body = {"step": options["step"], "credential": made.create(options["options"]), "label": "Key"}
        assert client.post("/api/me/passkeys", json=body).status_code == 200
    return made


def answer(client: httpx.Client, asked: dict[str, Any], credential: dict[str, Any]) -> httpx.Response:
    return client.post("/api/session/passkey", json={"step": asked["step"], "credential": credential})


def deeds(api: Api) -> list[tuple[str, str]]:
    return api.deeds("actor", "action")


def refused_rows(api: Api) -> list[tuple[str, str, int]]:
    detail = ("detail ->> 'why'", "(detail ->> 'refused')::int")
    return api.record("action = 'refuse sign-in'", columns=("subject", *detail))


def test_a_role_that_must_have_one_can_do_nothing_before(api: Api) -> None:
    client, asked = log_in(api, Role.NURSE)
    assert (asked.status_code, asked.json()["kind"]) == (202, "first passkey")
    assert "set-cookie" not in asked.headers
    for path in ("/api/session", "/api/units", "/api/me/passkeys", "/api/me/sessions"):
        assert client.get(path).status_code == 401
    made = device()
    body = {"step": asked.json()["step"], "credential": made.create(asked.json()["options"]), "label": " Key "}
    entered = client.post("/api/session/first-passkey", json=body)
    assert entered.status_code == 200
    listed = client.get("/api/me/passkeys").json()
    assert [one["label"] for one in listed["passkeys"]] == ["Key"]
    assert listed["needed"] is True
    assert deeds(api) == [("user:1", "add passkey")]
    # The last of a role that must have one stays.
    refused = client.delete(f"/api/me/passkeys/{listed['passkeys'][0]['passkey_id']}")
    assert problem(refused)["status"] == 409
    # From now on the password asks for it.
    client, asked = log_in(api, Role.NURSE)
    assert asked.json()["kind"] == "passkey"
    assert client.get("/api/session").status_code == 401
    assert answer(client, asked.json(), made.get(asked.json()["options"])).status_code == 200
    assert client.get("/api/me/sessions").json()["sessions"][0]["how"] == "passkey"
    ways = [("sign in", "passkey")] * 2
    assert api.sign_ins("action", "detail ->> 'how'") == ways, "a right password alone is no way in, and on record none"


def test_a_role_that_may_have_one_is_asked_for_it_once_it_has(api: Api) -> None:
    made = register(api, Role.TECHNICIAN)
    client, asked = log_in(api, Role.TECHNICIAN)
    assert asked.status_code == 202
    assert answer(client, asked.json(), made.get(asked.json()["options"])).status_code == 200
    listed = client.get("/api/me/passkeys").json()
    assert listed["needed"] is False
    number = listed["passkeys"][0]["passkey_id"]
    assert api.sign_in(Role.OPERATIONS, 1).delete(f"/api/me/passkeys/{number}").status_code == 404, "another's"
    assert client.delete(f"/api/me/passkeys/{number}").status_code == 204
    assert log_in(api, Role.TECHNICIAN)[1].status_code == 200
    assert [action for _, action in deeds(api)] == ["add passkey", "remove passkey"]


def test_what_proves_nothing_lets_nobody_in_and_uses_the_step_up(api: Api) -> None:
    made = register(api)

    def tampered(good: dict[str, Any], part: str) -> dict[str, Any]:
        bad = copy.deepcopy(good)
        content = bytearray(raw(bad["response"][part]))
        content[-1] ^= 1
        bad["response"][part] = text(bytes(content))
        return bad

    other_site = device(origin="https://hd.evil.example", rp_id="hd.evil.example", key=made.key,
                        credential_id=made.credential_id, count=50)  # fmt: skip
    another = device(credential_id=made.credential_id, count=50)
    unknown = device()
    for make in (
        lambda options: tampered(made.get(options), "signature"),
        lambda options: tampered(made.get(options), "authenticatorData"),
        lambda options: made.get({"challenge": text(b"x" * 32)}),
        lambda options: made.create(options),
        other_site.get,
        another.get,
        unknown.get,
        lambda options: {},
        lambda options: {"id": text(made.credential_id), "response": []},
        lambda options: {"id": text(made.credential_id), "rawId": text(made.credential_id), "type": "public-key",
                         "response": {"clientDataJSON": "x", "authenticatorData": "x", "signature": "x"}},
    ):  # fmt: skip
        client, asked = log_in(api, Role.NURSE)
        refused = answer(client, asked.json(), make(asked.json()["options"]))
        assert problem(refused)["type"] == "/problems/passkey-refused"
        assert client.get("/api/session").status_code == 401
        later = answer(client, asked.json(), made.get(asked.json()["options"]))
        assert later.status_code == 401, "the step is used up"
    api.do(lambda services: services.refusals.tell_all())
    until(lambda: len(refused_rows(api)) == 4)
    assert refused_rows(api) == [
        ("user:1", "wrong passkey", 1), ("nobody", "not waited for", 1),
        ("user:1", "wrong passkey", 9), ("nobody", "not waited for", 9),
    ]  # fmt: skip


def test_a_step_is_good_once_for_its_account_and_for_five_minutes(api: Api) -> None:
    made, theirs = register(api), register(api, Role.TECHNICIAN)
    client, asked = log_in(api, Role.NURSE)
    good = made.get(asked.json()["options"])
    assert answer(client, asked.json(), good).status_code == 200
    assert answer(api.client(), asked.json(), good).status_code == 401, "replayed"
    client, asked = log_in(api, Role.NURSE)
    assert answer(client, asked.json(), theirs.get(asked.json()["options"])).status_code == 401
    client, asked = log_in(api, Role.NURSE)
    wrong_kind = {"step": asked.json()["step"], "credential": device().create(asked.json()["options"]), "label": "x"}
    assert client.post("/api/session/first-passkey", json=wrong_kind).status_code == 401
    client, asked = log_in(api, Role.NURSE)
    with api.database() as conn:
        conn.execute("UPDATE sign_in_step SET expires_at = now() - interval '1 second'")
    assert answer(client, asked.json(), made.get(asked.json()["options"])).status_code == 401


def test_what_succeeds_keeps_nobody_out_and_what_fails_is_limited_all_the_same(api: Api) -> None:
    """Of one address, as of a clinic: any number who have their passkeys; of wrong answers as many as before."""
    made = register(api)

    def enter() -> int:
        client, asked = log_in(api, Role.NURSE)
        return answer(client, asked.json(), made.get(asked.json()["options"])).status_code

    client, wrong = api.client(), {"step": "x" * 43, "credential": {"id": "x"}}
    assert [enter() for _ in range(5)] == [200] * 5
    for number in range(ADDRESS_ATTEMPTS):
        assert client.post("/api/session/passkey", json=wrong).status_code == 401, number
        if number in (10, 30, ADDRESS_ATTEMPTS - 2):
            assert enter() == 200, "which gives back its own step and no other"
    assert client.post("/api/session/passkey", json=wrong).status_code == 429
    assert enter() == 429


def test_an_account_that_is_disabled_meanwhile_stays_out(api: Api) -> None:
    made = register(api)
    client, asked = log_in(api, Role.NURSE)
    with api.database() as conn:
        accounts.disable_user(conn, 1, SystemClock().now_us())
    assert answer(client, asked.json(), made.get(asked.json()["options"])).status_code == 401
    assert client.get("/api/session").status_code == 401


def test_a_counter_that_goes_back_is_a_copy(api: Api) -> None:
    made = register(api)
    for _ in range(2):
        client, asked = log_in(api, Role.NURSE)
        assert answer(client, asked.json(), made.get(asked.json()["options"])).status_code == 200
    copied = device(key=made.key, credential_id=made.credential_id, count=made.count - 1)
    client, asked = log_in(api, Role.NURSE)
    refused = answer(client, asked.json(), copied.get(asked.json()["options"]))
    assert problem(refused)["type"] == "/problems/passkey-refused"
    assert deeds(api)[-1] == ("user:1", "refuse passkey")
    # Neither the copy nor the original is good any more, and the password alone is worth no more than before.
    assert log_in(api, Role.NURSE)[1].status_code == 401
    with api.database() as conn, pool.transaction(conn):
        assert passkeys.remove_all(conn, 1)[0] == 1
    assert log_in(api, Role.NURSE)[1].json()["kind"] == "first passkey"


def test_an_authenticator_that_counts_nothing_is_good(api: Api) -> None:
    made = register(api, Role.TECHNICIAN)
    made.counts = False
    for _ in range(2):
        client, asked = log_in(api, Role.TECHNICIAN)
        assert answer(client, asked.json(), made.get(asked.json()["options"])).status_code == 200


def test_passkeys_are_changed_soon_after_signing_in_only(api: Api) -> None:
    client, _ = log_in(api, Role.TECHNICIAN)
    with api.database() as conn:
        conn.execute("UPDATE session SET created_at = created_at - interval '16 minutes'")
    refused = client.post("/api/me/passkey-options")
    assert problem(refused)["type"] == "/problems/sign-in-again"
    assert client.delete("/api/me/passkeys/1").status_code == 403
    assert client.get("/api/me/passkeys").status_code == 200


def test_a_bare_address_has_no_passkeys(options: ApiOptions) -> None:
    with ExitStack() as stack:
        running = start_api(stack, msgspec.structs.replace(options, second_factor_roles=("nurse",)))
        assert problem(log_in(running, Role.NURSE)[1])["status"] == 409
        assert log_in(running, Role.TECHNICIAN)[0].post("/api/me/passkey-options").status_code == 409


def test_what_a_wrong_password_is_told_does_not_say_whether_there_is_a_passkey(api: Api) -> None:
    register(api)
    bodies = []
    for email in (api.account(Role.NURSE, 1), api.account(Role.TECHNICIAN, 1), "nobody@example.org"):
        refused = api.client().post("/api/session", json={"email": email, "password": "wrong"})
        bodies.append({**problem(refused), "instance": ""})
    assert bodies[0] == bodies[1] == bodies[2]
