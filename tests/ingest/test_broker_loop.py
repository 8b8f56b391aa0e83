"""The loop on real brokers: no room, trouble of every kind, and back."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from homehd.brokers import KINDS, Broker, Kind, find
from ingest import broker_loop
from ingest.broker_loop import BrokerLoop, Client
from ingest.inbox import Message
from telemetry.clock import SystemClock

WAIT_S = 20.0
TOPIC = "hhd/1/7/u1/up"


@pytest.fixture(params=KINDS)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    kind: Kind = request.param
    if find(kind) is None:
        pytest.skip(f"{kind} is not installed")
    instance = Broker(kind, tmp_path / "broker")
    instance.start()
    yield instance
    instance.stop()


class Ear:
    """Takes what the loop hears while `room`; `fault` is raised at the next burst."""

    def __init__(self) -> None:
        self.room = True
        self.fault: Exception | None = None
        self.heard: list[Message] = []
        self.subscribed = threading.Event()
        self.sessions = 0
        self.client = Client("ear")
        self.client.on_connect = self._on_connect
        self.client.on_subscribe = lambda *_: self.subscribed.set()
        self.loop = BrokerLoop(self.client, self._take, lambda: self.room, SystemClock())

    def _on_connect(self, *_: object) -> None:
        self.sessions += 1
        self.client.subscribe("hhd/1/+/+/up", 0)

    def _take(self, burst: Sequence[Message]) -> None:
        if self.fault is not None:
            fault, self.fault = self.fault, None
            raise fault
        self.heard += burst

    def count(self, payload: bytes) -> int:
        return sum(message.payload == payload for message in self.heard)


@pytest.fixture
def ear(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ear]:
    monkeypatch.setattr(broker_loop, "FIRST_DELAY_S", 0.05)
    instance = Ear()
    yield instance
    instance.loop.stop()


@pytest.fixture
def mouth(broker: Broker) -> Iterator[mqtt.Client]:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="mouth")
    ready = threading.Event()
    client.on_connect = lambda *_: ready.set()
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    assert ready.wait(WAIT_S)
    yield client
    client.disconnect()
    client.loop_stop()


def until(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(int(WAIT_S / 0.02)):
        if condition():
            return
        pause.wait(0.02)
    pytest.fail("waited in vain")


def say_until_heard(mouth: mqtt.Client, ear: Ear, payload: bytes) -> None:
    def heard() -> bool:
        mouth.publish(TOPIC, payload)
        return ear.count(payload) > 0

    until(heard)


def test_without_room_it_does_not_read_the_broker_stays_and_then_all_of_it_comes(
    broker: Broker, mouth: mqtt.Client, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_loop, "KEEPALIVE_S", 1)
    monkeypatch.setattr(broker_loop, "PING_S", 0.2)
    ear.loop.start("127.0.0.1", broker.port)
    say_until_heard(mouth, ear, b"before")
    ear.room = False
    until(lambda: ear.loop.pauses == 1)
    seen = len(ear.heard)
    for number in range(500):
        mouth.publish(TOPIC, b"%d" % number)
    threading.Event().wait(2.5)  # a broker that hears nothing ends the session after one and a half times its keepalive

    assert len(ear.heard) == seen
    assert (ear.loop.connected, ear.sessions) == (True, 1)
    ear.room = True
    until(lambda: ear.count(b"499") > 0)
    numbers = [message.payload for message in ear.heard if message.payload.isdigit()]
    assert numbers == [b"%d" % number for number in range(500)], "all of it, once, in order"
    assert (ear.sessions, ear.loop.pauses) == (1, 1)


def test_an_exception_ends_the_session_and_not_the_thread(
    broker: Broker, mouth: mqtt.Client, ear: Ear, caplog: pytest.LogCaptureFixture
) -> None:
    ear.loop.start("127.0.0.1", broker.port)
    say_until_heard(mouth, ear, b"before")
    ear.fault = RuntimeError("a bug of ours")
    mouth.publish(TOPIC, b"bad luck")
    until(lambda: ear.sessions == 2)

    say_until_heard(mouth, ear, b"after")
    assert ear.loop.connected
    assert "broker session failed" in caplog.messages


def test_a_session_that_is_cut_is_begun_anew_when_the_broker_is_back(
    broker: Broker, ear: Ear, caplog: pytest.LogCaptureFixture
) -> None:
    ear.loop.start("127.0.0.1", broker.port)
    assert ear.subscribed.wait(WAIT_S)
    broker.kill()
    until(lambda: not ear.loop.connected)
    ear.loop.publish(TOPIC, b"to nobody")
    until(lambda: "broker cannot be reached" in caplog.messages)
    broker.start()
    until(lambda: ear.loop.connected and ear.sessions == 2)


def test_what_was_published_is_sent_before_the_good_bye(broker: Broker, mouth: mqtt.Client, ear: Ear) -> None:
    heard: list[bytes] = []
    ready = threading.Event()
    mouth.on_message = lambda _client, _user, message: heard.append(message.payload)
    mouth.on_subscribe = lambda *_: ready.set()
    mouth.subscribe("live/1/+", 0)
    assert ready.wait(WAIT_S)
    ear.loop.start("127.0.0.1", broker.port)
    until(lambda: ear.loop.connected)
    wanted = [b"%d" % number * 1000 for number in range(300)]
    for payload in wanted:
        ear.loop.publish("live/1/7", payload)
    ear.loop.stop()

    until(lambda: len(heard) == len(wanted))
    assert heard == wanted
    assert not ear.loop.connected


def test_a_broker_that_says_nothing_is_left(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_loop, "KEEPALIVE_S", 1)
    monkeypatch.setattr(broker_loop, "PING_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(WAIT_S)
        ear.loop.start("127.0.0.1", listener.getsockname()[1])
        first, _ = listener.accept()
        with first:
            first.sendall(b"\x20\x02\x00\x00")
            until(lambda: ear.sessions == 1)
            second, _ = listener.accept()  # it did not wait for us for ever
            second.close()
            first.settimeout(WAIT_S)
            said = b""
            while piece := first.recv(1000):
                said += piece
        assert b"\xc0\x00" in said, "it had asked"


def test_a_stream_that_is_no_mqtt_is_left_too(ear: Ear) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(WAIT_S)
        ear.loop.start("127.0.0.1", listener.getsockname()[1])
        first, _ = listener.accept()
        with first:
            first.sendall(b"\x20\x02\x00\x00" + b"\x30\xff\xff\xff\xff\x7f")
            second, _ = listener.accept()
            second.close()


def test_without_room_it_goes_on_asking_for_a_sign_of_life(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_loop, "PING_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(WAIT_S)
        ear.loop.start("127.0.0.1", listener.getsockname()[1])
        broker, _ = listener.accept()
        with broker:
            broker.settimeout(WAIT_S)
            broker.sendall(b"\x20\x02\x00\x00")
            until(lambda: ear.sessions == 1)
            ear.room = False
            until(lambda: ear.loop.pauses == 1)
            said = b""
            while said.count(b"\xc0\x00") < 5:
                said += broker.recv(1000)
            assert ear.loop.connected


class SlowBell:
    """The loop's end of the pair, and what another thread does just when the loop is about to empty it."""

    def __init__(self, bell: socket.socket, meanwhile: Callable[[], None]) -> None:
        self._bell, self._meanwhile = bell, meanwhile

    def fileno(self) -> int:
        return self._bell.fileno()

    def close(self) -> None:
        self._bell.close()

    def recv(self, size: int) -> bytes:
        self._meanwhile()
        return self._bell.recv(size)


def test_what_is_published_while_the_loop_wakes_up_does_not_make_it_deaf(
    ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_loop, "PING_S", 60.0)
    bell = SlowBell(ear.loop._bell, lambda: ear.loop.publish("live/1/7", b"meanwhile"))
    monkeypatch.setattr(ear.loop, "_bell", bell)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ear.loop.start("127.0.0.1", listener.getsockname()[1])
        broker, _ = listener.accept()
        with broker:
            broker.settimeout(5.0)
            broker.sendall(b"\x20\x02\x00\x00")
            until(lambda: ear.sessions == 1)
            said = b""
            for payload in (b"first", b"second", b"third"):
                ear.loop.publish("live/1/7", payload)
                while payload not in said:
                    said += broker.recv(1000)
            assert b"meanwhile" in said
