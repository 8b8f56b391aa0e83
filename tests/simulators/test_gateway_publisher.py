"""What a simulated gateway publishes is what its truth says, at a real broker."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from homehd.brokers import Broker
from protocols.mqtt_gateway.messages import Alive, parse
from simulators.gateway_machine import GatewayOptions
from simulators.gateway_publisher import run_gateway
from telemetry.clock import SystemClock
from telemetry.errors import HomehdError, SettingsError


@pytest.fixture
def home(tmp_path: Path, mosquitto: None) -> Iterator[Broker]:
    broker = Broker("mosquitto", tmp_path / "broker")
    broker.start()
    yield broker
    broker.stop()


def test_what_it_publishes_is_its_truth(home: Broker, tmp_path: Path) -> None:
    heard: list[tuple[str, bytes]] = []
    ready, enough = threading.Event(), threading.Event()

    def received(_client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        heard.append((message.topic, bytes(message.payload)))
        if sum(topic.endswith("cuff") for topic, _ in heard) >= 2:
            enough.set()

    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="listener")
    client.on_subscribe = lambda *_: ready.set()
    client.on_message = received
    client.connect("127.0.0.1", home.port)
    client.subscribe("#", 1)
    client.loop_start()
    assert ready.wait(10)
    stop = threading.Event()
    options = GatewayOptions(home.url, prefix="house", speed=40.0, start_minute=30.0, cuff_minutes=0.5)
    thread = threading.Thread(target=run_gateway, args=(options, SystemClock(), stop, tmp_path / "truth.jsonl"))
    thread.start()
    try:
        assert enough.wait(30)
    finally:
        stop.set()
        thread.join(10)
        client.disconnect()
        client.loop_stop()
    truth = [json.loads(line) for line in (tmp_path / "truth.jsonl").read_text().splitlines()]
    assert {topic for topic, _ in heard} == {f"house/bedside/{kind}" for kind in ("readings", "alive", "cuff", "scale")}
    said = [(topic, parse(payload)) for topic, payload in heard]
    measured = [(m.seq, topic.rpartition("/")[2]) for topic, m in said if not isinstance(m, Alive)]
    assert measured == [(line["seq"], line["kind"]) for line in truth][: len(measured)]
    assert len(truth) - len(measured) < 10


def test_a_broker_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(HomehdError, match="broker running"):
        run_gateway(GatewayOptions("mqtt://127.0.0.1:1"), SystemClock(), threading.Event())
    with pytest.raises(SettingsError, match="--broker"):
        run_gateway(GatewayOptions("localhost"), SystemClock(), threading.Event())
