"""The whole notifier in one process: a real database, a real receiver."""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.request import urlopen

import pytest

from homehd.brokers import free_port
from notifier import service
from notifier.channels import Channels
from notifier.page import Site
from store import heartbeat, notices, rota
from store.errors import StoreError
from store.rota import Written
from telemetry.alarms import Priority
from telemetry.clock import SystemClock
from telemetry.rota import PRIMARY, Audience, Rotation
from tests.notifier.away_world import Air, AirLine, alert
from tests.notifier.http_sink import HttpSink, http_sink
from tests.notifier.pages import LOOPBACK
from tests.notifier.world import World


def test_every_rule_has_a_cause() -> None:
    causes = service.causes()
    assert causes.of("R10") == causes.of("R11") == "venous access"
    assert len(causes.by_rule) == 37
    assert causes.of("R99") == "R99"


def test_no_notifier_has_the_name_of_one_before_it(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """In a container each has process number 1: under the same name its heart would keep what the dead one claimed."""
    clock, stopped = SystemClock(), threading.Event()
    stopped.set()
    with caplog.at_level(logging.INFO, "notifier.service"):
        for _ in range(2):
            service.run(service.NotifyOptions(world.url, Site()), Channels(LOOPBACK, clock), clock, stopped)
    names = [record.__dict__["fields"]["instance"] for record in caplog.records if record.msg == "notifier ready"]
    assert len(names) == 2 and names[0] != names[1]


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


@contextmanager
def running(url: str, folder: Path, line: AirLine | None) -> Iterator[int]:
    """A whole notifier on a thread; its health port."""
    clock, stop, port = SystemClock(), threading.Event(), free_port()
    options = service.NotifyOptions(url, Site(), port, folder=folder)
    work = (options, Channels(LOOPBACK, clock), clock, stop, line)
    thread = threading.Thread(target=service.run, args=work)
    thread.start()
    try:
        yield port
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()


def until(done: object, seconds: float = 20) -> None:
    clock, pause = SystemClock(), threading.Event()
    end_s = clock.monotonic_s() + seconds
    while not done():  # type: ignore[operator]
        assert clock.monotonic_s() < end_s
        pause.wait(0.05)


def says(port: int) -> str:
    try:
        with closing(urlopen(f"http://127.0.0.1:{port}/healthz")) as answer:
            return str(json.load(answer)["without the database"])
    except OSError as error:
        return str(json.loads(error.read())["without the database"]) if hasattr(error, "read") else ""


def test_it_says_whether_it_could_page_without_the_database(world: World, tmp_path: Path) -> None:
    line = AirLine(Air())
    with running(world.url, tmp_path, line) as port:
        until(lambda: says(port).startswith("ready, by a card of "))
        line.connected = False
        assert says(port) == "operations only: the broker does not let us hear"


def test_it_starts_without_the_database_by_the_card_of_last_time(world: World, tmp_path: Path) -> None:
    nowhere = "postgresql://homehd@127.0.0.1:1/nothing"
    options = service.NotifyOptions(nowhere, Site(), folder=tmp_path)
    with pytest.raises(StoreError):  # nothing is known yet: as any service
        service.run(options, Channels(LOOPBACK, SystemClock()), SystemClock(), threading.Event())
    air = Air()
    with http_sink() as sink:
        world.rows("UPDATE channel SET address = %s || channel_id, host = %s WHERE kind = 'apprise' RETURNING 1",
                   f"json://{sink.authority}/", sink.authority)  # fmt: skip
        with running(world.url, tmp_path, AirLine(air)) as port:
            until(lambda: says(port).startswith("ready"))
        (name,) = world.rows("SELECT name FROM unit")[0]
        line = AirLine(air)
        air.lines = [line]
        with running(nowhere, tmp_path, line):
            air.frame(alert(unit=name))
            until(lambda: bool(paged(sink)))
    assert [path.name for path in tmp_path.glob("journal-?")] == ["journal-0"], "nobody has kept it from the next"


def paged(sink: HttpSink) -> list[bytes]:
    return [request.body for request in sink.requests if b"cannot be acknowledged now" in request.body]
