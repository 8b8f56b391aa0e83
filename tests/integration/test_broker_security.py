"""The generated configuration in a real Mosquitto, against everybody who should get nothing of it.

What a refusal is worth is looked at where it counts: what ingest hears, and what a home hears. "Granted" is no answer:
this broker grants every subscription and filters what it delivers.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from clinician_api.live.live_feed import LiveFeed
from homehd.brokers import find
from homehd.mosquitto_config import MAX_PACKET_BYTES
from ingest.inbox import Inbox
from ingest.live import MAX_UNITS
from ingest.subscriber import Subscriber
from registrar import authority
from simulators.fleet_connection import Connection
from telemetry import broker_tls, topics, wire
from telemetry.broker_tls import TlsFiles
from telemetry.clock import SystemClock
from telemetry.errors import HomehdError
from telemetry.messages import SCHEMA_VERSION, Ack, LiveFrame, LiveReading, Status
from telemetry.signals import COUNT
from tests.conftest import require
from tests.secured_broker import DAY_US, Client, Elsewhere, SecuredBroker, hear, wait_for

A, B, SHARD = "box-a", "box-b", 7
WAYS = ("up", "status", "csr", "down", "config")

Connect = Callable[..., Client]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredBroker]:
    require(find("mosquitto"), "Mosquitto", "apt-get install mosquitto")
    broker = SecuredBroker(tmp_path_factory.mktemp("secured"))
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def connect(running: SecuredBroker) -> Iterator[Connect]:
    """A client at the homes' door (with files) or at the services' (with a name)."""
    clients: list[Client] = []

    def begin(who: TlsFiles | str, **options: Any) -> Client:
        if isinstance(who, str):
            client = Client(running.services(who), client_id=f"{who}-{len(clients)}", **options)
        else:
            client = Client(running.homes, who, **options)
        clients.append(client)
        return client

    yield begin
    for client in clients:
        client.end()


def test_two_boxes_and_all_topics(running: SecuredBroker, connect: Connect) -> None:
    a, b = connect(running.unit(A)), connect(running.unit(B))
    registrar, ingest = connect("registrar"), connect("ingest")
    everything = [topics.home(SHARD, unit, way) for unit in (A, B) for way in WAYS]
    registrar.subscribe("hhd/#")
    for box in (a, b):
        granted = box.subscribe("#", "hhd/#", "+/+/+/+/+", "$share/g/hhd/1/+/+/up", "$share/g/#", "live/#", *everything)
        assert granted == ["Granted QoS 1"] * len(granted), "it says so to everybody; delivery is what counts"
    for topic in [*everything, topics.live(SHARD), "other", "$SYS/broker/version"]:
        a.publish(topic, b"from a", retain=True)
    heard = hear(registrar, a, topics.home(SHARD + 1, A, "up"))
    assert set(heard) == {topics.home(SHARD, A, way) for way in ("up", "status", "csr")}
    for topic in everything:
        registrar.publish(topic, b"from us", retain=True)
    ingest.publish(topics.live(SHARD), b"from us")
    for box, name in ((a, A), (b, B)):
        strangers = hear(box, registrar, topics.home(SHARD + 1, name, "down"))
        assert set(strangers) == {topics.home(SHARD, name, way) for way in ("down", "config")}
    late = connect(running.unit(B))
    late.subscribe("#", "hhd/1/+/+/+")
    heard = hear(late, registrar, topics.home(SHARD + 1, B, "down"))
    assert set(heard) == {topics.home(SHARD, B, way) for way in ("down", "config")}, "nor what is retained of others"
    for topic in everything:
        registrar.publish(topic, b"", retain=True)


def test_nobody_reads_the_brokers_own_figures(running: SecuredBroker, connect: Connect) -> None:
    box, registrar = connect(running.unit(A)), connect("registrar")
    for client in (box, registrar):
        client.subscribe("$SYS/#", topics.home(1, A, "down"))
    assert hear(box, registrar, topics.home(1, A, "down")) == []
    assert not [topic for topic in registrar.topics() if topic.startswith("$SYS")]


def test_a_foreign_client_id_is_not_taken(running: SecuredBroker, connect: Connect) -> None:
    a = connect(running.unit(A))
    thief = connect(running.unit(B), client_id=A)
    assert thief.connected and a.connected, "its client id is the name in its certificate, whatever it says"
    again = connect(running.unit(B), client_id="something else")
    wait_for(thief.gone.is_set)
    assert again.connected and a.connected


def test_a_will_on_foreign_topics_is_not_carried_out(running: SecuredBroker, connect: Connect) -> None:
    ingest = connect("ingest")
    ingest.subscribe("hhd/1/+/+/status")
    for will in (topics.home(SHARD, A, "status"), topics.live(SHARD), topics.home(SHARD, B, "down")):
        connect(running.unit(B), will=will).vanish()
    own = topics.home(SHARD, B, "status")
    connect(running.unit(B), will=own).vanish()
    wait_for(lambda: ingest.heard == [(own, b"the will")])
    registrar = connect("registrar")
    registrar.publish(own, b"", retain=True)


def rogue(running: SecuredBroker) -> TlsFiles:
    """Signed by somebody else, who gave himself our authority's name."""
    key = authority.new_key()
    made = authority.Authority(authority.new_key(), running.ca.certificate)
    certificate = authority.issue_unit(made, A, key.public_key(), running.now_us)
    return running.keep(key, certificate)


