from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import pytest

from ingest import settlement
from ingest.inbox import Inbox
from ingest.metrics import Metrics
from ingest.opener import Settings
from ingest.pipeline import Changes, Pipeline
from ingest.session import Session
from ingest.shards import ALL
from ingest.worker import Worker
from store import engine_state, operations, registry
from store.errors import StoreError, Trouble
from store.pool import Connection
from telemetry.messages import Batch
from tests.ingest.building import SECOND, START_US, seconds
from tests.ingest.conftest import Gate, Outlet, Rig
from tests.ingest.test_outage import again, leak, told
from tests.ingest.test_worker import wait_for

GIVEN_UP = "unsaved findings given up: another instance has gone on"


def lose_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next transaction is committed, and nobody hears of it."""
    whole = Pipeline._write

    def write(self: Pipeline, session: Session, changes: Changes, now_us: int) -> object:
        whole(self, session, changes, now_us)
        session.conn.close()
        raise StoreError("store a cycle", trouble=Trouble.UNAVAILABLE)

    monkeypatch.setattr(Pipeline, "_write", write)


def test_a_commit_whose_answer_got_lost_is_not_saved_twice(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rig.arrive(seconds(1))
    lose_answer(monkeypatch)
    rig.arrive(leak(2))
    monkeypatch.undo()
    assert rig.worker.session is None
    assert rig.rows("rule", "alert") == ["R19"]
    rig.arrive(leak(10, active=False), *(seconds(seq) for seq in range(13, 80)))
    rig.until_saved()
    rig.step()

    assert rig.rows("alert_id", "alert") == rig.rows("DISTINCT alert_id", "alert_event")
    assert rig.rows("state", "alert_event") == ["active, unacknowledged", "latched, clear"]
    assert len(rig.rows()) == 72
    rig.clock.advance(5)
    rig.step()
    assert rig.outlet.acked("u1") == [(1, 4), (10, 79)]
    assert GIVEN_UP not in [r.message for r in caplog.records]


def test_a_save_whose_answer_got_lost_is_not_done_twice(rig: Rig, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.arrive(seconds(1))
    gate.lose()
    rig.arrive(leak(2))
    gate.open()
    whole = engine_state.save
    lost: list[Connection] = []

    def save(conn: Connection, states: dict[int, engine_state.EngineState]) -> None:
        whole(conn, states)
        conn.execute("COMMIT")
        conn.close()
        lost.append(conn)
        raise StoreError("save", trouble=Trouble.UNAVAILABLE)

    monkeypatch.setattr(engine_state, "save", save)
    while not lost:
        rig.step()
    monkeypatch.undo()
    assert rig.worker.session is None
    rig.arrive(leak(10, active=False), *(seconds(seq) for seq in range(13, 80)))
    rig.until_saved()

    assert rig.rows("state", "alert_event") == ["active, unacknowledged", "latched, clear"]
    assert rig.rows("count(*)", "alert") == [1]


def test_a_save_that_fails_half_way_is_completed_and_nothing_is_saved_twice(
    rig: Rig, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settlement, "UNITS_AT_ONCE", 2)
    units = [f"box-{number}" for number in range(5)]
    for unit in units:
        rig.add_unit(unit)
    rig.arrive(*(seconds(1, unit=unit) for unit in units))
    gate.lose()
    rig.arrive(*(leak_of(unit) for unit in units))
    gate.open()
    whole, calls = engine_state.save, []

    def save(conn: Connection, states: dict[int, engine_state.EngineState]) -> None:
        calls.append(len(states))
        if len(calls) == 2:
            raise StoreError("save", trouble=Trouble.BUSY)
        whole(conn, states)

    monkeypatch.setattr(engine_state, "save", save)
    rig.until_saved()

    assert calls[:2] == [2, 2]
    assert rig.rows("count(*)", "alert_event") == [5]
    assert rig.rows("count(DISTINCT unit_id)", "alert_event") == [5]


def leak_of(unit: str) -> Batch:
    return msgspec.structs.replace(leak(2), unit=unit)


@pytest.fixture
def other(rig: Rig) -> Worker:
    """Another instance, on the same homes; it has its messages from `other._inbox`."""
    return Worker(Settings(rig.url, ALL, rig.rules, "other"), Inbox(), Outlet(), rig.clock, Metrics())


@contextmanager
def last(rig: Rig) -> Iterator[None]:
    """The rig's worker does not find its way back to the database within the block."""

    def fail(*_: object) -> Session:
        raise StoreError("connect", trouble=Trouble.UNAVAILABLE)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rig.worker._opener, "open", fail)
        yield


