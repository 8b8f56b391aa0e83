"""Signing in by the hospital's provider, a real one: the whole round, and each way in which it must fail.

`signin.hospital` and its `signin.reasons` have their test here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest

from clinician_api.access import Role
from clinician_api.people.sessions import ADDRESS_ATTEMPTS
from clinician_api.settings import ApiOptions
from store import accounts, teams
from telemetry.clock import SystemClock
from tests.clinician_api.conftest import Api, problem, start_api, until
from tests.clinician_api.identity_provider import at, free_port, real_provider, walk


@dataclass
class World:
    """The API, and a provider that it knows."""

    api: Api
    issuer: str

    def round(self, login: str, client: httpx.Client | None = None) -> tuple[httpx.Client, httpx.Response]:
        """A browser, there and back; our answer to its coming back."""
        client = client or self.api.client()
        return client, client.get(self.come_back(client, login))

    def come_back(self, client: httpx.Client, login: str) -> str:
        return walk(client, f"{self.api.url}/api/oidc/start", login, self.api.url)

    def reason(self, answer: httpx.Response) -> str:
        assert answer.status_code == 303, answer.text
        base, _, reason = answer.headers["location"].partition("#/sign-in/")
        assert base == f"{self.api.url}/"
        return reason

    def audit(self) -> list[tuple[str, str]]:
        return self.api.deeds("actor", "action")

    def refused(self) -> list[tuple[str, str]]:
        return self.api.record("action = 'refuse sign-in'", columns=("subject", "detail ->> 'why'"))


@pytest.fixture
def opened(options: ApiOptions) -> Iterator[Callable[..., World]]:
    with ExitStack() as stack:

        def start(**changed: Any) -> World:
            port = free_port()
            asked = at(options, f"http://127.0.0.1:{port}", **changed)
            assert asked.public_url is not None
            issuer = stack.enter_context(real_provider(port, asked.public_url))
            return World(start_api(stack, asked), issuer)

        yield start


@pytest.fixture
def world(opened: Callable[..., World]) -> World:
    return opened()


def test_there_and_back_makes_a_session_of_the_claims(world: World) -> None:
    assert world.api.client().get("/api/sign-in").json() == {"hospital": "St Example"}
    client, answer = world.round("nora")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{world.api.url}/")
    me = client.get("/api/session").json()
    assert me["user"] == {
        "email": "nora@hospital.example", "name": "Nora", "role": "nurse", "clinic": "Clinic 1", "language": None,
    }  # fmt: skip
    assert me["hospital_sign_out"].startswith(f"{world.issuer}/session/end?client_id=homehd&post_logout_redirect_uri=")
    assert client.get("/api/me/sessions").json()["sessions"][0]["how"] == "hospital"
    assert world.audit() == [("user:1", "make account from claims")]
    # A second time it is the same account, and a password opens it to nobody.
    world.round("nora")
    refused = world.api.client().post("/api/session", json={"email": "nora@hospital.example", "password": "!"})
    assert refused.status_code == 401
    assert len(world.audit()) == 1
    assert world.api.sign_ins("actor", "detail ->> 'how'") == [("user:1", "hospital")] * 2


def test_what_the_browser_is_sent_with_is_state_nonce_and_a_challenge(world: World) -> None:
    answer = world.api.client().get("/api/oidc/start")
    asked = parse_qs(urlsplit(answer.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert min(len(asked[name][0]) for name in ("state", "nonce", "code_challenge")) >= 43
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie
    assert asked["state"][0] not in cookie


def test_a_forged_state_or_another_browser_s_signs_nobody_in(world: World) -> None:
    client = world.api.client()
    back = world.come_back(client, "nora")
    forged = client.get(back.replace("state=", "state=x"))
    assert world.reason(forged) == "stale"
    # A link with an attacker's own round in it: the victim's browser did not begin it, and the round is used up.
    victim = world.api.client()
    back = world.come_back(client, "nora")
    assert world.reason(victim.get(back)) == "stale"
    assert world.reason(client.get(back)) == "stale"
    for one in (client, victim):
        assert one.get("/api/session").status_code == 401
    for query in ("", "?code=x", "?state=x&code=y", "?state=%00", "?error=access_denied"):
        assert world.reason(client.get(f"/api/oidc/callback{query}")) == "stale", query
    too_long = client.get(f"/api/oidc/callback?code={'x' * 6000}")
    assert problem(too_long)["status"] == 422


def test_a_round_is_good_once_and_so_is_its_code(world: World) -> None:
    client = world.api.client()
    back = world.come_back(client, "nora")
    own_cookie = client.cookies["homehd_round"]
    assert client.get(back).headers["location"] == f"{world.api.url}/"
    again = world.api.client()
    again.cookies.set("homehd_round", own_cookie, domain="127.0.0.1")
    assert world.reason(again.get(back)) == "stale"
    # The code in a round of one's own: the provider has given it out, and it was asked for with another challenge.
    code = parse_qs(urlsplit(back).query)["code"][0]
    own = parse_qs(urlsplit(world.come_back(again, "nora")).query)
    stolen = f"/api/oidc/callback?state={own['state'][0]}&code={code}"
    assert world.reason(again.get(stolen)) == "not-verified"


def test_a_round_ends_after_ten_minutes(world: World) -> None:
    client = world.api.client()
    back = world.come_back(client, "nora")
    with world.api.database() as conn:
        conn.execute("UPDATE sign_in_step SET expires_at = now() - interval '1 second'")
    assert world.reason(client.get(back)) == "stale"


def test_an_answer_of_another_issuer_or_a_refusal_is_said(world: World) -> None:
    client = world.api.client()
    back = world.come_back(client, "nora")
    state = parse_qs(urlsplit(back).query)["state"][0]
    assert (
        world.reason(client.get(f"/api/oidc/callback?state={state}&code=x&iss=https://evil.example")) == "not-verified"
    )
    state = parse_qs(urlsplit(world.come_back(client, "nora")).query)["state"][0]
    assert world.reason(client.get(f"/api/oidc/callback?state={state}&error=access_denied")) == "cancelled"


def test_who_has_no_role_no_clinic_or_no_address_stays_out(world: World) -> None:
    with world.api.database() as conn:
        # She has left the ward: the provider knows her still, and so does an account here.
        accounts.add_user(conn, email="c@x", name="Cleo", role="nurse", clinic_id=1, password_hash="x", now_us=1)
        conn.execute("INSERT INTO identity VALUES (%s, 'cleo', 1, now())", [world.issuer])
    assert world.reason(world.round("cleo")[1]) == "no-role"
    assert world.reason(world.round("nowhere")[1]) == "no-clinic"
    assert world.reason(world.round("uma")[1]) == "unknown-account", "nobody vouches for her address"
    assert world.audit() == []
    until(lambda: len(world.refused()) == 3)
    assert world.refused() == [
        ("user:1", "no role"), ("nobody", "no clinic"), ("nobody", "unknown to the hospital's mapping"),
    ]  # fmt: skip


def test_of_no_clinic_nobody_is_made_of_all_clinics_who_is_said_to_be(opened: Callable[..., World]) -> None:
    clinical = opened(clinic_claim="", clinics={})
    assert clinical.reason(clinical.round("nora")[1]) == "no-clinic"
    assert clinical.audit() == []
    clinical = opened(roles={"HD-NURSE": "administrator"}, clinics={"W7": "Clinic 1"})
    assert clinical.reason(clinical.round("nora")[1]) == "no-clinic"
    said = opened(roles={"HD-NURSE": "administrator"}, clinics={"W1": "*"})
    assert said.round("nora")[0].get("/api/session").json()["user"]["clinic"] is None


def test_the_last_administrator_stays_one_whatever_the_claims_say(opened: Callable[..., World]) -> None:
    world = opened(unknown="refuse")
    with world.api.database() as conn:
        accounts.add_user(conn, email="nora@hospital.example", name="Nora", role="administrator", clinic_id=None,
                          password_hash="x", now_us=SystemClock().now_us())  # fmt: skip
    user = world.round("nora")[0].get("/api/session").json()["user"]
    assert (user["role"], user["clinic"]) == ("administrator", None)
    assert world.audit()[-1] == ("user:1", "keep last administrator")
    world.api.account(Role.ADMINISTRATOR, None)
    assert world.round("nora")[0].get("/api/session").json()["user"]["role"] == "nurse"


def test_who_is_unknown_is_refused_where_none_is_made(opened: Callable[..., World]) -> None:
    world = opened(unknown="refuse")
    assert world.reason(world.round("nora")[1]) == "unknown-account"
    until(lambda: world.refused() == [("nobody", "unknown to the hospital's mapping")])
    with world.api.database() as conn:
        assert accounts.list_users(conn) == []
        accounts.add_user(conn, email="Nora@Hospital.example", name="Nora H.", role="nephrologist", clinic_id=2,
                          password_hash="x", now_us=SystemClock().now_us())  # fmt: skip
    client, _ = world.round("nora")
    user = client.get("/api/session").json()["user"]
    assert (user["name"], user["role"], user["clinic"]) == ("Nora H.", "nurse", "Clinic 1"), "the claims say so"
    assert world.audit() == [("user:1", "link account"), ("user:1", "change account by claims")]


def test_without_a_mapping_the_account_here_says_who_one_is(opened: Callable[..., World]) -> None:
    world = opened(unknown="refuse", role_claim="", roles={}, clinic_claim="", clinics={}, allowed_roles=("nurse",))
    for role, expected in (("nephrologist", "no-role"), ("nurse", None)):
        with world.api.database() as conn:
            conn.execute("DELETE FROM identity")
            conn.execute("DELETE FROM session")
            conn.execute("DELETE FROM channel")
            conn.execute("DELETE FROM user_account")
            accounts.add_user(conn, email="nora@hospital.example", name="Nora", role=role, clinic_id=2,
                              password_hash="x", now_us=SystemClock().now_us())  # fmt: skip
        client, answer = world.round("nora")
        if expected:
            assert world.reason(answer) == expected
        else:
            assert client.get("/api/session").json()["user"]["clinic"] == "Clinic 2"


def test_a_disabled_account_stays_out_and_a_changed_role_ends_what_stands(world: World) -> None:
    client, _ = world.round("nora")
    other, _ = world.round("nora")
    with world.api.database() as conn:
        conn.execute("UPDATE user_account SET role = 'technician'")
    world.round("nora")
    assert client.get("/api/session").status_code == other.get("/api/session").status_code == 401
    with world.api.database() as conn:
        accounts.disable_user(conn, accounts.list_users(conn)[0].user_id, SystemClock().now_us())
    client, answer = world.round("nora")
    assert world.reason(answer) == "disabled"
    assert client.get("/api/session").status_code == 401
    until(lambda: world.refused() == [("user:1", "disabled account")])
    ended = world.api.record("action = 'end session'", columns=("actor", "detail ->> 'why'", "detail ->> 'count'"))
    assert ended == [("user:1", "change account by claims", "2")], "the third ended with the account, by who closed it"


@pytest.mark.parametrize(
    ("before", "handed", "left"),
    [
        (("on-call", 1), False, False),
        (("technician", 1), True, False),
        (("nephrologist", 2), True, True),
    ],
)
def test_another_role_or_clinic_by_the_claims_is_as_one_by_an_administrator(
    world: World, before: tuple[str, int], handed: bool, left: bool
) -> None:
    """Nora is a nurse of clinic 1, say the claims; here she was something else, and somewhere else, until now."""
    api, (role, clinic) = world.api, before
    client, _ = world.round("nora")
    with api.database() as conn:
        conn.execute("UPDATE user_account SET role = %s, clinic_id = %s", before)
        team = teams.add(conn, 2, "East", SystemClock().now_us())
        teams.put_member(conn, team, 1, None)
        conn.execute(
            "INSERT INTO notice (clinic_id, audience, cause, subject, opened_at, state, priority, accepted_by, "
            "accepted_until) VALUES (%s, %s, 'c', 's', now(), 'accepted', 'high', 1, now() + interval '1 h')",
            (clinic, "technical" if role == "technician" else "clinical"),
        )
    token = client.cookies["homehd_session"]
    client = api.client()  # without the provider's cookies
    client.cookies.set("homehd_session", token)
    assert client.get("/api/session").json()["user"]["role"] == role
    socket = api.open_socket(client)
    socket.say({"subscribe": {"units": "all"}})
    msgspec.structs.force_setattr(api.services.options, "recheck_s", 3600.0)
    own, _ = world.round("nora")
    assert own.get("/api/session").json()["user"] == {
        "email": "nora@hospital.example", "name": "Nora", "role": "nurse", "clinic": "Clinic 1", "language": None
    }  # fmt: skip
    token_hash = hashlib.sha256(token.encode()).digest()
    assert api.do(lambda services: services.sessions.trusted(token_hash)) is None, "also while the database is away"
    assert socket.closed() == (1008, "session ended")
    assert client.get("/api/session").status_code == 401
    with api.database() as conn:
        assert conn.execute("SELECT recheck_at IS NOT NULL, accepted_until <= now() FROM notice").fetchall() == [
            (handed, handed)
        ]
        assert conn.execute("SELECT until IS NOT NULL FROM team_member").fetchall() == [(left,)]
    assert world.audit()[-1] == ("user:1", "change account by claims")


def test_a_clinic_behind_one_address_is_not_kept_out_by_its_own_and_guessing_is_still_limited(world: World) -> None:
    clients = [world.round("nora")[0] for _ in range(2)]
    assert [client.get("/api/session").status_code for client in clients] == [200, 200]
    assert not any(world.api.services.sessions._steps._attempts.values()), "nothing is left of what succeeded"
    client = world.api.client()
    back = world.come_back(client, "nora")
    for _ in range(ADDRESS_ATTEMPTS - 1):
        assert world.reason(client.get("/api/oidc/callback?state=x")) == "stale"
    assert world.reason(client.get(back)) == "too-many", "the way back is a step as well"


def test_a_browser_that_comes_with_a_session_gets_another(world: World) -> None:
    client = world.api.sign_in(Role.TECHNICIAN, 1)
    before = client.cookies["homehd_session"]
    world.round("nora", client)
    assert client.cookies["homehd_session"] != before
    old = world.api.client()
    old.cookies.set("homehd_session", before)
    assert old.get("/api/session").status_code == 401


def test_while_the_provider_is_down_the_page_says_so_and_passwords_work(options: ApiOptions) -> None:
    with ExitStack() as stack:
        api = start_api(stack, at(options, f"http://127.0.0.1:{free_port()}"))
        world = World(api, "")
        assert world.reason(api.client().get("/api/oidc/start")) == "provider-down"
        assert api.sign_in(Role.ADMINISTRATOR, None).get("/api/session").status_code == 200


def test_rounds_are_limited_by_address(options: ApiOptions) -> None:
    with ExitStack() as stack:
        api = start_api(stack, at(options, f"http://127.0.0.1:{free_port()}"))
        world = World(api, "")
        client = api.client()
        reasons = [world.reason(client.get("/api/oidc/callback?state=x")) for _ in range(ADDRESS_ATTEMPTS + 1)]
        assert (reasons[0], reasons[-1]) == ("stale", "too-many")


def test_where_no_provider_is_set_up_there_is_none(api: Api) -> None:
    assert api.client().get("/api/sign-in").json() == {"hospital": None}
    assert problem(api.client().get("/api/oidc/start"))["status"] == 404
