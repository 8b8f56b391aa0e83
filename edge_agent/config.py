"""The agent's settings: a TOML file, checked as a whole before anything is opened."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from protocols import ADAPTERS
from telemetry import broker_address, settings, topics
from telemetry.broker_address import BrokerAddress
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
    broker_of(config)
    _check_machine(config.machine)
    if not config.outbox.path:
        raise SettingsError("read settings", "outbox.path is empty", hint="name a file on a disk that keeps")
    if bool(config.uplink.username) != bool(config.uplink.password):
        raise SettingsError("read settings", "uplink.username and uplink.password", hint="give both or neither")
    if config.uplink.ca_file and not Path(config.uplink.ca_file).is_file():
        raise SettingsError("read settings", f"uplink.ca_file {config.uplink.ca_file}", hint="there is no such file")


def broker_of(config: EdgeConfig) -> BrokerAddress:
    """The broker's address with the uplink's credentials; SettingsError for another grammar."""
    address = broker_address.parse(config.broker, named="broker")
    if address.username or address.password:
        raise SettingsError("read settings", "broker", hint="put the credentials into uplink.username and .password")
    uplink = config.uplink
    return msgspec.structs.replace(address, username=uplink.username, password=uplink.password)


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
