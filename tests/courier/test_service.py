"""The whole service against a real receiver: killed at any moment, nothing is lost and doubles can be told; who refuses
is an alarm to operations until somebody lets it go on.
"""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.request import urlopen

import pytest

from courier import service
from courier.destinations import Destination
from courier.service import Hl7Options, Pulse
from notifier import hl7 as lookout
from notifier import troubles
from store import alert_log, heartbeat, hl7_destinations, notices, registry
from store.alert_log import AlertEventRow
from store.errors import StoreError
from store.pool import Connection
from telemetry.alarms import ConditionState, Priority
from telemetry.clock import SystemClock
from telemetry.errors import SettingsError
from tests.courier.receiver import Receiver, receiving

PROCESS = """
import sys, threading
from courier import destinations, posts, service
from telemetry.clock import SystemClock
posts.IDLE_S = float(sys.argv[3])
to = destinations.parse("emr", sys.argv[2])
service.run(service.Hl7Options(sys.argv[1], [to]), SystemClock(), threading.Event())
"""


def start(url: str, receiver: Receiver, idle_s: float = 60) -> subprocess.Popen[bytes]:
    where = f"mllp://127.0.0.1:{receiver.port}?send=alerts&answer_s=2"
    return subprocess.Popen([sys.executable, "-c", PROCESS, url, where, str(idle_s)], stderr=subprocess.DEVNULL)


