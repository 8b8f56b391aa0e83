"""The serial shell on a real pseudo-terminal: plugged, unplugged, mute, shouting."""

from __future__ import annotations

import errno
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from edge_agent import link_watch, serial_link
from edge_agent.config import MachineSettings
from edge_agent.serial_link import SerialLink
from edge_agent.source import SourceSink
from protocols import ADAPTERS
from protocols.events import Observation
from telemetry.clock import ManualClock, SystemClock
from telemetry.messages import MachineLink

POLL_S = 0.1


class Running:
    def __init__(self, port: Path) -> None:
        self.seen: list[Observation] = []
        self.states: list[MachineLink] = []
        self.ticks = 0
        settings = MachineSettings("jsdt", "v1", str(port), poll_s=POLL_S)
        sink = SourceSink(observed=self.seen.append, link=self.states.append, tick=self._tick)
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


class Silent:
    """A port on which nothing comes; remembers when it was polled."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.polled: list[float] = []

    def write(self, data: bytes) -> int:
        self.polled.append(self._clock.monotonic_s())
        return len(data)

    def fileno(self) -> int:
        return -1

    def reset_output_buffer(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing to close."""


def test_polls_keep_to_their_schedule_however_late_the_box_wakes(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, stop, rng = ManualClock(monotonic_s=0.0), threading.Event(), Random(1)
    port = Silent(clock)

    def wake_late(_port: object, timeout_s: float) -> bytes:
        clock.advance(timeout_s + rng.random() * 0.005)
        if len(port.polled) >= 50:
            stop.set()
        return b""

    monkeypatch.setattr(serial_link, "_read", wake_late)
    monkeypatch.setattr(serial_link.serial, "Serial", lambda *_, **__: port)
    sink = SourceSink(observed=lambda _: None, link=lambda _: None, tick=lambda: None)
    SerialLink(MachineSettings("jsdt", "v1", "x", poll_s=POLL_S), ADAPTERS["jsdt"], clock, sink).run(stop)
    assert len(port.polled) == 50
    late = [at - n * POLL_S for n, at in enumerate(port.polled)]
    assert min(late) >= -1e-9 and max(late) <= 0.005, "an error of milliseconds a poll would add up"


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


def test_a_frame_that_leaps_is_asked_for_again_at_once_and_both_are_kept(machine: Any, tools: Any) -> None:
    machine.plug()
    seen: list[Observation] = []
    sink = SourceSink(observed=lambda one: seen.append(one) is None, link=lambda _: None, tick=lambda: None)
    link = SerialLink(
        MachineSettings("jsdt", "v1", str(machine.path), poll_s=1.0), ADAPTERS["jsdt"], SystemClock(), sink
    )
    stop = threading.Event()
    thread = threading.Thread(target=link.run, args=(stop,))
    thread.start()
    try:
        tools.wait_for(lambda: len(seen) == 1)
        machine.answer = tools.FRAME.replace(b"f0", b"f1").replace(b"3b\r", b"3c\r")
        tools.wait_for(lambda: len(seen) == 3, seconds=1.5)
    finally:
        stop.set()
        thread.join(5)
    assert link.figures.polls == 3, "two by the schedule, one to confirm the alarm"
    assert [bool(one.alarms) for one in seen] == [False, True, True]
    assert "MDC_EVT_HDIALY_SAFETY_VEN_AIR_DETECT" in {alarm.name for alarm in seen[1].alarms}


def test_what_is_known_of_the_line_outlives_the_port(running: Running, machine: Any, tools: Any) -> None:
    machine.answer = b"\x00\xff noise K9"
    machine.plug()
    tools.wait_for(lambda: running.states[-1:] == [MachineLink.GARBLED])
    machine.unplug()
    tools.wait_for(lambda: running.states[-1] is MachineLink.DISCONNECTED)
    machine.answer, machine.received[:] = tools.FRAME, b""
    machine.plug()
    tools.wait_for(lambda: len(running.seen) >= 3)
    assert machine.received.count(b"K") >= 2 * 3, "each answer is asked for twice"


def test_the_port_is_raw_at_the_adapters_speed_and_its_control_lines_do_not_fall(
    running: Running, machine: Any, tools: Any
) -> None:
    machine.plug()
    tools.wait_for(lambda: running.seen)
    said = subprocess.run(["stty", "-a", "-F", str(machine.path)], capture_output=True, text=True, check=True).stdout
    words = set(said.replace(";", " ").split())
    assert "speed 9600 baud" in said
    assert {"cs8", "-parenb", "-cstopb", "-icanon", "-echo", "-ixon", "-opost", "-hupcl", "-crtscts"} <= words


class Pauses(threading.Event):
    """A stop that comes after so many pauses; nobody waits for real."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.slept: list[float] = []
        self._count = count

    def wait(self, timeout: float | None = None) -> bool:
        self.slept.append(timeout or 0.0)
        if len(self.slept) >= self._count:
            self.set()
        return self.is_set()


def test_a_port_that_opens_and_then_fails_is_tried_in_growing_pauses_and_told(
    machine: Any, tools: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class HalfDead(serial_link.serial.Serial):  # a USB adapter whose other half is gone
        def write(self, data: bytes) -> int:
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(serial_link.serial, "Serial", HalfDead)
    machine.plug()
    states: list[MachineLink] = []
    ticks: list[int] = []
    sink = SourceSink(observed=lambda _: None, link=states.append, tick=lambda: ticks.append(1))
    settings = MachineSettings("jsdt", "v1", str(machine.path), poll_s=POLL_S)
    link = SerialLink(settings, ADAPTERS["jsdt"], SystemClock(), sink)
    pauses = Pauses(17)
    link.run(pauses)
    assert pauses.slept == pytest.approx([0.1, 0.2, 0.4, 0.5, 0.3, *[0.5] * 3, 0.1, *[0.5] * 8])
    assert states == [MachineLink.DISCONNECTED]
    assert link.figures.opened == 7
    assert len(ticks) == len(pauses.slept), "never without a sign of life for longer than half a second"


def test_a_port_that_worked_before_it_failed_is_soon_tried_again(
    machine: Any, tools: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[int] = []

    class Works(serial_link.serial.Serial):  # the third time, for one frame
        def __init__(self, *words: Any, **settings: Any) -> None:
            opened.append(1)
            self.writes = 0
            super().__init__(*words, **settings)

        def write(self, data: bytes) -> int:
            self.writes += 1
            if len(opened) != 3 or self.writes > 3:
                raise OSError(errno.EIO, "Input/output error")
            return int(super().write(data) or 0)

    monkeypatch.setattr(serial_link.serial, "Serial", Works)
    machine.plug()
    states: list[MachineLink] = []
    sink = SourceSink(observed=lambda _: None, link=states.append, tick=lambda: None)
    settings = MachineSettings("jsdt", "v1", str(machine.path), poll_s=POLL_S)
    pauses = Pauses(5)
    SerialLink(settings, ADAPTERS["jsdt"], SystemClock(), sink).run(pauses)
    assert states == [MachineLink.DISCONNECTED, MachineLink.CONNECTED, MachineLink.DISCONNECTED]
    assert pauses.slept == [0.1, 0.2, 0.1, 0.2, 0.4]


def test_half_a_frame_at_the_clocks_zero_is_given_up_too(
    machine: Any, tools: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.answer = tools.FRAME[:40]
    machine.plug()
    clock, stop, heard, taken = ManualClock(monotonic_s=0.0), threading.Event(), threading.Event(), threading.Event()
    read = serial_link._read

    def listen(port: Any, timeout_s: float) -> bytes:
        data = read(port, timeout_s)
        if data:
            heard.set()
        return data

    monkeypatch.setattr(serial_link, "_read", listen)
    sink = SourceSink(lambda _: None, lambda _: None, tick=lambda: taken.set() if heard.is_set() else None)
    settings = MachineSettings("jsdt", "v1", str(machine.path), poll_s=60.0)
    link = SerialLink(settings, ADAPTERS["jsdt"], clock, sink)
    thread = threading.Thread(target=link.run, args=(stop,))
    thread.start()
    try:
        assert taken.wait(10), "it came while the clock stood at zero"
        machine.answer = b""
        tools.wait_for(lambda: clock.advance(serial_link.IDLE_S) or link.figures.rejected)
    finally:
        stop.set()
        thread.join(5)
