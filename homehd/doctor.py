"""What `homehd doctor` looks at on a server: database, broker, clock, disk, ports, dashboard. It changes nothing."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from serial.tools import list_ports

from clinician_api.settings import STATIC_DIR
from edge_agent.clock_sync import kernel_says_synchronised
from homehd import brokers, readings_kept, settings
from homehd.finding import Finding, Level
from homehd.settings import ServerSettings
from store import data_disk, facts, migrate, pool, walls
from telemetry import broker_address
from telemetry.errors import HomehdError

# A day of a thousand homes is about two gigabytes.
_DISK_WARN: Final = 5 * 1024**3
_DISK_FAIL: Final = 500 * 1024**2


def examine(loaded: ServerSettings) -> list[Finding]:
    """Every part in turn; a part in trouble is a finding, never an exception."""
    findings: list[Finding] = []
    checks: tuple[Callable[[ServerSettings], Iterator[Finding]], ...] = (
        _database,
        _broker,
        _clock,
        _disk,
        _database_disk,
        _serial,
        _pages,
    )
    for check in checks:
        try:
            findings.extend(check(loaded))
        except HomehdError as error:
            findings.append(
                Finding("fail", check.__name__.strip("_"), f"{error.operation}: {error.subject}", error.hint)
            )
    return findings


def _database(loaded: ServerSettings) -> Iterator[Finding]:
    if not loaded.database and not (loaded.home_path / "postgres" / "data").exists():
        hint = "`homehd migrate` makes it, or set HOMEHD_DATABASE"
        yield Finding("warn", "database", f"embedded, not made yet in {loaded.home_path}", hint)
        return
    with settings.database(loaded) as url, closing(pool.connect(url, name="homehd doctor")) as conn:
        server = facts.server(conn)
        where = "named by HOMEHD_DATABASE" if loaded.database else "embedded"
        yield Finding("ok", "database", f"PostgreSQL {server.version}, {where}")
        try:
            migrate.check(conn)
            if newer := migrate.newer(conn):
                hint = "for one release that is all right: upgrade this program too"
                yield Finding("warn", "schema", f"newer than this program: {', '.join(newer)}", hint)
            else:
                yield Finding("ok", "schema", migrate.schema_version(conn))
        except HomehdError as error:
            yield Finding("fail", "schema", f"{error.operation}: {error.subject}", error.hint)
            return
        yield _second_wall(walls.standing(conn))
        yield readings_kept.finding(server, facts.keeping(conn))


def _second_wall(second: walls.Standing) -> Finding:
    if second.stands:
        return Finding("ok", "second wall", "the API's role sees one clinic at a time")
    return Finding("warn", "second wall", f"{second.why}: only the API itself keeps clinics apart", second.hint)


def _broker(loaded: ServerSettings) -> Iterator[Finding]:
    with settings.broker(loaded) as url:
        broker = broker_address.parse(url)
        try:
            with socket.create_connection((broker.host, broker.port), timeout=5):
                kind = "" if loaded.broker else f", embedded {brokers.default_kind()}"
                yield Finding("ok", "broker", f"{broker} accepts connections{kind}")
        except OSError as error:
            hint = "is it running, and does a firewall stand between?"
            yield Finding("fail", "broker", f"{broker}: {error.strerror or error}", hint)


def _clock(_loaded: ServerSettings) -> Iterator[Finding]:
    if kernel_says_synchronised():
        yield Finding("ok", "clock", "synchronised")
    else:
        yield Finding(
            "warn", "clock", "the kernel does not say that it is synchronised", "install chrony or systemd-timesyncd"
        )


def _disk(loaded: ServerSettings) -> Iterator[Finding]:
    folder = loaded.home_path
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    text = f"{free / 1024**3:.1f} GiB free in {folder}"
    level: Level = "ok" if free > _DISK_WARN else "warn" if free > _DISK_FAIL else "fail"
    yield Finding(level, "disk", text, "" if level == "ok" else "make room, or set HOMEHD_HOME to another disk")


def _database_disk(loaded: ServerSettings) -> Iterator[Finding]:
    if not loaded.database_folders:
        return  # it runs elsewhere, or beside what `_disk` looks at
    part, limits = "database disk", loaded.disk_limits
    try:
        disk = data_disk.measured(loaded.data_folders)
    except OSError as error:
        hint = "database_folders names where the database keeps its files on this machine"
        yield Finding("fail", part, f"{error.filename}: {error.strerror}", hint)
        return
    level: Level = "fail" if disk.share < limits.full else "warn" if disk.share < limits.low else "ok"
    text = f"{disk.free_bytes / 1024**3:.1f} GiB free, {disk.share:.0%}, in {disk.folder}"
    yield Finding(level, part, text, "" if level == "ok" else "make room, or keep less: docs/operations/database.md")


def _serial(_loaded: ServerSettings) -> Iterator[Finding]:
    ports = sorted(port.device for port in list_ports.comports())
    yield Finding(
        "ok", "serial", ", ".join(ports) if ports else "no serial port on this machine (only a box needs one)"
    )


def _pages(_loaded: ServerSettings) -> Iterator[Finding]:
    if (Path(STATIC_DIR) / "index.html").is_file():
        yield Finding("ok", "dashboard", "built")
    else:
        yield Finding("fail", "dashboard", "not built", "install homehd again; it is built on installation")