async def until(condition: Callable[[], object], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


def alerts(conn: Connection, unit_id: int, count: int) -> list[int]:
    numbers = alert_log.reserve_ids(conn, count)
    for number in numbers:
        at_us = notices.database_us(conn)
        state = ConditionState.ACTIVE_UNACKNOWLEDGED
        row = AlertEventRow(number, unit_id, "R10", "1", Priority.HIGH, state, at_us, "fell", {}, {})
        alert_log.append(conn, [row], at_us)
    return numbers


def count(conn: Connection, outcome: str) -> int:
    return int(conn.execute("SELECT count(*) FROM hl7_message WHERE outcome = %s", [outcome]).fetchone()[0])


@pytest.mark.timeout(120)
async def test_killed_at_any_moment_nothing_is_lost_and_doubles_can_be_told(
    database_url: str, conn: Connection
) -> None:
    unit = registry.add_unit(conn, "Home 1", "North", notices.database_us(conn))
    wanted: list[int] = []
    async with receiving() as receiver:
        running: list[subprocess.Popen[bytes]] = []

        def killed_before_it_is_answered(_message: str) -> None:
            # Between what was sent and its acknowledgement: twice, a whole process at the receiver's mercy.
            if len(receiver.seen) in (2, 7):
                running[-1].send_signal(signal.SIGKILL)
                running[-1].wait()

        def ended() -> bool:
            return running[-1].poll() is not None or count(conn, "delivered") == len(wanted)

        receiver.before = killed_before_it_is_answered
        running.append(start(database_url, receiver))
        await until(lambda: hl7_destinations.standing(conn))
        for _ in range(3):
            wanted += alerts(conn, unit.unit_id, 3)
            await until(ended)
            if running[-1].poll() is not None:
                running.append(start(database_url, receiver))
        await until(lambda: count(conn, "delivered") == len(wanted))
        running[-1].send_signal(signal.SIGKILL)
        running[-1].wait()
    assert len(running) == 3
    # Each alert once by its control id, in their order; the two that came twice came byte by byte the same, at once.
    once = list(dict.fromkeys(receiver.seen))
    assert [int(message.partition("|alert-")[2].partition("^")[0]) for message in once] == wanted
    assert len(receiver.seen) == len(wanted) + 2 and len(set(receiver.control_ids)) == len(wanted)
    doubles = [number for number, message in enumerate(receiver.seen[1:], 1) if message == receiver.seen[number - 1]]
    assert doubles == [2, 7]


async def test_one_that_hangs_loses_its_work_and_sends_nothing_more_when_it_wakes(
    database_url: str, conn: Connection
) -> None:  # fmt: skip
    unit = registry.add_unit(conn, "Home 1", "North", notices.database_us(conn))
    async with receiving() as receiver:
        hung = start(database_url, receiver, idle_s=2)
        other = None
        try:
            await until(lambda: hl7_destinations.standing(conn))
            alerts(conn, unit.unit_id, 1)
            await until(lambda: count(conn, "delivered") == 1)
            hung.send_signal(signal.SIGSTOP)
            other = start(database_url, receiver, idle_s=2)
            alerts(conn, unit.unit_id, 5)
            await until(lambda: count(conn, "delivered") == 6)
            hung.send_signal(signal.SIGCONT)
            alerts(conn, unit.unit_id, 5)
            await until(lambda: count(conn, "delivered") == 11)
            await asyncio.sleep(1.0)  # it has woken, and found that it has nothing to do
        finally:
            for process in filter(None, (hung, other)):
                process.send_signal(signal.SIGKILL)
                process.wait()
    assert len(receiver.seen) == len(set(receiver.control_ids)) == 11


@asynccontextmanager
async def serving(url: str, *to: Destination) -> AsyncIterator[threading.Thread]:
    """The service in a thread of this process."""
    stop = threading.Event()
    thread = threading.Thread(target=service.run, args=(Hl7Options(url, to), SystemClock(), stop), daemon=True)
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        await asyncio.to_thread(thread.join, 10)
        assert not thread.is_alive()


async def test_a_refusal_is_an_alarm_to_operations_until_somebody_lets_it_go_on(
    database_url: str, conn: Connection
) -> None:
    unit = registry.add_unit(conn, "Home 1", "North", notices.database_us(conn))

    def settle() -> list[tuple[str, str, str, str]]:
        now_us = notices.database_us(conn)
        troubles.settle(conn, lookout.troubles(conn, now_us), now_us)
        return conn.execute("SELECT cause, subject, audience, state FROM notice ORDER BY notice_id").fetchall()

    async with receiving("AA", "AR", "AA") as receiver:
        to = Destination("emr", "127.0.0.1", receiver.port, False, every_s=None)
        async with serving(database_url, to):
            await until(lambda: hl7_destinations.standing(conn))
            alerts(conn, unit.unit_id, 3)
            await until(lambda: hl7_destinations.standing(conn)[0].stopped_us)
            assert settle() == [("hl7", "emr stopped", "operations", "asking")]
            await asyncio.sleep(0.7)  # it goes on looking, and sends nothing
            assert len(receiver.seen) == 2
            hl7_destinations.release(conn, "emr", "os:op", notices.database_us(conn), skip=False)
            await until(lambda: count(conn, "delivered") == 3)
            assert settle()[0][3] == "over"
    assert receiver.seen[1] == receiver.seen[2] and len(receiver.seen) == 4


async def test_two_run_and_each_message_goes_once(database_url: str, conn: Connection) -> None:
    unit = registry.add_unit(conn, "Home 1", "North", notices.database_us(conn))
    async with receiving() as receiver:
        to = Destination("emr", "127.0.0.1", receiver.port, False)
        async with serving(database_url, to), serving(database_url, to):
            await until(lambda: len(heartbeat.beats(conn, service.SERVICE)) == 2)
            alerts(conn, unit.unit_id, 20)
            await until(lambda: count(conn, "delivered") == 20)
            await until(lambda: sum(beat.detail["posts"] for beat in heartbeat.beats(conn, service.SERVICE)) == 2)
    assert len(receiver.seen) == 20


async def test_health_and_figures(database_url: str, conn: Connection, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    async with serving(database_url, Destination("emr", "127.0.0.1", 1, False)):
        ready: list[logging.LogRecord] = []
        await until(lambda: ready or ready.extend(r for r in caplog.records if r.getMessage() == "hl7 ready"))
        port = ready[0].fields["health_port"]  # type: ignore[attr-defined]

        def page(path: str) -> str:
            with urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                return str(answer.read().decode())

        await until(lambda: "emr" in page("/healthz"))
        assert json.loads(page("/healthz")) == {"database": "answers", "work": "goes on", "emr": "0 waiting"}
        await until(lambda: "homehd_hl7_posts 2.0" in page("/metrics"))


def test_a_database_that_is_silent_is_not_well() -> None:
    from courier.metrics import Metrics
    from telemetry.clock import ManualClock

    clock = ManualClock()
    pulse = Pulse("postgresql://x", [], clock, Metrics())
    assert pulse.health()[0]
    clock.advance(service.STALE_S)
    well, detail = pulse.health()
    assert not well and detail["database"] == "silent for 10 s"


def test_with_nobody_to_tell_it_does_not_start(database_url: str) -> None:
    with pytest.raises(SettingsError, match="no destination"):
        service.run(Hl7Options(database_url, []), SystemClock(), threading.Event())
    to = Destination("emr", "127.0.0.1", 1, False, clinic="no-such-clinic")
    with pytest.raises(StoreError, match="no-such-clinic"):
        service.run(Hl7Options(database_url, [to]), SystemClock(), threading.Event())


async def test_who_is_no_longer_named_is_told_no_more(database_url: str, conn: Connection) -> None:
    unit = registry.add_unit(conn, "Home 1", "North", notices.database_us(conn))
    async with receiving() as receiver:
        other = Destination("old", "127.0.0.1", 1, False)
        hl7_destinations.enter(conn, [other.wanted], notices.database_us(conn))
        alerts(conn, unit.unit_id, 1)
        async with serving(database_url, Destination("emr", "127.0.0.1", receiver.port, False)):
            await until(lambda: count(conn, "delivered") == 1)  # of what stands
        assert [one.name for one in hl7_destinations.standing(conn)] == ["emr"]
        assert conn.execute("SELECT count(*) FROM hl7_due").fetchone() == (0,)
