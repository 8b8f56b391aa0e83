"""A secured broker, a database with one unit, a registrar and boxes: all that identity needs, for real."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from edge_agent import credentials
from homehd.brokers import free_port
from registrar import identities, issuing
from store import certificates, pool, registry
from store.pool import Connection
from telemetry.clock import SystemClock
from telemetry.enrolment import EnrolmentCode
from tests.secured_broker import SecuredBroker

DAY_US: Final = 86_400_000_000


def wait_for(condition: Callable[[], Any], seconds: float = 30.0) -> Any:
    pause = threading.Event()
    for _ in range(round(seconds / 0.02)):
        if found := condition():
            return found
        pause.wait(0.02)
    raise AssertionError("it did not happen in time")


class World:
    """A secured broker, a database with one unit, and `homehd registrar` as a process."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        self.now_us = SystemClock().now_us()
        self.broker = SecuredBroker(folder / "broker")
        self.port = free_port()
        (folder / "server.toml").write_text(f'registrar_crl = "{folder / "broker" / "crl.pem"}"\n')
        base = {name: value for name, value in os.environ.items() if not name.startswith("HOMEHD_")}
        self.environment = base | {
            "HOMEHD_HOME": str(self.broker.folder),
            "HOMEHD_DATABASE": database_url,
            "HOMEHD_BROKER": self.broker.service_url("registrar"),
            "HOMEHD_HOMES_BROKER": f"mqtts://localhost:{self.broker.plan.homes_port}",
            "HOMEHD_REGISTRAR_PORT": str(self.port),
            "HOMEHD_REGISTRAR_URL": f"https://localhost:{self.port}",
        }
        self.conn: Connection = pool.connect(database_url)
        # The broker's authority is the one in HOMEHD_HOME: broker, boxes and registrar share it.
        self.authority = identities.make_authority(self.conn, self.broker.folder / "ca", self.now_us)
        self.unit = registry.add_unit(self.conn, "Home 1", None, self.now_us)
        self.log = folder / "registrar.log"
        self._processes: list[subprocess.Popen[bytes]] = []

    def start_registrar(self) -> subprocess.Popen[bytes]:
        self.log.write_bytes(b"")
        process = self._start(self.log, "registrar", "--config", str(self.folder / "server.toml"))
        wait_for(lambda: "registrar ready" in self.log.read_text())
        return process

    def start_ingest(self) -> subprocess.Popen[bytes]:
        return self._start(self.folder / "ingest.log", "ingest", HOMEHD_BROKER=self.broker.service_url("ingest"))

    def start_agent(self, config: Path) -> subprocess.Popen[bytes]:
        return self._start(self.folder / "agent.log", "edge", "--config", str(config))

    def _start(self, log: Path, *words: str, **environment: str) -> subprocess.Popen[bytes]:
        with log.open("ab") as sink:
            process = subprocess.Popen(
                [sys.executable, "-m", "homehd", *words],
                env=self.environment | environment, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink,
            )  # fmt: skip
        self._processes.append(process)
        return process

    def code(self, at_us: int | None = None) -> EnrolmentCode:
        settings = (
            f'unit = "{self.unit.name}"\nshard = {self.unit.shard}\nclock = "trusted"\n'
            f'broker = "mqtts://localhost:{self.broker.plan.homes_port}"\n'
            '[machine]\nprotocol = "jsdt"\nprofile = "v1"\nport = "/nowhere/ttyUSB0"\n[outbox]\npath = "box.sqlite"\n'
            '[uplink]\nca_file = "ca.pem"\ncert_file = "identity.pem"\nkey_file = "identity.pem"\n'
        )
        with pool.transaction(self.conn):
            where, name, fingerprint = f"localhost:{self.port}", self.unit.name, self.authority.fingerprint
            return issuing.new_code(self.conn, where, name, fingerprint, settings, at_us or self.now_us)

    def enrol_as_if(self, days_ago: float, box: Path) -> None:
        """A box that was enrolled so long ago, by the registrar's own code."""
        at_us = self.now_us - round(days_ago * DAY_US)
        code = self.code(at_us)
        key = credentials.new_key()
        request = credentials.request(key, self.unit.name)
        granted = issuing.enrol(self.conn, self.authority, code.code, request, at_us, 90)
        box.mkdir()
        (box / "ca.pem").write_text(self.authority.pem)
        (box / "identity.pem").write_bytes(key + granted.certificate.pem.encode())
        (box / "edge.toml").write_text(granted.settings)

    def held(self) -> list[certificates.StoredCertificate]:
        return certificates.certificates_of(self.conn, self.unit.unit_id)

    def close(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(15)
        self.broker.stop()
        self.conn.close()
