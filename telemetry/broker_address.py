"""A broker's URL, taken apart in one place."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from telemetry.broker_tls import TlsFiles
from telemetry.errors import SettingsError

_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}
GRAMMAR: Final = "mqtt://host[:port] or mqtts://host[:port][?ca_file=…&cert_file=…&key_file=…]"


class BrokerAddress(msgspec.Struct, frozen=True):
    """Where a broker is, and as whom to go there. Its printed form shows no credentials."""

    host: str
    port: int
    tls: bool
    username: str = ""
    password: str = ""
    files: TlsFiles = TlsFiles()

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def parse(url: str, *, named: str = "HOMEHD_BROKER") -> BrokerAddress:
    """The address in `mqtt[s]://[user:password@]host[:port][?ca_file=…]`; SettingsError for another grammar.

    The files are named in the URL, as PostgreSQL's are, so that one setting says all of it to every service. The error
    says which setting it is (`named`), never the URL, which may hold a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
        files = _files(parts.query, tls=parts.scheme == "mqtts")
    except ValueError as error:
        raise SettingsError("read broker address", named, hint=f"expected {GRAMMAR}; {error}") from error
    if parts.scheme not in _PORTS or not parts.hostname or port == 0 or parts.path not in ("", "/"):
        raise SettingsError("read broker address", named, hint=f"expected {GRAMMAR}")
    return BrokerAddress(
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        tls=parts.scheme == "mqtts",
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        files=files,
    )


def _files(query: str, *, tls: bool) -> TlsFiles:
    # A password with a question mark in it that was not escaped ends up here too: nothing of the query is shown.
    try:
        named = parse_qsl(query, keep_blank_values=True, strict_parsing=True) if query else []
    except ValueError as error:
        raise ValueError("what follows the question mark is not name=value") from error
    files = dict(named)
    if not set(files) <= set(TlsFiles.__struct_fields__) or len(files) < len(named) or not all(files.values()):
        raise ValueError(f"after the question mark: {', '.join(TlsFiles.__struct_fields__)}, each once")
    if files and not tls:
        raise ValueError("only mqtts uses files")
    if ("cert_file" in files) != ("key_file" in files):
        raise ValueError("give cert_file and key_file, or neither")
    return TlsFiles(**files)
