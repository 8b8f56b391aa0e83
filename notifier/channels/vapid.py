"""The key by which push services know us (VAPID, RFC 8292): made once, kept in a file for its owner alone.

Browsers subscribe to this key. When it is lost every subscription is worth nothing, and everybody has to switch
notifications on again: it belongs into the backup.
"""

from __future__ import annotations

import os
import secrets
from base64 import urlsafe_b64encode
from contextlib import suppress
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from telemetry.errors import HomehdError

FILE: Final = "vapid.pem"  # in HOMEHD_HOME


class VapidError(HomehdError):
    """The key cannot be had."""


def load_or_create(path: Path) -> ec.EllipticCurvePrivateKey:
    """The key; of several processes that want to make it at once one wins and all get the same.

    VapidError when it is readable by others, damaged, or cannot be read or written.
    """
    try:
        if not path.exists():
            _create(path)
        if path.stat().st_mode & 0o077:
            raise VapidError("read the VAPID key", str(path), hint=f"others can read it: chmod 600 {path}")
        data = path.read_bytes()
    except OSError as error:
        raise VapidError("read the VAPID key", str(path), hint=error.strerror or str(error)) from error
    return _parse(data, path)


def public_text(key: ec.EllipticCurvePrivateKey) -> str:
    """The public key as a browser wants it (`applicationServerKey`): uncompressed point, base64url without padding."""
    point = key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )  # fmt: skip
    return urlsafe_b64encode(point).rstrip(b"=").decode()


def pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The private key as PKCS #8 text."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )  # fmt: skip


def _create(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem(ec.generate_private_key(ec.SECP256R1())))
            file.flush()
            os.fsync(file.fileno())
        # A link, unlike a rename, fails where there is one already: that one counts.
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()


def _parse(data: bytes, path: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(data, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise VapidError("read the VAPID key", str(path), hint="damaged: restore it from its backup") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise VapidError("read the VAPID key", str(path), hint="not a P-256 key: restore it from its backup")
    return key
