"""The notifier's way to the broker, against the broker that homes reach: its account hears and says what it must."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from homehd.brokers import Broker
from homehd.notify_line import MAX_FRAMES, MAX_SAID, NotifyLine
from notifier.away.pager import Heard
from telemetry import topics, wire
from telemetry.messages import LiveFrame
from tests.notifier.away_world import alert
from tests.secured_broker import SecuredBroker

pause = threading.Event()


def frame(*rules: str, left_out: int = 0) -> LiveFrame:
    return LiveFrame(1, 1, [], [], 5, [alert(rule) for rule in rules], left_out)


def until(done: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        pause.wait(0.05)


@pytest.fixture
def plain(mosquitto: None, tmp_path: Path) -> Iterator[Broker]:
    broker = Broker("mosquitto", tmp_path / "broker")
    broker.start()
    yield broker
    broker.stop()


def speaker(port: int) -> mqtt.Client:
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", port)
    client.loop_start()
    return client


def collect(line: NotifyLine, into: Heard) -> Heard:
    taken = line.take()
    into.frames += taken.frames
    into.said += taken.said
    into.bad += taken.bad
    return into


def test_it_hears_frames_and_other_notifiers_and_is_heard(plain: Broker) -> None:
    one, other, heard = NotifyLine(plain.url), NotifyLine(plain.url), Heard()
    for line in (one, other):
        line.start()
        until(lambda line=line: line.connected)  # type: ignore[misc]
    ingest = speaker(plain.port)
    ingest.publish(topics.live(7), wire.encode(frame("R10")))
    ingest.publish("live/1/99", b"no shard")
    ingest.publish(topics.live(7), b"no frame")
    other.say(b"hello")
    until(lambda: len(collect(one, heard).frames) == 1 and heard.bad == 2 and heard.said == [b"hello"])
    assert heard.frames == [(7, frame("R10"))]
    for client in (one, other):
        client.stop()
    ingest.disconnect()
    ingest.loop_stop()


def test_it_comes_back_with_the_broker(plain: Broker) -> None:
    one = NotifyLine(plain.url)
    one.start()
    until(lambda: one.connected)
    plain.kill()
    until(lambda: not one.connected)
    one.say(b"to nobody")
    plain.start()
    until(lambda: one.connected, 20)
    one.stop()


def test_a_frame_replaces_its_shard_s_last_unless_that_told_what_this_one_leaves_out() -> None:
    line = NotifyLine("mqtt://127.0.0.1:1")
    for shard, said in ((1, frame("R10")), (2, frame("R11")), (1, frame("R12")), (1, frame("R13", left_out=1))):
        line._add(shard, said)
    assert line.take().frames == [(2, frame("R11")), (1, frame("R12")), (1, frame("R13", left_out=1))]
    for _ in range(MAX_FRAMES + 100):
        line._add(1, frame("R13", left_out=1))
    assert len(line.take().frames) <= MAX_FRAMES
    assert MAX_SAID >= 1000


@pytest.mark.mosquitto
def test_its_account_may_hear_and_say_and_no_other_may_say(secured: SecuredBroker) -> None:
    lines = {name: NotifyLine(secured.service_url(name)) for name in ("notifier", "api")}
    for line in lines.values():
        line.start()
    until(lambda: lines["notifier"].connected)
    pause.wait(1)
    heard = Heard()
    lines["api"].say(b"forged")
    lines["notifier"].say(b"true")
    until(lambda: bool(collect(lines["notifier"], heard).said))
    pause.wait(1)
    assert collect(lines["notifier"], heard).said == [b"true"]
    for line in lines.values():
        line.stop()
