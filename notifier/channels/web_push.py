"""Web Push (RFC 8030, 8291, 8292): an address is what a browser gave when somebody switched notifications on.

The message is encrypted for that browser; the push service sees its length, urgency and topic. What the service worker
gets is `payload`.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from typing import Final, Never
from urllib.parse import SplitResult, urlsplit

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from requests import RequestException, Response, Session
from requests.utils import get_environ_proxies

from notifier.channels import answers, guard, overheard
from notifier.channels.channel import AddressError, Sent, Unreachable
from notifier.channels.networks import Networks
from notifier.page import Page
from telemetry.alarms import Priority
from telemetry.clock import MICROSECONDS, Clock
from telemetry.errors import SettingsError

MAX_ADDRESS: Final = 2048  # characters; browsers' are 200 to 500
# How long a push service keeps a page for a device that is off. After that the step it was sent for is long past.
TTL_S: Final = {Priority.HIGH: 1800, Priority.MEDIUM: 7200, Priority.LOW: 86400}
# `normal` may wait until a sleeping phone wakes by itself (RFC 8030 §5.3); a medium page has five minutes.
URGENCY: Final = {Priority.HIGH: "high", Priority.MEDIUM: "high", Priority.LOW: "normal"}
_GONE: Final = frozenset({404, 410})  # RFC 8030 §7.3: such a subscription does not come back
_VAPID_S: Final = 12 * 3600  # how long our proof holds; at most 24 h (RFC 8292 §2)


class _Keys(msgspec.Struct):
    p256dh: str
    auth: str


class _Subscription(msgspec.Struct):
    endpoint: str
    keys: _Keys


@dataclass(frozen=True, slots=True)
class Sender:
    """Who we are to push services.

    Attributes:
        key: from `vapid.load_or_create`.
        contact: whom a push service writes to when something is wrong with us: mailto:… or https://…
    """

    key: ec.EllipticCurvePrivateKey
    contact: str

    def __post_init__(self) -> None:
        """SettingsError for a contact that a push service could not write to."""
        if not re.fullmatch(r"mailto:[^@\s]+@[^@\s]+|https://\S+", self.contact):
            raise SettingsError("read settings", "push_contact", hint="mailto:SOMEBODY@HOST or https://HOST/…")


class _Straight(Session):
    """A push service has no business to send us elsewhere."""

    def get_redirect_target(self, resp: Response) -> None:
        """No answer is taken for a redirect."""


class WebPush:
    """Addresses are `PushSubscription.toJSON()` as text. Without a sender nothing can be sent.

    An endpoint has to be public, or in a network that settings allow.
    """

    def __init__(self, networks: Networks, clock: Clock, sender: Sender | None) -> None:
        self._any, self._networks = networks, networks.public()
        self._clock = clock
        self._sender = sender

    def check(self, address: str) -> None:
        """AddressError for anything but a browser's subscription with an https endpoint and keys that can be used."""
        subscription = _parse(address)
        parts = _endpoint(subscription)
        plain = parts.scheme == "http" and parts.hostname is not None
        # As browsers do, plain http is taken for this machine only, and that only where settings allow it.
        local = plain and parts.hostname in ("127.0.0.1", "localhost") and not self._networks.refusal("127.0.0.1")
        written = subscription.endpoint.isascii() and subscription.endpoint.isprintable()
        if not written or not parts.hostname or not (parts.scheme == "https" or local):
            _refuse("its endpoint is no https address")
        refused = self._networks.refusal_of_host(parts.hostname)
        if refused:
            _refuse(f"its endpoint is {refused}")
        try:
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _decoded(subscription.keys.p256dh))
        except ValueError:
            _refuse("its key p256dh is no point of P-256")
        if len(_decoded(subscription.keys.auth)) != 16:
            _refuse("its key auth has not 16 bytes")

    def mask(self, address: str) -> str:
        """The push service."""
        return f"{self.host(address)}/…"

    def host(self, address: str) -> str:
        """The push service; `push` when the address is none."""
        try:
            parts = _endpoint(_parse(address))
        except AddressError:
            return "push"
        return f"push://{parts.netloc.rpartition('@')[2]}"[:100]

    def send(self, address: str, page: Page, timeout_s: float) -> Sent:
        """Taken by the push service. The device says *delivered* and *read* itself, by the payload's `receipt`."""
        try:
            self.check(address)
        except AddressError as error:
            raise Unreachable(f"the subscription can no longer be used: {error.hint}") from None
        if self._sender is None:
            raise Unreachable("web push is not set up: set HOMEHD_PUSH_CONTACT to mailto:… or https://…")
        status, wish = self._post(_parse(address), page, self._sender, timeout_s)
        if status not in (200, 201, 202, 204):
            raise answers.refusal(status, answers.retry_after_s(wish, self._clock.now_us()), _GONE)
        return Sent("sent", f"taken by the push service (HTTP {status})")

    def _post(self, to: _Subscription, page: Page, sender: Sender, timeout_s: float) -> tuple[int, str | None]:
        from pywebpush import WebPusher  # most of a second, for what of it is not used

        subscription = {"endpoint": to.endpoint, "keys": {"p256dh": to.keys.p256dh, "auth": to.keys.auth}}
        # A proxy that connects for us may well live in a private network.
        networks = self._any if get_environ_proxies(to.endpoint) else self._networks
        with guard.sending(networks, timeout_s) as watched, overheard.hearing(), _Straight() as session:
            try:
                answer = WebPusher(subscription, requests_session=session).send(
                    payload(page), self._headers(to, page, sender), ttl=TTL_S[page.priority], timeout=timeout_s
                )
            except (RequestException, OSError):
                raise Unreachable(watched.trouble or guard.BROKEN) from None
        if watched.trouble:
            raise Unreachable(watched.trouble)
        return answer.status_code, answer.headers.get("Retry-After")

    def _headers(self, to: _Subscription, page: Page, sender: Sender) -> dict[str, str]:
        from py_vapid import Vapid02

        parts = _endpoint(to)
        claims = {
            "sub": sender.contact, "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": self._clock.now_us() // MICROSECONDS + _VAPID_S,
        }  # fmt: skip
        proof: dict[str, str] = Vapid02(private_key=sender.key).sign(claims)
        # The topic is the key: a page that is still waiting for its device is replaced by its repetition.
        return {**proof, "Urgency": URGENCY[page.priority], "Topic": page.key}


def payload(page: Page) -> str:
    """What the service worker gets, as JSON; docs/operations/channels.md says what it does with each."""
    return json.dumps(
        {
            "key": page.key, "priority": page.priority, "title": page.title, "body": page.body,
            "link": page.link, "receipt": page.receipt_url,
        },
        ensure_ascii=False,
    )  # fmt: skip


def _parse(address: str) -> _Subscription:
    if len(address) > MAX_ADDRESS:
        _refuse(f"longer than {MAX_ADDRESS} characters")
    try:
        return msgspec.json.decode(address, type=_Subscription)
    except msgspec.DecodeError:
        _refuse('expected what the browser gave: {"endpoint": …, "keys": {"p256dh": …, "auth": …}}')


def _endpoint(subscription: _Subscription) -> SplitResult:
    try:
        parts = urlsplit(subscription.endpoint)
        _ = parts.port  # is computed, and may not be one
    except ValueError:
        _refuse("its endpoint is no https address")
    return parts


def _decoded(text: str) -> bytes:
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""


def _refuse(hint: str) -> Never:
    raise AddressError("check a channel's address", "push subscription", hint=hint)
