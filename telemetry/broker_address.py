"""A broker's URL, taken apart in one place."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote, urlsplit

import msgspec

from telemetry.errors import SettingsError

_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}
GRAMMAR: Final = "mqtt://host[:port] or mqtts://host[:port]"


class BrokerAddress(msgspec.Struct, frozen=True):
    """Where a broker is, and as whom to go there. Its printed form shows no credentials."""

    host: str
    port: int
    tls: bool
    username: str = ""
    password: str = ""

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def parse(url: str, *, named: str = "HOMEHD_BROKER") -> BrokerAddress:
    """The address in `mqtt[s]://[user:password@]host[:port]`; SettingsError for another grammar.

    The error says which setting it is (`named`), never the URL, which may hold a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise SettingsError("read broker address", named, hint=f"expected {GRAMMAR}; {error}") from error
    if parts.scheme not in _PORTS or not parts.hostname or port == 0 or parts.path not in ("", "/") or parts.query:
        raise SettingsError("read broker address", named, hint=f"expected {GRAMMAR}")
    return BrokerAddress(
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        tls=parts.scheme == "mqtts",
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )
