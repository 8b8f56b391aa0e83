"""A push service and a browser in one: it gives a subscription, holds senders to the RFCs, decrypts what they send.

Nothing of the libraries that send is used here: VAPID (RFC 8292) and the decryption (RFC 8188, 8291) are written from
the RFCs.
"""

from __future__ import annotations

import json
import re
import socket
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import urandom
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tests.notifier.http_sink import Behaviour, HttpSink, Request, serving


@dataclass(frozen=True)
class Push:
    """What the device would show."""

    payload: dict[str, Any]
    ttl_s: int
    urgency: str
    topic: str


class PushStandIn(HttpSink):
    """One browser's subscription at `endpoint`, made for the application server `wanted_key` (None = any)."""

    def __init__(self, listener: socket.socket) -> None:
        super().__init__(listener)
        self.wanted_key: str | None = None
        self.pushes: list[Push] = []
        self.refused: list[str] = []
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = urandom(16)

    @property
    def endpoint(self) -> str:
        return f"http://{self.authority}/push/browser-1"

    @property
    def subscription(self) -> str:
        """As `JSON.stringify(subscription)` in a browser gives it."""
        keys = {"p256dh": text(point(self._key.public_key())), "auth": text(self._auth)}
        return json.dumps({"endpoint": self.endpoint, "expirationTime": None, "keys": keys})

    def answer_for(self, request: Request) -> Behaviour:
        if self.behaviour != Behaviour():
            return self.behaviour
        complaint = self._complaint(request)
        if complaint:
            self.refused.append(complaint)
            return Behaviour(status=403)
        payload = json.loads(decrypt(request.body, self._key, self._auth))
        headers = request.headers
        self.pushes.append(Push(payload, int(headers["ttl"]), headers["urgency"], headers["topic"]))
        return Behaviour(status=201, headers={"Location": f"{self.endpoint}/message"})

    def waiting(self) -> list[Push]:
        """What a device that was off would get: of one topic only the newest (RFC 8030 §5.4)."""
        return list({push.topic: push for push in self.pushes}.values())

    def _complaint(self, request: Request) -> str:
        headers = request.headers
        if (request.method, request.path) != ("POST", "/push/browser-1"):
            return "not this subscription"
        if headers.get("content-encoding") != "aes128gcm":
            return "another encoding than aes128gcm"
        if not re.fullmatch(r"\d+", headers.get("ttl", "")):
            return "no TTL"
        if headers.get("urgency") not in ("very-low", "low", "normal", "high"):
            return "no urgency"
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", headers.get("topic", "")):
            return "no topic"
        return self._vapid_complaint(headers.get("authorization", ""))

    def _vapid_complaint(self, header: str) -> str:
        found = re.fullmatch(r"vapid t=([\w-]+\.[\w-]+)\.([\w-]+), ?k=([\w-]+)", header)
        if not found:
            return "no VAPID"
        signed, signature, key = found.groups()
        if self.wanted_key not in (None, key):
            return "not the application server that this browser subscribed to"
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw(key))
        r, s = (int.from_bytes(raw(signature)[at : at + 32], "big") for at in (0, 32))
        try:
            public.verify(encode_dss_signature(r, s), signed.encode(), ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return "a wrong signature"
        head, claims = (json.loads(raw(part)) for part in signed.split("."))
        if head.get("alg") != "ES256":
            return "another algorithm than ES256"
        if claims.get("aud") != f"http://{self.authority}":
            return "meant for another push service"
        if not time.time() < claims.get("exp", 0) <= time.time() + 24 * 3600:
            return "over, or good for more than a day"
        return "" if re.match(r"mailto:.+@.+|https://.+", claims.get("sub", "")) else "nobody to write to"


@contextmanager
def push_stand_in(host: str = "127.0.0.1") -> Iterator[PushStandIn]:
    """A push service on a free port."""
    stand_in = PushStandIn(socket.create_server((host, 0)))
    with serving(stand_in):
        yield stand_in


def decrypt(body: bytes, key: ec.EllipticCurvePrivateKey, auth: bytes) -> bytes:
    """RFC 8291 §3.4 and RFC 8188 §2, for the one record that a push is."""
    salt, record_size, id_length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
    sender, record = body[21 : 21 + id_length], body[21 + id_length :]
    assert id_length == 65 and len(record) <= record_size
    secret = key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
    shared = _hkdf(auth, secret, b"WebPush: info\0" + point(key.public_key()) + sender, 32)
    content_key = _hkdf(salt, shared, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _hkdf(salt, shared, b"Content-Encoding: nonce\0", 12)
    padded = AESGCM(content_key).decrypt(nonce, record, None).rstrip(b"\0")
    assert padded[-1:] == b"\2", "the last record"
    return padded[:-1]


def _hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def raw(written: str) -> bytes:
    return urlsafe_b64decode(written + "=" * (-len(written) % 4))
