"""Starting a broker says clearly why it cannot. What a broker must do is in tests/contracts/test_broker.py."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from homehd import brokers
from homehd.brokers import Broker
from telemetry.errors import HomehdError


def test_a_port_that_is_taken_is_named_with_the_brokers_own_words(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(HomehdError) as caught:
            Broker("nats", tmp_path / "broker", port).start()
    assert f"nats on port {port}" in caught.value.line()
    assert "address already in use" in caught.value.line()


def test_a_broker_that_is_not_installed_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brokers, "find", lambda kind: None)
    with pytest.raises(HomehdError, match="apt-get install mosquitto"):
        Broker("mosquitto", tmp_path).start()
    assert brokers.default_kind() == "nats"


def test_kill_and_stop_are_safe_to_repeat(tmp_path: Path) -> None:
    broker = Broker("nats", tmp_path / "broker")
    broker.start()
    assert brokers.accepts(broker.port)
    broker.kill()
    broker.kill()
    broker.stop()
    assert not brokers.accepts(broker.port)


def test_no_free_port_comes_twice_or_from_where_outgoing_connections_take_theirs() -> None:
    lowest, _ = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    ports = [brokers.free_port() for _ in range(500)]
    assert len(set(ports)) == 500
    assert min(ports) > 1024 and max(ports) < int(lowest)


def test_a_port_somebody_listens_on_is_not_free(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setattr(brokers, "_PORTS", (port, brokers.free_port()))
        monkeypatch.setattr(brokers, "_given", set())
        assert brokers.free_port() != port
