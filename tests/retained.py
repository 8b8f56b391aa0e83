"""NATS keeps a retained message a moment after it has acknowledged it: whoever tests the keeping waits for that."""

from __future__ import annotations

import time
from queue import Empty, Queue

import paho.mqtt.client as mqtt

from homehd.brokers import Broker


def wait_until_retained(broker: Broker, topic: str, payload: bytes, seconds: float = 10.0) -> None:
    """Return when a newcomer gets `payload` as the retained message of `topic`; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if _newcomer_gets(broker, topic) == payload:
            return
    raise AssertionError(f"{topic} is not retained as {payload!r} after {seconds} s")


def _newcomer_gets(broker: Broker, topic: str) -> bytes | None:
    heard: Queue[bytes] = Queue()
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.on_connect = lambda *_: client.subscribe(topic, 1)
    client.on_message = lambda _c, _u, message: heard.put(message.payload) if message.retain else None
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    try:
        return heard.get(timeout=0.5)
    except Empty:
        return None
    finally:
        client.disconnect()
        client.loop_stop()
