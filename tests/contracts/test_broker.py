"""What we need of any MQTT 3.1.1 broker, run on every broker we start: NATS from pip and Mosquitto."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.reasoncodes import ReasonCode

from homehd.brokers import KINDS, Broker, find
from telemetry import topics
from tests.retained import wait_until_retained

WAIT_S = 10.0


class Peer:
    """A paho client that can be waited for."""

    def __init__(self, broker: Broker, name: str, *, clean: bool = True, will: tuple[str, bytes] | None = None) -> None:
        self.messages: Queue[mqtt.MQTTMessage] = Queue()
        self.subscribed = threading.Event()
        self.connected = threading.Event()
        self.session_present = False
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=name, clean_session=clean)
        self.client.on_message = lambda _c, _u, message: self.messages.put(message)
        self.client.on_connect = self._on_connect
        self.client.on_subscribe = lambda *_: self.subscribed.set()
        if will:
            self.client.will_set(will[0], will[1], qos=1, retain=True)
        self.client.connect("127.0.0.1", broker.port, keepalive=10)
        self.client.loop_start()
        assert self.connected.wait(WAIT_S)

    def _on_connect(
        self, _client: object, _user: object, flags: mqtt.ConnectFlags, _code: object, _props: object
    ) -> None:
        self.session_present = flags.session_present
        self.connected.set()

    def subscribe(self, pattern: str, qos: int) -> None:
        self.subscribed.clear()
        self.client.subscribe(pattern, qos)
        assert self.subscribed.wait(WAIT_S)

    def publish(self, topic: str, payload: bytes, qos: int, *, retain: bool = False) -> None:
        self.client.publish(topic, payload, qos, retain).wait_for_publish(WAIT_S)

    def next(self) -> mqtt.MQTTMessage:
        return self.messages.get(timeout=WAIT_S)

    def stop(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def vanish(self) -> None:
        """Cut the line without a word, as a pulled plug does."""
        self.client.loop_stop()
        sock = self.client.socket()
        assert sock is not None
        sock.close()


@pytest.fixture(params=KINDS)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    if request.param == "mosquitto":
        request.getfixturevalue("mosquitto")
    assert find(request.param) is not None
    instance = Broker(request.param, tmp_path / "broker")
    instance.start()
    yield instance
    instance.stop()


@pytest.mark.parametrize("qos", [0, 1])
def test_a_full_batch_arrives_whole_on_the_wildcard_of_its_shard(broker: Broker, qos: int) -> None:
    reader, writer = Peer(broker, "reader"), Peer(broker, "writer")
    reader.subscribe(topics.shard_pattern(7, "up"), qos)
    payload = bytes(range(256)) * 192  # 48 KiB, every byte value
    writer.publish(topics.home(8, "other", "up"), b"not for you", qos)
    writer.publish(topics.home(7, "u1", "up"), payload, qos)
    message = reader.next()
    assert (message.topic, message.payload) == ("hhd/1/7/u1/up", payload)
    writer.publish(topics.home(8, "other", "up"), b"not for you either", qos)
    writer.publish(topics.home(7, "u1", "up"), b"the end", qos)
    assert reader.next().payload == b"the end", "nothing of another shard came between"
    reader.stop(), writer.stop()


def test_one_session_may_hear_every_shard_by_itself(broker: Broker) -> None:
    reader, writer = Peer(broker, "reader"), Peer(broker, "writer")
    codes: Queue[list[ReasonCode]] = Queue()
    reader.client.on_subscribe = lambda _c, _u, _request, granted, _props: codes.put(granted)
    reader.client.subscribe([(topics.shard_pattern(shard, "status"), 1) for shard in range(topics.SHARDS)])
    assert not any(code.is_failure for code in codes.get(timeout=WAIT_S)), "ingest with a list of shards does so"
    writer.publish(topics.home(63, "u1", "status"), b"here", 1)
    assert reader.next().payload == b"here"
    reader.stop(), writer.stop()


def test_order_is_kept_within_a_topic(broker: Broker) -> None:
    reader, writer = Peer(broker, "reader"), Peer(broker, "writer")
    reader.subscribe("hhd/1/+/+/up", 1)
    for number in range(500):
        writer.client.publish("hhd/1/1/u1/up", str(number), 1)
    assert [int(reader.next().payload) for _ in range(500)] == list(range(500))
    reader.stop(), writer.stop()


def test_status_is_retained_for_those_who_come_later_and_replaced(broker: Broker) -> None:
    writer = Peer(broker, "writer")
    for payload in (b"first", b"second"):
        writer.publish("hhd/1/3/u1/status", payload, 1, retain=True)
    wait_until_retained(broker, "hhd/1/3/u1/status", b"second")
    late = Peer(broker, "late")
    late.subscribe("hhd/1/3/+/status", 1)
    message = late.next()
    assert (message.payload, message.retain) == (b"second", True)
    writer.stop(), late.stop()


def test_the_last_will_is_published_and_retained_when_a_client_vanishes(broker: Broker) -> None:
    reader = Peer(broker, "reader")
    reader.subscribe("hhd/1/+/+/status", 1)
    home = Peer(broker, "u1", will=("hhd/1/0/u1/status", b"offline"))
    home.vanish()
    assert reader.next().payload == b"offline"
    wait_until_retained(broker, "hhd/1/0/u1/status", b"offline")
    reader.stop()


def test_a_persistent_session_gets_what_came_while_it_was_away(broker: Broker) -> None:
    home = Peer(broker, "u1", clean=False)
    home.subscribe("hhd/1/0/u1/down", 1)
    home.stop()
    cloud = Peer(broker, "cloud")
    for number in range(20):
        cloud.publish("hhd/1/0/u1/down", str(number).encode(), 1)
    back = Peer(broker, "u1", clean=False)
    assert back.session_present
    assert [int(back.next().payload) for _ in range(20)] == list(range(20))
    cloud.stop(), back.stop()


def test_it_comes_back_on_the_same_port_after_a_kill(broker: Broker) -> None:
    port = broker.port
    broker.kill()
    broker.start()
    assert broker.port == port
    reader, writer = Peer(broker, "reader"), Peer(broker, "writer")
    reader.subscribe("hhd/1/0/u1/up", 0)
    writer.publish("hhd/1/0/u1/up", b"after", 0)
    assert reader.next().payload == b"after"
    reader.stop(), writer.stop()
