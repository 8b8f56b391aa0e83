"""A gateway at a real Mosquitto: what it says arrives once, whatever breaks, and nothing is ever said back."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from edge_agent import mqtt_inbox, mqtt_session, mqtt_source
from edge_agent.mqtt_inbox import IN_FLIGHT, Arrived
from edge_agent.mqtt_session import Session, Subscription
from edge_agent.mqtt_source import MAX_OWED, MqttSource
from edge_agent.source import SourceSink
from homehd.brokers import Broker
from protocols.events import Delivery, Observation
from protocols.mqtt_gateway import encode
from telemetry import broker_address
from telemetry.clock import SystemClock
from telemetry.messages import MachineLink
from telemetry.treatment import Phase


class Gateway:
    """Publishes, and records everything anybody publishes."""

    def __init__(self, port: int) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.said = 0
        self._seq = 0
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="gateway")
        self._client.reconnect_delay_set(1, 1)
        ready = threading.Event()
        self._client.on_connect = lambda client, *_: client.subscribe("#", qos=0)
        self._client.on_subscribe = lambda *_: ready.set()
        self._client.on_message = lambda _c, _d, m: self.heard.append((m.topic, bytes(m.payload)))
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert ready.wait(10)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def which(self, source: str = "bed") -> Delivery:
        self._seq += 1
        return Delivery(source, "s1", self._seq)

    def raw(self, kind: str, payload: bytes, *, qos: int = 0, retain: bool = False) -> bytes:
        self.said += 1
        self._client.publish(f"homehd/gateway/bed/{kind}", payload, qos=qos, retain=retain).wait_for_publish(10)
        return payload

    def readings(self, flow: float = 300.0, source: str = "bed") -> bytes:
        picture = encode.readings(self.which(source), {"blood_flow": flow}, Phase.TX, [])
        return self.raw("readings", encode.encode(picture))

    def cuff(self, systolic: float = 120.0) -> bytes:
        return self.raw("cuff", encode.encode(encode.cuff(self.which(), {"systolic": systolic})), qos=1)

    def alive(self, machine: Any = "connected", source: str = "bed") -> bytes:
        return self.raw("alive", encode.encode(encode.alive(self.which(source), machine)))


@dataclass
class Heard:
    """The agent's side of a source."""

    seen: list[Observation] = field(default_factory=list)
    links: list[MachineLink] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    ticked_s: list[float] = field(default_factory=list)
    keeps: Callable[[Observation], bool] = lambda _seen: True

    def observed(self, seen: Observation) -> bool:
        self.seen.append(seen)
        return self.keeps(seen)

    def tick(self) -> None:
        self.ticked_s.append(time.monotonic())

    def values(self, name: str) -> list[float]:
        return [seen.values[name] for seen in self.seen if name in seen.values]


class Running:
    """A source in a thread of its own."""

    def __init__(self, subscription: Subscription, heard: Heard) -> None:
        self.heard = heard
        sink = SourceSink(heard.observed, heard.links.append, heard.tick, lambda *note: heard.notes.append(note))
        self.source = MqttSource(subscription, SystemClock(), sink)
        self.stop = threading.Event()
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.source.run(self.stop)
        except BaseException as error:
            self.error = error

    def end(self) -> None:
        self.stop.set()
        self._thread.join(10)
        assert not self._thread.is_alive() and self.error is None


@pytest.fixture
def home(tmp_path: Path, mosquitto: None) -> Iterator[Broker]:
    broker = Broker("mosquitto", tmp_path / "home-broker")
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def gateway(home: Broker) -> Iterator[Gateway]:
    gateway = Gateway(home.port)
    yield gateway
    gateway.close()


@pytest.fixture
def subscription(home: Broker) -> Subscription:
    return Subscription(broker_address.parse(home.url), "homehd/gateway/#", "homehd-test", quiet_s=2.0, beside=False)


@pytest.fixture
def start() -> Iterator[Callable[..., Running]]:
    running: list[Running] = []

    def begin(subscription: Subscription, heard: Heard | None = None) -> Running:
        running.append(Running(subscription, heard or Heard()))
        return running[-1]

    yield begin
    for one in running:
        one.end()


def listening(running: Running, tools: Any) -> Running:
    tools.wait_for(lambda: running.source.figures.opened)
    return running


def test_every_kind_arrives(start: Any, subscription: Subscription, gateway: Gateway, tools: Any) -> None:
    running = listening(start(subscription), tools)
    heard = running.heard
    gateway.readings(301.0)
    gateway.cuff(118.0)
    gateway.alive()
    tools.wait_for(lambda: heard.values("systolic"))
    assert heard.values("blood_flow") == [301.0]
    assert heard.links == [MachineLink.CONNECTED]
    assert running.source.figures.frames == 2
    tools.wait_for(lambda: len(heard.ticked_s) > 3)


