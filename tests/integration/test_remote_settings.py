"""Settings from afar, the whole way: a person's command, a signature, the broker, a box that takes them up or not."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent import agent, config, quiet_time, reconfigure, remote_file
from edge_agent.remote_config import State
from store import unit_settings
from telemetry.clock import SystemClock
from tests import command
from tests.identity_world import World, wait_for

pytestmark = [pytest.mark.mosquitto, pytest.mark.usefixtures("mosquitto")]


@pytest.fixture
def world(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    # Half an hour without a sign of a treatment, and three minutes of trial, are more than a test can wait.
    monkeypatch.setattr(quiet_time, "NO_SIGN_S", 1.0)
    monkeypatch.setattr(reconfigure, "STEADY_S", 1.0)
    monkeypatch.setattr(reconfigure, "TRIAL_S", 6.0)
    (tmp_path / "broker").mkdir()
    world = World(tmp_path, database_url)
    yield world
    world.close()


class Box:
    """An enrolled box whose agent is run as `homehd edge` runs it."""

    def __init__(self, world: World) -> None:
        self.folder = world.folder / "box"
        world.enrol_as_if(1, self.folder)
        self.base = config.load(self.folder / "edge.toml")
        self._stop = threading.Event()
        self._over = False
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    @property
    def state(self) -> State:
        return remote_file.read(remote_file.path_beside(Path(self.base.outbox.path)))

    def end(self) -> None:
        self._over = True
        self._stop.set()
        self._thread.join(30)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        while agent.run(self.base, SystemClock(), self._stop) and not self._over:
            self._stop.clear()


def configure(world: World, text: str) -> subprocess.CompletedProcess[str]:
    file = world.folder / "changes.toml"
    file.write_text(text)
    words = ["units", "configure", world.unit.name, str(file), "--reason", "a test"]
    return command.homehd(*words, environment=world.environment)


def told(world: World) -> tuple[int, str]:
    """What the box says of its settings, as ingest has stored it."""
    state = unit_settings.states(world.conn)[world.unit.unit_id]
    return state.in_force, state.trouble


def test_settings_come_into_force_and_bad_ones_are_rolled_back(world: World) -> None:
    world.broker.start()
    world.start_registrar()
    world.start_ingest()
    box = Box(world)
    try:
        good = "[uplink]\nkeepalive_s = 30\n"
        done = configure(world, good)
        assert done.returncode == 0, done.stderr
        wait_for(lambda: box.state.active and box.state.active.serial == 1, 20)
        wait_for(lambda: told(world) == (1, ""), 30)

        assert configure(world, 'broker = "mqtts://localhost:1"\n').returncode == 0
        wait_for(lambda: box.state.why, 60)
        assert "serial 2: rolled back: no broker within" in box.state.why
        wait_for(lambda: told(world) == (1, box.state.why), 30)
        assert [s.serial for s in unit_settings.history(world.conn, world.unit.name)] == [1, 2]
    finally:
        box.end()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("unit = 'other'", "unit"), ("[machine]\npoll_s = 0.001", "poll_s"), ("[machine", "their text")],
)
def test_what_no_box_could_run_with_is_refused_where_it_is_written(world: World, text: str, complaint: str) -> None:
    with world.conn.transaction():
        world.code()  # the settings a box was given, on which changes are tried
    done = configure(world, text)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert unit_settings.history(world.conn, world.unit.name) == []
