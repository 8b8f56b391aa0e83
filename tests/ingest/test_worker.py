from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from alerts import ruleset
from ingest.inbox import Inbox, Message
from ingest.metrics import Metrics
from ingest.opener import Settings
from ingest.shards import ALL
from ingest.worker import Worker
from store import embedded, migrate, operations, pool, registry
from store.embedded import EmbeddedDatabase
from store.errors import StoreError
from telemetry import wire
from telemetry.clock import SystemClock
from telemetry.steady_clock import HOLD_S, SteadyClock
from tests import scratch
from tests.ingest.building import SECOND, START_US, batch, reading, seconds
from tests.ingest.conftest import Gate, Outlet, Rig
from tests.ingest.test_isolation import break_table
from tests.ingest.test_outage import leak, told
from tests.store.valve import valve


def test_two_workers_never_own_the_same_shard_and_one_takes_over(rig: Rig) -> None:
    outlet, inbox = Outlet(), Inbox()
    settings = Settings(rig.url, ALL, rig.rules, "standby")
    standby = Worker(settings, inbox, outlet, rig.clock, Metrics())
    standby.open()
    rig.feed(seconds(1))
    standby.turn()
    assert rig.outlet.owned == ALL
    assert outlet.owned == frozenset()

    rig.worker.close()
    inbox.put(rig.message(seconds(2)))
    for _ in range(100):  # the database needs a moment to notice that the owner is gone
        rig.clock.advance(1)
        standby.turn()
        if outlet.owned:
            break
    assert rig.rows() == [1]
    inbox.put(rig.message(seconds(1)))
    inbox.put(rig.message(seconds(2)))
    standby.turn()
    standby.close()

    assert outlet.owned == ALL
    assert rig.rows() == [1, 2]


def test_when_a_lasting_step_of_the_wall_clock_is_followed_nobody_has_been_silent_for_its_length(rig: Rig) -> None:
    rig.worker.close()
    clock = SteadyClock(rig.clock)
    worker = Worker(Settings(rig.url, ALL, rig.rules, "steady"), rig.inbox, rig.outlet, clock, Metrics())
    worker.open()
    rig.clock.jump(7200.0)
    while not clock.followed:
        second = (clock.now_us() - START_US) // SECOND
        if not clock.followed:
            rig.inbox.put(
                Message(rig.message(seconds(second + 1)).topic, wire.encode(seconds(second + 1)), clock.now_us())
            )
        worker.turn(0)
        rig.clock.advance(20.0)
    worker.turn(0)
    assert len(rig.rows()) > HOLD_S / 30, "it was heard all the time"
    assert clock.now_us() == rig.clock.now_us()
    assert rig.rows("rule", "alert") == []
    worker.close()


def test_a_worker_whose_connection_was_cut_cannot_write_and_starts_over(rig: Rig) -> None:
    rig.feed(seconds(1))
    rig.conn.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'homehd ingest' AND datname = current_database()"
    )
    with pytest.raises(StoreError):
        rig.feed(seconds(2))
    assert rig.rows() == [1]

    rig.restart()
    rig.feed(seconds(1), seconds(2))
    assert rig.rows() == [1, 2]


def test_the_schema_is_checked_before_anything_is_taken(rig: Rig) -> None:
    rig.worker.close()
    rig.conn.execute("DELETE FROM schema_migration")

    with pytest.raises(StoreError, match="homehd migrate"):
        rig.worker.open()
    rig.conn.execute("INSERT INTO schema_migration SELECT 'x', now()")


# On threads, with the real clock and a database of its own ----------------------------------------------------------


@pytest.fixture
def database() -> Iterator[EmbeddedDatabase]:
    with scratch.folder("worker") as folder, embedded.start(folder) as started:
        migrate.migrate(started.url)
        yield started


def wait_for(condition: Callable[[], bool], what: str, seconds_: float = 30.0) -> None:
    pause = threading.Event()
    for _ in range(int(seconds_ / 0.02)):
        if condition():
            return
        pause.wait(0.02)
    pytest.fail(f"waited in vain for {what}")


def is_up_again(database: EmbeddedDatabase) -> bool:
    # In some containers a killed process stays a zombie for seconds, and PostgreSQL takes it for a living server.
    with suppress(StoreError):
        database.ensure_running()
        return True
    return False


