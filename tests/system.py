"""A whole system for integration and chaos tests: real processes, real broker, real database, real pseudo-terminals."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import websockets
from argon2 import PasswordHasher

from homehd.brokers import Broker, Kind, free_port
from homehd.children import Child, stop_all
from store import accounts, embedded, migrate, patients, pool, registry
from tests import command, scratch

PASSWORD = "correct horse battery"
EMAIL = "doctor@test.example"


@dataclass
class Home:
    """One home: its agent's configuration, its machine's port and what the machine showed."""

    unit: str
    unit_id: int
    folder: Path
    machine: Child
    agent: Child

    @property
    def truth(self) -> list[dict[str, Any]]:
        """Every answer the machine gave, in order; a last line still being written is left out."""
        text = (self.folder / "truth.jsonl").read_text() if (self.folder / "truth.jsonl").exists() else ""
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


@dataclass
class System:
    """Everything, in one folder. Close it when done: nothing outlives it."""

    folder: Path
    broker_kind: Kind = "nats"
    disk: Path | None = None  # where the database's files lie, if not in `scratch`
    homes: list[Home] = field(default_factory=list)
    others: list[Child] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="homehd-system-", dir=self.disk or scratch.place()))
        self.database = embedded.start(self.home)
        self.broker = Broker(self.broker_kind, self.folder / "broker")
        self.broker.start()
        self.api_url = f"http://127.0.0.1:{free_port()}"
        self.environment = {
            "HOMEHD_HOME": str(self.home),
            "HOMEHD_DATABASE": self.database.url,
            "HOMEHD_BROKER": self.broker.url,
            "HOMEHD_API_PORT": self.api_url.rpartition(":")[2],
        }
        migrate.migrate(self.database.url)
        self.ingest = self.child("ingest", "ingest")
        self.api = self.child("api", "api")

    def child(self, name: str, *words: str) -> Child:
        """A `homehd` verb, not started yet."""
        return Child(name, words, self.folder / "log" / f"{name}.log", self.environment)

    def another(self, name: str, *words: str) -> Child:
        """A further service, not started yet; it ends with the system."""
        self.others.append(self.child(name, *words))
        return self.others[-1]

    def homehd(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a verb to its end, as a person at a shell would."""
        return command.homehd(*words, environment={**os.environ, **self.environment})

    def start_services(self) -> None:
        """Ingest and API."""
        self.ingest.start()
        self.api.start()

    def add_doctor(self) -> None:
        """An account that sees the test clinic."""
        with pool.connect(self.database.url) as conn, pool.transaction(conn):
            accounts.add_user(
                conn, email=EMAIL, name="Dr. Test", role="nephrologist", clinic_id=registry.add_clinic(conn, "Test"),
                password_hash=PasswordHasher().hash(PASSWORD), now_us=time.time_ns() // 1000,
            )  # fmt: skip

    def add_home(
        self,
        number: int,
        *,
        scenario: str = "steady",
        profile: str = "nikkiso-v2",
        poll_s: float = 1.0,
        onset_s: float = 60,
    ) -> Home:
        """Provision a unit with a patient; write its configuration; do not start it yet.

        `onset_s`: from the machine's start to what the scenario is about.
        """
        folder = self.folder / f"home-{number:02d}"
        folder.mkdir()
        now_us = time.time_ns() // 1000
        with pool.connect(self.database.url) as conn, pool.transaction(conn):
            unit = registry.add_unit(conn, f"Home {number}", "Test", now_us)
            prescription = patients.Prescription(70.0, 140.0, 14.0, 300.0)
            patient = patients.add_patient(conn, f"Patient {number}", unit.clinic_id, prescription)
            patients.bind(conn, unit.unit_id, patient, now_us)
        port, config = folder / "machine", folder / "edge.toml"
        config.write_text(
            f'unit = "{unit.name}"\nshard = {unit.shard}\nbroker = "{self.broker.url}"\nclock = "trusted"\n'
            f'[machine]\nprotocol = "jsdt"\nprofile = "{profile}"\nport = "{port}"\npoll_s = {poll_s}\n'
            '[outbox]\npath = "outbox.sqlite"\n[uplink]\nack_timeout_s = 3.0\n'
        )
        words = (
            "--profile", profile, "--port", str(port), "--scenario", scenario, "--seed", str(number),
            "--start-minute", "30", "--onset", str(onset_s), "--truth", str(folder / "truth.jsonl"),
        )  # fmt: skip
        machine = self.child(f"machine-{number:02d}", "simulate", "machine", *words)
        agent = self.child(f"agent-{number:02d}", "edge", "--config", str(config))
        home = Home(unit.name, unit.unit_id, folder, machine, agent)
        self.homes.append(home)
        return home

    def stored(self, home: Home) -> list[dict[str, Any]]:
        """All readings of a home as the store has them, in the order the agent numbered them, by epoch."""
        with pool.connect(self.database.url) as conn:
            cursor = conn.execute("SELECT * FROM reading WHERE unit_id = %s ORDER BY epoch, seq", (home.unit_id,))
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def sign_in(self) -> str:
        """A session cookie of the doctor, once the API answers."""
        body = json.dumps({"email": EMAIL, "password": PASSWORD}).encode()
        headers = {"Content-Type": "application/json", "Origin": self.api_url}
        request = Request(f"{self.api_url}/api/session", body, headers, method="POST")
        with build_opener(ProxyHandler({})).open(request, timeout=10) as response:
            return str(response.headers["Set-Cookie"]).partition(";")[0]

    def close(self) -> None:
        """Stop everything, in order."""
        stop_all([child for home in self.homes for child in (home.agent, home.machine)])
        stop_all([self.ingest, self.api, *self.others])
        self.broker.stop()
        self.database.close()
        shutil.rmtree(self.home, ignore_errors=True)

    def explain(self) -> str:
        """The last words of every process, for a failing test."""
        children = [
            self.ingest,
            self.api,
            *self.others,
            *(child for home in self.homes for child in (home.agent, home.machine)),
        ]
        return "\n".join(f"{child.name}: running={child.running} {child.last_words()}" for child in children)


def wait_for(what: str, ready: Callable[[], bool], seconds: float, system: System | None = None) -> None:
    """Poll until `ready`; fail saying what was waited for and what every process said last."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not ready():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:.0f} s for {what}\n{system.explain() if system else ''}")
        pause.wait(0.1)


async def listen(system: System, cookie: str, seconds: float) -> list[tuple[float, dict[str, Any]]]:
    """Every message of `/ws` within `seconds`, with the wall time of its arrival."""
    url = system.api_url.replace("http", "ws", 1) + "/ws"
    received: list[tuple[float, dict[str, Any]]] = []
    headers = {"Cookie": cookie}
    async with websockets.connect(url, additional_headers=headers, origin=system.api_url, proxy=None) as socket:  # type: ignore[arg-type]
        await socket.send(json.dumps({"subscribe": {"units": "all"}}))
        try:
            async with asyncio.timeout(seconds):
                async for text in socket:
                    received.append((time.time(), json.loads(text)))
        except TimeoutError:
            pass
    return received


def running(folder: Path, kind: Kind = "nats", disk: Path | None = None) -> Iterator[System]:
    """A system for a fixture."""
    system = System(folder, kind, disk)
    try:
        yield system
    finally:
        system.close()
