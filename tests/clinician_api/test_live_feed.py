"""Live frames through a real broker: merged per unit, nonsense counted, the broker lost and found again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from clinician_api.live_feed import Batch, LiveFeed
from homehd.brokers import Broker
from telemetry import topics, wire
from telemetry.messages import LiveFrame, LiveReading, Status
from tests.clinician_api.builders import NOW, live_reading


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    running = Broker("nats", tmp_path)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def publisher(broker: Broker) -> Iterator[Callable[[bytes], None]]:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="ingest")
    client.connect("127.0.0.1", broker.port)
    client.loop_start()

    def publish(payload: bytes) -> None:
        client.publish(topics.live(5), payload).wait_for_publish(5)

    yield publish
    client.disconnect()
    client.loop_stop()


class Watch:
    """Takes what comes, as the event loop would."""

    def __init__(self, url: str) -> None:
        self.woken = threading.Event()
        self.feed = LiveFeed(url, self.woken.set)
        self.feed.start()

    def wait(self, seconds: float = 10.0) -> Batch:
        assert self.woken.wait(seconds), "nothing came"
        self.woken.clear()
        return self.feed.take()

    def until(self, condition: Callable[[], bool], seconds: float = 15.0) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "never happened"
            time.sleep(0.05)


@pytest.fixture
def watch(broker: Broker) -> Iterator[Watch]:
    watching = Watch(broker.url)
    watching.until(lambda: watching.feed.connected)
    time.sleep(0.2)  # the subscription follows the connection, and QoS 0 waits for nobody
    yield watching
    watching.feed.stop()


def frame(*readings: LiveReading, statuses: tuple[Status, ...] = ()) -> bytes:
    return wire.encode(LiveFrame(1, NOW, list(readings), list(statuses)))


def test_frames_are_merged_to_the_newest_per_unit(watch: Watch, publisher: Callable[[bytes], None]) -> None:
    publisher(frame(live_reading("u-1", 1), live_reading("u-2", 1)))
    publisher(frame(live_reading("u-1", 2), statuses=(Status(1, "u-1", True, NOW),)))
    time.sleep(0.3)
    batch = watch.wait()
    assert batch.frames == 2
    assert {unit: reading.seq for unit, reading in batch.readings.items()} == {"u-1": 2, "u-2": 1}
    assert batch.statuses["u-1"][1] == NOW
    assert watch.feed.take() == Batch()


def test_nonsense_is_counted_and_the_rest_goes_on(watch: Watch, publisher: Callable[[bytes], None]) -> None:
    for nonsense in (b"", b"\xc1", b"{}", b"\xff" * 1000, frame()[:-1]):
        publisher(nonsense)
    publisher(frame(live_reading("u-1", 1)))
    time.sleep(0.3)
    batch = watch.wait()
    assert (batch.bad, batch.frames) == (5, 1)


def test_a_broker_killed_and_started_again_is_found_again(broker: Broker, watch: Watch) -> None:
    broker.kill()
    watch.until(lambda: not watch.feed.connected)
    broker.start()
    watch.until(lambda: watch.feed.connected)


def test_a_broker_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    later = Broker("nats", tmp_path)
    watching = Watch(later.url)
    time.sleep(0.3)
    assert not watching.feed.connected
    later.start()
    watching.until(lambda: watching.feed.connected)
    watching.feed.stop()
    later.stop()
