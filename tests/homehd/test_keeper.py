"""What has died is started again, under its old address; what cannot be started is told once."""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
from pathlib import Path

import pytest

from homehd import embedded_broker
from homehd.brokers import accepts
from homehd.keeper import keeping
from telemetry.errors import HomehdError


def until(ready: object, seconds: float = 10.0) -> None:
    pause = threading.Event()
    for _ in range(int(seconds / 0.02)):
        if ready():  # type: ignore[operator]
            return
        pause.wait(0.02)
    pytest.fail("waited in vain")


def test_a_killed_broker_comes_back_under_its_old_address(tmp_path: Path) -> None:
    with embedded_broker.attach(tmp_path, "nats") as share, keeping([share], look_s=0.05):
        port = int(share.url.rpartition(":")[2])
        pid = json.loads((tmp_path / "broker" / "broker.json").read_text())["pid"]
        os.kill(pid, signal.SIGKILL)
        until(lambda: json.loads((tmp_path / "broker" / "broker.json").read_text())["pid"] != pid)
        assert accepts(port)
    assert not accepts(port), "and it is stopped with its last user all the same"


def test_the_address_stays_from_one_start_to_the_next(tmp_path: Path) -> None:
    with embedded_broker.attach(tmp_path, "nats") as share:
        before = share.url
    with embedded_broker.attach(tmp_path, "nats") as share:
        assert share.url == before


def test_what_cannot_be_started_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    class Hopeless:
        looks = 0

        def ensure_running(self) -> None:
            self.looks += 1
            raise HomehdError("start broker", "nats", hint="no room")

    hopeless = Hopeless()
    with caplog.at_level(logging.ERROR), keeping([hopeless], look_s=0.01):
        until(lambda: hopeless.looks > 5)
    assert [record.getMessage() for record in caplog.records] == ["embedded service cannot be started"]