def none(running: SecuredBroker) -> TlsFiles:
    return TlsFiles(str(running.folder / "root.pem"))


def revoked(running: SecuredBroker) -> TlsFiles:
    files = running.unit(A)
    running.revoke(files)
    running.reload()
    return files


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (rogue, "signature"),
        (lambda running: running.unit(A, ca=authority.create_root(running.now_us)), "does not know the authority"),
        (lambda running: running.unit(A, at_us=running.now_us - 100 * DAY_US), "expired"),
        (lambda running: running.unit(A, at_us=running.now_us + 10 * DAY_US), "not valid yet"),
        (revoked, "revoked"),
        (none, "wants a certificate"),
        (lambda running: running.odd(A, ExtendedKeyUsageOID.SERVER_AUTH), "another use"),
        (lambda running: running.odd(A, ExtendedKeyUsageOID.CODE_SIGNING), "another use"),
        (lambda running: running.odd(""), "Bad user name|Not authorized"),
        (lambda running: running.odd("box-a\0evil"), "Bad user name|Not authorized"),
    ],
    ids=["rogue", "stranger", "expired", "early", "revoked", "none", "server", "signer", "nameless", "nul"],
)
def test_a_certificate_that_is_none_of_ours_is_refused_in_words(
    running: SecuredBroker, connect: Connect, make: Callable[[SecuredBroker], TlsFiles], said: str
) -> None:
    client = connect(make(running))
    assert not client.connected
    assert [word for word in said.split("|") if word in client.answer], client.answer


@pytest.mark.parametrize("name", ["+", "#", "box-a/up", "box+", "7/box-a", "$SYS", "svc-ingest", "BOX-A", " box-a"])
def test_a_strange_name_from_our_authority_reaches_no_home(running: SecuredBroker, connect: Connect, name: str) -> None:
    # Our registrar issues no such name (tests/registrar/test_authority.py); here somebody had its key for a moment.
    stranger, a = connect(running.odd(name)), connect(running.unit(A))
    ingest, registrar = connect("ingest"), connect("registrar")
    ingest.subscribe("hhd/1/+/+/up", "hhd/1/+/+/status")
    if stranger.connected:
        stranger.subscribe("#", "hhd/#", *(topics.home(SHARD, A, way) for way in WAYS))
        for way in WAYS:
            stranger.publish(topics.home(SHARD, A, way), b"evil")
    a.subscribe(topics.home(SHARD, A, "down"))
    assert hear(ingest, a, topics.home(SHARD, A, "up")) == []
    assert hear(a, registrar, topics.home(SHARD, A, "down")) == []
    if stranger.connected:
        assert stranger.heard == []