def test_a_database_that_is_killed_costs_nothing_but_time(database: EmbeddedDatabase) -> None:
    clock, outlet, inbox, stop = SystemClock(), Outlet(), Inbox(), threading.Event()
    with pool.connect(database.url) as conn:
        shard = registry.add_unit(conn, "Home", "North", clock.now_us(), name="u1").shard
    worker = Worker(Settings(database.url, ALL, ruleset.load(), "test"), inbox, outlet, clock, Metrics())
    worker.open()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    first_us = clock.now_us()

    def send(seq: int) -> None:
        one = batch([reading(seq, time_us=first_us + seq * 1000)])
        inbox.put(Message(f"hhd/1/{shard}/u1/up", wire.encode(one), clock.now_us()))

    try:
        send(0)
        wait_for(lambda: outlet.acked("u1") == [(0, 0)], "the first acknowledgement")
        pid = database.pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        for seq in range(1, 20):
            send(seq)
        wait_for(lambda: worker.resets > 0, "the loss to be noticed")
        assert outlet.acked("u1") == [(0, 0)]

        wait_for(lambda: is_up_again(database), "the database")
        wait_for(lambda: outlet.acked("u1") == [(0, 19)], "the catch-up")
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()
    with pool.connect(database.url) as conn:
        assert [row[0] for row in conn.execute("SELECT seq FROM reading ORDER BY seq")] == list(range(20))


def test_what_keeps_us_from_hearing_is_in_the_heartbeat(rig: Rig) -> None:
    rig.turn()
    assert rig.rows("detail ->> 'broker'", "service_heartbeat") == [None]
    rig.outlet.trouble = "refuses hhd/1/+/+/up"
    rig.clock.advance(2)
    rig.turn()
    assert rig.rows("detail ->> 'broker'", "service_heartbeat") == ["refuses hhd/1/+/+/up"]


