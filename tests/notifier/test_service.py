"""The whole notifier in one process: a real database, a real receiver."""

from __future__ import annotations

import json
import re
import threading
from contextlib import closing
from datetime import UTC, date, datetime
from urllib.request import urlopen

import pytest

from homehd.brokers import free_port
from notifier import service
from notifier.channels import Channels
from notifier.page import Site
from store import heartbeat, notices, rota
from store.rota import Written
from telemetry.alarms import Priority
from telemetry.clock import SystemClock
from telemetry.rota import PRIMARY, Audience, Rotation
from tests.notifier.http_sink import http_sink
from tests.notifier.pages import LOOPBACK
from tests.notifier.world import World


def test_every_rule_has_a_cause() -> None:
    causes = service.causes()
    assert causes.of("R10") == causes.of("R11") == "venous access"
    assert len(causes.by_rule) == 36
    assert causes.of("R99") == "R99"


def test_from_an_alert_to_a_device_in_seconds_and_down_again(world: World) -> None:
    clock, stop = SystemClock(), threading.Event()

    def sent() -> int:
        count = """SELECT count(*) FROM delivery AS d JOIN notice USING (notice_id)
            WHERE d.state = 'sent' AND cause = 'venous access'"""
        return int(world.rows(count)[0][0])

    with http_sink() as sink:
        world.rows("UPDATE channel SET address = %s || channel_id, host = %s WHERE kind = 'apprise' RETURNING 1",
                   f"json://{sink.authority}/", sink.authority)  # fmt: skip
        heartbeat.beat(world.conn, "ingest", "i", notices.database_us(world.conn), {"shards": 64})
        port = free_port()
        options = service.NotifyOptions(world.url, Site(url="https://hd.example.org"), port, push_key="B" * 87)
        thread = threading.Thread(target=service.run, args=(options, Channels(LOOPBACK, clock), clock, stop))
        thread.start()
        try:
            world.now_us = notices.database_us(world.conn)
            world.alert("R10", Priority.HIGH)
            world.alert("R33", Priority.HIGH)
            end_s = clock.monotonic_s() + 30
            while not (any(b"deliveries/" in request.body for request in sink.requests) and sent()):
                assert clock.monotonic_s() < end_s
                stop.wait(0.02)
            # The silent home is a technician's, too.
            while not world.rows("SELECT FROM notice WHERE audience = 'technical' AND cause = 'box'"):
                assert clock.monotonic_s() < end_s
                stop.wait(0.02)
            with closing(urlopen(f"http://127.0.0.1:{port}/healthz")) as answer:
                assert json.load(answer)["database"] == "answers"
            with closing(urlopen(f"http://127.0.0.1:{port}/metrics")) as answer:
                figures = answer.read().decode()
            assert 'homehd_notifier_troubles{cause="box"} 1.0' in figures
            assert re.search(r"homehd_notifier_pages_unlooked_seconds \d\.", figures)
            assert world.rows("SELECT public_key FROM push_key") == [("B" * 87,)], "told to the API"
        finally:
            stop.set()
            thread.join(15)
        assert not thread.is_alive()
        # Nobody is on the rota: everybody of the clinic is asked, by all channels.
        assert 1 <= sent() <= 6


@pytest.mark.parametrize("digest", [True, False])
def test_the_digest_can_be_turned_off(world: World, digest: bool) -> None:
    clock, stop = SystemClock(), threading.Event()
    now = datetime.fromtimestamp(notices.database_us(world.conn) // 1_000_000, UTC)
    written = Written("os:test", "a test", 0)
    number = rota.add(world.conn, world.clinic, Audience.CLINICAL, PRIMARY, "UTC", written)
    turns = Rotation(0, (world.users["anna"],), 1, now.time().replace(microsecond=0), date(2025, 6, 16), 0)
    rota.rotate(world.conn, number, turns, written)
    world.alert("R20", Priority.LOW)
    world.settle()
    heartbeat.beat(world.conn, "ingest", "i", notices.database_us(world.conn), {"shards": 64})
    options = service.NotifyOptions(world.url, Site(), digest=digest)
    thread = threading.Thread(target=service.run, args=(options, Channels(LOOPBACK, clock), clock, stop))
    thread.start()
    try:
        # What else there is to look at is looked at after it.
        end_s = clock.monotonic_s() + 30
        while not world.rows("SELECT FROM notice WHERE cause = 'rota'"):
            assert clock.monotonic_s() < end_s
            stop.wait(0.02)
    finally:
        stop.set()
        thread.join(15)
    assert world.rows("SELECT count(*) FROM notice WHERE cause = 'digest'") == [(int(digest),)]