def test_the_services_have_their_own_rights_and_nobody_elses(running: SecuredBroker, connect: Connect) -> None:
    a, api, ingest = connect(running.unit(A)), connect("api"), connect("ingest")
    api.subscribe("#", "hhd/#", "live/#", "live/1/+")
    ingest.subscribe("hhd/1/+/+/up", "hhd/1/+/+/csr", "hhd/1/+/+/config", "live/1/+")
    a.subscribe("#", topics.home(SHARD, A, "down"))
    a.publish(topics.home(SHARD, A, "csr"))
    api.publish(topics.home(SHARD, A, "down"), b"evil")
    api.publish(topics.live(SHARD), b"evil")
    ingest.publish(topics.home(SHARD, A, "config"), b"evil")
    assert hear(api, ingest, topics.live(SHARD)) == []
    assert hear(ingest, a, topics.home(SHARD, A, "up")) == []
    assert hear(a, ingest, topics.home(SHARD, A, "down")) == []
    assert b"evil" not in [payload for client in (api, ingest, a) for _, payload in client.heard]


def test_the_services_door_wants_a_password_and_takes_no_certificate(running: SecuredBroker) -> None:
    account = running.services("ingest")
    for wrong in (
        msgspec.structs.replace(account, password="guess"),
        msgspec.structs.replace(account, username="root"),
        msgspec.structs.replace(account, username="", password=""),
    ):
        refused = Client(wrong)
        assert not refused.connected and refused.answer in ("Not authorized", "Bad user name or password")
        refused.end()
    plain = msgspec.structs.replace(account, username="", password="", tls=True)
    with_certificate = Client(plain, running.unit(A))
    assert not with_certificate.connected
    with_certificate.end()


def test_older_tls_and_a_foreign_server_are_refused(running: SecuredBroker) -> None:
    context = broker_tls.context(running.unit(A))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    old = Client(running.homes, context=context)
    assert "does not speak TLS 1.3" in old.answer, "the alert is the broker's: our side asked for less"
    other = msgspec.structs.replace(running.homes, host="127.0.0.2")
    elsewhere = Client(other, running.unit(A))
    assert not elsewhere.connected
    stranger = authority.create_root(running.now_us)
    (running.folder / "stranger.pem").write_text(stranger.pem)
    distrusting = Client(running.homes, TlsFiles(str(running.folder / "stranger.pem")))
    assert "not from the authority" in distrusting.answer
    named = msgspec.structs.replace(running.homes, host="localhost")
    right = Client(named, running.unit(A))
    assert right.connected
    right.end()


def test_what_was_resumed_is_checked_again_after_a_revocation(running: SecuredBroker) -> None:
    # A TLS session may be taken up again without showing the certificate: not past a new revocation list.
    files = running.unit(A)
    context = broker_tls.context(files)
    first = said_hello(running, context, None)
    assert first.recv(4) == b"\x20\x02\x00\x00" and first.session.has_ticket
    session = first.session
    first.close()
    second = said_hello(running, context, session)
    assert second.recv(4) == b"\x20\x02\x00\x00" and second.session_reused, "else this test shows nothing"
    second.close()
    running.revoke(files)
    running.reload()
    with pytest.raises(OSError):
        said_hello(running, context, session).recv(4)
    assert context.alert is not None and str(context.alert.reason).endswith("CERTIFICATE_REVOKED")


