"""The hospital's provider over HTTP: its description, its keys, a code for a token. Knows no account of ours."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import httpx
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, import_key

from clinician_api.signin import id_token
from clinician_api.signin.options import HospitalOptions, check_url
from clinician_api.signin.reasons import Reason, Refused
from telemetry.clock import MICROSECONDS, Clock

log = logging.getLogger(__name__)

# A description changes with the provider's release; a key may be taken back, and then at once.
FRESH_S: Final = 600.0
# Made-up key ids must not make us ask for keys each time.
KEYS_AGAIN_S: Final = 30.0
MOST_BYTES: Final = 512 * 1024


@dataclass(frozen=True, slots=True)
class Description:
    """What is needed of the provider's discovery document; `userinfo` and `end_session` may be lacking."""

    authorization: str
    token: str
    jwks: str
    userinfo: str
    end_session: str
    takes_post: bool


class Provider:
    """One provider. Every method that asks it raises Refused: PROVIDER_DOWN, or NOT_VERIFIED for what it answered."""

    def __init__(self, options: HospitalOptions, clock: Clock) -> None:
        self._options = options
        self._clock = clock
        self._lock = asyncio.Lock()
        self._description: Description | None = None
        self._described_s = float("-inf")
        # Reading all authorities of the system takes longer than an answer.
        self._tls: ssl.SSLContext | None = None
        self._keys: KeySet | None = None
        self._keys_s = float("-inf")

    async def authorization_url(self, state: str, nonce: str, verifier: str) -> str:
        """Where a person's browser goes to sign in."""
        found = await self.description()
        return str(
            prepare_grant_uri(
                found.authorization, self._options.client_id, "code", redirect_uri=self._options.redirect_uri,
                scope=self._options.scope, state=state, nonce=nonce,
                code_challenge=create_s256_code_challenge(verifier), code_challenge_method="S256",
            )
        )  # fmt: skip

    async def claims(self, code: str, verifier: str, nonce: str) -> dict[str, Any]:
        """What the provider vouches for about whom this code was given to."""
        described = await self.description()
        tokens = await self._exchange(described, code, verifier)
        token, access = tokens.get("id_token"), tokens.get("access_token")
        if not isinstance(token, str):
            raise Refused(Reason.NOT_VERIFIED, "the answer has no ID token")
        verified = await self._verified(described, token, nonce, access if isinstance(access, str) else None)
        if not described.userinfo or not isinstance(access, str):
            return verified
        more = await self._json("GET", described.userinfo, headers={"Authorization": f"Bearer {access}"})
        if more.get("sub") != verified["sub"]:
            raise Refused(Reason.NOT_VERIFIED, "userinfo is about somebody else")
        return {**more, **verified}

    def sign_out_url(self) -> str | None:
        """Where the provider's own session ends; None: it says nowhere, or has not been asked yet."""
        if self._description is None or not self._description.end_session:
            return None
        back = self._options.public_url.rstrip("/") + "/"
        query = urlencode({"client_id": self._options.client_id, "post_logout_redirect_uri": back})
        joint = "&" if urlsplit(self._description.end_session).query else "?"
        return f"{self._description.end_session}{joint}{query}"

    async def description(self) -> Description:
        """The provider's own description, asked for again after a while; of an old one nothing is believed."""
        async with self._lock:
            now = self._clock.monotonic_s()
            if self._description is None or now - self._described_s > FRESH_S:
                url = f"{self._options.issuer.rstrip('/')}/.well-known/openid-configuration"
                self._description = _description(await self._json("GET", url), self._options.issuer)
                self._described_s = now
            return self._description

    async def _exchange(self, described: Description, code: str, verifier: str) -> dict[str, Any]:
        secret = self._options.client_secret
        method = "none" if not secret else "client_secret_post" if described.takes_post else "client_secret_basic"
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": self._options.redirect_uri,
            "code_verifier": verifier,
        }  # fmt: skip
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        auth = ClientAuth(self._options.client_id, secret or None, method)
        url, headers, body = auth.prepare("POST", described.token, headers, urlencode(form))
        return await self._json("POST", str(url), headers=headers, content=str(body))

    async def _verified(
        self, described: Description, token: str, nonce: str, access_token: str | None
    ) -> dict[str, Any]:  # fmt: skip
        for attempt in (1, 2):
            keys = await self._keys_of(described, afresh=attempt == 2)
            try:
                return id_token.verify(
                    token, keys, issuer=self._options.issuer, client_id=self._options.client_id, nonce=nonce,
                    now_s=self._clock.now_us() // MICROSECONDS, access_token=access_token,
                )  # fmt: skip
            except id_token.UnknownKey:
                continue
        raise Refused(Reason.NOT_VERIFIED, "ID token: signed with a key that is not the provider's")

    async def _keys_of(self, described: Description, *, afresh: bool) -> KeySet:
        async with self._lock:
            age = self._clock.monotonic_s() - self._keys_s
            if self._keys is None or age > FRESH_S or (afresh and age > KEYS_AGAIN_S):
                self._keys = _keys(await self._json("GET", described.jwks))
                self._keys_s = self._clock.monotonic_s()
            return self._keys

    async def _json(self, method: str, url: str, **request: Any) -> dict[str, Any]:
        where = urlsplit(url).path
        try:
            if self._tls is None:
                self._tls = await asyncio.to_thread(httpx.create_ssl_context)
            line = httpx.AsyncClient(follow_redirects=False, verify=self._tls)
            async with asyncio.timeout(self._options.timeout_s), line as client:
                request["headers"] = {"Accept": "application/json", **request.get("headers", {})}
                async with client.stream(method, url, **request) as answer:
                    content = b""
                    async for part in answer.aiter_bytes():
                        content += part
                        if len(content) > MOST_BYTES:
                            raise Refused(Reason.PROVIDER_DOWN, f"{where}: too much")
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError) as error:
            raise Refused(Reason.PROVIDER_DOWN, f"{where}: {type(error).__name__}") from error
        if answer.status_code in (400, 401, 403) and method == "POST":
            # A code that is none, or was used: the provider's own word about what was sent.
            raise Refused(Reason.NOT_VERIFIED, f"{where}: HTTP {answer.status_code}")
        if answer.status_code != 200:
            raise Refused(Reason.PROVIDER_DOWN, f"{where}: HTTP {answer.status_code}")
        try:
            found = httpx.Response(200, content=content).json()
        except ValueError as error:
            raise Refused(Reason.PROVIDER_DOWN, f"{where}: not JSON") from error
        if not isinstance(found, dict):
            raise Refused(Reason.PROVIDER_DOWN, f"{where}: not an object")
        return found


