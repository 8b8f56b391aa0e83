"""Passwords of our services at the broker: made once, kept as hashes for Mosquitto and as one environment file each."""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Final
from urllib.parse import quote

# Mosquitto's format 7: PBKDF2-HMAC-SHA512. Its 101 rounds would be few for a password of a person; ours have 192 bits.
_ROUNDS: Final = 101
_SALT_BYTES: Final = 12
_SECRET_BYTES: Final = 24


def new_password() -> str:
    """A password for a service."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def line(name: str, password: str) -> str:
    """The account's line in the password file, as `mosquitto_passwd` would write it."""
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ROUNDS)
    return f"{name}:$7${_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}\n"


def environment(name: str, password: str, *, host: str, port: int, tls: bool, ca_file: str) -> str:
    """The service's environment file: `HOMEHD_BROKER` with its account, for systemd's `EnvironmentFile=`."""
    where = f"[{host}]" if ":" in host else host
    files = f"?ca_file={quote(ca_file)}" if tls else ""
    return f"HOMEHD_BROKER={'mqtts' if tls else 'mqtt'}://{name}:{password}@{where}:{port}{files}\n"