def test_where_another_instance_has_gone_on_ours_is_given_up(
    rig: Rig, gate: Gate, other: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    rig.arrive(seconds(1))
    gate.lose()
    rig.arrive(leak(2))
    rig.clock.advance(5)
    rig.step()
    assert [alert.rule for alert in told(rig).unsaved] == ["R19"]
    # Ours finds its way back later than the other one, which has seen as much and saved it.
    with last(rig):
        gate.open()
        other.open()
        other._inbox.put(rig.message(leak(2)))
        other.turn(0)
        assert rig.rows("rule", "alert_event") == ["R19"]
        other.close()
    rig.until_saved()
    rig.arrive(again(leak(2), rig))

    assert rig.rows("rule", "alert_event") == ["R19"], "found twice, on record once"
    assert told(rig).unsaved == []
    assert GIVEN_UP in [r.message for r in caplog.records]
    rig.clock.advance(11)
    rig.step()
    (event,) = operations.events(rig.conn)
    assert (event.detail["alerts"], event.detail["given_up"]) == (0, 1)


def test_shards_that_another_instance_holds_are_let_go_with_all_that_was_found(
    rig: Rig, gate: Gate, other: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.opener.GHOST_S", 0.0)
    rig.arrive(seconds(1))
    gate.lose()
    rig.arrive(leak(2))
    rig.clock.advance(5)
    rig.step()
    with last(rig):
        gate.open()
        other.open()
        assert other.owned == ALL
    rig.until_saved()

    assert rig.worker.owned == frozenset()
    assert told(rig).unsaved == [], "the marks are taken off"
    assert rig.rows("rule", "alert_event") == []
    other.close()


def test_an_alert_that_opened_meanwhile_goes_on_under_its_number(rig: Rig, gate: Gate) -> None:
    rig.arrive(seconds(1))
    gate.lose()
    rig.arrive(leak(2))
    gate.open()
    rig.until_saved()
    rig.arrive(leak(10, active=False), *(seconds(seq) for seq in range(13, 80)))
    rig.step()

    (alert,) = rig.rows("alert_id, state", "alert")
    assert alert[1] == "latched, clear"
    assert set(rig.rows("alert_id", "alert_event")) == {alert[0]}


def test_findings_the_database_will_not_have_keep_nobody_else_s_from_being_saved(
    rig: Rig, gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    units = [f"box-{number}" for number in range(5)]
    for unit in units:
        rig.add_unit(unit)
    rig.arrive(*(seconds(1, unit=unit) for unit in units))
    bad = registry.unit_by_name(rig.conn, "box-3").unit_id
    rig.conn.execute(f"ALTER TABLE alert_event ADD CONSTRAINT bad CHECK (unit_id <> {bad})")  # type: ignore[arg-type]
    gate.lose()
    rig.arrive(*(leak_of(unit) for unit in units))
    gate.open()
    rig.until_saved()

    assert len(rig.rows("DISTINCT unit_id", "alert_event")) == 4
    assert [r.fields["unit"] for r in caplog.records if r.message == "findings refused"] == ["box-3"]  # type: ignore[attr-defined]
    rig.conn.execute("ALTER TABLE alert_event DROP CONSTRAINT bad")
    rig.arrive(msgspec.structs.replace(leak(20), unit="box-3"))
    rig.step()
    assert len(rig.rows("DISTINCT unit_id", "alert_event")) == 5, "what lasts is found again"


def test_a_stand_by_leaves_the_shards_to_who_had_them_before_the_outage(rig: Rig, gate: Gate, other: Worker) -> None:
    other.open()
    rig.arrive(seconds(1))
    gate.lose()
    rig.clock.advance(1)
    other.step(0)
    rig.arrive(leak(2))
    pause = threading.Event()
    with last(rig):
        gate.open()
        while other.session is None:  # the stand-by finds its way back first
            other.step(0)
            pause.wait(0.02)
        assert other.owned == frozenset()
    rig.until_saved()
    assert rig.rows("rule", "alert_event") == ["R19"]
    rig.worker.close()

    def took_over() -> bool:
        rig.clock.advance(1)
        other.step(0)
        return other.owned == ALL

    wait_for(took_over, "the stand-by to take over once the grace is past")
    other.close()


def test_what_was_judged_in_one_outage_is_not_late_after_the_next(rig: Rig, gate: Gate) -> None:
    rig.arrive(seconds(1))
    gate.lose()
    for seq in range(100, 110):
        rig.arrive(seconds(seq))
    gate.open()
    rig.until_saved()
    rig.worker._kept.most = 3
    rig.clock.advance(70)
    rig.step()
    assert 1 < len(rig.rows()) < 10, "some are stored, and with them a snapshot of rules that have seen all"
    assert rig.rows("to_us(time)", "engine_state") == [START_US + 109 * SECOND]
    gate.lose()
    gate.open()
    rig.until_saved()
    for _ in range(10):
        rig.step()

    assert len(rig.rows()) == 11
    assert rig.rows(where="flags & 4 <> 0") == []