def _keys(found: Mapping[str, Any]) -> KeySet:
    """Those that sign; a kind of key that is new is no reason to have none."""
    listed = found.get("keys")
    keys: list[Any] = []
    for one in listed if isinstance(listed, list) else []:
        with contextlib.suppress(JoseError, KeyError, TypeError, ValueError):
            if one.get("use", "sig") == "sig" and one.get("kty") != "oct":
                keys.append(import_key(one))
    if not keys:
        raise Refused(Reason.PROVIDER_DOWN, "its keys cannot be read")
    return KeySet(keys)


def _description(found: Mapping[str, Any], issuer: str) -> Description:
    if found.get("issuer") != issuer:
        raise Refused(Reason.PROVIDER_DOWN, "it calls itself by another issuer than the settings do")

    def endpoint(name: str, *, needed: bool = True) -> str:
        url = found.get(name)
        try:
            check_url(name, str(url).partition("?")[0])
        except ValueError as error:
            if needed or url is not None:
                raise Refused(Reason.PROVIDER_DOWN, f"its {name} is no usable address") from error
            return ""
        return str(url)

    methods = found.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return Description(
        authorization=endpoint("authorization_endpoint"),
        token=endpoint("token_endpoint"),
        jwks=endpoint("jwks_uri"),
        userinfo=endpoint("userinfo_endpoint", needed=False),
        end_session=endpoint("end_session_endpoint", needed=False),
        takes_post=isinstance(methods, list) and "client_secret_basic" not in methods,
    )
