"""Identity as a whole: a real registrar, PostgreSQL, HTTPS and Mosquitto; boxes that race, answers that get lost."""

from __future__ import annotations

import base64
import http.client
import signal
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from edge_agent import credentials, enrolment, validity
from registrar import ca_files, issuing
from store import certificates, pool
from telemetry import topics, wire
from telemetry.broker_tls import TlsFiles
from telemetry.clock import ManualClock, SystemClock
from telemetry.enrolment import ENROL_PATH, EnrolmentCode, EnrolmentRequest
from telemetry.messages import Certificate, CertificateRequest, Status
from tests.identity_world import DAY_US, World, wait_for
from tests.secured_broker import Client

BOXES = 50

pytestmark = [pytest.mark.mosquitto, pytest.mark.usefixtures("mosquitto")]


@pytest.fixture
def world(tmp_path: Path, database_url: str) -> Iterator[World]:
    (tmp_path / "broker").mkdir()
    world = World(tmp_path, database_url)
    yield world
    world.close()


def post(world: World, code: EnrolmentCode, request: bytes, home: str = "127.0.0.1") -> tuple[int, dict[str, Any]]:
    """Ask the registrar, from the address `home`."""
    context = ssl.create_default_context(cadata=world.authority.pem)
    line = http.client.HTTPSConnection("localhost", world.port, timeout=30, context=context, source_address=(home, 0))
    try:
        line.request("POST", ENROL_PATH, msgspec.json.encode(EnrolmentRequest(code.code, request)))
        answer = line.getresponse()
        return answer.status, msgspec.json.decode(answer.read())
    finally:
        line.close()


def test_fifty_boxes_with_one_code_and_exactly_one_wins(world: World) -> None:
    world.start_registrar()
    code = world.code()
    together = threading.Barrier(BOXES)

    def box(number: int) -> tuple[int, str]:
        request = credentials.request(credentials.new_key(), world.unit.name)
        together.wait()
        # Each from a home of its own: one address has sixteen places at the door, and more are hung up on.
        status, said = post(world, code, request, f"127.0.1.{number + 1}")
        return status, said.get("certificate") or said["reason"]

    with ThreadPoolExecutor(BOXES) as threads:
        answers = list(threads.map(box, range(BOXES)))
    assert Counter(status for status, _ in answers) == {200: 1, 409: BOXES - 1}
    [held] = world.held()
    assert (200, held.pem) in answers
    assert {said for status, said in answers if status == 409} == {"code used"}


def test_killed_between_issuing_and_answering_it_gives_the_same_again(world: World) -> None:
    """The box hangs up as soon as its request is out; the registrar is killed as soon as the certificate is stored."""
    code = world.code()
    key = credentials.new_key()
    request = credentials.request(key, world.unit.name)
    process = world.start_registrar()
    context = ssl.create_default_context(cadata=world.authority.pem)
    line = http.client.HTTPSConnection("localhost", world.port, timeout=30, context=context)
    line.request("POST", ENROL_PATH, msgspec.json.encode(EnrolmentRequest(code.code, request)))
    [issued] = wait_for(world.held)
    process.kill()
    process.wait()
    line.close()
    world.start_registrar()
    # A thief who has seen the code meanwhile gets nothing; the box gets what it was given.
    thief = credentials.request(credentials.new_key(), world.unit.name)
    assert post(world, code, thief)[0] == 409
    status, said = post(world, code, credentials.request(key, world.unit.name))
    assert (status, said["certificate"]) == (200, issued.pem)
    assert world.held() == [issued]


def test_killed_between_renewing_and_answering_it_gives_the_same_again(world: World, tmp_path: Path) -> None:
    world.broker.start()
    world.enrol_as_if(65, tmp_path / "box")
    process = world.start_registrar()
    wait_for(lambda: "broker connected" in world.log.read_text())
    answers: list[Certificate] = []
    subscribed = threading.Event()
    box = mqtt.Client(CallbackAPIVersion.VERSION2)
    identity = str(tmp_path / "box" / "identity.pem")
    box.tls_set(str(tmp_path / "box" / "ca.pem"), identity, identity)
    box.on_subscribe = lambda *_: subscribed.set()
    box.on_message = lambda _c, _d, message: answers.append(wire.decode_down(message.payload))  # type: ignore[arg-type]
    box.connect("localhost", world.broker.plan.homes_port)
    box.loop_start()
    request = credentials.request(credentials.new_key(), world.unit.name)
    proof = credentials.proof(Path(identity).read_bytes(), world.unit.name, request)
    payload = wire.encode(CertificateRequest(1, world.unit.name, world.now_us, request, proof))
    csr = topics.home(world.unit.shard, world.unit.name, "csr")
    box.publish(csr, payload, qos=1).wait_for_publish(10)
    wait_for(lambda: len(world.held()) == 2)
    process.kill()
    process.wait()
    box.subscribe(topics.home(world.unit.shard, world.unit.name, "down"), qos=1)
    assert subscribed.wait(10)
    world.start_registrar()
    wait_for(lambda: "broker connected" in world.log.read_text())

    def asked_again() -> list[Certificate]:
        box.publish(csr, payload, qos=1).wait_for_publish(10)
        threading.Event().wait(0.3)
        return answers

    wait_for(asked_again)
    renewed = world.held()
    box.disconnect()
    box.loop_stop()
    assert len(renewed) == 2 and {answer.chain for answer in answers} == {renewed[1].pem}


