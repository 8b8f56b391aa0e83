"""What an authenticator is asked and whether its answer holds (WebAuthn). Pure: challenge, key and place are given."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import base64url_to_bytes, options_to_json
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

RP_NAME: Final = "homehd"
TIMEOUT_MS: Final = 120_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a passkey is good. `rp_id`: a host name; browsers make none for a bare address."""

    rp_id: str
    origin: str

    @property
    def usable(self) -> bool:
        """Whether a browser makes a passkey for it."""
        try:
            ipaddress.ip_address(self.rp_id)
        except ValueError:
            return bool(self.rp_id)
        return False


@dataclass(frozen=True, slots=True)
class NewKey:
    """What an authenticator made."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


class Unproven(Exception):
    """The answer proves nothing."""


def place(public_url: str | None, origin: str | None) -> Place:
    """By the address people are meant to use; without one by that of the asking page, which the guard has checked."""
    parts = urlsplit(public_url or origin or "")
    return Place(parts.hostname or "", f"{parts.scheme}://{parts.netloc}")


def ask_for_new(where: Place, user_id: int, email: str, name: str, known: Iterable[bytes], challenge: bytes) -> Any:
    """`PublicKeyCredentialCreationOptionsJSON`. An authenticator that has one of `known` makes no other."""
    options = webauthn.generate_registration_options(
        rp_id=where.rp_id, rp_name=RP_NAME, user_name=email, user_display_name=name or email,
        user_id=f"homehd:{user_id}".encode(), challenge=challenge, timeout=TIMEOUT_MS,
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED,
        ),
    )  # fmt: skip
    return json.loads(options_to_json(options))


def ask_for_known(where: Place, known: Iterable[bytes], challenge: bytes) -> Any:
    """`PublicKeyCredentialRequestOptionsJSON`."""
    options = webauthn.generate_authentication_options(
        rp_id=where.rp_id, challenge=challenge, timeout=TIMEOUT_MS,
        allow_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
        user_verification=UserVerificationRequirement.PREFERRED,
    )  # fmt: skip
    return json.loads(options_to_json(options))


def check_new(credential: Mapping[str, Any], where: Place, challenge: bytes) -> NewKey:
    """The key of an answer that holds; Unproven otherwise."""
    try:
        found = webauthn.verify_registration_response(
            credential=dict(credential), expected_challenge=challenge, expected_rp_id=where.rp_id,
            expected_origin=where.origin,
        )  # fmt: skip
    except Exception as error:  # any JSON at all comes in, and CBOR within: whatever goes wrong proves nothing
        raise Unproven(type(error).__name__) from error
    if not found.credential_id or len(found.credential_id) > 1023:
        raise Unproven("credential id")
    return NewKey(found.credential_id, found.credential_public_key, found.sign_count)


def check_known(credential: Mapping[str, Any], where: Place, challenge: bytes, public_key: bytes) -> int:
    """The counter of an answer that holds; Unproven otherwise. Whether it went up is for whoever knows the last one."""
    try:
        found = webauthn.verify_authentication_response(
            credential=dict(credential), expected_challenge=challenge, expected_rp_id=where.rp_id,
            expected_origin=where.origin, credential_public_key=public_key, credential_current_sign_count=0,
        )  # fmt: skip
    except Exception as error:  # any JSON at all comes in, and CBOR within: whatever goes wrong proves nothing
        raise Unproven(type(error).__name__) from error
    return found.new_sign_count


def credential_id(credential: Mapping[str, Any]) -> bytes:
    """Which passkey answers; Unproven when that cannot be read."""
    try:
        return base64url_to_bytes(str(credential.get("id", "")))
    except ValueError as error:
        raise Unproven("id") from error
