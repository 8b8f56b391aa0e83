"""A provider that answers what it should not: each time nobody is signed in, and it is said why."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from clinician_api.signin.options import HospitalOptions
from clinician_api.signin.provider import KEYS_AGAIN_S, Provider
from clinician_api.signin.reasons import Reason, Refused
from telemetry.clock import MICROSECONDS, ManualClock

KEY = RSAKey.generate_key(2048, {"kid": "one"})


class Answers(BaseHTTPRequestHandler):
    """Says what the test wants; `asked` counts."""

    pages: ClassVar[dict[str, Any]] = {}
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        found = self.pages.get(self.path, (404, b""))
        status, content = found if isinstance(found, tuple) else (200, json.dumps(found).encode())
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def issuer() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    Answers.asked.clear()
    Answers.pages = {
        "/.well-known/openid-configuration": {
            "issuer": url, "authorization_endpoint": f"{url}/auth", "token_endpoint": f"{url}/token",
            "jwks_uri": f"{url}/keys", "userinfo_endpoint": f"{url}/me",
        },
        "/keys": {"keys": [{"kty": "of the future"}, *KeySet([KEY]).as_dict(private=False)["keys"]]},
        "/me": {"sub": "s", "email": "a@b.example"},
    }  # fmt: skip
    yield url
    server.shutdown()
    server.server_close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def provider(issuer: str, clock: ManualClock) -> Provider:
    return Provider(HospitalOptions(issuer, "homehd", "https://hd.example", timeout_s=2), clock)


def answer(issuer: str, clock: ManualClock, key: RSAKey = KEY, **changed: Any) -> None:
    now = clock.now_us() // MICROSECONDS
    claims = {"iss": issuer, "sub": "s", "aud": "homehd", "exp": now + 60, "iat": now, "nonce": "n", **changed}
    token = jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)
    Answers.pages["/token"] = {"id_token": token, "access_token": "a", "token_type": "Bearer"}


async def reason(provider: Provider) -> tuple[Reason, str]:
    with pytest.raises(Refused) as caught:
        await provider.claims("code", "verifier", "n")
    return caught.value.reason, caught.value.detail


async def test_what_holds_is_put_together_with_what_is_told_of_the_person(
    provider: Provider, issuer: str, clock: ManualClock
) -> None:
    answer(issuer, clock, name="Ann")
    found = await provider.claims("code", "verifier", "n")
    assert (found["email"], found["name"], found["sub"]) == ("a@b.example", "Ann", "s")
    await provider.claims("code", "verifier", "n")
    assert [Answers.asked.count(path) for path in ("/.well-known/openid-configuration", "/keys", "/token")] == [1, 1, 2]


@pytest.mark.parametrize(
    "changed", [{"nonce": "another"}, {"aud": "another"}, {"iss": "https://evil.example"}, {"exp": 1}], ids=str
)
async def test_a_token_for_somebody_else_or_of_yesterday(
    provider: Provider, issuer: str, clock: ManualClock, changed: dict[str, Any]
) -> None:
    answer(issuer, clock, **changed)
    why, detail = await reason(provider)
    assert why is Reason.NOT_VERIFIED
    assert next(iter(changed)) in detail


async def test_userinfo_about_another_person(provider: Provider, issuer: str, clock: ManualClock) -> None:
    answer(issuer, clock)
    Answers.pages["/me"] = {"sub": "another", "email": "admin@b.example"}
    assert (await reason(provider))[0] is Reason.NOT_VERIFIED


async def test_a_new_key_is_fetched_and_made_up_ones_do_not_make_us_ask_each_time(
    provider: Provider, issuer: str, clock: ManualClock
) -> None:
    answer(issuer, clock)
    await provider.claims("code", "verifier", "n")
    new = RSAKey.generate_key(2048, {"kid": "two"})
    answer(issuer, clock, new)
    for _ in range(3):
        assert (await reason(provider))[0] is Reason.NOT_VERIFIED
    assert Answers.asked.count("/keys") == 1
    Answers.pages["/keys"] = KeySet([KEY, new]).as_dict(private=False)
    clock.advance(KEYS_AGAIN_S + 1)
    answer(issuer, clock, new)
    assert (await provider.claims("code", "verifier", "n"))["sub"] == "s"


@pytest.mark.parametrize(
    ("page", "content", "expected"),
    [
        ("/.well-known/openid-configuration", {"issuer": "https://evil.example"}, Reason.PROVIDER_DOWN),
        ("/.well-known/openid-configuration", (500, b""), Reason.PROVIDER_DOWN),
        ("/.well-known/openid-configuration", (302, b""), Reason.PROVIDER_DOWN),
        ("/.well-known/openid-configuration", (200, b"<html>"), Reason.PROVIDER_DOWN),
        ("/.well-known/openid-configuration", (200, b"[]"), Reason.PROVIDER_DOWN),
        ("/.well-known/openid-configuration", (200, b" " * 600_000), Reason.PROVIDER_DOWN),
        ("/keys", {"keys": []}, Reason.PROVIDER_DOWN),
        ("/keys", {"keys": "x"}, Reason.PROVIDER_DOWN),
        ("/token", (400, b'{"error": "invalid_grant"}'), Reason.NOT_VERIFIED),
        ("/token", (502, b""), Reason.PROVIDER_DOWN),
        ("/token", {"access_token": "a"}, Reason.NOT_VERIFIED),
        ("/me", (500, b""), Reason.PROVIDER_DOWN),
    ],
)
async def test_what_cannot_be_read_is_told_from_what_proves_nothing(
    provider: Provider, issuer: str, clock: ManualClock, page: str, content: Any, expected: Reason
) -> None:
    answer(issuer, clock)
    Answers.pages[page] = content
    assert (await reason(provider))[0] is expected


async def test_endpoints_anybody_could_listen_at_are_not_used(provider: Provider) -> None:
    Answers.pages["/.well-known/openid-configuration"]["token_endpoint"] = "http://id.example/token"
    assert (await reason(provider))[0] is Reason.PROVIDER_DOWN
