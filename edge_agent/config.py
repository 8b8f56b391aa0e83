"""The agent's settings: a TOML file, checked as a whole before anything is opened."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from protocols import ADAPTERS
from telemetry import broker_address, settings, topics
from telemetry.broker_address import BrokerAddress
from telemetry.broker_tls import TlsFiles
from telemetry.errors import HomehdError, SettingsError

MEBIBYTE = 1024 * 1024
MAX_TOPIC = 200


class MachineSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which machine, and where it is plugged in.

    Attributes:
        profile: the machine's model, one of the adapter's profiles.
        port: path of the serial port; prefer a stable name under /dev/serial/by-id. Empty for other transports.
        poll_s: seconds between two polls; a frame of a TR-8000 takes 0.28 s on the line.
        listen: host:port where a machine that connects to the box finds it (HL7). Empty for other transports.
        quiet_s: a machine that talks by itself and has said nothing for so long does not answer any more.
        experimental: must be true for an adapter that is marked so.
    """

    protocol: str
    profile: str
    port: str = ""
    poll_s: Annotated[float, Meta(ge=0.1, le=60)] = 1.0
    listen: str = ""
    quiet_s: Annotated[float, Meta(ge=2, le=3600)] = 15.0
    experimental: bool = False


class GatewaySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A broker in the home whose messages follow the gateway contract (docs/machines/mqtt_gateway.md).

    With `machine.protocol = "mqtt_gateway"` it is the machine; beside any other it brings the cuff and the scale.

    Attributes:
        broker: mqtt://host[:port] of the home's own broker.
        topic: what to subscribe to there.
    """

    broker: str
    topic: str = "homehd/gateway/#"
    username: str = ""
    password: str = ""


class OutboxSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where readings are kept until they are committed.

    Attributes:
        path: the SQLite file; a relative path starts at the configuration file's folder.
        max_bytes: at this size old readings are thinned and counted, never events. 256 MiB is about a fortnight at
            one reading a second.
        max_days: readings older than this are given up; events never are.
    """

    path: str
    max_bytes: Annotated[int, Meta(ge=65536, le=1 << 40)] = 256 * MEBIBYTE
    max_days: Annotated[float, Meta(ge=1, le=3660)] = 30.0


class UplinkSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to speak to the broker.

    Attributes:
        qos: MQTT quality of service of readings. Nothing depends on it: a row is forgotten only when ingest has
            committed it, so 0 is right unless the broker's operator wants otherwise.
        ack_timeout_s: a row not acknowledged for so long is sent again.
        ca_file: certificate authority for mqtts, empty = the system's.
        cert_file, key_file: the box's own certificate and private key for mqtts, as `homehd enrol` wrote them.
    """

    qos: Literal[0, 1] = 0
    keepalive_s: Annotated[int, Meta(ge=5, le=600)] = 20
    ack_timeout_s: Annotated[float, Meta(ge=0.1, le=600)] = 8.0
    username: str = ""
    password: str = ""
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""


class StatusPageSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A page for the technician in front of the box, without personal data. Off unless `listen` names host:port."""

    listen: str = ""


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
    gateway: GatewaySettings | None = None
    status_page: StatusPageSettings = StatusPageSettings()
    clock: Literal["auto", "trusted"] = "auto"


def load(path: Path) -> EdgeConfig:
    """The checked configuration in `path`, whose paths start at its folder; SettingsError with file, line and rule."""
    config = settings.load(EdgeConfig, path)
    folder = path.parent

    def placed(name: str) -> str:
        return str(folder / Path(name).expanduser()) if name else ""

    uplink = config.uplink
    config = msgspec.structs.replace(
        config,
        outbox=msgspec.structs.replace(config.outbox, path=placed(config.outbox.path)),
        uplink=msgspec.structs.replace(
            uplink,
            ca_file=placed(uplink.ca_file),
            cert_file=placed(uplink.cert_file),
            key_file=placed(uplink.key_file),
        ),
    )
    check(config)
    # Here alone: settings from afar cannot name another, and are not to be refused for what a disk does meanwhile.
    _check_outbox(Path(config.outbox.path))
    return config


def parse(text: str) -> EdgeConfig:
    """The configuration in a text meant for a box: all is checked but the files, which need not be there yet."""
    try:
        config = msgspec.toml.decode(text, type=EdgeConfig)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise SettingsError("read settings", "the text of a configuration", hint=str(error)[:200]) from error
    check(config, files=False)
    return config


def check(config: EdgeConfig, *, files: bool = True) -> None:
    """SettingsError for what types cannot say: unit, broker, credentials, machine, gateway, and missing `files`."""
    if not topics.is_unit_id(config.unit):
        raise SettingsError("read settings", f"unit {config.unit!r}", hint="2…32 of a-z, 0-9 and -")
    address = broker_of(config)
    _check_machine(config.machine, config.gateway)
    _check_gateway(config.gateway)
    if not config.outbox.path:
        raise SettingsError("read settings", "outbox.path is empty", hint="name a file on a disk that keeps")
    _check_uplink(config.uplink, address, files=files)
    if config.status_page.listen:
        host_and_port("status_page.listen", config.status_page.listen)


