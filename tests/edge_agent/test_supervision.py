"""Ready once, alive every few seconds, and the state where the doctor finds it."""

from __future__ import annotations

import threading
from pathlib import Path

import msgspec
import pytest

from edge_agent import supervision
from edge_agent.box_state import BoxState
from edge_agent.supervision import Host, Supervision
from edge_agent.watchdog import ServiceManager
from telemetry.clock import ManualClock
from telemetry.messages import MachineLink


class Told(ServiceManager):
    """Remembers instead of sending."""

    def __init__(self) -> None:
        super().__init__("@nobody")
        self.words: list[str] = []

    def tell(self, *assignments: str) -> None:
        self.words += assignments


class Turns(threading.Event):
    """A stop that comes after so many turns, each a second of virtual time."""

    def __init__(self, clock: ManualClock, turns: int) -> None:
        super().__init__()
        self.clock, self.turns, self.waited = clock, turns, 0.0

    def wait(self, timeout: float | None = None) -> bool:
        self.clock.advance(timeout or 0.0)
        self.waited += timeout or 0.0
        self.turns -= 1
        return self.turns <= 0


def state() -> BoxState:
    return BoxState("0.1.0", 5, 1.0, MachineLink.SILENT, None, 0, 0.0, 0, 0, "", "", False)


def test_ready_alive_stopping(tmp_path: Path) -> None:
    clock, told = ManualClock(), Told()
    watched = Supervision(Host(told, tmp_path), clock, state)
    watched.watch(Turns(clock, 11))
    assert told.words[0] == "READY=1"
    assert told.words.count("WATCHDOG=1") == 3
    assert "STATUS=machine silent; broker connected; 0 rows wait" in told.words
    assert told.words[-1] == "STATUS=stopping"
    assert "STOPPING=1" not in told.words  # it may begin anew in the same process, with settings from afar
    assert not (tmp_path / "state.json").exists()


def test_the_doctor_can_read_the_state(tmp_path: Path) -> None:
    watched = Supervision(Host(Told(), tmp_path), ManualClock(), state)
    watched.look()
    assert msgspec.json.decode((tmp_path / "state.json").read_bytes(), type=BoxState) == state()
    assert watched.latest == state()


def test_a_folder_that_cannot_be_written_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    clock = ManualClock()
    watched = Supervision(Host(Told(), tmp_path / "gone"), clock, state)
    for _ in range(20):
        watched.look()
        clock.advance(5.0)
    assert [record.msg for record in caplog.records] == ["state not written"]


def test_who_started_us_is_in_the_environment(tmp_path: Path) -> None:
    under = supervision.host({"NOTIFY_SOCKET": "/run/systemd/notify", "RUNTIME_DIRECTORY": str(tmp_path)})
    assert under.manager.listens
    assert under.folder == tmp_path
    nobody = supervision.host({})
    assert (nobody.manager.listens, nobody.folder) == (False, None)


def test_short_runs_rest_before_the_next_and_the_manager_waits_for_them(tmp_path: Path) -> None:
    clock, told = ManualClock(), Told()
    for _ in range(5):
        supervision.rest_before_start(Host(told, tmp_path), clock, Turns(clock, 1))
        clock.advance(10.0)
    assert told.words == [
        "EXTEND_TIMEOUT_USEC=124000000", "STATUS=the last runs were short: starts in 4 s",
        "EXTEND_TIMEOUT_USEC=128000000", "STATUS=the last runs were short: starts in 8 s",
    ]  # fmt: skip
    supervision.rest_before_start(Host(told), clock, Turns(clock, 1))  # not a service: never rests
    assert len(told.words) == 4
    supervision.ended_well(Host(told, tmp_path))  # it was asked to stop
    supervision.rest_before_start(Host(told, tmp_path), clock, Turns(clock, 1))
    assert len(told.words) == 4


def test_a_disk_that_refuses_at_the_start_is_waited_for() -> None:
    told = Told()
    supervision.waits_for_disk(Host(told), "open outbox: disk full")
    assert told.words == ["EXTEND_TIMEOUT_USEC=120000000", "STATUS=waits for the disk: open outbox: disk full"]
