"""The whole way, from the broker to a channel and back: it passes, and where a part is broken the result names it.

Of homehd.selftest and homehd.probe_box, with real services around them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from homehd import selftest
from homehd.children import stop_all
from homehd.selftest import Patience
from store import accounts, channels, pool, registry, selftests
from store.selftests import Broken, Run
from telemetry.clock import SystemClock
from tests.notifier.http_sink import Behaviour, HttpSink, http_sink
from tests.system import System, running, wait_for

pytestmark = pytest.mark.timeout(240)

# Each as long as a busy machine needs at most where the part is there; what is not there costs as much.
SHORT = Patience(stored_s=10.0, alert_s=10.0, notice_s=3.0, channels_s=4.0, ended_s=1.0)


@pytest.fixture(scope="module")
def sink() -> Iterator[HttpSink]:
    with http_sink() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, sink: HttpSink) -> Iterator[System]:
    """Ingest and two notifiers, whose daily test is due at once; two people with a channel, one of them gone."""
    for built in running(tmp_path_factory.mktemp("selftest")):
        config = built.folder / "notify.toml"
        config.write_text('channel_networks = ["127.0.0.0/8"]\nselftest_at = "00:00"\n')
        built.add_doctor()
        assert built.homehd("units", "add", "Way to people", "--test").returncode == 0
        with pool.connect(built.database.url) as conn:
            now_us = time.time_ns() // 1000
            gone = accounts.add_user(
                conn, email="gone@test.example", name="Gone", role="on-call", clinic_id=None, password_hash="x",
                now_us=now_us,
            )  # fmt: skip
            accounts.disable_user(conn, gone, now_us)
            (doctor,) = conn.execute("SELECT user_id FROM user_account WHERE disabled_at IS NULL").fetchall()[0]
            for user in (doctor, gone):
                add_channel(conn, user, f"json://{sink.authority}/{user}", sink.authority)
        built.ingest.start()
        for name in ("notify-1", "notify-2"):
            built.another(name, "notify", "--config", str(config)).start()
        yield built


def add_channel(conn: pool.Connection, user: int, address: str, host: str) -> int:
    return channels.add(
        conn, user, "apprise", address, host=host, label="pocket", tier=1, language="en", now_us=time.time_ns() // 1000
    )


def tried(system: System) -> Run:
    with pool.connect(system.database.url) as conn:
        unit = selftests.unit(conn)
        assert unit is not None
        run_id = selftests.begin(conn, "os:test", time.time_ns() // 1000)
        assert run_id is not None, "another one is running"
        return selftest.run(conn, run_id, unit, system.broker.url, SystemClock(), SHORT)


def newest(system: System) -> Run | None:
    async def read() -> Run | None:
        async with await pool.aconnect(system.database.url) as conn:
            return await selftests.last(conn)

    return asyncio.run(read())


def test_the_daily_one_is_run_by_one_notifier_and_passes(system: System, sink: HttpSink) -> None:
    wait_for("the daily test", lambda: (run := newest(system)) is not None and run.ended_us is not None, 60, system)
    run = newest(system)
    assert run is not None and run.passed, f"{run} {system.explain()}"
    assert run.asked_by == "daily"
    assert run.alert_s is not None and run.alert_s < 5
    assert run.notice_s is not None and run.notice_s < 5
    assert run.channels_s is not None and run.channels_s < 10
    (channel,) = run.channels
    assert (channel.state, channel.label, channel.attempts) == ("sent", "pocket", 1)
    (page,) = sink.requests
    assert b"Test: no answer is needed" in page.body and page.path == f"/{channel.user_id}"
    with pool.connect(system.database.url) as conn:
        assert conn.execute("SELECT count(*) FROM selftest_run").fetchall() == [(1,)]
        # Nobody was asked to answer, and nothing of it stands.
        assert conn.execute(
            "SELECT count(*) FROM notice_step JOIN notice USING (notice_id) WHERE unit_id IS NOT NULL"
        ).fetchall() == [(0,)]
        assert conn.execute("SELECT DISTINCT state FROM alert").fetchall() == [("normal",)]
        tested = conn.execute("SELECT label FROM channel WHERE tested_at IS NOT NULL").fetchall()
        assert tested == [("pocket",)]
        assert asyncio.run(on_the_wall(system)) == []


async def on_the_wall(system: System) -> list[registry.Unit]:
    async with await pool.aconnect(system.database.url) as conn:
        return await registry.units(conn)


def test_by_hand_it_says_what_took_how_long(system: System) -> None:
    done = system.homehd("selftest", "run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("passed\t") and "broker to alert " in done.stdout and "pocket" in done.stdout
    shown = system.homehd("selftest", "last")
    assert shown.returncode == 0 and shown.stdout == done.stdout
    print(shown.stdout)


def test_a_receiver_that_is_down_is_named(system: System, sink: HttpSink) -> None:
    with pool.connect(system.database.url) as conn:
        (channel,) = conn.execute("SELECT channel_id FROM channel WHERE tested_at IS NOT NULL").fetchall()[0]
    sink.behaviour = Behaviour(status=503)
    try:
        run = tried(system)
    finally:
        sink.behaviour = Behaviour()
    assert run.broken is Broken.CHANNELS and f"channel {channel} (pocket)" in run.detail
    assert sink.authority not in run.detail
    assert run.alert_s is not None and run.notice_s is not None and run.channels_s is None
    failed = system.homehd("selftest", "last")
    assert failed.returncode == 3 and failed.stdout.startswith("FAILED: channels")
    with pool.connect(system.database.url) as conn:
        told = (
            "SELECT audience, priority FROM notice WHERE cause = 'self-test' AND subject = 'failed' AND state <> 'over'"
        )
        wait_for(
            "operations to be asked", lambda: conn.execute(told).fetchall() == [("operations", "medium")], 20, system
        )
        # Nothing of a test is sent once it is over.
        waiting = """SELECT count(*) FROM delivery JOIN notice USING (notice_id)
            WHERE unit_id IS NOT NULL AND next_try_at IS NOT NULL"""
        wait_for("its pages to be withdrawn", lambda: conn.execute(waiting).fetchall() == [(0,)], 20, system)
        assert tried(system).passed
        wait_for("the trouble to be over", lambda: conn.execute(told).fetchall() == [], 20, system)


def test_without_notifiers_the_result_says_so(system: System) -> None:
    stop_all(system.others)
    try:
        run = tried(system)
    finally:
        for notifier in system.others:
            notifier.start()
    assert run.broken is Broken.NOTIFIER and run.alert_s is not None and run.notice_s is None


def test_without_ingest_the_result_says_so(system: System) -> None:
    stop_all([system.ingest])
    try:
        run = tried(system)
    finally:
        system.ingest.start()
    assert run.broken is Broken.INGEST and run.alert_s is None


def test_without_a_broker_the_result_says_so(system: System) -> None:
    system.broker.stop()
    try:
        run = tried(system)
    finally:
        system.broker.start()
    assert run.broken is Broken.BROKER and run.alert_s is None
    wait_for("it to pass again", lambda: tried(system).passed, 90, system)
