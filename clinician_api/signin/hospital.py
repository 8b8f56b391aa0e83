"""The round to the hospital's provider and back: state, nonce, PKCE, the browser it began in; each round good once."""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from argon2 import PasswordHasher

from clinician_api.signin import claims
from clinician_api.signin.options import HospitalOptions
from clinician_api.signin.provider import Provider
from clinician_api.signin.reasons import Reason, Refused
from clinician_api.signin.signin_data import Account, SignInData
from store.sign_in_steps import HOSPITAL
from telemetry.clock import MICROSECONDS, Clock

log = logging.getLogger(__name__)

# For somebody who has to look for the card that the provider asks for.
ROUND_S: Final = 600


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the browser goes, and what it has to bring back in a cookie."""

    url: str
    browser: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """Who has come back.

    Attributes:
        moved: the claims have given another role or clinic; the sessions that stood have ended.
        begun_from, begun_s: what `begin` was told.
    """

    account: Account
    moved: bool
    begun_from: str
    begun_s: float


class Hospital:
    """Signing in by one provider."""

    def __init__(self, options: HospitalOptions, clock: Clock, data: SignInData, hasher: PasswordHasher) -> None:
        self.options = options
        self.provider = Provider(options, clock)
        self._clock = clock
        self._data = data
        self._hasher = hasher

    async def begin(self, begun_from: str, begun_s: float) -> Begun:
        """A new round, with the address and moment at which it began; Refused when the provider does not answer."""
        state, nonce, verifier, browser = (secrets.token_urlsafe(32) for _ in range(4))
        url = await self.provider.authorization_url(state, nonce, verifier)
        content = {"nonce": nonce, "verifier": verifier, "browser": _hash(browser).hex()}
        content |= {"from": begun_from, "at_s": repr(begun_s)}
        now_us = self._clock.now_us()
        await self._data.add_step(_hash(state), HOSPITAL, None, content, now_us, ROUND_S * MICROSECONDS)
        return Begun(url, browser)

    async def finish(self, asked: dict[str, str], browser: str | None) -> Arrived:
        """Whoever comes back with these parameters; Refused says why nobody is let in."""
        step = await self._data.take_step(_hash(asked.get("state", "")), HOSPITAL, self._clock.now_us())
        if step is None or not hmac.compare_digest(step.content["browser"], _hash(browser or "").hex()):
            raise Refused(Reason.STALE)
        if asked.get("iss", self.options.issuer) != self.options.issuer:
            raise Refused(Reason.NOT_VERIFIED, "the answer is another provider's")
        if "error" in asked:
            known = asked["error"] in ("access_denied", "login_required", "interaction_required")
            raise Refused(Reason.CANCELLED if known else Reason.NOT_VERIFIED, "the provider said no")
        code = asked.get("code", "")
        if not 0 < len(code) <= 4096:
            raise Refused(Reason.NOT_VERIFIED, "no code")
        found = await self.provider.claims(code, step.content["verifier"], step.content["nonce"])
        account, moved = await self._data.hospital_account(
            self.options.issuer,
            await self._person(found),
            make=self.options.unknown == "make",
            allowed=frozenset(self.options.allowed_roles),
            # Of a password that nobody knows, so that trying one costs what it costs with any other account.
            password_hash=self._hasher.hash(secrets.token_urlsafe(32)),
            now_us=self._clock.now_us(),
        )
        # A round that a release before this one began says neither.
        begun_from, begun_s = step.content.get("from", ""), float(step.content.get("at_s", "-inf"))
        return Arrived(account, moved, begun_from, begun_s)

    async def _person(self, found: Mapping[str, Any]) -> claims.Person:
        try:
            return claims.person(found, self.options)
        except Refused as refused:
            # Somebody who has left: the provider knows them still, and their account here is asked for.
            raise refused.of(await self._data.linked(self.options.issuer, str(found["sub"]))) from refused


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
