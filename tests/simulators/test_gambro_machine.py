"""A stream of frames nobody asked for, and an agent that only listens to it."""

from __future__ import annotations

import os
import select
import threading
import tty
from pathlib import Path
from typing import Any

import pytest

from edge_agent.config import MachineSettings
from edge_agent.serial_link import SerialLink
from edge_agent.source import SourceSink
from protocols import get_adapter
from protocols.events import Observation
from protocols.gambro_ak.decoder import GambroDecoder
from simulators.device_port import MachineOptions
from simulators.gambro_machine import StreamingMachine, run_machine
from telemetry.clock import ManualClock, SystemClock
from telemetry.errors import HomehdError, SettingsError
from telemetry.messages import MachineLink


def options(folder: Path, **changes: Any) -> MachineOptions:
    given: dict[str, Any] = {
        "protocol": "gambro_ak", "profile": "ak-framing", "port": folder / "port", "truth": folder / "truth.jsonl",
    }  # fmt: skip
    return MachineOptions(**(given | changes))


def open_port(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    tty.setraw(descriptor)
    return descriptor


def test_it_streams_whether_anybody_answers_or_not(tmp_path: Path) -> None:
    clock = ManualClock()
    machine = StreamingMachine(options(tmp_path, start_minute=30.0), clock)
    machine.advance()
    host = open_port(tmp_path / "port")
    decoder, seen = GambroDecoder(), []
    try:
        for _ in range(10):
            clock.advance(1.0)
            machine.advance()
            assert select.select([host], [], [], 5.0)[0]
            seen += decoder.receive(os.read(host, 4096))
    finally:
        os.close(host)
        machine.close()
    assert machine.sent == 11
    assert len(seen) >= 10 and all(isinstance(one, Observation) and one.values == {} for one in seen)
    raw = [int(word) for word in seen[-1].extras["raw_0201_000"].split()]
    shown = machine.machine.values
    assert raw[0] == pytest.approx(10 * shown["blood_flow"], abs=0.51)
    assert raw[1] == pytest.approx(10 * shown["arterial_pressure"], abs=0.51), "negative numbers too"
    lines = (tmp_path / "truth.jsonl").read_text().splitlines()
    assert len(lines) == 11 and '"readings":{}' in lines[0] and "raw_0201_000" in lines[0]
    assert not (tmp_path / "port").is_symlink()


def test_the_agent_listens_and_writes_nothing(tmp_path: Path) -> None:
    """Hazard H13: the shell has neither a poll nor an acknowledgement to send."""
    adapter = get_adapter("gambro_ak")
    master, slave = os.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    seen: list[Observation] = []
    links: list[MachineLink] = []
    sink = SourceSink(lambda one: not seen.append(one), links.append, lambda: None)  # type: ignore[func-returns-value]
    settings = MachineSettings("gambro_ak", "ak-framing", os.ttyname(slave), poll_s=0.1, experimental=True)
    link, stop = SerialLink(settings, adapter, SystemClock(), sink), threading.Event()
    thread = threading.Thread(target=link.run, args=(stop,))
    thread.start()
    reset = bytes.fromhex("02 44 00 00 00 0E 00 46 00 01 01 FF 00 01 00 8C D8 FE 04")
    pause = threading.Event()
    try:
        for _ in range(100):
            os.write(master, reset)
            if len(seen) >= 5 and MachineLink.CONNECTED in links:
                break
            pause.wait(0.05)
        assert len(seen) >= 5 and MachineLink.CONNECTED in links
        with pytest.raises(BlockingIOError):
            os.read(master, 1)
    finally:
        stop.set()
        thread.join(10)
        os.close(master)
        os.close(slave)
    assert link.figures.polls == 0


def test_a_power_cut_takes_the_port_away_and_brings_it_back(tmp_path: Path) -> None:
    clock = ManualClock()
    machine = StreamingMachine(options(tmp_path, scenario="power_cut", start_minute=30.0, onset_s=10.0), clock)
    machine.advance()
    sent = machine.sent
    clock.advance(20.0)
    machine.advance()
    assert not os.path.lexists(tmp_path / "port") and machine.sent == sent
    clock.advance(180.0)
    machine.advance()
    assert os.path.lexists(tmp_path / "port") and machine.sent == sent + 1
    machine.close()


def test_it_ends_when_told_and_leaves_nothing(tmp_path: Path) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=run_machine, args=(options(tmp_path, truth=None), SystemClock(), stop))
    thread.start()
    pause = threading.Event()
    for _ in range(500):
        if (tmp_path / "port").is_symlink():
            break
        pause.wait(0.02)
    stop.set()
    thread.join(10)
    assert not thread.is_alive() and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"profile": "ak96"}, SettingsError, "ak-framing"),
        ({"speed": 0.0}, SettingsError, "speed"),
        ({"port": Path("/nowhere/port")}, HomehdError, "folder"),
    ],
)
def test_wrong_options_are_one_clear_line(
    tmp_path: Path, changes: dict[str, Any], error: type[HomehdError], said: str
) -> None:
    with pytest.raises(error, match=said):
        StreamingMachine(options(tmp_path, **changes), ManualClock())
