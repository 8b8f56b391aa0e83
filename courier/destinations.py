"""A destination as settings name it: where it is, what it is told, and how it tells us apart from others."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from interop.hl7.header import Route
from store.hl7_destinations import Wanted
from telemetry.errors import HomehdError, SettingsError

GRAMMAR: Final = (
    "mllp://host[:port] or mllps://host[:port], then ?send=alerts,readings&every_s=60&clinic=…&names=yes&application=…"
    "&facility=…&answer_s=10&ca_file=…&cert_file=…&key_file=…"
)
PORT: Final = 2575  # IANA: hl7
_SCHEMES: Final = frozenset({"mllp", "mllps"})
_WHAT: Final = frozenset({"alerts", "readings"})
_FILES: Final = frozenset({"ca_file", "cert_file", "key_file"})
_KNOWN: Final = _FILES | {"send", "every_s", "clinic", "names", "application", "facility", "answer_s"}


@dataclass(frozen=True, slots=True)
class Destination:
    """One receiver. Its printed form shows no more than where it is.

    Attributes:
        alerts: whether steps of alerts are told (PCD-04). every_s: how often readings are (PCD-01), None: not at all.
        clinic: whose homes, None: all. names: whether patients' names go out.
        answer_s: how long an answer is waited for, 1…30 s.
        files: PEM files for TLS: ca_file (else the system's authorities), cert_file and key_file.
    """

    name: str
    host: str
    port: int
    tls: bool
    alerts: bool = True
    every_s: int | None = 60
    clinic: str | None = None
    names: bool = False
    answer_s: float = 10.0
    route: Route = field(default_factory=Route)
    files: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.name} at {self.host}:{self.port}"

    @property
    def wanted(self) -> Wanted:
        """As the database has it."""
        return Wanted(self.name, self.alerts, self.every_s, self.clinic)

    def tls_context(self) -> ssl.SSLContext | None:
        """Made from the files as they are now, TLS 1.2 at least; HomehdError when they do not serve. None: no TLS."""
        if not self.tls:
            return None
        try:
            made = ssl.create_default_context(cafile=self.files.get("ca_file"))
            if "cert_file" in self.files:
                # Without a password an encrypted key would have OpenSSL ask at the terminal, and wait there.
                made.load_cert_chain(self.files["cert_file"], self.files.get("key_file"), password="")
        except OSError as error:
            hint = getattr(error, "reason", None) or error.strerror or str(error)
            raise HomehdError("read TLS files", str(self), hint=hint, recoverable=True) from error
        made.minimum_version = ssl.TLSVersion.TLSv1_2
        return made


def parse_all(named: dict[str, str], sender: str) -> list[Destination]:
    """All of them; SettingsError for what is none. `sender`: who we are, `name` or `name^id^type`."""
    return [parse(name, url, sender) for name, url in sorted(named.items())]


def parse(name: str, url: str, sender: str = "homehd") -> Destination:
    """The destination in a URL of GRAMMAR. SettingsError says which one it is, and what is wrong with it."""
    try:
        return _parse(name, url, sender)
    except ValueError as error:
        raise SettingsError(
            "read settings", f"hl7 (HOMEHD_HL7): {name}", hint=f"{error}; expected {GRAMMAR}"
        ) from error


def _parse(name: str, url: str, sender: str) -> Destination:
    if not name.replace("-", "a").isalnum() or not name.isascii() or name != name.lower() or len(name) > 32:
        raise ValueError("a name has small letters, digits and hyphens, 32 at most")
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES or not parts.hostname or parts.path not in ("", "/") or parts.username:
        raise ValueError("it is no such address")
    pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True) if parts.query else []
    asked = dict(pairs)
    if len(asked) < len(pairs) or not set(asked) <= _KNOWN or not all(asked.values()):
        raise ValueError("after the question mark each of these once, and no other")
    what = set(asked.get("send", "alerts,readings").split(","))
    if not what <= _WHAT:
        raise ValueError("send is alerts, readings or both")
    tls = parts.scheme == "mllps"
    files = {key: value for key, value in asked.items() if key in _FILES}
    if files and not tls:
        raise ValueError("only mllps uses files")
    if ("cert_file" in files) != ("key_file" in files):
        raise ValueError("give cert_file and key_file, or neither")
    with_names = asked.get("names", "no")
    if with_names not in ("yes", "no"):
        raise ValueError("names is yes or no")
    if with_names == "yes" and not tls and not _is_here(parts.hostname):
        raise ValueError("names go over TLS (mllps), or to this machine only")
    return Destination(
        name, unquote(parts.hostname), parts.port or PORT, tls,
        alerts="alerts" in what,
        every_s=int(_within(asked, "every_s", "60", 10, 3600)) if "readings" in what else None,
        clinic=asked.get("clinic"),
        names=with_names == "yes",
        answer_s=_within(asked, "answer_s", "10", 1, 30),
        route=Route(_sender(sender), asked.get("application", ""), asked.get("facility", "")),
        files=files,
    )  # fmt: skip


def _within(asked: dict[str, str], key: str, default: str, low: float, high: float) -> float:
    value = float(asked.get(key, default))
    if not low <= value <= high:
        raise ValueError(f"{key} is {low:g} to {high:g}")
    return value


def _sender(text: str) -> tuple[str, ...]:
    parts = tuple(text.split("^"))
    if len(parts) not in (1, 3) or not all(parts) or len(text) > 200 or not text.isprintable():
        raise ValueError("the sender (hl7_sender) is NAME or NAME^ID^TYPE")
    return parts


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
