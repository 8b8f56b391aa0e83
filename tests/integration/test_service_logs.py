"""Every line a service writes is one JSON object, also while what it stands on is taken away."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from homehd.children import Child, stop_all
from store import pool
from telemetry import topics
from tests.system import System, running, wait_for

pytestmark = pytest.mark.timeout(300)

NASTY = '\x00\n{"level": "info", "event": "forged"}\n\u202e\x1b[31m'


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    yield from running(tmp_path)


def test_every_line_of_every_service_is_one_object(system: System) -> None:
    system.environment["HOMEHD_REGISTRAR_PORT"] = "0"
    assert system.homehd("registrar", "init").returncode == 0
    standby, registrar = system.another("ingest-2", "ingest"), system.another("registrar", "registrar")
    home = system.add_home(0, scenario="air", poll_s=0.5, onset_s=3)
    services: list[Child] = [system.ingest, system.api, standby, registrar, home.machine, home.agent]
    for service in services:
        service.start()
        if service is system.ingest:
            wait_for("an owner", lambda: any("shards taken" in line for line in lines(system.ingest)), 30, system)
    wait_for(
        "the API", lambda: any("alert_feed" in line and "link works" in line for line in lines(system.api)), 60, system
    )
    wait_for("rows", lambda: len(system.stored(home)) > 3, 60, system)
    with pool.connect(system.database.url) as conn:
        shard = conn.execute("SELECT shard FROM unit").fetchone()
    assert shard
    say_nonsense(system, home.unit, shard[0])
    wait_for("quarantine", lambda: any("message quarantined" in line for line in lines(system.ingest)), 30, system)

    system.broker.kill()
    wait_for("the loss", lambda: any("broker" in line and "lost" in line for line in lines(system.ingest)), 30, system)
    system.broker.start()
    pid = system.database.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_for("the loss", lambda: any("database lost" in line for line in lines(system.ingest)), 30, system)
    system.database.ensure_running()
    home.machine.kill()
    rows = len(system.stored(home))
    wait_for("the rest", lambda: len(system.stored(home)) >= rows, 60, system)
    standby.kill()
    stop_all(services)
    for service in services:
        written = lines(service)
        assert written, service.name
        for line in written:
            entry = json.loads(line, parse_constant=pytest.fail)
            assert {"time", "level", "logger", "event"} <= entry.keys(), (service.name, line)
            assert entry["event"] != "forged"


def say_nonsense(system: System, unit: str, shard: int) -> None:
    done = threading.Event()
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", system.broker.port)
    client.loop_start()
    for name in (unit, "nobody"):
        for direction in ("up", "status"):
            client.publish(topics.home(shard, name, direction), NASTY.encode(), 1).wait_for_publish(10)
    client.on_disconnect = lambda *_: done.set()
    client.disconnect()
    assert done.wait(10)
    client.loop_stop()


def lines(service: Child) -> list[str]:
    return service.log_file.read_text("utf-8").splitlines()