def test_a_box_renews_over_the_link_and_comes_back_with_the_new_one(world: World, tmp_path: Path) -> None:
    world.broker.start()
    box = tmp_path / "box"
    world.enrol_as_if(65, box)
    world.start_registrar()
    before = (box / "identity.pem").read_bytes()
    statuses: list[Status] = []
    watcher = mqtt.Client(CallbackAPIVersion.VERSION2)
    address = world.broker.services("ingest")
    watcher.username_pw_set(address.username, address.password)
    watcher.on_connect = lambda client, *_: client.subscribe("hhd/1/+/+/status", 1)
    watcher.on_message = lambda _c, _d, message: statuses.append(wire.decode_status(message.payload))
    watcher.reconnect_delay_set(1, 1)
    watcher.connect(address.host, address.port)
    watcher.loop_start()
    agent = world.start_agent(box / "edge.toml")
    try:
        wait_for(lambda: (box / "identity.pem").read_bytes() != before, 60)
        old, new = validity.of_pem(before), validity.of_pem((box / "identity.pem").read_bytes())
        assert old is not None and new is not None
        assert abs(new.until_us - world.now_us - 90 * DAY_US) < 600_000_000
        wait_for(lambda: statuses and statuses[-1].certificate_until_us == new.until_us)
        assert statuses[0].certificate_until_us == old.until_us and statuses[-1].online
        # The certificate before the renewal is revoked: whoever still comes with it stays outside.
        [first, second] = world.held()
        certificates.revoke_certificate(world.conn, first.serial, world.now_us)
        wait_for(lambda: '"revoked": 1' in world.log.read_text())
        world.broker.stop()
        count = len(statuses)
        world.broker.start()
        wait_for(lambda: any(status.online for status in statuses[count:]))
        assert second.pem in (box / "identity.pem").read_text()
    finally:
        agent.send_signal(signal.SIGTERM)
        watcher.disconnect()
        watcher.loop_stop()
    assert agent.wait(15) == 0
    said = (tmp_path / "agent.log").read_text()
    assert "certificate renewed" in said and "Traceback" not in said
    secret = "".join((box / "identity.pem").read_text().split("-----")[2].split())
    for log in (tmp_path / "agent.log", world.log):
        assert secret[:40] not in log.read_text() and "PRIVATE" not in log.read_text()


def test_a_replaced_box_gets_no_certificate_over_the_session_it_still_has_and_loses_it(
    world: World, tmp_path: Path
) -> None:
    world.broker.start()
    world.enrol_as_if(10, tmp_path / "box")
    identity = tmp_path / "box" / "identity.pem"
    old = Client(world.broker.homes, TlsFiles(str(tmp_path / "box" / "ca.pem"), str(identity), str(identity)))
    assert old.connected
    world.environment["HOMEHD_BROKER_RELOAD"] = f"pid:{world.broker.folder / 'pid'}"
    world.start_registrar()
    wait_for(lambda: "broker connected" in world.log.read_text())
    with pool.transaction(world.conn):  # homehd units reenrol, and the new box is quick
        issuing.revoke(world.conn, world.unit.name, SystemClock().now_us())
    world.enrol_as_if(0, tmp_path / "new")
    request = credentials.request(credentials.new_key(), world.unit.name)
    proof = credentials.proof(identity.read_bytes(), world.unit.name, request)
    for said in (proof, b""):
        asked = wire.encode(CertificateRequest(1, world.unit.name, world.now_us, request, said))
        old.publish(topics.home(world.unit.shard, world.unit.name, "csr"), asked)
    wait_for(lambda: world.log.read_text().count("not proven by the key in use") == 2)
    assert len(world.held()) == 2
    assert old.gone.wait(60)
    old.end()
    fresh = tmp_path / "new" / "identity.pem"
    wait_for(lambda: "revoked unit is out" in world.log.read_text())
    new = Client(world.broker.homes, TlsFiles(str(tmp_path / "new" / "ca.pem"), str(fresh), str(fresh)))
    assert new.connected
    new.end()


def test_a_box_that_was_off_for_months_says_so_and_enrols_again(world: World, tmp_path: Path) -> None:
    world.broker.start()
    box = tmp_path / "box"
    world.enrol_as_if(120, box)
    world.start_registrar()
    agent = world.start_agent(box / "edge.toml")
    log = tmp_path / "agent.log"
    wait_for(lambda: "certificate is over, enrol this box again" in log.read_text())
    wait_for(lambda: "expired" in log.read_text())
    assert len(world.held()) == 1
    # The technician's part, beside the agent that goes on running.
    enrolment.enrol(world.code(), box, ManualClock(SystemClock().now_us()))
    wait_for(lambda: '"event": "broker connected"' in log.read_text(), 60)
    agent.send_signal(signal.SIGTERM)
    assert agent.wait(15) == 0


def test_a_home_made_request_is_not_enough(world: World) -> None:
    world.start_registrar()
    code = world.code()
    for wrong in (
        b"",
        b"\0" * 100,
        credentials.request(credentials.new_key(), "another1"),
        base64.b64encode(b"x" * 3000),
    ):
        assert post(world, code, wrong)[0] == 422
    assert world.held() == []
    assert ca_files.exists(world.broker.folder / "ca")
