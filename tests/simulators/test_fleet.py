from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from homehd.brokers import Broker, default_kind
from simulators.fleet import Fleet, FleetOptions, default_units, run_fleet
from telemetry import signals, topics, wire
from telemetry.clock import SystemClock
from telemetry.errors import SettingsError
from telemetry.messages import Ack, Batch, Refusal

SMALL = default_units(5)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    broker = Broker(default_kind(), tmp_path_factory.mktemp("broker"))
    broker.start()
    yield broker
    broker.stop()


class Cloud:
    """The other side: hears batches and answers what `answer` says."""

    def __init__(self, broker: Broker, answer: Callable[[Batch], Ack | None]) -> None:
        self.batches: list[Batch] = []
        self._answer = answer
        self._ready = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda client, *_: client.subscribe("hhd/1/+/+/up", 1)
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._hear
        self._client.connect("127.0.0.1", broker.port)

    def _hear(self, client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        batch = wire.decode_batch(bytes(message.payload))
        self.batches.append(batch)
        topic = topics.parse_home(message.topic)
        assert topic.unit == batch.unit
        ack = self._answer(batch)
        if ack:
            client.publish(topics.home(topic.shard, topic.unit, "down"), wire.encode(ack), qos=1)

    def __enter__(self) -> Cloud:
        self._client.loop_start()
        assert self._ready.wait(10.0)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def accept(batch: Batch) -> Ack:
    return Ack(batch.epoch, [(batch.first_seq, batch.first_seq)])


def run(options: FleetOptions) -> tuple[int, dict[str, Any]]:
    out = io.StringIO()
    code = run_fleet(options, SystemClock(), threading.Event(), out)
    return code, json.loads(out.getvalue())


def test_a_fleet_whose_rows_are_all_acknowledged(broker: Broker, tmp_path: Path) -> None:
    truth = tmp_path / "truth"
    with Cloud(broker, accept) as cloud:
        code, result = run(FleetOptions(broker.url, SMALL, hz=20.0, seconds=1.0, truth=truth))
    assert code == 0 and result["ok"]
    assert (result["homes"], result["sent"], result["acked"], result["lost"]) == (5, 100, 100, 0)
    assert 0.0 < result["latency_ms"]["p50"] <= result["latency_ms"]["max"] < 5000.0
    assert {(b.unit, b.first_seq) for b in cloud.batches} == {(u, s) for u, _ in SMALL for s in range(20)}
    lines = [json.loads(line) for line in truth.read_text().splitlines()]
    assert len(lines) == 100
    heard = {(b.unit, b.first_seq): b for b in cloud.batches}
    for line in lines:
        batch = heard[line["unit"], line["seq"]]
        assert line["epoch"] == batch.epoch == result["epoch"]
        numbers = {signals.BY_NAME[name].number for name in line["readings"]}
        assert numbers == batch.columns.keys()


def test_what_is_not_acknowledged_is_sent_again(broker: Broker) -> None:
    seen: set[tuple[str, int]] = set()

    def at_the_second_time(batch: Batch) -> Ack | None:
        again = (batch.unit, batch.first_seq) in seen
        seen.add((batch.unit, batch.first_seq))
        return accept(batch) if again else None

    with Cloud(broker, at_the_second_time) as cloud:
        code, result = run(FleetOptions(broker.url, SMALL, hz=4.0, seconds=0.5, resend_s=0.3, grace_s=10.0))
    assert code == 0
    assert result["sent"] == result["acked"] == 10
    assert result["resent"] >= 10
    rows = {(b.unit, b.first_seq, b.times, tuple(sorted(b.columns.items()))) for b in cloud.batches}
    assert len(rows) == 10  # a row sent again is the same row


def test_a_lost_or_refused_row_fails_the_run(broker: Broker) -> None:
    def harsh(batch: Batch) -> Ack | None:
        if batch.first_seq == 0:
            return Ack(batch.epoch, [], [Refusal(0, 0, "unknown unit")])
        return accept(batch) if batch.first_seq == 1 else None

    with Cloud(broker, harsh):
        code, result = run(FleetOptions(broker.url, SMALL, hz=6.0, seconds=0.5, grace_s=0.5))
    assert code == 1 and not result["ok"]
    assert (result["sent"], result["acked"], result["refused"], result["lost"]) == (15, 5, 5, 5)


def test_many_homes_share_few_connections(broker: Broker) -> None:
    with Cloud(broker, accept):
        code, result = run(FleetOptions(broker.url, default_units(600), hz=1.0, seconds=1.0))
    assert code == 0 and result["acked"] == 600


def test_a_stop_ends_the_run_early(broker: Broker) -> None:
    stop = threading.Event()
    stop.set()
    result = Fleet(FleetOptions(broker.url, SMALL, seconds=3600.0), SystemClock()).run(stop)
    assert result["sent"] == 0


@pytest.mark.parametrize("options", [{"units": ()}, {"hz": 0.0}, {"seconds": -1.0}, {"hz": float("nan")}])
def test_a_run_of_nothing_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match="greater than 0"):
        run(FleetOptions(**({"broker": "mqtt://127.0.0.1:1", "units": SMALL} | options)))
