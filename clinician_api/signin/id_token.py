"""Whether an ID token proves what it says: signature, issuer, audience, times, nonce. Pure: keys and time are given."""

from __future__ import annotations

from typing import Any, Final

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from clinician_api.signin.reasons import Reason, Refused

# Signatures that only the provider can make. Not "none", and not HS256, whose key would be a password.
ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
)
# Two servers' clocks.
LEEWAY_S: Final = 60


class UnknownKey(Exception):
    """The token was signed with a key that is not among these: the provider may have a new one."""


def verify(
    token: str, keys: KeySet, *, issuer: str, client_id: str, nonce: str, now_s: int, access_token: str | None = None
) -> dict[str, Any]:
    """The claims of a token that holds. Refused (NOT_VERIFIED) with what is wrong; UnknownKey before all else."""
    try:
        found = jwt.decode(token, keys, algorithms=list(ALGORITHMS))
    except InvalidKeyIdError as error:
        raise UnknownKey from error
    except (JoseError, TypeError, ValueError) as error:
        raise Refused(Reason.NOT_VERIFIED, f"ID token: {_kind(error)}") from error
    options: Any = {
        "iss": {"essential": True, "value": issuer},
        "aud": {"essential": True, "value": client_id},
        "sub": {"essential": True},
        "exp": {"essential": True},
        "iat": {"essential": True},
        "nonce": {"essential": True, "value": nonce},
    }
    params = {"nonce": nonce, "client_id": client_id, **({"access_token": access_token} if access_token else {})}
    claims = CodeIDToken(found.claims, found.header, options, params)
    try:
        claims.validate(now=now_s, leeway=LEEWAY_S)
    except (JoseError, TypeError, ValueError) as error:
        raise Refused(Reason.NOT_VERIFIED, f"ID token: {_kind(error)}") from error
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise Refused(Reason.NOT_VERIFIED, "ID token: sub")
    return dict(claims)


def _kind(error: Exception) -> str:
    claim = getattr(error, "claim", None)
    return f"{type(error).__name__} {claim}" if claim else type(error).__name__
