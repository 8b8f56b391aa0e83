"""The serial shell on a real pseudo-terminal: plugged, unplugged, mute, shouting."""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge_agent import link_watch, serial_link
from edge_agent.config import MachineSettings
from edge_agent.serial_link import LinkSink, SerialLink
from protocols import ADAPTERS
from protocols.events import Observation
from telemetry.clock import SystemClock
from telemetry.messages import MachineLink

POLL_S = 0.1


class Running:
    def __init__(self, port: Path) -> None:
        self.seen: list[Observation] = []
        self.states: list[MachineLink] = []
        self.ticks = 0
        settings = MachineSettings("jsdt", "v1", str(port), poll_s=POLL_S)
        sink = LinkSink(observed=self.seen.append, link=self.states.append, tick=self._tick)
        self.link = SerialLink(settings, ADAPTERS["jsdt"], SystemClock(), sink)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.link.run, args=(self._stop,))
        self._thread.start()

    def _tick(self) -> None:
        self.ticks += 1

    def end(self) -> None:
        self._stop.set()
        self._thread.join(5)
        assert not self._thread.is_alive(), "it ends when told, whatever the port does"


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setattr(link_watch, "SHORTEST_QUIET_S", 0.4)  # tests need not wait as long as a patient's machine
    running = Running(tmp_path / "machine")
    yield running
    running.end()


def test_a_missing_port_is_waited_for_and_told(running: Running, machine: Any, tools: Any) -> None:
    tools.wait_for(lambda: running.states == [MachineLink.DISCONNECTED])
    assert running.seen == []
    machine.plug()
    tools.wait_for(lambda: running.states[-1] is MachineLink.CONNECTED)
    tools.wait_for(lambda: running.seen)
    assert running.seen[0].values["venous_pressure"] == 140.0
    assert running.ticks > 0


def test_nothing_but_the_poll_is_ever_written(running: Running, machine: Any, tools: Any) -> None:
    machine.plug()
    tools.wait_for(lambda: len(running.seen) > 5)
    machine.answer = b"K1082 rubbish \x00\xff\r\n"
    tools.wait_for(lambda: MachineLink.GARBLED in running.states)
    machine.answer = b""
    tools.wait_for(lambda: MachineLink.SILENT in running.states)
    machine.unplug()
    machine.plug()
    running.end()
    poll = ADAPTERS["jsdt"].poll
    assert poll is not None and len(machine.received) > 10 * len(poll)
    assert bytes(machine.received) == poll * (len(machine.received) // len(poll))


def test_polls_keep_to_their_schedule(running: Running, machine: Any, tools: Any) -> None:
    machine.plug()
    tools.wait_for(lambda: running.link.figures.polls >= 1)
    clock = SystemClock()
    began, first = clock.monotonic_s(), running.link.figures.polls
    tools.wait_for(lambda: running.link.figures.polls >= first + 20)
    took = clock.monotonic_s() - began
    assert took == pytest.approx(20 * POLL_S, abs=1.5 * POLL_S), "an error of a millisecond a poll would add up"


def test_a_port_unplugged_again_and_again_comes_back(running: Running, machine: Any, tools: Any) -> None:
    for _ in range(8):
        machine.plug()
        before = len(running.seen)
        tools.wait_for(lambda before=before: len(running.seen) > before, seconds=5)
        assert running.states[-1] == "connected"
        machine.unplug()
        tools.wait_for(lambda: running.states[-1] is MachineLink.DISCONNECTED, seconds=5)
    assert running.link.figures.opened == 8


def test_a_mute_machine_is_silent_a_shouting_one_garbled(running: Running, machine: Any, tools: Any) -> None:
    machine.answer = b""
    machine.plug()
    tools.wait_for(lambda: running.states[-1:] == [MachineLink.SILENT])
    machine.answer = b"\x00\xff noise K9"
    tools.wait_for(lambda: running.states[-1] is MachineLink.GARBLED)
    machine.answer = tools.FRAME
    tools.wait_for(lambda: running.states[-1] is MachineLink.CONNECTED)


def test_a_port_that_stays_mute_is_opened_anew(running: Running, machine: Any, tools: Any) -> None:
    machine.answer = b""
    machine.plug()
    tools.wait_for(lambda: running.link.figures.opened >= 2, seconds=5)


def test_a_half_frame_does_not_spoil_the_next(running: Running, machine: Any, tools: Any) -> None:
    machine.answer = tools.FRAME[:40]
    machine.plug()
    tools.wait_for(lambda: running.link.figures.polls > 3)
    machine.answer = tools.FRAME
    tools.wait_for(lambda: running.seen)
    assert all(seen.values["venous_pressure"] == 140.0 for seen in running.seen)


def test_two_percent_of_bad_bits_give_no_wrong_value(running: Running, machine: Any, tools: Any) -> None:
    frame = bytearray(tools.FRAME)
    machine.plug()
    for n in range(100):
        bad = bytearray(frame)
        bad[n % (len(bad) - 2)] ^= 1 << (n % 7)
        before = len(running.seen)
        machine.answer = bytes(bad) + bytes(frame)
        machine.say(machine.answer)
        tools.wait_for(lambda before=before: len(running.seen) > before)
    expected = ADAPTERS["jsdt"].decoder("v1").receive(tools.FRAME)[0]
    assert isinstance(expected, Observation)
    assert all(seen.values == expected.values and seen.alarms == expected.alarms for seen in running.seen)


def test_a_port_that_opens_and_then_fails_is_tried_in_growing_pauses_and_told(
    tmp_path: Path, machine: Any, tools: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class HalfDead(serial_link.serial.Serial):  # a USB adapter whose other half is gone
        def write(self, data: bytes) -> int:
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(serial_link.serial, "Serial", HalfDead)
    machine.plug()
    running = Running(tmp_path / "machine")
    try:
        tools.wait_for(lambda: running.states == [MachineLink.DISCONNECTED])
        tools.wait_for(lambda: running.link.figures.opened >= 2)
        assert running.link.figures.opened < 50, "it does not spin"
        assert running.ticks > 0
    finally:
        running.end()
