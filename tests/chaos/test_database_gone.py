"""The database full, gone, or standing still, and a patient bleeds meanwhile: the rules go on, nobody is acknowledged,
and afterwards everything is caught up without help, the alert on record once.

The short form runs in the suite; `./run chaos` sets HOMEHD_CHAOS=long: longer outages, and a needle that slips.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from ingest.operations_alarm import AFTER_S, CALM_S
from store import operations, pool
from telemetry import wire
from telemetry.messages import Ack, LiveFrame
from tests.chaos.test_kill_everything import POLL_S, check_home, stop_machine_between_polls
from tests.conftest import require
from tests.system import Home, System, running, wait_for

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1500)]

LONG = os.environ.get("HOMEHD_CHAOS") == "long"
LASTS_S = 120.0 if LONG else 8.0
# R10 needs half a minute of steady pressure before the fall; a blood leak is told at once.
SCENARIO, RULE, ONSET_S = ("needle_dislodgement", "R10", 60.0) if LONG else ("blood_leak", "R19", 12.0)
# What ingest may take to find out, to tell, and to be seen.
SEEN_S = AFTER_S + 5.0
MEBIBYTE = 1 << 20
pause = threading.Event()


@dataclass
class Ears:
    """Whatever goes to screens and boxes, with the wall time of its arrival."""

    frames: list[tuple[float, LiveFrame]] = field(default_factory=list)
    acks: list[tuple[float, str, Ack]] = field(default_factory=list)

    def hear(self, topic: str, payload: bytes) -> None:
        if topic.startswith("live/"):
            self.frames.append((time.time(), wire.decode_live(payload)))
        elif isinstance(message := wire.decode_down(payload), Ack):
            self.acks.append((time.time(), topic, message))

    def unsaved(self, unit: str, rule: str) -> float | None:
        """When the screens heard first of an unsaved alert."""
        for at, frame in list(self.frames):
            if any((alert.unit, alert.rule) == (unit, rule) for alert in frame.unsaved):
                return at
        return None

    def readings(self, unit: str, since: float) -> list[int]:
        return [r.time_us for at, f in list(self.frames) if at > since for r in f.readings if r.unit == unit]


@pytest.fixture(scope="module")
def disk() -> Iterator[Path | None]:
    """A small file system for the database's files, where one can be had."""
    if os.geteuid() != 0:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="homehd-disk-"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=192m,mode=755", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, disk: Path | None) -> Iterator[System]:
    """One system for all: starting it takes longer than an outage."""
    for made in running(tmp_path_factory.mktemp("system"), "nats", disk):
        made.ingest.start()
        yield made


@pytest.fixture
def ears(system: System) -> Iterator[Ears]:
    found, ready = Ears(), threading.Event()
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.on_message = lambda _c, _u, message: found.hear(message.topic, bytes(message.payload))
    client.on_subscribe = lambda *_: ready.set()
    client.connect("127.0.0.1", system.broker.port)
    client.loop_start()
    client.subscribe([("live/1/+", 0), ("hhd/1/+/+/down", 0)])
    assert ready.wait(10)
    yield found
    client.disconnect()
    client.loop_stop()


@pytest.fixture
def home(system: System) -> Iterator[Home]:
    """A home where something happens soon, and whose first readings are stored."""
    made = system.add_home(len(system.homes), scenario=SCENARIO, onset_s=ONSET_S, poll_s=POLL_S)
    made.machine.start()
    made.agent.start()
    wait_for("first rows", lambda: len(system.stored(made)) > 3, 40, system)
    yield made
    made.machine.kill()
    made.agent.kill()


def test_the_disk_is_full(system: System, disk: Path | None, home: Home, ears: Ears) -> None:
    require(disk, "a file system of its own", "run as root to mount one")
    assert disk is not None
    with pool.connect(system.database.url) as conn:
        # Room for the log is set aside in files of 16 MB: with a fresh one it is the tables that find the disk full.
        conn.execute("CHECKPOINT")
        conn.execute("SELECT pg_switch_wal()")
        conn.execute("SELECT pg_logical_emit_message(false, 'fresh', 'file', true)")
    hog = disk / "hog"
    eat(hog)
    wait_for("the disk to be found full", lambda: "disk is full" in trouble(system), 40, system)
    live_through(system, home, ears)

    subprocess.run(["mount", "-o", "remount,size=600m", str(disk)], check=True)
    system.database.ensure_running()  # it may have died of it: that is for operations to see to
    check_afterwards(system, home, ears)
    hog.unlink()
    assert "disk is full" in alarms_told(system)[-1]["cause"]


def test_it_is_killed(system: System, home: Home, ears: Ears) -> None:
    pid = system.database.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    live_through(system, home, ears)
    health = healthz(system)
    assert health[0] == 503
    assert health[1]["saving"].startswith("nothing for ")

    system.database.ensure_running()
    check_afterwards(system, home, ears)
    assert healthz(system)[1]["saving"] == "works"


