"""Live frames through a real broker: merged per unit, nonsense counted, the broker lost and found again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from clinician_api.live.live_feed import Batch, LiveFeed
from clinician_api.live.unsaved import Saving
from homehd.brokers import Broker
from telemetry import topics, wire
from telemetry.messages import LiveFrame, LiveReading, Status, UnsavedAlert
from tests.clinician_api.builders import NOW, live_reading, unsaved_alert
from tests.clinician_api.conftest import until


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    running = Broker("nats", tmp_path)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def publisher(broker: Broker) -> Iterator[Callable[..., None]]:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="ingest")
    client.connect("127.0.0.1", broker.port)
    client.loop_start()

    def publish(payload: bytes, topic: str = topics.live(5)) -> None:
        client.publish(topic, payload).wait_for_publish(5)

    yield publish
    client.disconnect()
    client.loop_stop()


class Watch:
    """Takes what comes, as the event loop would."""

    def __init__(self, url: str) -> None:
        self.woken = threading.Event()
        self.feed = LiveFeed(url, self.woken.set)
        self.feed.start()

    def messages(self, count: int) -> Batch:
        """All that came, once that many messages have."""
        batch = Batch()
        while batch.frames + batch.bad < count:
            assert self.woken.wait(15), "nothing came"
            self.woken.clear()
            more = self.feed.take()
            batch.frames, batch.bad = batch.frames + more.frames, batch.bad + more.bad
            batch.readings.update(more.readings)
            batch.statuses.update(more.statuses)
            batch.saving.update(more.saving)
        return batch


@pytest.fixture
def watch(broker: Broker) -> Iterator[Watch]:
    watching = Watch(broker.url)
    until(lambda: watching.feed.connected)
    yield watching
    watching.feed.stop()


def frame(*readings: LiveReading, statuses: tuple[Status, ...] = ()) -> bytes:
    return wire.encode(LiveFrame(1, NOW, list(readings), list(statuses)))


def test_frames_are_merged_to_the_newest_per_unit(watch: Watch, publisher: Callable[[bytes], None]) -> None:
    publisher(frame(live_reading("u-1", 1), live_reading("u-2", 1)))
    publisher(frame(live_reading("u-1", 2), statuses=(Status(1, "u-1", True, NOW),)))
    batch = watch.messages(2)
    assert batch.frames == 2
    assert {unit: reading.seq for unit, reading in batch.readings.items()} == {"u-1": 2, "u-2": 1}
    assert batch.statuses["u-1"][1] == NOW
    assert watch.feed.take() == Batch()


def test_what_is_not_saved_is_each_shards_newest_word(watch: Watch, publisher: Callable[..., None]) -> None:
    def unsaved(since_us: int, *alerts: UnsavedAlert) -> bytes:
        return wire.encode(LiveFrame(1, NOW + 1, unsaved_since_us=since_us, unsaved=list(alerts)))

    publisher(unsaved(NOW, unsaved_alert(), unsaved_alert("u-2")), topics.live(5))
    publisher(unsaved(0), topics.live(6))
    publisher(unsaved(NOW, unsaved_alert("u-2")), topics.live(5))
    saving = watch.messages(3).saving
    assert saving == {5: Saving(NOW + 1, NOW, [unsaved_alert("u-2")]), 6: Saving(NOW + 1, 0, [])}


def test_frames_that_leave_some_out_are_taken_together() -> None:
    batch = Batch()
    for unit in ("u-1", "u-2"):
        batch.add(5, LiveFrame(1, NOW, unsaved_since_us=NOW, unsaved=[unsaved_alert(unit)], unsaved_left_out=1))
    assert batch.saving[5].alerts == [unsaved_alert("u-1"), unsaved_alert("u-2")]


def test_a_frame_of_no_shard_is_nonsense(watch: Watch, publisher: Callable[..., None]) -> None:
    publisher(frame(live_reading("u-1", 1)), "live/1/64")
    assert watch.messages(1).bad == 1


def test_nonsense_is_counted_and_the_rest_goes_on(watch: Watch, publisher: Callable[[bytes], None]) -> None:
    for nonsense in (b"", b"\xc1", b"{}", b"\xff" * 1000, frame()[:-1]):
        publisher(nonsense)
    publisher(frame(live_reading("u-1", 1)))
    batch = watch.messages(6)
    assert (batch.bad, batch.frames) == (5, 1)


def test_a_broker_killed_and_started_again_is_found_again(broker: Broker, watch: Watch) -> None:
    broker.kill()
    until(lambda: not watch.feed.connected)
    broker.start()
    until(lambda: watch.feed.connected)


def test_a_broker_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    later = Broker("nats", tmp_path)
    watching = Watch(later.url)
    time.sleep(0.3)
    assert not watching.feed.connected
    later.start()
    until(lambda: watching.feed.connected)
    watching.feed.stop()
    later.stop()


def test_a_subscription_that_is_refused_is_no_connection(watch: Watch) -> None:
    refused = ReasonCode(PacketTypes.SUBACK, identifier=0x80)
    watch.feed._on_subscribe(watch.feed._client, None, 2, [refused], None)
    assert not watch.feed.connected
