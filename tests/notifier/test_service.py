"""The whole notifier in one process: a real database, a real receiver."""

from __future__ import annotations

import json
import threading
from contextlib import closing
from urllib.request import urlopen

from homehd.brokers import free_port
from notifier import service
from notifier.channels import Channels
from notifier.page import Site
from store import heartbeat, notices
from telemetry.alarms import Priority
from telemetry.clock import SystemClock
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
            end_s = clock.monotonic_s() + 30
            while not any(b"deliveries/" in request.body for request in sink.requests):
                assert clock.monotonic_s() < end_s
                stop.wait(0.02)
            with closing(urlopen(f"http://127.0.0.1:{port}/healthz")) as answer:
                assert json.load(answer)["database"] == "answers"
            assert world.rows("SELECT public_key FROM push_key") == [("B" * 87,)], "told to the API"
        finally:
            stop.set()
            thread.join(15)
        assert not thread.is_alive()
        # Nobody is on the rota: everybody of the clinic is asked, by all channels.
        sent = world.rows("SELECT count(*) FROM delivery WHERE state = 'sent'")[0][0]
        assert 1 <= sent <= 6
