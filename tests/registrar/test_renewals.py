"""The broker's door, with a real broker and units that ask on their own topics."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from homehd.brokers import Broker, default_kind
from registrar import authority as ca
from registrar import issuing
from registrar.authority import Authority
from registrar.desk import Desk
from registrar.metrics import Metrics
from registrar.renewals import Renewals
from store import certificates, registry
from store.pool import Connection
from telemetry import broker_address, topics, wire
from telemetry.clock import ManualClock
from telemetry.messages import Certificate, CertificateRequest


def wait_for(condition: Callable[[], Any], seconds: float = 10.0) -> Any:
    pause = threading.Event()
    for _ in range(round(seconds / 0.01)):
        if found := condition():
            return found
        pause.wait(0.01)
    raise AssertionError("it did not happen in time")


class Box:
    """Asks as a unit does."""

    def __init__(self, port: int, unit: registry.Unit, prove: Callable[[str, bytes], bytes]) -> None:
        self.unit = unit
        self.prove = prove
        self.answers: list[Certificate] = []
        self._ready = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda client, *_: client.subscribe(topics.home(unit.shard, unit.name, "down"), 1)
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = lambda _client, _data, message: self.answers.append(
            wire.decode_down(message.payload)  # type: ignore[arg-type]
        )
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._ready.wait(10)

    def ask(self, request: bytes, unit: str = "", topic: str = "", *, retain: bool = False) -> None:
        unit = unit or self.unit.name
        payload = wire.encode(CertificateRequest(1, unit, 1, request, self.prove(unit, request)))
        self.send(payload, topic, retain=retain)

    def send(self, payload: bytes, topic: str = "", *, retain: bool = False) -> None:
        topic = topic or topics.home(self.unit.shard, self.unit.name, "csr")
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(5)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


class Place:
    def __init__(self, url: str, broker: Broker, authority: Authority, now_us: int) -> None:
        self.metrics = Metrics()
        self.desk = Desk(url, authority, ManualClock(now_us))
        self.renewals = Renewals(broker_address.parse(broker.url), None, "svc-registrar", self.desk, self.metrics)
        self.renewals.start()

    def refused(self, reason: str) -> float:
        return self.metrics.registry.get_sample_value("homehd_registrar_refused_total", {"reason": reason}) or 0.0


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(default_kind(), tmp_path / "broker")
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def place(database_url: str, broker: Broker, authority: Authority, tools: Any) -> Iterator[Place]:
    place = Place(database_url, broker, authority, tools.NOW_US)
    wait_for(lambda: place.renewals.connected)
    yield place
    place.renewals.stop()
    place.desk.close()


@pytest.fixture
def box(broker: Broker, place: Place, conn: Connection, authority: Authority, unit: registry.Unit, tools: Any) -> Any:
    code = tools.code(conn, authority, unit.name)
    key = ca.new_key()
    issuing.enrol(conn, authority, code, tools.request(unit.name, key), tools.NOW_US, 90)
    box = Box(broker.port, unit, lambda name, request: tools.proof(name, request, key))
    yield box
    box.close()


def test_a_unit_asks_and_gets_the_next_one(place: Place, box: Box, conn: Connection, tools: Any) -> None:
    assert place.renewals.trouble == ""
    request = tools.request(box.unit.name)
    box.ask(request)
    wait_for(lambda: len(box.answers) == 1)
    held = certificates.certificates_of(conn, box.unit.unit_id)
    assert len(held) == 2 and box.answers[0] in [Certificate(issued.pem, issued.until_us) for issued in held]
    box.ask(request)
    wait_for(lambda: len(box.answers) == 2)
    assert box.answers[0] == box.answers[1]


def test_whatever_else_comes_is_refused_counted_and_stops_nobody(
    place: Place, box: Box, conn: Connection, tools: Any
) -> None:
    other = registry.add_unit(conn, "Home 2", None, tools.NOW_US)
    request = tools.request(box.unit.name)
    box.send(b"rubbish")
    box.send(b"")
    box.send(b"x" * 20_000)
    box.send(b"x", topic="hhd/1/99/k7m2qx4d/csr")
    wait_for(lambda: place.refused("bad request") == 4)
    box.ask(request, unit=other.name)
    wait_for(lambda: place.refused("topic and unit differ") == 1)
    box.ask(tools.request(other.name))
    wait_for(lambda: place.refused("bad request") == 5)
    box.ask(request, topic=topics.home((box.unit.shard + 1) % 64, box.unit.name, "csr"))
    wait_for(lambda: place.refused("unknown unit") == 1)
    box.ask(tools.request(other.name), unit=other.name, topic=topics.home(other.shard, other.name, "csr"))
    wait_for(lambda: place.refused("no valid certificate") == 1)
    box.ask(tools.request(box.unit.name))
    wait_for(lambda: len(box.answers) == 1)
    assert len(certificates.certificates(conn)) == 2


def test_a_revoked_unit_gets_nothing(place: Place, box: Box, conn: Connection, tools: Any) -> None:
    registry.revoke_unit(conn, box.unit.name, tools.NOW_US)
    box.ask(tools.request(box.unit.name))
    wait_for(lambda: place.refused("unit revoked") == 1)
    assert box.answers == []


def test_a_session_alone_is_no_proof(place: Place, box: Box, conn: Connection, tools: Any) -> None:
    request = tools.request(box.unit.name)
    box.send(wire.encode(CertificateRequest(1, box.unit.name, 1, request)))
    wait_for(lambda: place.refused("not proven by the key in use") == 1)
    box.send(wire.encode([1, box.unit.name, 1, request]))  # type: ignore[arg-type]  # a box of before there was one
    wait_for(lambda: place.refused("not proven by the key in use") == 2)
    assert len(certificates.certificates(conn)) == 1
    box.ask(request)
    wait_for(lambda: len(box.answers) == 1)


def test_one_that_asks_all_the_time_is_held_off(place: Place, box: Box, tools: Any) -> None:
    for _ in range(6):
        box.ask(tools.request(box.unit.name))
    wait_for(lambda: place.refused("too many requests") == 3)
    wait_for(lambda: len(box.answers) == 3)


def test_what_was_left_in_the_broker_is_not_answered(
    database_url: str, broker: Broker, authority: Authority, place: Place, box: Box, conn: Connection, tools: Any
) -> None:
    place.renewals.stop()
    box.ask(tools.request(box.unit.name), retain=True)
    second = Place(database_url, broker, authority, tools.NOW_US)
    wait_for(lambda: second.renewals.connected)
    request = tools.request(box.unit.name)
    for _ in range(50):  # until its subscription stands
        box.ask(request)
        if box.answers:
            break
        threading.Event().wait(0.1)
    second.renewals.stop()
    second.desk.close()
    assert box.answers and len(certificates.certificates(conn)) == 2, "the one it was enrolled with, and one more"


def test_a_broker_that_comes_later_is_waited_for(
    database_url: str, broker: Broker, authority: Authority, tools: Any
) -> None:
    broker.stop()
    place = Place(database_url, broker, authority, tools.NOW_US)
    assert place.renewals.trouble == "not connected"
    broker.start()
    wait_for(lambda: place.renewals.connected, 20)
    place.renewals.stop()
    place.desk.close()


def test_an_authority_of_its_own_makes_no_answer_when_the_database_is_away(
    broker: Broker, authority: Authority, unit: registry.Unit, tools: Any
) -> None:
    place = Place("postgresql://127.0.0.1:1/nowhere", broker, authority, tools.NOW_US)
    wait_for(lambda: place.renewals.connected)
    box = Box(broker.port, unit, lambda _name, _request: b"")
    box.ask(tools.request(unit.name))
    failed = lambda: place.metrics.registry.get_sample_value("homehd_registrar_failed_total")  # noqa: E731
    wait_for(failed)
    assert box.answers == []
    box.close()
    place.renewals.stop()
    place.desk.close()
