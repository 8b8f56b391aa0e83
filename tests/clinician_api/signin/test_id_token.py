"""ID tokens as an attacker, or a provider gone wrong, would write them. Real keys, real signatures."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from clinician_api.signin.id_token import LEEWAY_S, UnknownKey, verify
from clinician_api.signin.reasons import Reason, Refused

KEY = RSAKey.generate_key(2048, {"kid": "one"})
KEYS = KeySet([KEY, ECKey.generate_key("P-256", {"kid": "two"})])
PUBLIC = KeySet.import_key_set(KEYS.as_dict(private=False))
NOW = 1_800_000_000
GOOD: dict[str, Any] = {
    "iss": "https://id.example", "sub": "s-1", "aud": "homehd", "exp": NOW + 300, "iat": NOW, "nonce": "n-1",
}  # fmt: skip


def signed(claims: dict[str, Any], key: Any = KEY, alg: str = "RS256", kid: str | None = "one") -> str:
    return jwt.encode({"alg": alg, **({"kid": kid} if kid else {})}, claims, key, algorithms=[alg])


def checked(token: str, now: int = NOW) -> dict[str, Any]:
    return verify(token, PUBLIC, issuer="https://id.example", client_id="homehd", nonce="n-1", now_s=now)


def test_a_token_that_holds_gives_its_claims() -> None:
    assert checked(signed(GOOD)) == GOOD
    assert checked(signed({**GOOD, "aud": ["homehd"]}))["sub"] == "s-1"
    assert checked(signed({**GOOD, "aud": ["homehd", "other"], "azp": "homehd"}))["sub"] == "s-1"
    assert checked(signed(GOOD, KEYS.keys[1], "ES256", "two")) == GOOD


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://evil.example"}, {"iss": None}, {"aud": "another-client"}, {"aud": []}, {"aud": None},
        {"aud": ["homehd", "other"]}, {"aud": ["homehd", "other"], "azp": "other"}, {"azp": "other"},
        {"nonce": "another"}, {"nonce": None}, {"nonce": ""}, {"exp": NOW - LEEWAY_S - 1}, {"exp": None},
        {"exp": "soon"}, {"iat": NOW + 3600}, {"iat": None}, {"nbf": NOW + 3600}, {"sub": None}, {"sub": ""},
        {"sub": 7}, {"sub": "x" * 300},
    ],
    ids=str,
)  # fmt: skip
def test_one_wrong_claim_is_enough(changed: dict[str, Any]) -> None:
    claims = {name: value for name, value in {**GOOD, **changed}.items() if value is not None}
    with pytest.raises(Refused) as caught:
        checked(signed(claims))
    assert caught.value.reason is Reason.NOT_VERIFIED
    assert "s-1" not in str(caught.value), "no claim's value in the log"


def test_it_is_good_until_it_ends_and_two_clocks_may_differ_a_little() -> None:
    token = signed(GOOD)
    assert checked(token, NOW + 300 + LEEWAY_S - 1)
    with pytest.raises(Refused):
        checked(token, NOW + 300 + LEEWAY_S)


def test_a_signature_that_is_not_the_provider_s() -> None:
    with pytest.raises(UnknownKey):
        checked(signed(GOOD, RSAKey.generate_key(2048), kid="three"))
    with pytest.raises(Refused):
        checked(signed(GOOD, RSAKey.generate_key(2048), kid="one"))
    head, body, signature = signed(GOOD).split(".")
    other = signed({**GOOD, "sub": "admin"}).split(".")[1]
    with pytest.raises(Refused):
        checked(f"{head}.{other}.{signature}")
    for nonsense in ("", "x", f"{head}.{body}.", f"{head}.{body}", "a.b.c"):
        with pytest.raises(Refused):
            checked(nonsense)


def test_no_algorithm_that_others_could_use() -> None:
    head = base64.urlsafe_b64encode(b'{"alg":"none","kid":"one"}').rstrip(b"=").decode()
    with pytest.raises(Refused):
        checked(f"{head}.{signed(GOOD).split('.')[1]}.")
    # The public key as if it were a password.
    password = OctKey.import_key(KEY.as_pem(private=False).hex())
    with pytest.raises(Refused):
        checked(jwt.encode({"alg": "HS256", "kid": "one"}, GOOD, password, algorithms=["HS256"]))
