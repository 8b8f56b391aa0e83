"""The listener on a real socket: machines that split, shout, hang up, come back, and strangers."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from edge_agent import mllp_listener
from edge_agent.config import MachineSettings
from edge_agent.mllp_listener import MllpListener
from edge_agent.source import SourceSink
from protocols import ADAPTERS
from protocols.events import Observation
from protocols.hl7_dialysis.encode import SaidAlarm, Sender, encode_alarm, encode_readings
from telemetry.clock import SystemClock
from telemetry.messages import MachineLink

QUIET_S = 2.0
T0 = 1_677_672_000_000_000


def reading(control_id: str, venous: float = 140.0) -> bytes:
    return encode_readings(Sender(), control_id, T0, {"machine_mode": 3.0, "venous_pressure": venous})


class Running:
    def __init__(self, listen: str = "127.0.0.1:0") -> None:
        self.seen: list[Observation] = []
        self.states: list[MachineLink] = []
        self.ticks = 0
        self.keeps: Callable[[Observation], bool] = lambda _: True
        settings = MachineSettings("hl7_dialysis", "rev4", listen=listen, quiet_s=QUIET_S)
        sink = SourceSink(observed=self._observed, link=self.states.append, tick=self._tick)
        self.listener = MllpListener(settings, ADAPTERS["hl7_dialysis"], SystemClock(), sink)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.listener.run, args=(self._stop,))
        self._thread.start()

    def _observed(self, seen: Observation) -> bool:
        self.seen.append(seen)
        return self.keeps(seen)

    def _tick(self) -> None:
        self.ticks += 1

    @property
    def venous(self) -> list[float]:
        return [seen.values["venous_pressure"] for seen in self.seen]

    def end(self) -> None:
        self._stop.set()
        self._thread.join(5)
        assert not self._thread.is_alive(), "it ends when told, whatever is connected"


@pytest.fixture
def running(tools: Any) -> Iterator[Running]:
    running = Running()
    tools.wait_for(lambda: running.listener.address)
    yield running
    running.end()


def call(running: Running, host: str = "127.0.0.1") -> socket.socket:
    assert running.listener.address is not None
    machine = socket.create_connection(running.listener.address, timeout=5.0, source_address=(host, 0))
    machine.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return machine


def answers(machine: socket.socket, count: int) -> list[str]:
    """MSA of the next answers, as text."""
    data = b""
    while data.count(b"\x1c\r") < count:
        more = machine.recv(65536)
        if not more:
            break
        data += more
    return [part.split(b"MSA|")[1].split(b"\r")[0].decode() for part in data.split(b"\x1c\r")[:-1]]


def is_hung_up(machine: socket.socket) -> bool:
    try:
        return machine.recv(1) == b""
    except ConnectionResetError:
        return True


def test_each_message_is_answered_once_it_is_kept(running: Running) -> None:
    with call(running) as machine:
        machine.sendall(reading("1"))
        assert answers(machine, 1) == ["AA|1"]
        machine.sendall(encode_alarm(Sender(), "2", T0, SaidAlarm("MDC_EVT_HDIALY_BLOOD_LEAK", "start")))
        assert answers(machine, 1) == ["AA|2"]
    assert len(running.seen) == 2 and running.seen[1].alarms
    assert running.states == [MachineLink.CONNECTED]
    assert running.listener.figures.frames == 2 and running.ticks > 0


def test_what_is_not_kept_is_not_accepted(running: Running) -> None:
    running.keeps = lambda _: len(running.seen) > 1
    with call(running) as machine:
        machine.sendall(reading("1"))
        assert answers(machine, 1) == ["AE|1"]
        machine.sendall(reading("1"))
        assert answers(machine, 1) == ["AA|1"], "kept at last"


def test_the_answer_comes_after_the_keeping(running: Running) -> None:
    order: list[str] = []
    asked, let = threading.Event(), threading.Event()

    def keep(_: Observation) -> bool:
        asked.set()
        order.append("kept" if let.wait(5) else "not")
        return True

    running.keeps = keep
    with call(running) as machine:
        machine.sendall(reading("1"))
        assert asked.wait(5)
        machine.settimeout(0.3)
        with pytest.raises(TimeoutError):
            machine.recv(1)
        let.set()
        machine.settimeout(5.0)
        assert answers(machine, 1) == ["AA|1"] and order == ["kept"]


def test_what_is_never_taken_is_rejected(running: Running) -> None:
    with call(running) as machine:
        machine.sendall(b"\x0bMSH|^~\\&|M||||||ADT^A01|9|P|2.6\r\x1c\r")
        assert answers(machine, 1) == ["AR|9"]
    assert not running.seen and running.listener.figures.rejected == 1


def test_byte_by_byte_with_noise_and_many_at_once(running: Running) -> None:
    with call(running) as machine:
        for byte in b"noise" + reading("1", 141.0):
            machine.sendall(bytes([byte]))
        assert answers(machine, 1) == ["AA|1"]
        machine.sendall(b"".join(reading(str(number), 100.0 + number) for number in range(2, 52)))
        assert answers(machine, 50) == [f"AA|{number}" for number in range(2, 52)]
    assert running.venous == [141.0, *(100.0 + number for number in range(2, 52))]


def test_a_machine_that_closes_its_half_gets_its_answer(running: Running) -> None:
    with call(running) as machine:
        machine.sendall(reading("1"))
        machine.shutdown(socket.SHUT_WR)
        assert answers(machine, 1) == ["AA|1"]
        assert is_hung_up(machine)


def test_a_connection_for_each_message_is_one_machine(running: Running) -> None:
    for number in range(10):
        with call(running) as machine:
            machine.sendall(reading(str(number), 100.0 + number))
            assert answers(machine, 1) == [f"AA|{number}"]
    assert running.venous == [100.0 + number for number in range(10)]
    assert running.states == [MachineLink.CONNECTED], "not ten times gone and come"


def test_a_machine_that_comes_back_takes_the_place_of_its_own_dead_connection(running: Running) -> None:
    with call(running) as dead:
        dead.sendall(reading("1") + reading("2")[:50])
        assert answers(dead, 1) == ["AA|1"]
        with call(running) as back:
            back.sendall(reading("3", 150.0))
            assert answers(back, 1) == ["AA|3"], "the half message of before is not in its way"
            assert is_hung_up(dead)
    assert running.venous == [140.0, 150.0]


def test_a_stranger_is_refused_while_the_machine_talks(running: Running) -> None:
    with call(running) as machine:
        machine.sendall(reading("1"))
        assert answers(machine, 1) == ["AA|1"]
        with call(running, "127.0.0.2") as stranger:
            assert is_hung_up(stranger)
        machine.sendall(reading("2"))
        assert answers(machine, 1) == ["AA|2"]


def test_one_that_says_nothing_holds_no_place(running: Running, tools: Any) -> None:
    with call(running, "127.0.0.2") as mute:
        tools.wait_for(lambda: running.states == [MachineLink.SILENT])
        with call(running) as machine:
            machine.sendall(reading("1"))
            assert answers(machine, 1) == ["AA|1"]
            assert is_hung_up(mute)


def test_the_four_states(running: Running, tools: Any) -> None:
    tools.wait_for(lambda: running.states == [MachineLink.DISCONNECTED])
    with call(running) as machine:
        tools.wait_for(lambda: running.states[-1] is MachineLink.SILENT)
        for _ in range(30):
            machine.sendall(b"\x00\xff MSH|")
            if running.states[-1] is MachineLink.GARBLED:
                break
            threading.Event().wait(0.1)
        assert running.states[-1] is MachineLink.GARBLED
        machine.sendall(reading("1"))
        tools.wait_for(lambda: running.states[-1] is MachineLink.CONNECTED)
    tools.wait_for(lambda: running.states[-1] is MachineLink.DISCONNECTED)


def test_one_that_only_shouts_is_hung_up_on(tools: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mllp_listener, "STUCK_QUIETS", 0.2)
    running = Running()
    try:
        tools.wait_for(lambda: running.listener.address)
        with call(running) as shouting:
            with contextlib.suppress(OSError):
                for _ in range(100):
                    shouting.sendall(b"nonsense ")
                    threading.Event().wait(0.02)
            assert is_hung_up(shouting)
        with call(running) as machine:
            machine.sendall(reading("1"))
            assert answers(machine, 1) == ["AA|1"]
    finally:
        running.end()


def test_a_machine_that_never_reads_its_answers_costs_bounded_memory(running: Running) -> None:
    with call(running) as machine:
        machine.settimeout(0.5)
        machine.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with contextlib.suppress(OSError):
            for number in range(3000):
                machine.sendall(reading(str(number)))
        connection = running.listener._connection
        assert connection is None or len(connection._unsent) < 64 * 1024
    with call(running) as again:
        again.sendall(reading("next"))
        assert answers(again, 1) == ["AA|next"]


def test_an_address_that_is_taken_is_waited_for(tools: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        host, port = taken.getsockname()[:2]
        running = Running(f"{host}:{port}")
        tools.wait_for(lambda: running.ticks > 1)
        assert running.listener.address is None
    try:
        tools.wait_for(lambda: running.listener.address == (host, port))
    finally:
        running.end()


def test_connections_that_come_and_go_at_once_end_nothing(running: Running) -> None:
    for _ in range(200):
        machine = call(running)
        machine.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        machine.close()
    with call(running) as machine:
        machine.sendall(reading("1"))
        assert answers(machine, 1) == ["AA|1"]
