"""The whole agent: machine bytes in at one end, stored rows out at the other, and it ends when told."""

from __future__ import annotations

import sqlite3
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from math import floor
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge_agent import agent
from edge_agent.acquisition import Acquisition
from edge_agent.config import EdgeConfig, OutboxSettings
from edge_agent.outbox import Outbox
from edge_agent.outbox_file import OutboxError
from homehd.brokers import Broker
from telemetry import signals, wire
from telemetry.clock import Clock, SystemClock
from telemetry.errors import HomehdError, SettingsError
from telemetry.messages import Batch, EventKind, MachineLink


class Running:
    def __init__(self, config: EdgeConfig, clock: Clock | None = None) -> None:
        self.stop = threading.Event()
        self.error: BaseException | None = None
        self._clock = clock or SystemClock()
        self._thread = threading.Thread(target=self._run, args=(config,))
        self._thread.start()

    def _run(self, config: EdgeConfig) -> None:
        try:
            agent.run(config, self._clock, self.stop)
        except BaseException as error:
            self.error = error

    def end(self) -> None:
        self.stop.set()
        self._thread.join(10)
        assert not self._thread.is_alive(), "it ends within ten seconds"


@pytest.fixture
def start() -> Iterator[Any]:
    running: list[Running] = []

    def begin(config: EdgeConfig, clock: Clock | None = None) -> Running:
        running.append(Running(config, clock))
        return running[-1]

    yield begin
    for one in running:
        one.end()


def events(ingest: Any) -> list[tuple[str, str, bool]]:
    found = {e.seq: (e.kind.value, e.name, e.active) for batch in ingest.batches for e in batch.events}
    return [found[seq] for seq in sorted(found)]


class CoarseClock(SystemClock):
    """A clock on which many things happen at once."""

    def monotonic_s(self) -> float:
        return floor(super().monotonic_s() * 5) / 5


def test_no_two_readings_are_of_one_millisecond(
    start: Any, config: EdgeConfig, broker: Broker, ingest: Any, machine: Any, tools: Any
) -> None:
    machine.plug()
    start(msgspec.structs.replace(config, broker=broker.url), CoarseClock())
    tools.wait_for(lambda: len(ingest.seqs()) > 3)
    machine.say(tools.FRAME * 3)
    tools.wait_for(lambda: len(ingest.seqs()) > 10)
    readings = {seq: mono for batch in ingest.batches for seq, mono in monos(batch)}
    in_order = [readings[seq] for seq in sorted(readings)]
    assert all(a < b for a, b in pairwise(in_order)), "placed by it, they would have no order"


def monos(batch: Batch) -> list[tuple[int, int]]:
    found = struct.unpack(f"<{batch.count}q", batch.monos)
    return list(zip(wire.sequence_numbers(batch)[: batch.count], found, strict=True))


def test_machine_to_ingest(
    start: Any, config: EdgeConfig, broker: Broker, ingest: Any, machine: Any, tools: Any
) -> None:
    config = msgspec.structs.replace(config, broker=broker.url)
    machine.plug()
    running = start(config)
    tools.wait_for(lambda: len(ingest.stored) > 20)
    assert ingest.statuses[-1].online
    tools.wait_for(lambda: ingest.statuses[-1].machine is MachineLink.CONNECTED)
    batch = next(b for b in ingest.batches if b.count)
    assert set(batch.columns) >= {signals.BY_NAME["venous_pressure"].number, signals.BY_NAME["blood_flow"].number}
    machine.answer = tools.FRAME.replace(b"f0g0h03b", b"f1g0h03c")
    tools.wait_for(lambda: any(kind == "alarm" for kind, _, _ in events(ingest)))
    machine.unplug()
    tools.wait_for(lambda: ("link", "disconnected", True) in events(ingest))
    tools.wait_for(lambda: ingest.statuses[-1].machine is MachineLink.DISCONNECTED)
    machine.answer = tools.FRAME
    machine.plug()
    tools.wait_for(lambda: ("link", "disconnected", False) in events(ingest))
    running.end()
    tools.wait_for(lambda: not ingest.statuses[-1].online)
    assert running.error is None
    assert [e for e in events(ingest) if e[0] == EventKind.AGENT] == [("agent", "agent started", True)]
    alarms = [active for kind, _, active in events(ingest) if kind == "alarm"]
    assert alarms in ([True], [True, False]), "the end is known with the next frame"