def broker_of(config: EdgeConfig) -> BrokerAddress:
    """The broker's address with the uplink's credentials; SettingsError for another grammar."""
    return _address("broker", config.broker, config.uplink.username, config.uplink.password)


def gateway_of(gateway: GatewaySettings) -> BrokerAddress:
    """The home broker's address with its credentials; SettingsError for another grammar."""
    return _address("gateway.broker", gateway.broker, gateway.username, gateway.password)


def host_and_port(named: str, text: str) -> tuple[str, int]:
    """The two parts of `host:port`, `[address]:port` for IPv6; SettingsError for anything else."""
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 <= int(port) < 65536:
        raise SettingsError("read settings", f"{named} {text!r}", hint="expected host:port, such as 127.0.0.1:2575")
    return host.removeprefix("[").removesuffix("]"), int(port)


def _address(named: str, url: str, username: str, password: str) -> BrokerAddress:
    address = broker_address.parse(url, named=named)
    part = "gateway" if named.startswith("gateway") else "uplink"
    if address.username or address.password:
        raise SettingsError(
            "read settings", named, hint=f"put the credentials into {part}.username and {part}.password"
        )
    if address.files != TlsFiles():
        raise SettingsError("read settings", named, hint="put the files into uplink.ca_file, .cert_file and .key_file")
    if bool(username) != bool(password):
        raise SettingsError("read settings", f"{part}.username and {part}.password", hint="give both or neither")
    return msgspec.structs.replace(address, username=username, password=password)


def _check_uplink(uplink: UplinkSettings, address: BrokerAddress, *, files: bool) -> None:
    if bool(uplink.cert_file) != bool(uplink.key_file):
        raise SettingsError("read settings", "uplink.cert_file and uplink.key_file", hint="give both or neither")
    for name in ("ca_file", "cert_file", "key_file"):
        file = getattr(uplink, name)
        if file and files and not Path(file).is_file():
            hint = "there is no such file" + ("" if name == "ca_file" else ": has `homehd enrol` been run?")
            raise SettingsError("read settings", f"uplink.{name} {file}", hint=hint)
        if file and not address.tls:
            raise SettingsError("read settings", f"uplink.{name}", hint="only an mqtts:// broker uses it")


def _check_outbox(path: Path) -> None:
    named = f"outbox.path {path}"
    if "\0" in named:
        raise SettingsError("read settings", "outbox.path", hint="it has a null character")
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise SettingsError("read settings", named, hint="it is there and no regular file: name a file of its own")
    except (FileNotFoundError, NotADirectoryError):
        _check_folder(named, path.parent)
    except OSError as error:
        # A disk that refuses, or a folder that only the agent may look into, is no wrong setting.
        if error.errno == errno.ENAMETOOLONG:
            raise SettingsError("read settings", "outbox.path", hint="the name is too long") from error


def _check_folder(named: str, wanted: Path) -> None:
    folder = wanted
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir():
        raise SettingsError("read settings", named, hint=f"{folder} is not a folder")
    if folder != wanted and not os.access(folder, os.W_OK | os.X_OK):
        hint = f"its folder is not there and cannot be made: {folder} may not be written"
        raise SettingsError("read settings", named, hint=hint)


def _check_gateway(gateway: GatewaySettings | None) -> None:
    if gateway is None:
        return
    gateway_of(gateway)
    if not gateway.topic or len(gateway.topic) > MAX_TOPIC:
        raise SettingsError("read settings", "gateway.topic", hint=f"1…{MAX_TOPIC} characters")
    levels = gateway.topic.split("/")
    # A broker that is asked for another kind hangs up without a reason.
    if any(set(level) & set("+#\0") and level not in ("+", "#") for level in levels) or "#" in levels[:-1]:
        hint = "+ stands for one whole level, # for all that are left, at the end"
        raise SettingsError("read settings", f"gateway.topic {gateway.topic!r}", hint=hint)


def _check_machine(machine: MachineSettings, gateway: GatewaySettings | None) -> None:
    named = f"machine.protocol {machine.protocol!r}"
    adapter = ADAPTERS.get(machine.protocol)
    if adapter is None:
        raise SettingsError("read settings", named, hint=f"known: {', '.join(sorted(ADAPTERS))}")
    if adapter.experimental and not machine.experimental:
        hint = "experimental: read its page in docs/machines, then set machine.experimental = true"
        raise SettingsError("read settings", named, hint=hint)
    try:
        adapter.decoder(machine.profile)
    except (HomehdError, KeyError, ValueError) as error:
        known = ", ".join(adapter.profiles)
        raise SettingsError("read settings", f"machine.profile {machine.profile!r}", hint=f"known: {known}") from error
    if adapter.transport == "serial" and not machine.port:
        raise SettingsError("read settings", "machine.port is empty", hint="name the serial port")
    if adapter.transport == "mllp":
        host_and_port("machine.listen", machine.listen)
    if adapter.transport == "mqtt" and gateway is None:
        raise SettingsError("read settings", named, hint="it needs a [gateway] section with the home's broker")
