"""An outbox that does not open: the cloud is told why, and the agent takes over when it does."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge_agent import outbox_wait
from edge_agent.config import EdgeConfig
from edge_agent.outbox import Outbox
from edge_agent.outbox_file import OutboxError
from edge_agent.outbox_wait import open_outbox
from edge_agent.supervision import NOBODY
from homehd.brokers import Broker
from telemetry.clock import SystemClock
from telemetry.messages import MachineLink


@contextmanager
def held_by_another_program(path: Path) -> Iterator[None]:
    """SQLite then gives up after five seconds, as with a disk that does not answer for now."""
    held = sqlite3.connect(path, isolation_level=None)
    held.execute("PRAGMA locking_mode = EXCLUSIVE")
    held.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        held.close()


class Opening:
    """`open_outbox` on a thread of its own."""

    def __init__(self, config: EdgeConfig) -> None:
        self.stop = threading.Event()
        self.found: list[Outbox | None] = []
        self._config = config
        self._thread = threading.Thread(target=self._open)
        self._thread.start()

    def _open(self) -> None:
        self.found.append(open_outbox(self._config, SystemClock(), self.stop, NOBODY, config_serial=7))

    def join(self) -> Outbox | None:
        self._thread.join(20)
        (found,) = self.found
        return found


@pytest.fixture
def opening(config: EdgeConfig, broker: Broker, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Opening]]:
    monkeypatch.setattr(outbox_wait, "DISK_RETRY_S", 0.2)
    Outbox(Path(config.outbox.path), now_us=1, max_bytes=config.outbox.max_bytes, unit=config.unit).close()
    begun: list[Opening] = []

    def begin() -> Opening:
        begun.append(Opening(msgspec.structs.replace(config, broker=broker.url)))
        return begun[-1]

    yield begin
    for one in begun:
        one.stop.set()
        if outbox := one.join():
            outbox.close()


def test_the_cloud_is_told_why_and_the_agent_takes_over(
    opening: Callable[[], Opening], config: EdgeConfig, ingest: Any, tools: Any
) -> None:
    with held_by_another_program(Path(config.outbox.path)):
        one = opening()
        said = tools.wait_for(lambda: ingest.statuses and ingest.statuses[-1], 20)
        assert said.online and "open outbox" in said.trouble and "locked" in said.trouble
        assert (said.machine, said.config_serial, said.epoch) == (MachineLink.DISCONNECTED, 7, "")
    outbox = one.join()
    assert outbox is not None and outbox.rows == 0
    assert all(status.online for status in ingest.statuses), "it goes on as the agent"


def test_stopped_meanwhile_it_says_goodbye(
    opening: Callable[[], Opening], config: EdgeConfig, ingest: Any, tools: Any
) -> None:
    with held_by_another_program(Path(config.outbox.path)):
        one = opening()
        tools.wait_for(lambda: ingest.statuses, 20)
        one.stop.set()
        assert one.join() is None
    tools.wait_for(lambda: not ingest.statuses[-1].online)
    assert "open outbox" in ingest.statuses[-1].trouble


def test_what_waiting_cannot_mend_is_told_at_once(config: EdgeConfig, ingest: Any) -> None:
    Path(config.outbox.path).parent.joinpath("outbox.sqlite").mkdir()
    with pytest.raises(OutboxError) as caught:
        open_outbox(config, SystemClock(), threading.Event(), NOBODY)
    assert not caught.value.recoverable
    assert ingest.statuses == []
