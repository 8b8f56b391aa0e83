"""What a new or replaced home gets: its agent's configuration and, where the broker asks for certificates, a code."""

from __future__ import annotations

import argparse
import os
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from edge_agent import config as edge_config
from edge_agent import enrolment as box
from edge_agent import overlay
from edge_agent.config import EdgeConfig, GatewaySettings, MachineSettings, OutboxSettings, UplinkSettings
from homehd import edge_template
from homehd.settings import ServerSettings
from protocols import ADAPTERS
from registrar import identities, issuing
from registrar.authority import Authority
from store import certificates
from store.pool import Connection
from store.registry import Unit
from telemetry import broker_address
from telemetry.enrolment import EnrolmentCode
from telemetry.errors import HomehdError, SettingsError

PROTOCOL, PROFILE, PORT, OUTBOX = "jsdt", "nikkiso-v2", "/dev/ttyUSB0", "outbox.sqlite"
TOPIC: Final = GatewaySettings("").topic
_MACHINE: Final = ("protocol", "profile", "port", "listen", "experimental")
# Where the package's service may write; its configuration is elsewhere.
ENROLLED_OUTBOX: Final = "/var/lib/homehd/outbox.sqlite"
# As `homehd enrol` writes them: key and certificate in one file, so that they change together.
_TLS: Final = UplinkSettings(ca_file=box.CA, cert_file=box.IDENTITY, key_file=box.IDENTITY)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the box will find at home. What is not given stays as it was, or is the default."""
    parser.add_argument("--protocol", choices=sorted(ADAPTERS), help=f"default: {PROTOCOL}")
    parser.add_argument("--profile", help=f"the machine's model (default: {PROFILE})")
    parser.add_argument("--port", metavar="PATH", help=f"the serial port on the box (default: {PORT})")
    parser.add_argument("--listen", metavar="HOST:PORT", help="where a machine that connects to the box finds it (HL7)")
    parser.add_argument("--experimental", action="store_true", help="take a protocol that is marked so")
    parser.add_argument(
        "--gateway", metavar="URL", help="the home's own broker: a gateway's machine, or cuff and scale"
    )
    parser.add_argument("--gateway-topic", metavar="TOPIC", help=f"what to hear there (default: {TOPIC})")
    parser.add_argument(
        "--broker", metavar="URL", help="where the box finds the broker (default: HOMEHD_HOMES_BROKER, HOMEHD_BROKER)"
    )
    parser.add_argument(
        "--outbox", metavar="FILE", help=f"where the box keeps its readings ({OUTBOX}, {ENROLLED_OUTBOX})"
    )


def agent(unit: Unit, broker_url: str, options: argparse.Namespace, before: EdgeConfig | None = None) -> EdgeConfig:
    """The configuration of this unit's agent; `before`: what the flags do not say is as it was there."""
    url = options.broker or (before.broker if before else broker_url)
    secured = needs_certificate(url)
    outbox = ENROLLED_OUTBOX if secured else OUTBOX
    machine = before.machine if before else MachineSettings(PROTOCOL, PROFILE, PORT)
    given = {name: getattr(options, name) for name in _MACHINE if getattr(options, name)}
    if ADAPTERS[given.get("protocol", machine.protocol)].serial is None:
        given.setdefault("port", "")
    made = EdgeConfig(
        unit=unit.name,
        shard=unit.shard,
        broker=_public(url),
        machine=msgspec.structs.replace(machine, **given),
        outbox=OutboxSettings(path=options.outbox or (before.outbox.path if before else outbox)),
        uplink=_TLS if secured else UplinkSettings(),
        gateway=_gateway(options, before.gateway if before else None),
    )
    return msgspec.structs.replace(before, **msgspec.structs.asdict(made)) if before else made


def _gateway(options: argparse.Namespace, before: GatewaySettings | None) -> GatewaySettings | None:
    given = {"broker": options.gateway, "topic": options.gateway_topic}
    if before is None and not options.gateway:
        return None
    before = before or GatewaySettings(options.gateway)
    return msgspec.structs.replace(before, **{name: value for name, value in given.items() if value})


def needs_certificate(broker_url: str) -> bool:
    """Whether homes show that broker a certificate: with mqtts they do, a plain one knows nobody."""
    return broker_address.parse(broker_url, named="--broker").tls


