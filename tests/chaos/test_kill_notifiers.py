"""Notifiers are killed again and again while alerts come: every page goes out in seconds, no device is asked twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import date
from datetime import time as time_of_day
from random import Random

import pytest

from store import heartbeat, notices, pool, rota
from store.rota import Written
from telemetry.alarms import Priority
from telemetry.rota import PRIMARY, Audience, Rotation
from tests.notifier import http_sink
from tests.notifier.world import World, add_person, build

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]

KILLS = 60 if os.environ.get("HOMEHD_CHAOS") == "long" else 8
PROCESS = """
import sys, threading
from notifier import service
from notifier.channels import Channels
from notifier.channels.networks import parse
from notifier.page import Site
from telemetry.clock import SystemClock
clock = SystemClock()
options = service.NotifyOptions(sys.argv[1], Site(url="https://hd.example.org"))
service.run(options, Channels(parse(["127.0.0.0/8"]), clock), clock, threading.Event())
"""


def notifier(url: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", PROCESS, url])


def keys(sink: http_sink.HttpSink) -> Counter[str]:
    """Pages by the delivery they were sent for; one about several links to none."""
    return Counter(request.headers["idempotency-key"] for request in sink.requests)


def told(world: World) -> dict[str, str]:
    """Delivery of a first step that was taken -> with whose page: most of these go out together, it is a flood."""
    rows = world.rows(
        "SELECT delivery_id, coalesce(folded_into, delivery_id) FROM delivery WHERE step = 0 AND state <> 'queued'"
    )
    return {str(delivery): str(page) for delivery, page in rows}


def on_call(world: World) -> None:
    """A rota, so that who is first is known; ingest's heart beats, so that nothing else is told."""
    written = Written("os:test", "a test", world.now_us)
    number = rota.add(world.conn, world.clinic, Audience.CLINICAL, PRIMARY, "UTC", written)
    turns = Rotation(0, (world.users["anna"],), 7, time_of_day(8), date(2025, 6, 2), world.now_us)
    rota.rotate(world.conn, number, turns, written)


def test_killed_at_any_moment_every_page_goes_out_in_time(database_url: str) -> None:
    dice = Random(23)
    with pool.connect(database_url) as conn, http_sink.http_sink() as sink:
        world = build(conn, database_url, homes=40)
        on_call(world)
        world.rows("UPDATE channel SET address = %s || channel_id, host = %s WHERE kind = 'apprise' RETURNING 1",
                   f"json://{sink.authority}/", sink.authority)  # fmt: skip
        sink.behaviour = http_sink.Behaviour(late_s=0.05)
        running, last_kill = [notifier(database_url), notifier(database_url)], 0.0
        for kill in range(KILLS):
            for home in dice.sample(world.homes, 5):
                world.now_us = notices.database_us(conn)
                heartbeat.beat(conn, "ingest", "i", world.now_us, {"shards": 64})
                world.alert(f"R{100 + kill}", Priority.HIGH, home=home)  # a cause of its own
                time.sleep(dice.uniform(0, 0.1))
            time.sleep(dice.uniform(0, 1.0))
            running[kill % 2].send_signal(signal.SIGKILL)
            running[kill % 2].wait()
            last_kill = time.monotonic()
            running[kill % 2] = notifier(database_url)
        while len(told(world)) < KILLS * 5 and time.monotonic() - last_kill < 60:
            time.sleep(0.05)
        wanted = told(world)
        took_s = time.monotonic() - last_kill
        for process in running:
            process.send_signal(signal.SIGKILL)
            process.wait()
        received = keys(sink)
        # Everybody who is first was asked about every home once: no round and no delivery is doubled.
        assert len(wanted) == KILLS * 5
        assert set(wanted.values()) <= set(received)
        assert len(set(wanted.values())) < KILLS * 5, "a flood, and no page about several"
        asked = """SELECT count(*) FROM notice_event JOIN notice USING (notice_id)
            WHERE move = 'ask' AND notice_event.round = 1 AND unit_id IS NOT NULL"""
        assert world.rows(asked) == [(KILLS * 5,)]
        # A page that was being sent when its notifier died goes out again under its key: the device replaces it.
        again = sum(count - 1 for key, count in received.items() if key in wanted)
        assert again <= KILLS * 4, "more than were on their way"
        assert took_s < 45, f"{took_s:.1f} s after the last kill"
        pages = len(set(wanted.values()))
        print(
            f"{KILLS} kills, {len(wanted)} notices in {pages} pages, {again} sent again, the last {took_s:.1f} s after"
        )
        world.close()


def test_a_step_keeps_its_time_over_a_restart_of_everything(database_url: str) -> None:
    with pool.connect(database_url) as conn, http_sink.http_sink() as sink:
        world = build(conn, database_url)
        add_person(world, "dina")
        on_call(world)
        world.rows("UPDATE channel SET address = %s || channel_id, host = %s WHERE kind = 'apprise' RETURNING 1",
                   f"json://{sink.authority}/", sink.authority)  # fmt: skip
        heartbeat.beat(conn, "ingest", "i", notices.database_us(conn), {"shards": 64})
        world.now_us = notices.database_us(conn)
        world.alert("R10", Priority.HIGH)
        first = notifier(database_url)
        while not keys(sink):
            time.sleep(0.02)
        first.send_signal(signal.SIGKILL)
        first.wait()
        # The second channel is due in thirty seconds; for the test, in four: nobody is there when the time is set.
        due_us = notices.database_us(conn) + 4_000_000
        world.rows("UPDATE notice_step SET due_at = from_us(%s) WHERE kind = 'second channel' RETURNING 1", due_us)
        second = notifier(database_url)
        done: list[tuple[int]] = []
        while not done:
            done = world.rows(
                "SELECT to_us(done_at) FROM notice_step WHERE kind = 'second channel' AND done_at IS NOT NULL"
            )
            time.sleep(0.05)
        second.send_signal(signal.SIGTERM)
        second.wait()
        assert 0 <= done[0][0] - due_us < 1_000_000
        world.close()