def test_it_stands_still(system: System, home: Home, ears: Ears) -> None:
    pid = system.database.pid()
    assert pid is not None
    server = [pid, *children_of(pid)]
    before = resident(system)
    for one in server:
        os.kill(one, signal.SIGSTOP)
    try:
        live_through(system, home, ears)
        assert resident(system) - before < 64 * MEBIBYTE
    finally:
        for one in server:
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGCONT)
    check_afterwards(system, home, ears)


def live_through(system: System, home: Home, ears: Ears) -> None:
    """The database is of no use from now on: wait for the alert, and for the time that it is to last."""
    began, told = time.time(), len(alarms_told(system))
    acks = len(ears.acks)
    wait_for("the alert, unsaved", lambda: ears.unsaved(home.unit, RULE) is not None, ONSET_S + 60, system)
    heard, (alert,) = ears.unsaved(home.unit, RULE), [
        alert for _, frame in ears.frames for alert in frame.unsaved if (alert.unit, alert.rule) == (home.unit, RULE)
    ][:1]  # fmt: skip
    assert heard is not None
    assert heard < max(began + SEEN_S, alert.time_us / 1e6 + 5.0), "within five seconds and the rule's delay"
    pause.wait(max(0.0, began + LASTS_S - time.time()))
    ended = time.time()
    # Every second a new reading, although nobody has acknowledged any.
    shown = sorted(set(ears.readings(home.unit, ended - 5.0)))
    assert len(shown) >= 3, shown
    assert ended - shown[-1] / 1e6 < 3.0
    # What was committed before may be told for two seconds more.
    assert [ack for at, _, ack in ears.acks[acks:] if at > began + 3.0] == []
    assert len(alarms_told(system)) - told <= 1, "one alarm"


def check_afterwards(system: System, home: Home, ears: Ears) -> None:
    """All of it is stored once, the alert is on record once, nobody's rows were refused, nothing is left to be said."""
    stop_machine_between_polls(home)
    truth = len(home.truth)
    wait_for("the backlog", lambda: stored(system, home) >= truth, 120, system)
    check_home(system, home)
    with pool.connect(system.database.url) as conn:
        found = conn.execute(
            "SELECT rule, count(DISTINCT a.alert_id), bool_or(e.late) FROM alert AS a JOIN alert_event AS e"
            " USING (alert_id, rule) WHERE a.unit_id = %s AND e.state LIKE 'active%%' GROUP BY rule",
            [home.unit_id],
        ).fetchall()
        quarantined = conn.execute("SELECT count(*) FROM quarantine").fetchone()
    assert (RULE, 1, False) in found
    assert "R33" not in {rule for rule, _, _ in found}, "nobody was silent"
    assert quarantined == (0,)
    assert not any(ack.refused for _, _, ack in ears.acks)
    wait_for("the marks to be taken off", lambda: ears.frames[-1][1].unsaved_since_us == 0, 5, system)
    if LONG:
        wait_for("the alarm to be on record", lambda: bool(alarms(system)), CALM_S + 10, system)


def stored(system: System, home: Home) -> int:
    with suppress(Exception):
        return len(system.stored(home))
    return 0


def alarms(system: System) -> list[operations.OperationsEvent]:
    with pool.connect(system.database.url) as conn:
        return operations.events(conn)


def log_of(system: System) -> list[dict[str, Any]]:
    lines = (system.folder / "log" / "ingest.log").read_text("utf-8", "replace").splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("\n")]


def trouble(system: System) -> str:
    return json.dumps(log_of(system)[-20:])


def alarms_told(system: System) -> list[dict[str, Any]]:
    """What operations reads in the log."""
    return [entry for entry in log_of(system) if str(entry["event"]).startswith("nothing can be saved")]


def healthz(system: System) -> tuple[int, dict[str, Any]]:
    text = json.dumps(log_of(system))
    port = int(text.rpartition('"health_port": ')[2].partition(",")[0].partition("}")[0])
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", "/healthz")
    answer = connection.getresponse()
    found = answer.status, json.loads(answer.read())
    connection.close()
    return found


def resident(system: System) -> int:
    """Bytes that ingest has in memory."""
    text = Path(f"/proc/{system.ingest.pid}/status").read_text()
    return int(text.partition("VmRSS:")[2].split()[0]) * 1024


def children_of(pid: int) -> list[int]:
    text = "".join(path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children"))
    return [int(child) for child in text.split()]


def eat(path: Path) -> None:
    """Take every byte there is."""
    with path.open("ab", buffering=0) as file:
        for size in (MEBIBYTE, 4096, 1):
            with suppress(OSError):
                while file.write(b"x" * size) == size:
                    pass