def kept(path: Path) -> int:
    """How many entries an outbox has that somebody else is using."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            return int(db.execute("SELECT count(*) FROM entry").fetchone()[0])
    except sqlite3.OperationalError:
        return 0  # not there yet


def test_without_broker_and_machine_it_keeps_trying_and_keeps_everything(
    start: Any, config: EdgeConfig, machine: Any, tools: Any, tmp_path: Path
) -> None:
    running = start(config)
    path = tmp_path / "outbox.sqlite"
    tools.wait_for(lambda: kept(path) >= 2)  # that it started, and that there is no machine
    machine.plug()
    tools.wait_for(lambda: kept(path) > 5)
    running.end()
    assert running.error is None
    outbox = Outbox(path, now_us=1, max_bytes=1 << 20)
    assert outbox.rows > 5
    outbox.close()


KILLED = """
import sys, threading
from pathlib import Path
from edge_agent import agent, config
from telemetry.clock import Clock, SystemClock
agent.run(config.load(Path(sys.argv[1])), SystemClock(), threading.Event())
"""


def test_killed_again_and_again_it_loses_nothing_it_had_accepted(
    broker: Broker, ingest: Any, machine: Any, tools: Any, tmp_path: Path
) -> None:
    path = tmp_path / "edge.toml"
    path.write_text(
        f'unit = "{tools.UNIT}"\nshard = {tools.SHARD}\nbroker = "{broker.url}"\nclock = "trusted"\n'
        f'[machine]\nprotocol = "jsdt"\nprofile = "v1"\nport = "{machine.path}"\npoll_s = 0.1\n'
        '[outbox]\npath = "box.sqlite"\n[uplink]\nack_timeout_s = 0.5\n'
    )
    machine.plug()
    for n in range(4):
        with subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stderr=subprocess.DEVNULL) as process:
            before = len(ingest.stored)
            tools.wait_for(lambda before=before, n=n: len(ingest.stored) > before + 3 * n)
            process.kill()
    outbox = Outbox(tmp_path / "box.sqlite", now_us=1, max_bytes=1 << 24)
    assert outbox.incidents == []
    left = {seq for first, last, _ in outbox.pending() for seq in range(first, last + 1)}
    outbox.close()
    assert ingest.seqs() | left == set(range(1, max(ingest.seqs() | left) + 1)), "no gap, across every kill"
    assert len({epoch for epoch, _ in ingest.stored}) == 1


def test_a_wrong_configuration_is_refused_before_anything_is_opened(config: EdgeConfig, tmp_path: Path) -> None:
    wrong = msgspec.structs.replace(config, unit="+")
    with pytest.raises(SettingsError):
        agent.run(wrong, SystemClock(), threading.Event())
    assert not (tmp_path / "outbox.sqlite").exists()


def test_an_outbox_somebody_else_uses_is_refused(config: EdgeConfig, outbox: Outbox) -> None:
    with pytest.raises(OutboxError, match="another agent"):
        agent.run(config, SystemClock(), threading.Event())


def test_a_folder_that_cannot_be_is_refused_with_its_name(config: EdgeConfig, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    wrong = msgspec.structs.replace(config, outbox=OutboxSettings(str(tmp_path / "file" / "o.sqlite")))
    with pytest.raises(OutboxError, match=r"file/o\.sqlite"):
        agent.run(wrong, SystemClock(), threading.Event())


def test_an_error_nobody_expected_ends_the_agent_with_a_line(
    start: Any, config: EdgeConfig, machine: Any, tools: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(Acquisition, "observed", broken)
    machine.plug()
    running = start(config)
    tools.wait_for(lambda: running.error)
    assert isinstance(running.error, HomehdError) and "a bug" in running.error.line()


def test_it_imports_little() -> None:
    script = "import sys, edge_agent.agent; print([m for m in sys.modules if m in sys.argv[1:]])"
    heavy = ["numpy", "pydantic", "fastapi", "psycopg", "asyncio", "prometheus_client"]
    said = subprocess.run([sys.executable, "-c", script, *heavy], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"
