"""The whole agent with a home's broker beside its machine: one row for both, and two links that are not mixed up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from edge_agent import agent, sources
from edge_agent.config import EdgeConfig, GatewaySettings
from homehd.brokers import Broker
from protocols.events import Delivery
from protocols.mqtt_gateway import encode
from telemetry import signals
from telemetry.clock import SystemClock
from telemetry.messages import MachineLink

SYSTOLIC, FLOW = signals.BY_NAME["systolic"].number, signals.BY_NAME["blood_flow"].number


@pytest.fixture
def home(tmp_path: Path, mosquitto: None) -> Iterator[Broker]:
    broker = Broker("mosquitto", tmp_path / "home-broker")
    broker.start()
    yield broker
    broker.stop()


def events(ingest: Any) -> list[str]:
    found = {e.seq: e.name for batch in ingest.batches for e in batch.events}
    return [found[seq] for seq in sorted(found)]


def test_cuff_beside_a_serial_machine(
    config: EdgeConfig, broker: Broker, ingest: Any, machine: Any, home: Broker, tools: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(sources, "BESIDE_QUIET_S", 3.0)
    config = msgspec.structs.replace(config, broker=broker.url, gateway=GatewaySettings(home.url))
    machine.plug()
    stop = threading.Event()
    thread = threading.Thread(target=agent.run, args=(config, SystemClock(), stop))
    thread.start()
    cuff = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="cuff")
    cuff.connect("127.0.0.1", home.port)
    cuff.loop_start()
    pause = threading.Event()
    try:
        tools.wait_for(lambda: len(ingest.stored) > 5)
        measured = encode.encode(encode.cuff(Delivery("cuff", "a", 1), {"systolic": 118.0, "diastolic": 71.0}))
        while not any(SYSTOLIC in batch.columns for batch in ingest.batches):
            cuff.publish("homehd/gateway/cuff/cuff", measured, qos=1)  # again and again: it is one measurement
            pause.wait(0.2)
            assert len(ingest.batches) < 500
        at = len(ingest.batches)
        tools.wait_for(lambda: len(ingest.batches) > at + 10)
        seen = {batch.first_seq: batch.columns[SYSTOLIC] for batch in ingest.batches if SYSTOLIC in batch.columns}
        assert len(seen) == 1, "stored once"
        (row,) = {b.first_seq: b for b in ingest.batches if SYSTOLIC in b.columns}.values()
        assert FLOW in row.columns, "in the machine's own row"
        machine.answer = b""  # and the next one finds a machine that has just fallen silent
        cuff.publish("homehd/gateway/cuff/cuff", measured.replace(b"118", b"95").replace(b'"seq":1', b'"seq":2'), qos=1)
        tools.wait_for(lambda: sum(SYSTOLIC in batch.columns for batch in ingest.batches) == 2, 20)
        alone = [batch for batch in ingest.batches if SYSTOLIC in batch.columns][-1]
        assert FLOW not in alone.columns, "a row of its own"
        machine.answer = tools.FRAME
        tools.wait_for(lambda: ingest.statuses[-1].machine is MachineLink.CONNECTED)
        troubles = events(ingest)
        home.kill()
        tools.wait_for(lambda: "gateway disconnected" in events(ingest))
        assert ingest.statuses[-1].machine is MachineLink.CONNECTED, "the machine's link is not the gateway's"
        home.start()
        tools.wait_for(lambda: cuff.is_connected(), 20)
        alive = encode.encode(encode.alive(Delivery("cuff", "a", 2), "none"))
        while "gateway connected" not in events(ingest):
            cuff.publish("homehd/gateway/cuff/alive", alive)
            alive = encode.encode(encode.alive(Delivery("cuff", "a", 2 + len(ingest.batches)), "none"))
            pause.wait(0.2)
            assert len(ingest.batches) < 1000
        later = events(ingest)[len(troubles) :]
        assert not [name for name in later if name in ("silent", "disconnected", "garbled")], (
            "no trouble of the machine's"
        )
    finally:
        stop.set()
        thread.join(15)
        cuff.disconnect()
        cuff.loop_stop()
    assert not thread.is_alive()