def test_a_worker_that_hangs_is_cut_off_and_another_takes_its_shards(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.worker.close()
    monkeypatch.setattr("ingest.session.IDLE_S", 0.2)
    rig.worker.open()
    monkeypatch.undo()
    outlet = Outlet()
    standby = Worker(Settings(rig.url, ALL, rig.rules, "standby"), Inbox(), outlet, rig.clock, Metrics())
    standby.open()

    def took_over() -> bool:
        rig.clock.advance(1)
        standby.turn(0)
        return outlet.owned == ALL

    wait_for(took_over, "the database to give the shards free")
    standby.close()
    with pytest.raises(StoreError):
        rig.feed(seconds(1))


# Without the database -----------------------------------------------------------------------------------------------


def test_a_database_that_stands_still_is_left_and_the_rules_go_on_meanwhile(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("pipeline", "session", "housekeeping"):
        monkeypatch.setattr(f"ingest.{module}.ANSWER_S", 0.3)
    rig.worker.close()
    with valve(rig.url) as way:
        rig.url = way.url
        rig.restart()
        rig.arrive(seconds(1))
        way.shut()
        began_s = SystemClock().monotonic_s()
        rig.arrive(seconds(2))
        assert rig.worker.session is None
        rig.arrive(leak(3))
        for _ in range(100):
            rig.clock.advance(0.1)
            rig.step()
        assert SystemClock().monotonic_s() - began_s < 4, "looking for the database takes nobody else's time"
        assert [alert.rule for alert in told(rig).unsaved] == ["R19"]
        assert rig.outlet.acks("u1") == []
        way.open()
        rig.until_saved()
        rig.step()
        rig.clock.advance(5)
        rig.step()
        assert rig.rows() == [1, 2, 3, 5]
        assert rig.outlet.acked("u1") == [(1, 5)]
        assert rig.rows("count(*)", "alert_event") == [1]
        rig.worker.close()


def test_a_slow_database_is_not_taken_for_one_that_is_gone(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.pipeline.ANSWER_S", 0.5)
    rig.conn.execute(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_sleep(0.005); RETURN NEW; END $$;"
        "CREATE TRIGGER slow BEFORE INSERT ON reading FOR EACH ROW EXECUTE FUNCTION slow()"
    )
    for seq in range(200):
        rig.inbox.put(rig.message(seconds(seq)))
    rig.clock.advance(200)

    def stored() -> bool:
        rig.clock.advance(0.1)
        rig.step()
        return len(rig.rows()) == 200

    wait_for(stored, "everything to be stored", 60)
    assert 1 <= rig.worker.resets <= 4
    assert rig.rows(where="flags & 4 <> 0") == [], "the rules saw all of it live"


def fill_disk(rig: Rig) -> None:
    """As a full disk behaves: what needs a new page fails, what does not goes through."""
    break_table(rig, "53100")
    rig.conn.execute(
        "CREATE FUNCTION full_disk() RETURNS event_trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = 'disk_full'; END $$;"
        "CREATE EVENT TRIGGER full_disk ON ddl_command_end WHEN TAG IN ('CREATE TABLE AS') EXECUTE FUNCTION full_disk()"
    )


def test_on_a_full_disk_nobody_s_rows_are_refused_and_all_is_caught_up_when_there_is_room(rig: Rig) -> None:
    rig.arrive(seconds(1))
    fill_disk(rig)
    rig.arrive(leak(2))
    for seq in range(10, 40):
        rig.arrive(seconds(seq))
        assert rig.worker.session is None
    assert [alert.rule for alert in told(rig).unsaved] == ["R19"]
    assert rig.outlet.acks("u1") == []
    assert rig.worker.unsaved_s > 5
    assert "full" in rig.worker.trouble
    rig.conn.execute("DROP EVENT TRIGGER full_disk; DROP TRIGGER fail ON reading")
    rig.until_saved()
    rig.step()
    rig.clock.advance(5)
    rig.step()

    assert rig.rows() == [1, 2, 4, *range(10, 40)]
    assert rig.outlet.acked("u1") == [(1, 4), (10, 39)]
    assert not any(ack.refused for ack in rig.outlet.acks("u1"))
    assert rig.rows("reason", "quarantine") == []
    assert (rig.worker.unsaved_s, rig.worker.trouble) == (0.0, "")


def test_a_trouble_that_comes_and_goes_is_one_alarm_for_operations(rig: Rig) -> None:
    rig.arrive(seconds(1))
    began_us = rig.clock.now_us()
    break_table(rig, "53100")  # everything but readings goes through: it looks well every time
    for seq in range(10, 13):
        rig.arrive(seconds(10 * seq))
        assert rig.worker.session is None
        rig.clock.advance(6)
        rig.step()
        rig.until_saved()
    assert rig.rows("kind", "operations_event") == []
    rig.conn.execute("DROP TRIGGER fail ON reading")
    rig.step()
    if rig.worker.session is None:
        rig.until_saved()
    rig.clock.advance(11)
    rig.step()

    (event,) = operations.events(rig.conn)
    assert event.kind == "nothing saved"
    assert event.instance == "test"
    assert began_us <= event.since_us < event.until_us <= rig.clock.now_us()
    assert "full" in event.detail["cause"]


def test_an_ingest_that_stops_right_after_an_outage_writes_the_alarm_down(rig: Rig, gate: Gate) -> None:
    rig.arrive(seconds(1))
    gate.lose()
    rig.clock.advance(6)
    rig.step()
    gate.open()
    rig.until_saved()
    stop = threading.Event()
    stop.set()
    rig.worker.run(stop)

    assert len(operations.events(rig.conn)) == 1


def test_an_ingest_that_is_stopped_in_an_outage_ends_at_once_and_says_what_is_lost(
    rig: Rig, gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    rig.arrive(seconds(1))
    gate.lose()
    rig.arrive(leak(2))
    stop = threading.Event()
    stop.set()
    rig.worker.run(stop)

    (record,) = [record for record in caplog.records if record.message == "stopped with alerts that are on no record"]
    assert record.fields == {"alerts": 1}  # type: ignore[attr-defined]


def test_stopping_stores_and_acknowledges_what_has_arrived(rig: Rig) -> None:
    for seq in range(30):
        rig.inbox.put(rig.message(seconds(seq)))
    stop = threading.Event()
    stop.set()
    rig.worker.run(stop)

    assert rig.rows() == list(range(30))
    assert rig.outlet.acked("u1") == [(0, 29)]
    assert rig.outlet.owned == frozenset()
