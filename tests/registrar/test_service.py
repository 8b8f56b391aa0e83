"""`homehd registrar` as a whole, as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from homehd.brokers import free_port
from registrar import ca_files, identities
from registrar.service import RegistrarOptions, _Parts
from store import certificates, pool, registry
from store.pool import Connection
from telemetry.clock import SystemClock
from tests import command


class Service:
    def __init__(self, folder: Path, database_url: str, *, init: bool = True, **environment: str) -> None:
        self.port, self.health_port = free_port(), free_port()
        config = folder / "server.toml"
        config.write_text(f"registrar_health_port = {self.health_port}\n")
        self.log = folder / "registrar.log"
        base = {name: value for name, value in os.environ.items() if not name.startswith("HOMEHD_")}
        self.environment = base | {
            "HOMEHD_HOME": str(folder / "home"),
            "HOMEHD_DATABASE": database_url,
            "HOMEHD_BROKER": "mqtt://127.0.0.1:1",
            "HOMEHD_HOMES_BROKER": "mqtts://localhost:8883",
            "HOMEHD_REGISTRAR_PORT": str(self.port),
            "HOMEHD_REGISTRAR_URL": f"https://localhost:{self.port}",
            **environment,
        }
        self._words = [sys.executable, "-m", "homehd", "registrar", "--config", str(config)]
        if init:
            done = self.homehd("registrar", "init")
            assert done.returncode == 0, done.stderr
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as sink:
            self.process = subprocess.Popen(
                self._words, env=self.environment, stderr=sink, stdout=sink, stdin=subprocess.DEVNULL
            )

    def homehd(self, *words: str) -> subprocess.CompletedProcess[str]:
        return command.homehd(*words, environment=self.environment)

    def wait(self, event: str = "registrar ready") -> None:
        pause = threading.Event()
        for _ in range(600):
            if event in self.log.read_text():
                return
            assert self.process.poll() is None, self.log.read_text()[-2000:]
            pause.wait(0.05)
        raise AssertionError(self.log.read_text()[-2000:])

    def get(self, path: str) -> tuple[int, bytes]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.health_port}{path}", timeout=5) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def end(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(15)


@pytest.fixture
def service(tmp_path: Path, database_url: str) -> Iterator[Service]:
    service = Service(tmp_path, database_url)
    yield service
    service.end()


def test_from_an_empty_server_to_an_enrolled_box(service: Service, conn: Connection, tmp_path: Path) -> None:
    service.wait()
    folder = tmp_path / "home" / "ca"
    assert {ca_files.AUTHORITY, ca_files.ROOT, ca_files.CRL} <= {path.name for path in folder.iterdir()}
    printed = service.homehd("units", "add", "Home 1").stdout
    code = printed.split("'")[1]
    done = service.homehd("enrol", code, "--folder", str(tmp_path / "box"))
    assert done.returncode == 0, done.stderr
    assert "is enrolled until" in done.stdout
    status, health = service.get("/healthz")
    assert status == 503 and json.loads(health)["broker"] == "not connected", "enrolling works without a broker"
    assert json.loads(health)["database"] == "answers"
    figures = service.get("/metrics")[1].decode()
    assert 'homehd_registrar_granted_total{how="enrolment"} 1.0' in figures
    [unit] = registry.list_units(conn)
    assert service.homehd("units", "list").stdout.split("\t")[-2].startswith("20")
    assert service.homehd("units", "revoke", unit.name).stdout == f"{unit.name}\trevoked\n"
    service.wait('"revoked": 1')
    began = time.monotonic()
    assert service.end() == 0
    assert time.monotonic() - began < 10


def test_neither_code_nor_key_is_in_a_log(service: Service, tmp_path: Path) -> None:
    service.wait()
    code = service.homehd("units", "add", "Mrs. Example").stdout.split("'")[1]
    box = tmp_path / "box"
    enrolled = service.homehd("enrol", code, "--folder", str(box))
    spent = service.homehd("enrol", code, "--folder", str(tmp_path / "thief"))
    wrong = service.homehd("enrol", code[:-9] + "x" + code[-8:], "--folder", str(box))
    assert (enrolled.returncode, spent.returncode, wrong.returncode) == (0, 1, 2)
    service.end()
    said = service.log.read_text() + "".join(done.stdout + done.stderr for done in (enrolled, spent, wrong))
    key = (box / "identity.pem").read_text().split("-----")[2].split()
    for secret in (code.split(",")[1].partition(".")[2], *key, "PRIVATE KEY"):
        assert secret not in said
    assert "Mrs. Example" not in said + "".join(path.read_text() for path in box.iterdir()), "no name leaves the house"


def test_without_an_authority_it_says_what_to_do(database_url: str, conn: Connection, tmp_path: Path) -> None:
    service = Service(tmp_path, database_url, init=False)
    assert service.process.wait(30) == 1
    last = service.log.read_text().splitlines()[-1]
    assert "run `homehd registrar init` first" in last and "Traceback" not in service.log.read_text()
    assert certificates.authority(conn) is None and not (tmp_path / "home" / "ca").exists()


def test_a_second_authority_is_never_made(service: Service, database_url: str, tmp_path: Path) -> None:
    service.wait()
    (tmp_path / "elsewhere").mkdir()
    other = Service(tmp_path / "elsewhere", database_url, init=False)
    assert other.process.wait(30) == 1
    last: Any = other.log.read_text().splitlines()[-1]
    assert "restore the folder from its backup" in last and "Traceback" not in other.log.read_text()


def test_a_passphrase_is_needed_at_every_start(database_url: str, tmp_path: Path) -> None:
    service = Service(tmp_path, database_url, HOMEHD_CA_PASSPHRASE="correct horse")
    service.wait()
    assert service.end() == 0
    del service.environment["HOMEHD_CA_PASSPHRASE"]
    service.start()
    assert service.process.wait(30) == 1
    assert "give HOMEHD_CA_PASSPHRASE" in service.log.read_text().splitlines()[-1]
    assert "correct horse" not in service.log.read_text()


def test_upkeep_survives_what_nobody_expected(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pool.connect(database_url) as conn:
        identities.make_authority(conn, tmp_path / "ca", SystemClock().now_us())
    options = RegistrarOptions(database_url, "mqtt://127.0.0.1:1", tmp_path / "ca", ("localhost",))
    parts, stop, turns = _Parts(options, SystemClock()), threading.Event(), []

    def fails_first(work: Any) -> Any:
        turns.append(work)
        if len(turns) == 1:
            raise RuntimeError("nobody expected this")
        stop.set()

    monkeypatch.setattr("registrar.service.UPKEEP_S", 0.01)
    monkeypatch.setattr(parts.desk, "do", fails_first)
    thread = threading.Thread(target=parts.keep, args=(stop,), daemon=True)
    thread.start()
    thread.join(10)
    parts.desk.close()
    assert len(turns) > 1


def test_with_a_guard_nobody_else_writes_the_revocation_list(database_url: str, tmp_path: Path) -> None:
    """Two writers could leave the older of two lists on disk, after the broker was told to read the newer."""
    with pool.connect(database_url) as conn:
        identities.make_authority(conn, tmp_path / "ca", SystemClock().now_us())
    options = RegistrarOptions(
        database_url, "mqtts://localhost:1", tmp_path / "ca", ("localhost",), broker_reload="watched"
    )
    parts = _Parts(options, SystemClock())
    assert (tmp_path / "ca" / ca_files.CRL).exists(), "a broker needs one to start with"
    (tmp_path / "ca" / ca_files.CRL).unlink()
    parts.desk.do(parts._upkeep)
    assert not (tmp_path / "ca" / ca_files.CRL).exists()
    assert parts.guard is not None
    assert parts.guard._doors.services.files.cert_file.endswith("svc-registrar.pem"), "it shows what renewals show"
    parts.desk.close()