def said_hello(running: SecuredBroker, context: ssl.SSLContext, session: Any) -> ssl.SSLSocket:
    plain = socket.create_connection(("127.0.0.1", running.plan.homes_port), timeout=10)
    line = context.wrap_socket(plain, server_hostname="localhost", session=session)
    line.sendall(b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x14\x00\x00")
    return line


def test_what_is_too_large_ends_the_connection_and_what_we_send_is_not(
    running: SecuredBroker, connect: Connect
) -> None:
    a, api, ingest = connect(running.unit(A)), connect("api"), connect("ingest")
    ingest.subscribe("hhd/1/+/+/up")
    api.subscribe("live/1/+")
    a.publish(topics.home(SHARD, A, "up"), bytes(wire.MAX_BYTES))
    wait_for(lambda: [len(payload) for _, payload in ingest.heard] == [wire.MAX_BYTES])
    frame = wire.encode(largest_frame())
    assert 48 * 1024 < len(frame) < MAX_PACKET_BYTES
    ingest.publish(topics.live(SHARD), frame)
    wait_for(lambda: [payload for _, payload in api.heard] == [frame])
    a.client.publish(topics.home(SHARD, A, "up"), bytes(MAX_PACKET_BYTES), 0)
    wait_for(a.gone.is_set)
    assert api.connected and ingest.connected


def largest_frame() -> LiveFrame:
    text = "\u20ac" * 40
    values = dict.fromkeys(range(COUNT), -1.5)
    unit = "u" * 32
    reading = LiveReading(unit, 2**62, 2**62, 2**62, 9, 2**31, 2**62, values)
    status = Status(SCHEMA_VERSION, unit, True, 2**62, text, text, text, True, trouble=text, config_trouble=text)
    return LiveFrame(SCHEMA_VERSION, 2**62, [reading] * MAX_UNITS, [status] * MAX_UNITS)


def test_strangers_who_say_nothing_hold_up_neither_homes_nor_services(running: SecuredBroker, connect: Connect) -> None:
    # Mosquitto closes them after 96 s (measured). How many one address may have is the firewall's part
    # (deploy/mosquitto/nftables.conf): `max_connections` counts those it turned away as gone and so forgets itself.
    silent = [socket.create_connection(("127.0.0.1", running.plan.homes_port)) for _ in range(120)]
    for line in silent[:60]:
        line.sendall(b"\x16\x03\x01\x02\x00\x01\x00")  # the beginning of a handshake
    assert connect(running.unit(A)).connected
    silent += [socket.create_connection(("127.0.0.1", running.plan.homes_port)) for _ in range(200)]
    assert connect("ingest").connected, "their door has a limit of its own"
    for line in silent:
        line.close()
    again = running.unit(B)
    wait_for(lambda: connect(again).connected)


def test_ten_thousand_subscriptions_slow_nobody_down(running: SecuredBroker, connect: Connect) -> None:
    greedy, a, ingest = connect(running.unit(B)), connect(running.unit(A)), connect("ingest")
    ingest.subscribe("hhd/1/+/+/up")
    for block in range(100):
        greedy.client.subscribe([(f"hhd/1/{block}/x{number}/down", 0) for number in range(100)])
    wait_for(lambda: len(greedy.granted) == 10_000)
    assert hear(ingest, a, topics.home(SHARD, A, "up")) == []
    assert greedy.heard == []


def test_a_home_cannot_fill_the_broker_with_what_it_retains(running: SecuredBroker, connect: Connect) -> None:
    rogue, registrar = connect(running.unit(B)), connect("registrar")
    for segment in ("", "64", "007", "x", "any" * 100, "\u20ac", *map(str, range(topics.SHARDS))):
        for way in WAYS:
            rogue.client.publish(f"hhd/1/{segment}/{B}/{way}", b"x", 1, retain=True)
    rogue.publish(topics.home(0, B, "up"), b"x", retain=True)
    registrar.subscribe(f"hhd/1/+/{B}/+", topics.home(0, A, "down"))
    left = set(hear(registrar, registrar, topics.home(0, A, "down")))
    assert left == {topics.home(shard, B, way) for shard in range(topics.SHARDS) for way in ("up", "status", "csr")}
    for topic in left:
        registrar.publish(topic, b"", retain=True)


def test_a_key_that_a_reload_cannot_read_is_said_to_the_homes(mosquitto: None, tmp_path: Path) -> None:
    broker = SecuredBroker(tmp_path)
    broker.start()
    try:
        pair = tmp_path / "broker.pem"
        pair.write_text(pair.read_text().partition("-----BEGIN CERT")[1] + pair.read_text().partition("BEGIN CERT")[2])
        broker.reload()
        refused = Client(broker.homes, broker.unit(A))
        assert "could not read its own key" in refused.answer
        assert "Unable to load server key file" in broker.log(), "docs/operations/broker.md says so"
    finally:
        broker.stop()


def test_mqtt_5_gets_no_further(running: SecuredBroker, connect: Connect) -> None:
    ingest = connect("ingest")
    ingest.subscribe("hhd/1/+/+/up")
    five = connect(running.unit(B), client_id=A, protocol=mqtt.MQTTv5)
    five.publish(topics.home(SHARD, A, "up"), b"evil")
    assert hear(ingest, five, topics.home(SHARD, B, "up")) == []


def test_it_does_not_start_without_its_lists(mosquitto: None, tmp_path: Path) -> None:
    broker = SecuredBroker(tmp_path)
    for name in ("crl.pem", "acl_homes", "acl_services", "passwords"):
        kept = (tmp_path / name).read_bytes()
        (tmp_path / name).unlink()
        with pytest.raises(AssertionError, match=name):
            broker.start()
        (tmp_path / name).write_bytes(kept)
    broker.start()
    broker.stop()


def test_the_example_in_deploy_is_loaded(mosquitto: None, tmp_path: Path) -> None:
    broker = SecuredBroker(tmp_path)
    changes = {
        "/var/lib/homehd-broker/crl.pem": str(tmp_path / "crl.pem"),
        "/etc/homehd/broker/broker.key": str(tmp_path / "broker.pem"),
        "/etc/homehd/broker": str(tmp_path),
        "/var/lib/mosquitto": str(tmp_path),
        "listener 8883": f"listener {broker.plan.homes_port} 127.0.0.1",
        "listener 1884": f"listener {broker.plan.services_port}",
        "user mosquitto": f"user {broker.plan.user}",
    }
    for name in ("mosquitto.conf", "acl_homes", "acl_services"):
        text = (Path(__file__).parents[2] / "deploy" / "mosquitto" / name).read_text()
        for old, new in changes.items():
            text = text.replace(old, new)
        (tmp_path / name).write_text(text)
    broker.start()
    try:
        a, ingest = Client(broker.homes, broker.unit(A)), Client(broker.services("ingest"))
        ingest.subscribe("hhd/1/+/+/up")
        assert hear(ingest, a, topics.home(SHARD, A, "up")) == []
        a.end(), ingest.end()
    finally:
        broker.stop()


def test_our_services_go_through_a_tls_door_with_one_setting(mosquitto: None, tmp_path: Path) -> None:
    broker = SecuredBroker(tmp_path, Elsewhere)
    broker.start()
    inbox = Inbox()
    subscriber = Subscriber(broker.service_url("ingest"), "ingest-1", inbox, SystemClock())
    feed = LiveFeed(broker.service_url("api"), lambda: None)
    down = topics.home(SHARD, A, "down")
    heard: list[str] = []
    fleet = Connection(broker.service_url("simulator"), "fleet-1", [down], lambda topic, _ack: heard.append(topic))
    try:
        assert broker.service_url("ingest").startswith("mqtts://")
        subscriber.start()
        subscriber.own(frozenset({SHARD}))
        feed.start()
        fleet.open()
        fleet.wait_until_subscribed()
        wait_for(lambda: subscriber.answered and not subscriber.trouble and feed.connected)
        fleet.publish(topics.home(SHARD, A, "up"), b"a batch")
        wait_for(lambda: [message.payload for message in inbox.drain(10, 1000, 0.1)] == [b"a batch"])
        subscriber.publish(down, wire.encode(Ack("e" * 32, [(1, 2)])))
        subscriber.publish(topics.live(SHARD), wire.encode(LiveFrame(SCHEMA_VERSION, 1)))
        wait_for(lambda: heard == [down] and feed.take().frames == 1)
    finally:
        fleet.close()
        feed.stop()
        subscriber.stop()
        broker.stop()


def test_a_service_that_does_not_know_the_authority_says_so(mosquitto: None, tmp_path: Path) -> None:
    broker = SecuredBroker(tmp_path, Elsewhere)
    broker.start()
    try:
        url = broker.service_url("ingest").partition("?")[0]
        with pytest.raises(HomehdError, match="not from the authority that we know"):
            Subscriber(url, "ingest-1", Inbox(), SystemClock()).start()
    finally:
        broker.stop()
