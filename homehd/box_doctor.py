"""What `homehd doctor` looks at on a box: settings, machine, disk, clock, network, certificate, agent.

It changes nothing and disturbs nobody: it does not open the serial port (the agent has it), nor the outbox while the
agent runs, and it does not log in at the broker (the agent would be cut off). What it prints names no person.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from edge_agent import box_state, config
from edge_agent.box_state import BoxState, Light
from edge_agent.clock_sync import kernel_says_synchronised
from edge_agent.config import EdgeConfig
from homehd import box_files, box_network
from homehd.finding import Finding, Level
from protocols import ADAPTERS
from telemetry.broker_address import BrokerAddress
from telemetry.broker_tls import TlsFiles
from telemetry.clock import MICROSECONDS, Clock
from telemetry.errors import HomehdError

RUN: Final = Path("/run/homehd")
SERVICE: Final = "homehd-edge"
# Beside the outbox: a card that is full stops more than the agent.
FREE_FAIL: Final = 50 * 1024**2
FREE_WARN: Final = 500 * 1024**2
SANE_YEAR: Final = 2025
DAY_US: Final = 86_400 * MICROSECONDS
_LEVELS: Final[dict[Light, Level]] = {Light.GREEN: "ok", Light.AMBER: "warn", Light.RED: "fail"}


def examine(path: Path, clock: Clock, run: Path = RUN) -> list[Finding]:
    """Every part in turn; a part in trouble is a finding, never an exception."""
    try:
        loaded = config.load(path)
    except HomehdError as error:
        hint = "has `homehd enrol` been run?" if not path.exists() else ""
        return [Finding("fail", "settings", f"{error.subject}: {error.hint}", hint), *_clock(clock)]
    protocol = f"{loaded.machine.protocol} {loaded.machine.profile}".strip()
    findings = [Finding("ok", "settings", f"{path}: {protocol}")]
    state = _last_state(run)
    checks: tuple[Callable[[], Iterator[Finding]], ...] = (
        lambda: _machine(loaded, running=state is not None),
        lambda: _outbox(loaded, running=state is not None),
        lambda: _clock(clock),
        lambda: _certificate(loaded, clock),
        lambda: _broker(loaded, clock),
        lambda: _gateway(loaded, clock),
        lambda: _agent(loaded, state, clock),
    )
    for check in checks:
        try:
            findings.extend(check())
        except HomehdError as error:
            findings.append(Finding("fail", error.operation, error.subject, error.hint))
        except OSError as error:
            findings.append(Finding("fail", "doctor", f"{error.filename}: {error.strerror}", "run it with sudo"))
    return findings


def _machine(loaded: EdgeConfig, *, running: bool) -> Iterator[Finding]:
    transport = ADAPTERS[loaded.machine.protocol].transport
    if transport == "serial":
        yield box_files.serial_port(Path(loaded.machine.port))
    elif transport == "mllp":
        host, port = config.host_and_port("machine.listen", loaded.machine.listen)
        yield box_network.listening(host, port, running=running)


def _outbox(loaded: EdgeConfig, *, running: bool) -> Iterator[Finding]:
    path = Path(loaded.outbox.path)
    folder = path.parent
    if not folder.is_dir():
        yield Finding("fail", "outbox", f"{folder} is not there", "the package makes it: install it again")
        return
    yield box_files.writable_by_agent(folder)
    free = shutil.disk_usage(folder).free
    level: Level = "ok" if free > FREE_WARN else "warn" if free > FREE_FAIL else "fail"
    hint = "" if level == "ok" else "make room: `journalctl --vacuum-size=50M`, `apt-get clean`"
    yield Finding(level, "disk", f"{free / 1024**2:,.0f} MiB free in {folder}", hint)
    torn = sorted(folder.glob(path.name + ".quarantine-*"))
    if torn:
        hint = "what could be read was sent; if it happens again, replace the card"
        yield Finding("warn", "outbox", f"{len(torn)} damaged earlier file(s), newest {torn[-1].name}", hint)
    if not running and path.exists():
        yield _rows(path)


def _rows(path: Path) -> Finding:
    # As it lies on the disk, without SQLite's log: nothing is created beside it, which would belong to root.
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as db:
            rows = db.execute("SELECT count(*) FROM entry").fetchone()[0]
            sound = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        return Finding("warn", "outbox", f"cannot be read: {error}", "the agent saves what is sound when it starts")
    if sound != "ok":
        return Finding("warn", "outbox", f"damaged: {sound}", "the agent saves what is sound when it starts")
    return Finding("ok", "outbox", f"sound, at least {rows} rows wait")


def _clock(clock: Clock) -> Iterator[Finding]:
    now = datetime.fromtimestamp(clock.now_us() / MICROSECONDS, UTC)
    hint = "`timedatectl` says more; it needs the internet (UDP port 123). Readings are put right afterwards"
    if now.year < SANE_YEAR:
        yield Finding("fail", "clock", f"says {now:%Y-%m-%d}", hint)
    elif kernel_says_synchronised():
        yield Finding("ok", "clock", f"synchronised, {now:%Y-%m-%d %H:%M} UTC")
    else:
        yield Finding("warn", "clock", f"not synchronised, says {now:%Y-%m-%d %H:%M} UTC", hint)


def _certificate(loaded: EdgeConfig, clock: Clock) -> Iterator[Finding]:
    uplink = loaded.uplink
    if not uplink.cert_file:
        if config.broker_of(loaded).tls:
            yield Finding("warn", "certificate", "none", "a broker on the internet wants one: `homehd enrol`")
        return
    yield box_files.private(Path(uplink.key_file))
    until_us = box_files.certificate_until_us(Path(uplink.cert_file))
    if until_us is None:
        yield Finding("fail", "certificate", f"{uplink.cert_file} holds none", "enrol the box anew: `homehd enrol`")
        return
    days = (until_us - clock.now_us()) // DAY_US
    if days < 0:
        yield Finding("fail", "certificate", "has ended", "enrol the box anew: `homehd enrol CODE`")
    elif days < box_state.RENEW_BEFORE_DAYS:
        yield Finding("warn", "certificate", f"ends in {days} days", "it is renewed over the link: is the link up?")
    else:
        yield Finding("ok", "certificate", f"good for {days} days")


def _broker(loaded: EdgeConfig, clock: Clock) -> Iterator[Finding]:
    uplink = loaded.uplink
    files = TlsFiles(uplink.ca_file, uplink.cert_file, uplink.key_file)
    yield from box_network.broker("broker", config.broker_of(loaded), files, clock.now_us())


def _gateway(loaded: EdgeConfig, clock: Clock) -> Iterator[Finding]:
    if loaded.gateway is not None:
        address: BrokerAddress = config.gateway_of(loaded.gateway)
        yield from box_network.broker("gateway", address, TlsFiles(), clock.now_us())


def _last_state(run: Path) -> BoxState | None:
    try:
        return msgspec.json.decode((run / "state.json").read_bytes(), type=BoxState)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError:
        return None


def _agent(loaded: EdgeConfig, state: BoxState | None, clock: Clock) -> Iterator[Finding]:
    if state is None:
        if box_files.is_locked(Path(loaded.outbox.path + ".lock")):
            yield Finding("ok", "agent", "runs, but not as a service: it leaves no state to read")
        else:
            hint = f"`systemctl start {SERVICE}`, then `journalctl -u {SERVICE}`"
            yield Finding("fail", "agent", "does not run", hint)
        return
    for lamp in box_state.lamps(state, clock.now_us()):
        part = lamp.part if lamp.part == "agent" else f"· {lamp.part.replace('waiting to be sent', 'waiting')}"
        yield Finding(_LEVELS[lamp.light], part, lamp.text, lamp.hint)
