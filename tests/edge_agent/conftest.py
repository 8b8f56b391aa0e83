"""A machine on a pseudo-terminal, a broker, an ingest that answers: small, for these tests only."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import threading
import tty
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from edge_agent.config import EdgeConfig, MachineSettings, OutboxSettings, UplinkSettings
from edge_agent.outbox import Outbox
from homehd.brokers import Broker
from telemetry import topics, wire
from telemetry.messages import Ack, Batch, Event, EventKind, Reading, Status

FRAME = b"K1082A02.50B01.20C00.63D00300E001.0F036.5G014.0H00140I00040J00100K00115a0b0c0d0e0f0g0h03b\r\n"
UNIT, SHARD = "k7m2qx4d", 17


def wait_for(condition: Callable[[], Any], seconds: float = 10.0) -> Any:
    """Wait until `condition` gives something true; fail with its source when it does not."""
    pause = threading.Event()
    for _ in range(round(seconds / 0.01)):
        found = condition()
        if found:
            return found
        pause.wait(0.01)
    raise AssertionError("it did not happen in time")


def reading(time_us: int = 1, extras: dict[str, str] | None = None) -> Reading:
    return Reading(0, time_us, 1, 1, 3, {2: -120.0, 3: 140.0}, 0, extras or {})


def event(name: str = "MDC_EVT_ALARM") -> Event:
    return Event(0, 1, 1, 1, EventKind.ALARM, name, 196616, True)


class Machine:
    """Answers the poll on a pseudo-terminal and remembers every byte that was written to it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.received = bytearray()
        self.answer: bytes = FRAME
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._ends: tuple[int, int] | None = None

    def plug(self) -> None:
        master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(master, False)
        self._ends = (master, slave)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(slave))
        self._stop.clear()
        self._thread = threading.Thread(target=self._serve, args=(master,), daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        if self._ends is None or self._thread is None:
            return
        self._stop.set()
        self._thread.join()
        for end in self._ends:
            os.close(end)
        self._ends = None
        self.path.unlink(missing_ok=True)

    def say(self, data: bytes) -> None:
        assert self._ends is not None
        os.write(self._ends[0], data)

    def _serve(self, master: int) -> None:
        while not self._stop.wait(0.005):
            try:
                data = os.read(master, 4096)
            except OSError:
                continue
            self.received += data
            if self.answer:
                os.write(master, self.answer * data.count(b"K"))


class Ingest:
    """The other end of the broker: stores what comes, acknowledges what `answers` lets it."""

    def __init__(self, port: int) -> None:
        self.stored: dict[tuple[str, int], int] = {}  # (epoch, seq) -> how often it came
        self.batches: list[Batch] = []
        self.statuses: list[Status] = []
        self.answers: Callable[[Batch], Ack | None] = lambda batch: Ack(
            batch.epoch, [(seq, seq) for seq in wire.sequence_numbers(batch)]
        )
        self.ready = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="ingest")
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._connected
        self._client.on_subscribe = lambda *_: self.ready.set()
        self._client.on_message = self._received
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self.ready.wait(10)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def send(self, payload: bytes) -> None:
        self._client.publish(topics.home(SHARD, UNIT, "down"), payload)

    def seqs(self) -> set[int]:
        return {seq for _, seq in self.stored}

    def _connected(self, client: mqtt.Client, *_: Any) -> None:
        client.subscribe([(topics.home(SHARD, UNIT, "up"), 0), (topics.home(SHARD, UNIT, "status"), 1)])

    def _received(self, client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        if message.topic.endswith("status"):
            self.statuses.append(wire.decode_status(bytes(message.payload)))
            return
        batch = wire.decode_batch(bytes(message.payload))
        self.batches.append(batch)
        ack = self.answers(batch)
        for seq in wire.sequence_numbers(batch):
            self.stored[batch.epoch, seq] = self.stored.get((batch.epoch, seq), 0) + 1
        if ack is not None:
            self.send(wire.encode(ack))


SYNC_CALLS = {"x86_64": (74, 75), "aarch64": (82, 83)}  # fsync, fdatasync


def refuse_sync() -> None:
    """From now on every sync of the calling thread fails with EIO, in the kernel; other threads are not concerned."""
    fsync, fdatasync = SYNC_CALLS[platform.machine()]
    load, equal, give = 0x20, 0x15, 0x06
    steps = (
        (load, 0, 0, 0),
        (equal, 1, 0, fsync),
        (equal, 0, 1, fdatasync),
        (give, 0, 0, 0x00050000 | errno.EIO),  # SECCOMP_RET_ERRNO
        (give, 0, 0, 0x7FFF0000),  # SECCOMP_RET_ALLOW
    )
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("@HP", len(steps), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    for words in ((38, 1, 0, 0, 0), (22, 2, program, 0, 0)):  # PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP with a filter
        if libc.prctl(*words) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


def while_sync_fails(action: Callable[[], Any]) -> None:
    """Do `action` on a disk that takes what is written and then fails each sync, as one with a passing fault does."""
    errors: list[BaseException] = []

    def work() -> None:
        try:
            refuse_sync()
            action()
        except BaseException as error:
            errors.append(error)

    if platform.machine() not in SYNC_CALLS:
        pytest.skip(f"system call numbers of {platform.machine()} are not known here")
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]


class Tools:
    """What tests import from here, since the folder is no package."""

    FRAME = FRAME
    UNIT, SHARD = UNIT, SHARD
    wait_for = staticmethod(wait_for)
    reading = staticmethod(reading)
    event = staticmethod(event)
    while_sync_fails = staticmethod(while_sync_fails)


@pytest.fixture(scope="session")
def tools() -> type[Tools]:
    return Tools


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path / "machine")
    yield machine
    machine.unplug()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker("nats", tmp_path / "broker")
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def ingest(broker: Broker) -> Iterator[Ingest]:
    ingest = Ingest(broker.port)
    yield ingest
    ingest.close()


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    outbox = Outbox(tmp_path / "outbox.sqlite", now_us=1, max_bytes=1 << 24)
    yield outbox
    outbox.close()


@pytest.fixture
def config(tmp_path: Path) -> EdgeConfig:
    return EdgeConfig(
        unit=UNIT,
        shard=SHARD,
        broker="mqtt://127.0.0.1:1",
        machine=MachineSettings("jsdt", "v1", str(tmp_path / "machine"), poll_s=0.1),
        outbox=OutboxSettings(str(tmp_path / "outbox.sqlite")),
        uplink=UplinkSettings(ack_timeout_s=0.5),
        clock="trusted",
    )