def test_it_never_publishes_a_word(
    start: Any, subscription: Subscription, home: Broker, gateway: Gateway, tools: Any
) -> None:
    """Hazard H13: through good messages, bad ones, a killed broker, a restart and the end of the source."""
    running = listening(start(subscription), tools)
    said = [gateway.readings(), gateway.cuff(), gateway.alive("silent"), gateway.raw("cuff", b"rubbish", qos=1)]
    tools.wait_for(lambda: running.source.figures.rejected)
    home.kill()
    tools.wait_for(lambda: running.source._trouble)
    home.start()
    tools.wait_for(lambda: running.source.figures.opened == 2, 20)
    tools.wait_for(lambda: gateway._client.is_connected(), 20)
    said.append(gateway.readings())
    tools.wait_for(lambda: len(running.heard.values("blood_flow")) == 2)
    running.end()
    said.append(gateway.readings())
    tools.wait_for(lambda: len(gateway.heard) >= len(said))
    assert [payload for _, payload in gateway.heard] == said, "at the broker there is nothing but what the gateway said"
    source = "".join(Path(module.__file__).read_text("utf-8") for module in (mqtt_source, mqtt_session, mqtt_inbox))
    assert "publish(" not in source and "will_set" not in source


def test_a_cuff_is_not_lost_while_the_box_restarts(
    start: Any, subscription: Subscription, gateway: Gateway, tools: Any
) -> None:
    listening(start(subscription), tools).end()
    gateway.cuff(111.0)
    gateway.readings(1.0)
    again = listening(start(subscription), tools)
    tools.wait_for(lambda: again.heard.values("systolic") == [111.0])
    gateway.readings(2.0)
    tools.wait_for(lambda: again.heard.values("blood_flow") == [2.0])


def test_a_cuff_is_acknowledged_only_when_it_is_kept(
    start: Any, subscription: Subscription, gateway: Gateway, tools: Any
) -> None:
    refusing = Heard(keeps=lambda _seen: False)
    running = listening(start(subscription, refusing), tools)
    gateway.cuff(111.0)
    tools.wait_for(lambda: len(refusing.seen) > 2)
    assert len({seen.delivery for seen in refusing.seen}) == 1, "the same one is offered again and again"
    running.end()
    taking = listening(start(subscription), tools)
    tools.wait_for(lambda: taking.heard.values("systolic") == [111.0])
    taking.end()
    last = listening(start(subscription), tools)
    gateway.readings()
    tools.wait_for(lambda: last.heard.values("blood_flow"))
    assert last.heard.values("systolic") == [], "what was kept does not come again"


def test_a_disk_that_recovers_lets_the_broker_go_on(
    start: Any, subscription: Subscription, gateway: Gateway, tools: Any
) -> None:
    heard = Heard(keeps=lambda _seen: False)
    listening(start(subscription, heard), tools)
    for n in range(30):  # more than the broker hands out unacknowledged
        gateway.cuff(100.0 + n)
    tools.wait_for(lambda: len(set(heard.values("systolic"))) == IN_FLIGHT)
    heard.keeps = lambda _seen: True
    tools.wait_for(lambda: len(set(heard.values("systolic"))) == 30)


def test_a_broker_that_goes_and_comes_back(
    start: Any, subscription: Subscription, home: Broker, gateway: Gateway, tools: Any
) -> None:
    running = listening(start(subscription), tools)
    gateway.readings()
    tools.wait_for(lambda: running.heard.links == [MachineLink.CONNECTED])
    home.kill()
    tools.wait_for(lambda: running.heard.links[-1] is MachineLink.DISCONNECTED)
    home.start()
    tools.wait_for(lambda: gateway._client.is_connected(), 20)
    tools.wait_for(lambda: running.source.figures.opened == 2, 20)
    gateway.readings(2.0)
    tools.wait_for(lambda: running.heard.links[-1] is MachineLink.CONNECTED)
    assert running.heard.values("blood_flow") == [300.0, 2.0]


def test_without_a_broker_it_keeps_trying(start: Any, tmp_path: Path, mosquitto: None, tools: Any) -> None:
    broker = Broker("mosquitto", tmp_path / "late")
    nobody = Subscription(
        broker_address.parse(broker.url), "homehd/gateway/#", "homehd-late", quiet_s=0.5, beside=False
    )
    running = start(nobody)
    tools.wait_for(lambda: running.heard.links == [MachineLink.DISCONNECTED])
    broker.start()
    try:
        tools.wait_for(lambda: running.source.figures.opened, 20)
        tools.wait_for(lambda: running.heard.links[-1] is MachineLink.SILENT)
    finally:
        running.end()
        broker.stop()


