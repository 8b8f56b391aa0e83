from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from homehd.brokers import Broker, default_kind, free_port
from simulators.fleet_connection import Connection
from telemetry import topics, wire
from telemetry.errors import HomehdError, SettingsError
from telemetry.messages import Ack

DOWN = topics.home(3, "k7m2qx4d", "down")


def ignore(_topic: str, _ack: Ack) -> None:
    """Nobody listens."""


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(default_kind(), tmp_path)
    broker.start()
    yield broker
    broker.stop()


def test_acknowledgements_are_heard_nonsense_is_not_and_a_lost_link_comes_back(broker: Broker) -> None:
    heard: list[Ack] = []
    arrived = threading.Event()

    def hear(topic: str, ack: Ack) -> None:
        assert topic == DOWN
        heard.append(ack)
        arrived.set()

    ours, theirs = Connection(broker.url, "ours", [DOWN], hear), Connection(broker.url, "theirs", ["x"], ignore)
    ack = Ack("00112233aabbccdd", [(0, 5)])
    try:
        for connection in (ours, theirs):
            connection.open()
            connection.wait_until_subscribed()
        theirs.publish(DOWN, b"nonsense")
        theirs.publish(DOWN, wire.encode(ack))
        assert arrived.wait(10.0)
        assert heard == [ack]

        arrived.clear()
        broker.kill()
        broker.start()
        for _ in range(100):  # both find back by themselves
            theirs.publish(DOWN, wire.encode(ack), qos=1)
            if arrived.wait(0.2):
                break
        assert arrived.is_set()
    finally:
        ours.close()
        theirs.close()


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "mqtt://", "mqtt://127.0.0.1:nine", "127.0.0.1"])
def test_a_wrong_address_is_one_clear_line(url: str) -> None:
    with pytest.raises(SettingsError, match="broker address"):
        Connection(url, "x", [DOWN], ignore)


def test_nobody_at_the_address_is_one_clear_line() -> None:
    with pytest.raises(HomehdError, match="is the broker running"):
        Connection(f"mqtt://127.0.0.1:{free_port()}", "x", [DOWN], ignore).open()


def test_a_broker_that_refuses_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def refuse() -> None:
            peer, _ = server.accept()
            with peer:
                peer.recv(1024)
                peer.sendall(bytes([0x20, 2, 0, 5]))  # CONNACK: not authorised
                peer.recv(1024)

        thread = threading.Thread(target=refuse)
        thread.start()
        connection = Connection(f"mqtt://127.0.0.1:{server.getsockname()[1]}", "x", [DOWN], ignore)
        connection.open()
        with pytest.raises(HomehdError, match="Not authorized"):
            connection.wait_until_subscribed()
        connection.close()
        thread.join(10.0)
