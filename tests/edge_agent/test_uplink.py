"""The MQTT session against a real broker: connect, will, refusal, kill and return."""

from __future__ import annotations

import logging
import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from edge_agent.config import UplinkSettings
from edge_agent.uplink import Topics, Uplink, UplinkSink
from homehd.brokers import Broker, free_port
from registrar import authority
from telemetry import topics, wire
from telemetry.broker_address import BrokerAddress
from telemetry.broker_tls import TlsFiles
from telemetry.clock import SystemClock
from telemetry.messages import Status
from tests.secured_broker import Client, SecuredBroker


class Running:
    def __init__(self, port: int, tools: Any, tls: bool = False, **settings: Any) -> None:
        self.happened: list[str] = []
        self.payloads: list[bytes] = []
        self.configured: list[bytes] = []
        unit, shard = tools.UNIT, tools.SHARD
        self.topics = Topics(*(topics.home(shard, unit, way) for way in ("up", "down", "status", "config")))
        self.uplink = Uplink(
            BrokerAddress("127.0.0.1", port, tls=tls),
            UplinkSettings(**settings),
            self.topics,
            client_id=f"hhd-{unit}",
            will=lambda: wire.encode(Status(1, unit, False, 0)),
            sink=UplinkSink(
                lambda: self.happened.append("connected"),
                lambda: self.happened.append("disconnected"),
                self.payloads.append,
                self.configured.append,
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


def box_files(secured: SecuredBroker, folder: Path, unit: str) -> dict[str, Any]:
    """The box's own files, as the first certificate fills them."""
    replace_files(secured, folder, unit)
    return {
        "tls": True, "ca_file": str(secured.folder / "root.pem"),
        "cert_file": str(folder / "box.pem"), "key_file": str(folder / "box.key"),
    }  # fmt: skip


def replace_files(secured: SecuredBroker, folder: Path, unit: str) -> TlsFiles:
    made = secured.unit(unit)
    for name in ("box.key", "box.pem"):
        shutil.copyfile(made.cert_file, folder / name)
    return made


def reasons(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.fields["reason"] for record in caplog.records if record.levelno >= logging.WARNING]  # type: ignore[attr-defined]


def test_over_tls_the_certificate_says_who_we_are(
    start: Any, secured: SecuredBroker, tools: Any, tmp_path: Path
) -> None:
    running = start(secured.plan.homes_port, **box_files(secured, tmp_path, tools.UNIT))
    tools.wait_for(lambda: running.happened == ["connected"])
    ingest = Client(secured.services("ingest"))
    ingest.subscribe(running.topics.up)
    assert running.uplink.publish(running.topics.up, b"a batch", qos=0)
    tools.wait_for(lambda: ingest.heard == [(running.topics.up, b"a batch")])
    ingest.publish(running.topics.down, b"an answer")
    tools.wait_for(lambda: running.payloads == [b"an answer"])
    assert running.uplink.trouble == ""
    ingest.end()


def test_a_renewed_certificate_is_taken_up_without_a_restart(
    start: Any, secured: SecuredBroker, tools: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = box_files(secured, tmp_path, tools.UNIT)
    running = start(secured.plan.homes_port, **settings)
    tools.wait_for(lambda: running.happened == ["connected"])
    secured.revoke(replace_files(secured, tmp_path, tools.UNIT))  # what is on disk now will not do
    secured.reload()
    secured.stop()
    secured.start()
    tools.wait_for(lambda: running.uplink.trouble == "the broker refuses our certificate: it is revoked")
    (tmp_path / "box.key").unlink()  # between two files of a renewal
    tools.wait_for(lambda: "read TLS files" in running.uplink.trouble)
    replace_files(secured, tmp_path, tools.UNIT)
    tools.wait_for(lambda: running.happened == ["connected", "disconnected", "connected"])
    assert running.uplink.trouble == ""
    said = reasons(caplog)
    assert len(said) == len(set(said)), "each once, not once per attempt"


def test_a_broker_that_is_not_ours_gets_nothing(start: Any, secured: SecuredBroker, tools: Any, tmp_path: Path) -> None:
    settings = box_files(secured, tmp_path, tools.UNIT)
    (tmp_path / "other.pem").write_text(authority.create_root(secured.now_us).pem)
    running = start(secured.plan.homes_port, **{**settings, "ca_file": str(tmp_path / "other.pem")})
    tools.wait_for(lambda: running.uplink.trouble == "the broker's certificate is not from the authority that we know")
    assert running.happened == [] and "New client connected" not in secured.log()


def test_without_a_certificate_it_says_what_is_missing(start: Any, secured: SecuredBroker, tools: Any) -> None:
    running = start(secured.plan.homes_port, tls=True, ca_file=str(secured.folder / "root.pem"))
    tools.wait_for(lambda: "wants a certificate" in running.uplink.trouble)


def test_a_handshake_that_hangs_does_not_hold_it(
    start: Any, secured: SecuredBroker, tools: Any, tmp_path: Path
) -> None:
    settings = box_files(secured, tmp_path, tools.UNIT)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        running = start(mute.getsockname()[1], **settings)
        connection, _ = mute.accept()
        threading.Event().wait(0.3)
        running.end()
        connection.close()
    assert running.happened == []