def test_something_that_is_no_broker_does_not_end_it(start: Any, tools: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"mqtt://127.0.0.1:{server.getsockname()[1]}"
        running = start(Subscription(broker_address.parse(url), "t/#", "homehd-x", quiet_s=0.5, beside=False))
        peer, _ = server.accept()
        peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        peer.close()
        tools.wait_for(lambda: running.source._trouble)
        tools.wait_for(lambda: running.heard.links == [MachineLink.DISCONNECTED])


@pytest.fixture
def dead_end() -> Iterator[tuple[socket.socket, str]]:
    """A port that answers no connection: its queue is full, as a router's that drops packets without a word."""
    with (
        socket.create_server(("127.0.0.1", 0), backlog=0) as server,
        socket.create_connection(server.getsockname()),
    ):
        yield server, f"mqtt://127.0.0.1:{server.getsockname()[1]}"


def test_it_is_not_taken_for_hung_while_it_connects(start: Any, dead_end: tuple[Any, str], tools: Any) -> None:
    running = start(Subscription(broker_address.parse(dead_end[1]), "t/#", "homehd-x", quiet_s=0.5, beside=False))
    tools.wait_for(lambda: running.source._trouble, 20)
    assert "timed out" in running.source._trouble
    ticks = running.heard.ticked_s
    assert max(b - a for a, b in pairwise(ticks)) < 2.0 and len(ticks) >= 5, "the limit of a hung source is 8 s"
    assert running.heard.links == [MachineLink.DISCONNECTED]


def test_told_to_stop_while_it_connects_it_stops_and_leaves_no_session(
    start: Any, dead_end: tuple[Any, str], tools: Any
) -> None:
    server, url = dead_end
    running = start(Subscription(broker_address.parse(url), "t/#", "homehd-x", quiet_s=0.5, beside=False))
    tools.wait_for(lambda: running.heard.ticked_s)
    began = time.monotonic()
    running.end()
    assert time.monotonic() - began < 2.0
    server.settimeout(10)
    server.accept()[0].close()  # the one that filled the queue
    late, _ = server.accept()
    with late:
        late.settimeout(10)
        tools.wait_for(lambda: late.recv(1024) == b"")


def test_silence_is_told_within_the_quiet_time(
    start: Any, subscription: Subscription, gateway: Gateway, tools: Any
) -> None:
    running = listening(start(subscription), tools)
    gateway.readings()
    tools.wait_for(lambda: running.heard.links == [MachineLink.CONNECTED])
    tools.wait_for(lambda: running.heard.links[-1] is MachineLink.SILENT, subscription.quiet_s + 1.5)
    gateway.alive()
    tools.wait_for(lambda: running.heard.links[-1] is MachineLink.CONNECTED)


def test_a_gateway_that_says_its_machine_is_silent_is_believed_at_once(
    start: Any, subscription: Subscription, gateway: Gateway, tools: Any
) -> None:
    running = listening(start(replace(subscription, quiet_s=60.0)), tools)
    gateway.readings()
    tools.wait_for(lambda: running.heard.links == [MachineLink.CONNECTED])
    gateway.alive("silent")
    tools.wait_for(lambda: running.heard.links[-1] is MachineLink.SILENT, 2)
    gateway.readings()
    tools.wait_for(lambda: running.heard.links[-1] is MachineLink.CONNECTED, 2)


def test_two_machines_do_not_become_one(start: Any, subscription: Subscription, gateway: Gateway, tools: Any) -> None:
    """Hazard H4: the readings of one source; a second one waits until the first has fallen silent."""
    running = listening(start(replace(subscription, quiet_s=1.5)), tools)
    gateway.readings(301.0)
    gateway.readings(1.0, source="other")
    gateway.readings(302.0)
    tools.wait_for(lambda: running.heard.values("blood_flow") == [301.0, 302.0])
    assert running.source.figures.rejected == 1 and "second source" in running.heard.notes[0][1]
    tools.wait_for(lambda: running.heard.links[-1] is MachineLink.SILENT)
    gateway.readings(303.0, source="other")
    tools.wait_for(lambda: running.heard.values("blood_flow")[-1] == 303.0)


def test_a_hub_without_a_machine_says_nothing_about_the_machine(
    start: Any, subscription: Subscription, gateway: Gateway, tools: Any
) -> None:
    running = listening(start(replace(subscription, quiet_s=1.5)), tools)
    gateway.readings()
    tools.wait_for(lambda: running.heard.links == [MachineLink.CONNECTED])
    pause = threading.Event()
    gateway.alive("none", source="hub")
    gateway.readings()
    while MachineLink.SILENT not in running.heard.links:
        gateway.alive("connected", source="hub")
        pause.wait(0.1)
        assert gateway.said < 100
    assert running.heard.links == [MachineLink.CONNECTED, MachineLink.SILENT]


def test_rubbish_is_garbled_counted_and_told_once_without_its_content(
    start: Any, subscription: Subscription, gateway: Gateway, tools: Any
) -> None:
    running = listening(start(replace(subscription, quiet_s=1.0)), tools)
    pause = threading.Event()
    while MachineLink.GARBLED not in running.heard.links:
        gateway.raw("readings", json.dumps({"kind": "readings", "patient": "Mustermann"}).encode())
        pause.wait(0.1)
        assert gateway.said < 100
    tools.wait_for(lambda: running.source.figures.rejected == gateway.said)
    ((name, text),) = running.heard.notes
    assert name == "gateway messages refused" and "patient" in text and "Mustermann" not in text


def test_the_same_message_again_and_again_is_no_sign_of_life(
    start: Any, subscription: Subscription, gateway: Gateway, tools: Any
) -> None:
    running = listening(start(replace(subscription, quiet_s=1.0)), tools)
    payload, pause = gateway.readings(), threading.Event()
    while MachineLink.GARBLED not in running.heard.links:
        gateway.raw("readings", payload)
        pause.wait(0.1)
        assert gateway.said < 100


def test_what_is_retained_is_of_the_past(start: Any, subscription: Subscription, gateway: Gateway, tools: Any) -> None:
    gateway.raw(
        "readings", encode.encode(encode.readings(gateway.which(), {"blood_flow": 1.0}, Phase.TX, [])), retain=True
    )
    running = listening(start(subscription), tools)
    gateway.readings(2.0)
    tools.wait_for(lambda: running.heard.values("blood_flow") == [2.0])
    assert running.source.figures.rejected == 0, "it is not even asked for"


def test_what_a_broker_sends_as_retained_all_the_same_is_refused(subscription: Subscription) -> None:
    heard = Heard()
    source = MqttSource(subscription, SystemClock(), SourceSink(heard.observed, heard.links.append, heard.tick))
    message = encode.encode(encode.readings(Delivery("bed", "a", 1), {"blood_flow": 1.0}, Phase.TX, []))
    session = Session(subscription)
    for retained in (True, False):
        source._take(session, Arrived(message, 1, 0, retained))
        assert (len(heard.seen), source.figures.rejected) == (0 if retained else 1, 1)


def test_a_broker_that_hands_out_without_end_fills_no_memory(subscription: Subscription) -> None:
    heard = Heard(keeps=lambda _seen: False)  # a disk that refuses for hours
    source = MqttSource(subscription, SystemClock(), SourceSink(heard.observed, heard.links.append, heard.tick))
    session = Session(subscription)
    for n in range(MAX_OWED + 50):
        message = encode.encode(encode.cuff(Delivery("bed", "a", n), {"systolic": 91.0}))
        source._take(session, Arrived(message, n, 1, False))
    assert len(source._owed) == MAX_OWED


def test_a_flood_is_cut_to_the_rate_and_loses_no_measurement(
    start: Any, subscription: Subscription, gateway: Gateway, tools: Any
) -> None:
    running = listening(start(subscription), tools)
    gateway.cuff(99.0)
    for n in range(600):
        gateway.readings(float(n % 500))
    gateway.cuff(98.0)
    tools.wait_for(lambda: running.heard.values("systolic") == [99.0, 98.0], 20)
    figures = running.source.figures
    tools.wait_for(lambda: figures.rejected > 300)
    assert figures.frames < 300 and figures.frames + figures.rejected >= 550
    assert any("more messages than" in text for _, text in running.heard.notes)


def test_beside_a_machine_it_takes_cuff_and_scale_only(
    start: Any, subscription: Subscription, gateway: Gateway, tools: Any
) -> None:
    running = listening(start(replace(subscription, beside=True)), tools)
    gateway.readings()
    gateway.raw("cuff", encode.encode(encode.readings(gateway.which(), {"blood_flow": 1.0}, Phase.TX, [])))
    gateway.cuff()
    tools.wait_for(lambda: running.heard.values("systolic"))
    assert running.heard.values("blood_flow") == []
    assert running.source.figures.rejected == 1 and running.heard.links == [MachineLink.CONNECTED]


def test_a_topic_of_anybody_s_own_is_heard(
    start: Any, subscription: Subscription, gateway: Gateway, tools: Any
) -> None:
    running = listening(start(replace(subscription, topic="homehd/gateway/bed/readings")), tools)
    gateway.readings(7.0)
    tools.wait_for(lambda: running.heard.values("blood_flow") == [7.0])
