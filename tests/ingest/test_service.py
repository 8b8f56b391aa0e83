from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from queue import Queue

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from alerts.engine import Engine
from alerts.records import Transition
from homehd.brokers import Broker, free_port
from ingest.service import IngestOptions, run
from store import pool, registry, shard_locks
from store.errors import StoreError
from telemetry import wire
from telemetry.clock import SystemClock
from telemetry.errors import HomehdError
from telemetry.messages import Lane, LiveFrame
from tests.ingest.building import batch, reading

WAIT_S = 15.0


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    instance = Broker("nats", tmp_path / "broker")
    instance.start()
    yield instance
    instance.stop()


def connect(broker: Broker, patterns: list[tuple[str, int]]) -> tuple[mqtt.Client, Queue[bytes]]:
    heard: Queue[bytes] = Queue()
    ready = threading.Event()
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.on_message = lambda _c, _u, message: heard.put(bytes(message.payload))
    client.on_subscribe = lambda *_: ready.set()
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    client.subscribe(patterns)
    assert ready.wait(WAIT_S)
    return client, heard


def test_from_the_broker_to_the_database_and_back(
    broker: Broker, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    clock, stop = SystemClock(), threading.Event()
    with pool.connect(database_url) as conn:
        unit = registry.add_unit(conn, "Home", "North", clock.now_us(), name="u1")
    home, acks = connect(broker, [(f"hhd/1/{unit.shard}/u1/down", 1)])
    screen, frames = connect(broker, [("live/1/+", 0)])
    options = IngestOptions(database_url, broker.url)
    service = threading.Thread(target=run, args=(options, clock, stop))
    service.start()
    try:
        assert wire.decode_live(frames.get(timeout=WAIT_S)).readings == []  # the heartbeat: it is ready
        now_us = clock.now_us()
        sent = batch([reading(seq, time_us=now_us + seq) for seq in range(3)], sent_us=now_us, lane=Lane.LIVE)
        payload, topic = wire.encode_batch(sent), f"hhd/1/{unit.shard}/u1/up"
        home.publish(topic, payload, 1).wait_for_publish(WAIT_S)

        shown: LiveFrame = wire.decode_live(frames.get(timeout=WAIT_S))
        while not shown.readings:
            shown = wire.decode_live(frames.get(timeout=WAIT_S))
        assert [(r.unit, r.seq) for r in shown.readings] == [("u1", 2)]
        assert wire.decode_ack(acks.get(timeout=WAIT_S)).ranges == [(0, 2)]
        assert healthy(caplog)

        home.publish(topic, wire.encode_batch(batch([reading(3, time_us=now_us + 3)], sent_us=now_us)), 1)
        while frames.get(timeout=WAIT_S).count(b"u1") == 0:
            pass  # it has arrived and is committed; its acknowledgement waits for company
        stop.set()
        assert wire.decode_ack(acks.get(timeout=WAIT_S)).ranges == [(3, 3)]
        service.join(10)
        assert not service.is_alive()
    finally:
        stop.set()
        service.join(15)
        for client in (home, screen):
            client.disconnect()
            client.loop_stop()
    with pool.connect(database_url) as conn:
        assert [row[0] for row in conn.execute("SELECT seq FROM reading ORDER BY seq")] == [0, 1, 2, 3]


def healthy(caplog: pytest.LogCaptureFixture) -> bool:
    status, _ = asked(caplog, "/healthz")
    _, page = asked(caplog, "/metrics")
    figures = (b'rows_total{outcome="accept"} 3.0', b"broker_connected 1.0", b"broker_hears 1.0", b"owned_shards 64.0")
    found = re.search(rb"^homehd_ingest_database_silent_seconds ([0-9.e-]+)$", page, re.M)
    assert found and float(found[1]) < WAIT_S
    return status == 200 and all(b"homehd_ingest_" + figure in page for figure in figures)


def asked(caplog: pytest.LogCaptureFixture, path: str) -> tuple[int, bytes]:
    """Status and body of a page of the health port."""
    ready = next(record for record in caplog.records if record.message == "ingest ready")
    connection = HTTPConnection("127.0.0.1", ready.fields["health_port"], timeout=5)  # type: ignore[attr-defined]
    connection.request("GET", path)
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def test_rules_that_cannot_judge_silence_are_no_health(
    broker: Broker, database_url: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)

    def tick(_engine: Engine, _now_us: int) -> list[Transition]:
        raise ZeroDivisionError

    monkeypatch.setattr(Engine, "tick", tick)
    screen, frames = connect(broker, [("live/1/+", 0)])
    stop = threading.Event()
    service = threading.Thread(target=run, args=(IngestOptions(database_url, broker.url), SystemClock(), stop))
    service.start()
    try:
        frames.get(timeout=WAIT_S)  # a heartbeat: the first round is over, and with it the first look at the silence
        status, page = asked(caplog, "/healthz")
    finally:
        stop.set()
        service.join(15)
        screen.disconnect()
        screen.loop_stop()
    assert status == 503
    assert json.loads(page)["silence"] == "not judged"
    assert json.loads(page)["broker"] == "connected"


def test_no_database_is_one_clear_line_and_ends_at_once(broker: Broker) -> None:
    options = IngestOptions(f"postgresql://nobody@127.0.0.1:{free_port()}/none", broker.url)

    with pytest.raises(StoreError, match="connect to the database"):
        run(options, SystemClock(), threading.Event())


def test_no_broker_is_one_clear_line_and_leaves_the_shards_free(database_url: str) -> None:
    options = IngestOptions(database_url, f"mqtt://127.0.0.1:{free_port()}")

    with pytest.raises(HomehdError, match="connect to the broker"):
        run(options, SystemClock(), threading.Event())
    with pool.connect(database_url) as conn:
        conn.execute("SET lock_timeout = '10s'")  # the server needs a moment to see that its client is gone
        conn.execute("SELECT pg_advisory_lock(%s, 0)", [shard_locks.LOCK_CLASS])
