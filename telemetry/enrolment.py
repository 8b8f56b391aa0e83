"""What a technician pastes, and what a box and the registrar say to each other over HTTPS when it enrols.

The code names the registrar, the unit, a secret that works once, and the fingerprint of the authority: with it the box
knows whom it talks to before it says anything, and nothing has to be trusted on first use.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import zlib
from typing import Final

import msgspec

from telemetry import topics
from telemetry.errors import SettingsError

PREFIX: Final = "homehd-enrol:"
AUTHORITY_PATH: Final = "/authority"
ENROL_PATH: Final = "/enrol"
GRAMMAR: Final = f"{PREFIX}host:port,unit.secret,fingerprint,check"
# 130 bits: guessing is hopeless even without the limit on attempts.
SECRET_CHARACTERS: Final = 26
MAX_ANSWER: Final = 64 * 1024
_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz234567"
_SECRET: Final = re.compile(f"[a-z2-7]{{{SECRET_CHARACTERS}}}")
_HOST: Final = re.compile(r"(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):\d{1,5}")


class EnrolmentCode(msgspec.Struct, frozen=True):
    """A parsed code. Its printed form shows no secret.

    Attributes:
        where: host:port of the registrar. secret: works once. fingerprint: SHA-256 of the authority's certificate.
    """

    where: str
    unit: str
    secret: str
    fingerprint: bytes

    def __repr__(self) -> str:
        return f"EnrolmentCode({self.where}, {self.unit})"

    @property
    def code(self) -> str:
        """What is sent: unit and secret."""
        return f"{self.unit}.{self.secret}"

    @property
    def digest(self) -> bytes:
        """What is kept of it: the SHA-256 of `code`."""
        return digest(self.code)

    def text(self) -> str:
        """The one line to paste."""
        body = f"{self.where},{self.code},{base64.b32encode(self.fingerprint).decode().rstrip('=').lower()}"
        return f"{PREFIX}{body},{_check(body)}"


class EnrolmentRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /enrol, as JSON. `request` is PKCS #10 in DER (base64 in JSON)."""

    code: str
    request: bytes


class EnrolmentAnswer(msgspec.Struct, frozen=True):
    """The answer to a good one.

    Attributes:
        certificate: PEM, the unit's own. authority: PEM, the root. until_us: when the certificate ends.
        settings: the agent's configuration as TOML; no secret in it.
    """

    unit: str
    certificate: str
    authority: str
    until_us: int
    settings: str


class EnrolmentRefusal(msgspec.Struct, frozen=True):
    """The answer to any other: a word for the program (`Refusal`), a sentence for the person."""

    reason: str
    text: str


def new_secret() -> str:
    """A fresh secret."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(SECRET_CHARACTERS))


def digest(code: str) -> bytes:
    """SHA-256 of `unit.secret`: the secret has enough entropy to need no more."""
    return hashlib.sha256(code.encode("utf-8", "replace")).digest()


def parse(text: str) -> EnrolmentCode:
    """The code in what was pasted; SettingsError that says what is wrong with it and never shows the secret."""
    body, _, check = "".join(text.split()).removeprefix(PREFIX).rpartition(",")
    parts = body.split(",")
    if len(parts) != 3 or not text.strip().startswith(PREFIX):
        raise _wrong(f"expected {GRAMMAR}, in quotes")
    if check != _check(body):
        raise _wrong("a character is wrong or missing: paste the whole line")
    return assemble(*parts)


def assemble(where: str, code: str, fingerprint: str) -> EnrolmentCode:
    """A code from its three parts; the fingerprint in base 32 or in hex. SettingsError as `parse`."""
    unit, _, secret = code.partition(".")
    port = where.rpartition(":")[2]
    if not _HOST.fullmatch(where) or not 0 < int(port) < 65536:
        raise _wrong("host:port of the registrar expected")
    if not topics.is_unit_id(unit) or not _SECRET.fullmatch(secret):
        raise _wrong("unit.secret expected")
    return EnrolmentCode(where, unit, secret, _fingerprint(fingerprint))


def _fingerprint(text: str) -> bytes:
    text = text.replace(":", "")
    try:
        raw = bytes.fromhex(text) if len(text) == 64 else base64.b32decode(text.upper() + "=" * (-len(text) % 8))
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise _wrong("the fingerprint has 52 characters, or 64 hex digits")
    return raw


def _check(body: str) -> str:
    return f"{zlib.crc32(body.encode('utf-8', 'replace')):08x}"


def _wrong(hint: str) -> SettingsError:
    return SettingsError("read enrolment code", hint=hint)
