"""The MQTT session against a real broker: connect, will, refusal, kill and return."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from edge_agent.config import UplinkSettings
from edge_agent.uplink import Topics, Uplink, UplinkSink
from homehd.brokers import Broker, free_port
from telemetry import topics, wire
from telemetry.broker_address import BrokerAddress
from telemetry.clock import SystemClock
from telemetry.messages import Status


class Running:
    def __init__(self, port: int, tools: Any, **settings: Any) -> None:
        self.happened: list[str] = []
        self.payloads: list[bytes] = []
        unit, shard = tools.UNIT, tools.SHARD
        self.topics = Topics(*(topics.home(shard, unit, way) for way in ("up", "down", "status")))
        self.uplink = Uplink(
            BrokerAddress("127.0.0.1", port, tls=False),
            UplinkSettings(**settings),
            self.topics,
            client_id=f"hhd-{unit}",
            will=lambda: wire.encode(Status(1, unit, False, 0)),
            sink=UplinkSink(
                lambda: self.happened.append("connected"),
                lambda: self.happened.append("disconnected"),
                self.payloads.append,
            ),
            clock=SystemClock(),
            rng=Random(1),
        )
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.uplink.run, args=(self._stop,))
        self._thread.start()

    def end(self) -> None:
        self._stop.set()
        self._thread.join(8)
        assert not self._thread.is_alive(), "it ends within seconds, whatever the line does"


@pytest.fixture
def start(tools: Any) -> Iterator[Any]:
    running: list[Running] = []

    def begin(port: int, **settings: Any) -> Running:
        running.append(Running(port, tools, **settings))
        return running[-1]

    yield begin
    for one in running:
        one.end()


def test_publishes_and_receives(start: Any, broker: Broker, ingest: Any, tools: Any) -> None:
    running = start(broker.port)
    assert not running.uplink.publish(running.topics.status, b"", qos=0), "nobody is there yet"
    tools.wait_for(lambda: running.happened == ["connected"])
    status = wire.encode(Status(1, tools.UNIT, True, 1))
    assert running.uplink.publish(running.topics.status, status, qos=1, retain=True)
    tools.wait_for(lambda: [s.online for s in ingest.statuses] == [True])
    ingest.send(b"hello")
    tools.wait_for(lambda: running.payloads == [b"hello"])
    tools.wait_for(lambda: running.uplink.unwritten() == 0)


def test_a_broker_killed_is_found_again(start: Any, broker: Broker, tools: Any) -> None:
    running = start(broker.port)
    tools.wait_for(lambda: running.happened == ["connected"])
    for round_ in (1, 2):
        broker.kill()
        tools.wait_for(lambda: running.happened[-1] == "disconnected")
        assert not running.uplink.publish(running.topics.up, b"x", qos=0)
        broker.start()
        tools.wait_for(lambda: running.happened[-1] == "connected", seconds=15)
        assert running.uplink.connects == 1 + round_


def test_a_broker_that_is_not_there_is_told_once(
    start: Any, tools: Any, caplog: pytest.LogCaptureFixture, tmp_path: Any
) -> None:
    port = free_port()
    running = start(port)
    threading.Event().wait(1.5)
    said = [r for r in caplog.records if r.levelno >= logging.WARNING]
    assert len(said) == 1 and "refused" in said[0].fields["reason"].lower()  # type: ignore[attr-defined]
    broker = Broker("nats", tmp_path / "late", port)
    broker.start()
    tools.wait_for(lambda: running.happened == ["connected"], seconds=15)
    running.end()
    broker.stop()


def test_something_that_is_no_broker_does_not_hold_it(start: Any, caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        running = start(mute.getsockname()[1])
        connection, _ = mute.accept()
        threading.Event().wait(0.3)
        running.end()
        connection.close()
    assert running.happened == []


def test_the_will_says_that_we_are_gone(start: Any, broker: Broker, ingest: Any, tools: Any) -> None:
    running = start(broker.port)
    tools.wait_for(lambda: running.happened == ["connected"])
    session = running.uplink._session
    session.client.socket().shutdown(socket.SHUT_RDWR)
    tools.wait_for(lambda: [s.online for s in ingest.statuses] == [False])


def test_a_refusal_is_told_in_words(start: Any, tools: Any, caplog: pytest.LogCaptureFixture) -> None:
    # A server that answers every CONNECT with "not authorised", as a broker does to wrong credentials.
    with socket.create_server(("127.0.0.1", 0)) as server:
        done = threading.Event()

        def refuse() -> None:
            while not done.is_set():
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(1000)
                    connection.sendall(b"\x20\x02\x00\x05")

        thread = threading.Thread(target=refuse, daemon=True)
        thread.start()
        start(server.getsockname()[1], username="u", password="p")
        tools.wait_for(lambda: [r for r in caplog.records if r.levelno >= logging.WARNING])
        threading.Event().wait(1.0)
        done.set()
        server.shutdown(socket.SHUT_RDWR)
    reasons = [r.fields["reason"] for r in caplog.records if r.levelno >= logging.WARNING]  # type: ignore[attr-defined]
    assert reasons[0] == "refused: Not authorized"
    assert reasons.count(reasons[0]) == 1, "once, not once per attempt"