def with_code(conn: Connection, loaded: ServerSettings, config: EdgeConfig, now_us: int) -> str:
    """The configuration as text, with a one-time code above it where one is needed; within a transaction."""
    text = edge_template.render(config)
    if not needs_certificate(config.broker):
        return text
    known = certificates.authority(conn)
    if known is None:
        hint = "run `homehd registrar init` first, on the server that is to keep the authority's key"
        raise HomehdError("make enrolment code", "there is no authority yet", hint=hint)
    code = issuing.new_code(conn, _registrar(loaded), config.unit, known.fingerprint, text, now_us)
    return _instructions(code, now_us) + text


def authority(conn: Connection, loaded: ServerSettings) -> tuple[Authority, Path]:
    """The authority of this server, and the folder it lives in; CaError when there is none yet."""
    folder = authority_folder(loaded)
    return identities.open_authority(conn, folder, passphrase()), folder


def authority_folder(loaded: ServerSettings) -> Path:
    """Where the authority's key is kept."""
    return loaded.home_path / "ca"


def passphrase() -> str:
    """Of the authority's key. From the environment alone: a settings file is read by more people than may sign."""
    return os.environ.get("HOMEHD_CA_PASSPHRASE", "")


def checked_changes(conn: Connection, unit: Unit, path: Path) -> str:
    """Settings for a box from afar, tried on the configuration it was given; SettingsError when it could not run so."""
    base = settings_before(conn, unit)
    if base is None:
        hint = "it was never enrolled with a certificate, so it could not check who sent them"
        raise HomehdError("configure unit", unit.name, hint=hint)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SettingsError("read settings", str(path), hint=error.strerror or str(error)) from error
    _refuse_plain(base, data)
    overlay.merged(base, data, files=False)
    return data.decode()


def changes_nothing(text: str) -> bool:
    """Whether settings for a box have no setting in them, so that its own file alone rules again."""
    return all(value == {} for value in tomllib.loads(text).values())


def _refuse_plain(base: EdgeConfig, data: bytes) -> None:
    # What cannot be read is told by those who read it.
    try:
        broker = tomllib.loads(data.decode()).get("broker")
    except (ValueError, RecursionError):
        return
    if (
        needs_certificate(base.broker)
        and isinstance(broker, str)
        and not broker_address.parse(broker, named="broker").tls
    ):
        hint = "this box has a certificate and may not go back to a broker without TLS: name one with mqtts://"
        raise SettingsError("configure unit", f"broker {_public(broker)}", hint=hint)


def settings_before(conn: Connection, unit: Unit) -> EdgeConfig | None:
    """The configuration that went with the unit's last code; None when there is none that could still be used."""
    text = certificates.newest_settings(conn, unit.unit_id)
    try:
        return edge_config.parse(text) if text else None
    except HomehdError:
        return None


def registrar_names(loaded: ServerSettings) -> tuple[str, ...]:
    """Host names and addresses the registrar's certificate is good for."""
    host = _registrar(loaded).rpartition(":")[0].strip("[]") if loaded.registrar_url else ""
    return tuple(dict.fromkeys(filter(None, (host, *loaded.registrar_names, "localhost", "127.0.0.1"))))


def _registrar(loaded: ServerSettings) -> str:
    """host:port as it stands in a code."""
    named, hint = "registrar_url", "expected https://host:port, as boxes reach the registrar"
    if not loaded.registrar_url:
        raise SettingsError("read settings", f"{named} (HOMEHD_REGISTRAR_URL) is not set", hint=hint)
    try:
        parts = urlsplit(loaded.registrar_url)
        port = parts.port or 443
    except ValueError as error:
        raise SettingsError("read settings", named, hint=hint) from error
    if parts.scheme != "https" or not parts.hostname or parts.path not in ("", "/") or parts.query or parts.username:
        raise SettingsError("read settings", named, hint=hint)
    return f"[{parts.hostname}]:{port}" if ":" in parts.hostname else f"{parts.hostname}:{port}"


def _public(url: str) -> str:
    """The address without what is ours: a service's password, the names of its files."""
    address = broker_address.parse(url, named="--broker")
    if address.username or address.files != type(address.files)():
        host = f"[{address.host}]" if ":" in address.host else address.host
        return f"{'mqtts' if address.tls else 'mqtt'}://{host}:{address.port}"
    return url


def _instructions(code: EnrolmentCode, now_us: int) -> str:
    until = datetime.fromtimestamp(now_us / 1e6 + issuing.CODE_DAYS * 86_400, UTC)
    return (
        f"# Once, on the box, before {until:%Y-%m-%d %H:%M} UTC; the line is a secret until it has been used:\n"
        f"#   homehd enrol '{code.text()}'\n"
        "# It brings the box the configuration below and a certificate of its own.\n#\n"
    )
