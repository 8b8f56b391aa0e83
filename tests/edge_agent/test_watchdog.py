"""Alive only while everybody proves it; and a real supervisor that kills when nobody pets."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from edge_agent import watchdog
from edge_agent.watchdog import PET_EVERY_S, Heartbeats, Pulse, ServiceManager, Watchdog
from telemetry.clock import ManualClock


class Manager:
    """systemd's end: a datagram socket that gives up after a while."""

    def __init__(self, address: str, seconds: float = 0.2) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self._socket.settimeout(seconds)

    def said(self) -> list[str]:
        lines: list[str] = []
        try:
            while True:
                lines += self._socket.recv(4096).decode().split("\n")
        except TimeoutError:
            return lines

    def next(self) -> str | None:
        try:
            return self._socket.recv(4096).decode()
        except TimeoutError:
            return None

    def close(self) -> None:
        self._socket.close()


@pytest.mark.parametrize("kind", ["path", "abstract"])
def test_a_message_arrives_at_a_path_and_at_an_abstract_name(kind: str, tmp_path: Path) -> None:
    address = str(tmp_path / "notify") if kind == "path" else f"@homehd-test-{os.getpid()}"
    manager = Manager(address)
    teller = ServiceManager(address)
    assert teller.listens
    teller.tell("READY=1", "STATUS=machine connected")
    assert manager.said() == ["READY=1", "STATUS=machine connected"]
    manager.close()


def test_without_a_manager_nothing_happens_and_a_dead_one_harms_nobody(tmp_path: Path) -> None:
    assert not ServiceManager().listens
    ServiceManager().tell("READY=1")
    ServiceManager(str(tmp_path / "nobody")).tell("READY=1")


def test_the_status_is_told_once_and_cannot_forge_a_second_assignment(tmp_path: Path) -> None:
    manager = Manager(str(tmp_path / "notify"))
    teller = ServiceManager(str(tmp_path / "notify"))
    teller.status("disk: full\nWATCHDOG=1")
    teller.status("disk: full\nWATCHDOG=1")
    assert manager.said() == ["STATUS=disk: full WATCHDOG=1"]
    manager.close()


def test_who_is_late_and_for_how_long() -> None:
    beats = Heartbeats({"source": 20.0, "uplink": 120.0})
    assert beats.late(1e9) == {}  # who never began is not expected
    for name in ("source", "uplink", "something new"):
        beats.beat(name, 100.0)
    assert beats.late(120.0) == {}
    assert beats.late(121.0) == {"source": 21.0}
    assert set(beats.late(161.0)) == {"source", "something new"}
    assert set(beats.late(221.0)) == {"source", "something new", "uplink"}


def test_asking_whether_to_stop_is_the_sign_of_life() -> None:
    clock, beats, stop = ManualClock(), Heartbeats(), threading.Event()
    pulse = Pulse(stop, "source", beats, clock)
    clock.advance(100)
    assert "source" in beats.late(clock.monotonic_s())
    assert not pulse.is_set()
    assert beats.late(clock.monotonic_s()) == {}
    clock.advance(100)
    assert not pulse.wait(0.0)
    assert beats.late(clock.monotonic_s()) == {}
    pulse.set()
    assert stop.is_set() and pulse.is_set() and pulse.wait(1)


def test_one_silent_thread_stops_the_petting(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    clock, beats = ManualClock(), Heartbeats()
    manager = Manager(str(tmp_path / "notify"), 0.005)
    dog = Watchdog(ServiceManager(str(tmp_path / "notify")), beats, clock)
    pulses = [Pulse(threading.Event(), name, beats, clock) for name in ("source", "forwarder", "uplink")]

    def minute(alive: list[Pulse]) -> list[str]:
        said: list[str] = []
        for _ in range(60):
            for pulse in alive:
                pulse.is_set()
            dog.look()
            said += manager.said()  # a manager's socket holds ten messages
            clock.advance(1.0)
        return said

    assert minute(pulses).count("WATCHDOG=1") == 60 / PET_EVERY_S
    said = minute(pulses[1:])  # the source hangs
    assert said.count("WATCHDOG=1") <= 20 / PET_EVERY_S + 1
    assert said[-1] == "STATUS=does not answer: source; waiting to be started anew"
    told = [record for record in caplog.records if record.msg == "thread does not answer"]
    assert [record.fields["thread"] for record in told] == ["source"]  # type: ignore[attr-defined]
    pulses[0].is_set()  # it came back by itself
    assert dog.look()
    assert manager.said()[0] == "WATCHDOG=1"
    manager.close()


def test_the_log_says_where_a_thread_hangs() -> None:
    leave, arrived = threading.Event(), threading.Event()

    def hang_here() -> None:
        arrived.set()
        leave.wait(10)

    thread = threading.Thread(target=hang_here, name="source")
    thread.start()
    arrived.wait(10)
    assert "hang_here" in watchdog._stack("source")
    leave.set()
    thread.join()
    assert watchdog._stack("source") == ""


AGENT = """
import os, sys, threading
from pathlib import Path
from random import Random
from edge_agent import agent, supervision, watchdog
from edge_agent.config import EdgeConfig, MachineSettings, OutboxSettings
from telemetry.clock import SystemClock

folder = Path(sys.argv[1])
watchdog.PET_EVERY_S = 0.2
supervision.LOOK_S = 0.1
watchdog.LIMITS = {"source": 2.0}
supervision.Heartbeats.__init__.__defaults__ = (watchdog.LIMITS,)
config = EdgeConfig("k7m2qx4d", 17, "mqtt://127.0.0.1:1", MachineSettings("jsdt", "v1", str(folder / "port")),
                    OutboxSettings(str(folder / "outbox.sqlite")))
agent.run(config, SystemClock(), threading.Event(), supervision.host(os.environ))
"""


def test_a_port_whose_opening_never_returns_ends_in_a_restart_that_loses_nothing(tmp_path: Path) -> None:
    # A FIFO without a writer: open() hangs in the kernel, as it does on a USB adapter whose firmware died.
    from edge_agent.outbox import Outbox
    from telemetry.messages import Event

    os.mkfifo(tmp_path / "port")
    manager = Manager(str(tmp_path / "notify"), 4.0)
    starts = 0
    for _ in range(2):  # a supervisor in small: no pet for four seconds, so kill and start anew
        child = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(_hanging(AGENT)), str(tmp_path)],
            env={**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify")}, cwd=Path(__file__).parent.parent.parent,
            stderr=subprocess.PIPE,
        )  # fmt: skip
        said = []
        while (word := manager.next()) is not None:
            said.append(word)
        starts += said.count("READY=1")
        assert said.count("WATCHDOG=1") >= 3  # it was alive, and then it was not
        assert said[-1].startswith("STATUS=does not answer: source")
        assert child.poll() is None  # it did not end by itself: only a kill helps
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert starts == 2
    manager.close()
    kept = Outbox(tmp_path / "outbox.sqlite", now_us=1, max_bytes=1 << 20)
    names = [row.record.name for row in kept.read([1, 2, 3]) if isinstance(row.record, Event)]
    kept.close()
    assert names.count("agent started") == 2  # what the first life accepted is there, in one outbox with the second's


def _hanging(text: str) -> str:
    # pyserial opens without waiting, which a FIFO answers at once: wait as the kernel would in a driver that hangs.
    return "import os, serial\nserial.Serial = lambda port, **_: os.open(port, os.O_RDONLY)\n" + text
