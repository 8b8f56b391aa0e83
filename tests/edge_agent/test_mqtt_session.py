"""One connection to a real broker: what it asks for, what it is refused, and that a hanging line does not hold it."""

from __future__ import annotations

import socket
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from edge_agent.mqtt_session import Session, Subscription
from homehd.brokers import Broker, accepts, find
from telemetry import broker_address

NOWHERE = Subscription(broker_address.parse("mqtt://127.0.0.1:1"), "homehd/gateway/#", "homehd-x", 2.0, beside=False)


def at(port: int) -> Subscription:
    return replace(NOWHERE, broker=broker_address.parse(f"mqtt://127.0.0.1:{port}"))


@pytest.mark.parametrize(
    ("topic", "filters"),
    [
        ("homehd/gateway/#", [("homehd/gateway/+/readings", 0), ("homehd/gateway/+/alive", 0),
                              ("homehd/gateway/+/cuff", 1), ("homehd/gateway/+/scale", 1)]),
        ("vendor/out", [("vendor/out", 0)]),
        ("+/x/#", [("+/x/#", 0)]),
        ("#", [("#", 0)]),
    ],
)  # fmt: skip
def test_what_is_subscribed_to(topic: str, filters: list[tuple[str, int]]) -> None:
    assert replace(NOWHERE, topic=topic).filters() == filters


def test_beside_a_machine_readings_are_not_asked_for() -> None:
    wanted = replace(NOWHERE, beside=True).filters()
    assert [(topic.rpartition("/")[2], qos) for topic, qos in wanted] == [("alive", 0), ("cuff", 1), ("scale", 1)]


def test_a_broker_that_is_not_there_is_an_error_of_the_system() -> None:
    with pytest.raises(OSError, match="refused"):
        Session(NOWHERE).connect()


def test_a_broker_that_refuses_is_named(tmp_path: Path, mosquitto: None, tools: Any) -> None:
    broker = Broker("mosquitto", tmp_path / "strict")
    broker.start()
    broker.stop()
    config = tmp_path / "strict" / "broker.conf"
    config.write_text(config.read_text().replace("allow_anonymous true", "allow_anonymous false"))
    process = subprocess.Popen([str(find("mosquitto")), "-c", str(config)], stderr=subprocess.DEVNULL)
    session = Session(at(broker.port))
    try:
        tools.wait_for(lambda: accepts(broker.port))
        session.connect()
        assert session.gone.wait(10) and session.reason.startswith("refused: Not authorized")
    finally:
        session.end()
        process.terminate()
        process.wait()


def test_what_a_broker_without_mqtt_5_says_is_a_reason(tmp_path: Path) -> None:
    broker = Broker("nats", tmp_path / "nats")
    broker.start()
    session = Session(at(broker.port))
    try:
        session.connect()
        assert session.gone.wait(10) and session.reason
        assert not session.ready.is_set()
    finally:
        session.end()
        broker.stop()


def test_a_line_that_hangs_does_not_hold_the_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        session = Session(at(server.getsockname()[1]))
        session.connect()
        peer, _ = server.accept()
        session.end()  # the test's own time limit is the assertion
        peer.close()


def test_it_asks_the_broker_to_forget_after_five_minutes_and_for_no_last_will() -> None:
    """Nothing old is ever delivered as new, and nothing is said in the box's name when it is gone (H13)."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        session = Session(at(server.getsockname()[1]))
        session.connect()
        peer, _ = server.accept()
        peer.settimeout(5)
        connect = peer.recv(4096)
        peer.close()
        session.end()
    flags = connect[connect.index(b"MQTT") + 5]
    assert flags == 0, "no clean start, no will, nobody's name"
    assert bytes([0x11]) + (300).to_bytes(4, "big") in connect, "session expiry interval"
    assert bytes([0x21]) + (20).to_bytes(2, "big") in connect, "receive maximum"


def test_what_is_measured_once_is_held_and_what_is_sampled_is_not(tmp_path: Path, mosquitto: None) -> None:
    broker = Broker("mosquitto", tmp_path / "broker")
    broker.start()
    try:
        first = Session(at(broker.port))
        first.connect()
        assert first.ready.wait(10)
        first.end()
        cuff = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="cuff")
        cuff.connect("127.0.0.1", broker.port)
        cuff.loop_start()
        for kind in ("readings", "alive", "cuff", "scale"):
            cuff.publish(f"homehd/gateway/a/{kind}", kind.encode(), qos=1).wait_for_publish(10)
        cuff.disconnect()
        cuff.loop_stop()
        # Not acknowledged, it comes again; acknowledged, it does not.
        for held, acknowledged in ((["cuff", "scale"], False), (["cuff", "scale"], True), ([], False)):
            again = Session(at(broker.port))
            again.connect()
            heard = [one for one in (again.inbox.get(2.0 if n < len(held) else 0.5) for n in range(3)) if one]
            assert [one.payload.decode() for one in heard] == held
            for one in heard if acknowledged else ():
                again.acknowledge(one)
            again.end()
    finally:
        broker.stop()
