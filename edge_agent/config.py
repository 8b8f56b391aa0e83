"""The agent's settings: a TOML file, checked as a whole before anything is opened."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from protocols import ADAPTERS
from telemetry import settings, topics
from telemetry.errors import HomehdError, SettingsError

MEBIBYTE = 1024 * 1024


class MachineSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which machine, and where it is plugged in.

    Attributes:
        port: path of the serial port; prefer a stable name under /dev/serial/by-id.
        poll_s: seconds between two polls; a frame of a TR-8000 takes 0.28 s on the line.
    """

    protocol: str
    profile: str
    port: str
    poll_s: Annotated[float, Meta(ge=0.1, le=60)] = 1.0


class OutboxSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where readings are kept until they are committed.

    Attributes:
        path: the SQLite file; a relative path starts at the configuration file's folder.
        max_bytes: at this size the oldest readings are dropped and counted, never events. 256 MiB is about a
            fortnight at one reading a second.
    """

    path: str
    max_bytes: Annotated[int, Meta(ge=65536, le=1 << 40)] = 256 * MEBIBYTE


class UplinkSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to speak to the broker.

    Attributes:
        qos: MQTT quality of service of readings. Nothing depends on it: a row is forgotten only when ingest has
            committed it, so 0 is right unless the broker's operator wants otherwise.
        ack_timeout_s: a row not acknowledged for so long is sent again.
        ca_file: certificate authority for mqtts, empty = the system's.
    """

    qos: Literal[0, 1] = 0
    keepalive_s: Annotated[int, Meta(ge=5, le=600)] = 20
    ack_timeout_s: Annotated[float, Meta(ge=0.1, le=600)] = 8.0
    username: str = ""
    password: str = ""
    ca_file: str = ""


class EdgeConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One home's agent.

    Attributes:
        unit, shard: as given by `homehd units add`.
        broker: mqtt://host[:port] or mqtts://host[:port].
        clock: "auto" asks the kernel whether the clock is synchronised; "trusted" says it is (a host that keeps
            its guests' time, a box with a good clock of its own).
    """

    unit: str
    shard: Annotated[int, Meta(ge=0, le=topics.SHARDS - 1)]
    broker: str
    machine: MachineSettings
    outbox: OutboxSettings
    uplink: UplinkSettings = UplinkSettings()
    clock: Literal["auto", "trusted"] = "auto"


class BrokerAddress(msgspec.Struct, frozen=True):
    """A broker URL taken apart."""

    host: str
    port: int
    tls: bool


def load(path: Path) -> EdgeConfig:
    """The checked configuration in `path`; SettingsError naming file, line and rule."""
    config = settings.load(EdgeConfig, path)
    check(config)
    outbox = msgspec.structs.replace(config.outbox, path=str(path.parent / Path(config.outbox.path).expanduser()))
    return msgspec.structs.replace(config, outbox=outbox)


def check(config: EdgeConfig) -> None:
    """SettingsError for what types cannot say: unit, broker, protocol and profile."""
    if not topics.is_unit_id(config.unit):
        raise SettingsError("read settings", f"unit {config.unit!r}", hint="2…32 of a-z, 0-9 and -")
    parse_broker(config.broker)
    _check_machine(config.machine)
    if not config.outbox.path:
        raise SettingsError("read settings", "outbox.path is empty", hint="name a file on a disk that keeps")
    if bool(config.uplink.username) != bool(config.uplink.password):
        raise SettingsError("read settings", "uplink.username and uplink.password", hint="give both or neither")
    if config.uplink.ca_file and not Path(config.uplink.ca_file).is_file():
        raise SettingsError("read settings", f"uplink.ca_file {config.uplink.ca_file}", hint="there is no such file")


def parse_broker(url: str) -> BrokerAddress:
    """Host, port (1883, with TLS 8883) and TLS of a broker URL; SettingsError for another grammar."""
    hint = "expected mqtt://host[:port] or mqtts://host[:port]"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise SettingsError("read settings", f"broker {url!r}", hint=f"{hint}; {error}") from error
    if parts.username or parts.password:
        raise SettingsError("read settings", "broker", hint="put the credentials into uplink.username and .password")
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname or parts.path not in ("", "/") or port == 0:
        raise SettingsError("read settings", f"broker {url!r}", hint=hint)
    tls = parts.scheme == "mqtts"
    return BrokerAddress(parts.hostname, port or (8883 if tls else 1883), tls)


def _check_machine(machine: MachineSettings) -> None:
    adapter = ADAPTERS.get(machine.protocol)
    if adapter is None:
        known = ", ".join(sorted(ADAPTERS))
        raise SettingsError("read settings", f"machine.protocol {machine.protocol!r}", hint=f"known: {known}")
    if adapter.serial is None:
        raise SettingsError(
            "read settings", f"machine.protocol {machine.protocol!r}", hint="not spoken on a serial port"
        )
    try:
        adapter.decoder(machine.profile)
    except (HomehdError, KeyError, ValueError) as error:
        known = ", ".join(adapter.profiles)
        raise SettingsError("read settings", f"machine.profile {machine.profile!r}", hint=f"known: {known}") from error
    if not machine.port:
        raise SettingsError("read settings", "machine.port is empty", hint="name the serial port")
