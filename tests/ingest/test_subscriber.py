from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from homehd.brokers import Broker, free_port
from ingest.inbox import Inbox, Message
from ingest.shards import ALL
from ingest.subscriber import Subscriber, patterns
from telemetry import topics
from telemetry.clock import ManualClock
from telemetry.errors import HomehdError, SettingsError
from tests.retained import wait_until_retained

WAIT_S = 10.0


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    instance = Broker("nats", tmp_path / "broker")
    instance.start()
    yield instance
    instance.stop()


class Home:
    """An agent's side of the broker."""

    def __init__(self, broker: Broker) -> None:
        self.heard: Queue[tuple[str, bytes]] = Queue()
        self._ready = threading.Event()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="home")
        self.client.on_subscribe = lambda *_: self._ready.set()
        self.client.on_message = lambda _c, _u, m: self.heard.put((m.topic, bytes(m.payload)))
        self.client.connect("127.0.0.1", broker.port)
        self.client.loop_start()
        self.client.subscribe([("hhd/1/+/+/down", 1), (topics.LIVE_PATTERN, 0)])
        assert self._ready.wait(WAIT_S)

    def say(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self.client.publish(topic, payload, 1, retain).wait_for_publish(WAIT_S)

    def stop(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def home(broker: Broker) -> Iterator[Home]:
    instance = Home(broker)
    yield instance
    instance.stop()


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def subscriber(broker: Broker, inbox: Inbox) -> Iterator[Subscriber]:
    instance = Subscriber(broker.url, "ingest-test", inbox, ManualClock())
    instance.start()
    yield instance
    instance.stop()


def until(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(int(WAIT_S / 0.02)):
        if condition():
            return
        pause.wait(0.02)
    pytest.fail("waited in vain")


def said_and_heard(home: Home, inbox: Inbox, topic: str, payload: bytes) -> Message:
    """Say it until it is heard: a subscription takes a moment to become effective."""
    for _ in range(100):
        home.say(topic, payload)
        if found := inbox.drain(1, 10**6, 0.1):
            inbox.drain(1000, 10**6, 0.1)
            return found[0]
    pytest.fail(f"{topic} was not heard")


def test_what_homes_of_our_shards_say_is_heard_with_its_time_and_nothing_else(
    subscriber: Subscriber, home: Home, inbox: Inbox
) -> None:
    subscriber.own(frozenset({7, 8}))
    heard = said_and_heard(home, inbox, "hhd/1/8/u1/up", b"batch")
    assert heard == Message("hhd/1/8/u1/up", b"batch", ManualClock().now_us())

    home.say("hhd/1/9/u1/up", b"not ours")
    home.say("hhd/1/7/u1/down", b"not for us")
    home.say("hhd/1/7/u1/status", b"status")
    assert [m.payload for m in inbox.drain(10, 1000, WAIT_S)] == [b"status"]


def test_a_shard_given_up_is_heard_no_more_and_one_gained_is(subscriber: Subscriber, home: Home, inbox: Inbox) -> None:
    subscriber.own(frozenset({7}))
    said_and_heard(home, inbox, "hhd/1/7/u1/up", b"a")
    subscriber.own(frozenset({8}))
    said_and_heard(home, inbox, "hhd/1/8/u1/up", b"b")

    home.say("hhd/1/7/u1/up", b"c")
    home.say("hhd/1/8/u1/up", b"d")
    assert [m.payload for m in inbox.drain(10, 1000, WAIT_S)] == [b"d"]


def test_retained_statuses_come_with_the_subscription(
    subscriber: Subscriber, home: Home, inbox: Inbox, broker: Broker
) -> None:
    home.say("hhd/1/7/u1/status", b"kept", retain=True)
    wait_until_retained(broker, "hhd/1/7/u1/status", b"kept")
    subscriber.own(ALL)

    assert [(m.payload, m.retained) for m in inbox.drain(1, 1000, WAIT_S)] == [(b"kept", True)]
    live = said_and_heard(home, inbox, "hhd/1/7/u1/status", b"live")
    assert (live.payload, live.retained) == (b"live", False)


def serve_refusals(listener: socket.socket, granted: bytes) -> None:
    """A broker that accepts the session and answers every SUBSCRIBE with the same code for each of its patterns."""
    line, _ = listener.accept()
    with line:
        while head := line.recv(2):
            kind, rest = head[0] & 0xF0, line.recv(head[1])
            if kind == 0x10:  # CONNECT
                line.sendall(b"\x20\x02\x00\x00")
            elif kind == 0x80:  # SUBSCRIBE: its id, then patterns, each with its QoS
                count = rest.count(b"hhd/1/")
                line.sendall(bytes([0x90, 2 + count]) + rest[:2] + granted * count)


@pytest.mark.parametrize(("granted", "trouble"), [(b"\x80", "hhd/1/7/+/up"), (b"\x01", "")])
def test_a_broker_that_refuses_a_subscription_is_trouble(
    granted: bytes, trouble: str, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve_refusals, args=(listener, granted))
        thread.start()
        subscriber = Subscriber(f"mqtt://127.0.0.1:{listener.getsockname()[1]}", "ingest-test", Inbox(), ManualClock())
        assert subscriber.trouble == "not connected"
        subscriber.start()
        subscriber.own(frozenset({7}))
        until(lambda: subscriber.answered)
        assert trouble in subscriber.trouble
        assert bool(subscriber.trouble) == bool(trouble)
        subscriber.own(frozenset())
        assert subscriber.trouble == ""
        subscriber.stop()
        thread.join(WAIT_S)
    assert ("subscription refused" in caplog.messages) == bool(trouble)


def test_acknowledgements_and_frames_go_out(subscriber: Subscriber, home: Home) -> None:
    subscriber.publish("hhd/1/7/u1/down", b"ack")
    subscriber.publish("live/1/7", b"frame")

    assert [home.heard.get(timeout=WAIT_S) for _ in range(2)] == [("hhd/1/7/u1/down", b"ack"), ("live/1/7", b"frame")]


def test_after_a_broker_restart_it_is_back_with_its_shards(tmp_path: Path, inbox: Inbox) -> None:
    broker = Broker("nats", tmp_path / "restarted")
    broker.start()
    subscriber = Subscriber(broker.url, "ingest-test", inbox, ManualClock())
    subscriber.start()
    subscriber.own(frozenset({7}))
    broker.kill()
    until(lambda: not subscriber.connected)
    subscriber.publish("live/1/7", b"to nobody")

    broker.start()
    until(lambda: subscriber.connected)
    home = Home(broker)
    said_and_heard(home, inbox, "hhd/1/7/u1/up", b"again")
    home.stop()
    subscriber.stop()
    broker.stop()


def test_no_broker_is_one_clear_line() -> None:
    port = free_port()
    with pytest.raises(HomehdError, match=f"connect to the broker: 127.0.0.1:{port} – .*refused"):
        Subscriber(f"mqtt://127.0.0.1:{port}", "x", Inbox(), ManualClock()).start()


def test_something_that_is_no_broker_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.subscriber.CONNECT_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"mqtt://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(HomehdError, match="does not answer"):
            Subscriber(url, "x", Inbox(), ManualClock()).start()


@pytest.mark.parametrize("url", ["", "127.0.0.1:1883", "http://host", "mqtt://", "mqtt://host:abc", "mqtt://host:0"])
def test_an_address_that_is_none_is_a_mistake_in_the_settings(url: str) -> None:
    with pytest.raises(SettingsError, match="HOMEHD_BROKER"):
        Subscriber(url, "x", Inbox(), ManualClock())


def test_all_shards_are_one_wildcard() -> None:
    assert patterns(ALL) == [("hhd/1/+/+/up", 0), ("hhd/1/+/+/status", 1)]
    assert patterns(frozenset({3})) == [("hhd/1/3/+/up", 0), ("hhd/1/3/+/status", 1)]
    assert patterns(frozenset()) == []
