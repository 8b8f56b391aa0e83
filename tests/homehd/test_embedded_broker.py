"""The shared broker: first starts, others attach, last stops, and a killed user leaves a share that frees itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from homehd import embedded_broker
from homehd.brokers import accepts


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


def test_first_starts_second_attaches_last_stops(tmp_path: Path) -> None:
    first = embedded_broker.attach(tmp_path, "nats")
    second = embedded_broker.attach(tmp_path, "nats")
    assert second.url == first.url
    first.close()
    assert accepts(port_of(second.url))
    second.close()
    assert not accepts(port_of(second.url))


def test_broker_of_killed_users_is_taken_over_and_then_stopped(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from homehd import embedded_broker\n"
        "share = embedded_broker.attach(Path(sys.argv[1]), 'nats'); print(share.url, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdout is not None
        url = starter.stdout.readline().strip()
        os.kill(starter.pid, signal.SIGKILL)
    assert accepts(port_of(url)), "the broker outlives its starter"
    share = embedded_broker.attach(tmp_path)
    assert share.url == url
    share.close()
    assert not accepts(port_of(url))


def test_a_stale_state_file_is_not_believed(tmp_path: Path) -> None:
    folder = tmp_path / "broker"
    folder.mkdir()
    # Process 1 exists and is no broker of ours; killing it would be a disaster, attaching to its port a silence.
    (folder / "broker.json").write_text('{"kind": "nats", "port": 1, "pid": 1}')
    with embedded_broker.attach(tmp_path, "nats") as share:
        assert accepts(port_of(share.url))
        assert json.loads((folder / "broker.json").read_text())["pid"] != 1


@pytest.mark.mosquitto
def test_mosquitto_serves_when_it_is_installed(tmp_path: Path, mosquitto: None) -> None:
    with embedded_broker.attach(tmp_path) as share:
        assert share.kind == "mosquitto"
        assert accepts(port_of(share.url))
