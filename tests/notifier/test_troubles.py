from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from alerts.responsibility import Move
from alerts.routing import LASTED
from notifier import troubles
from notifier.troubles import Trouble
from store import notice_steps, pool
from telemetry.alarms import Priority
from tests.notifier.world import SECOND, World

SILENT = Trouble("ingest", "ingest is silent", None, "operations", Priority.HIGH, "start it")
HOLE = Trouble("rota", "uncovered 1", None, "operations", Priority.LOW, "nobody on Sunday: name somebody")


def open_troubles(world: World) -> list[tuple[object, ...]]:
    return world.rows("SELECT cause, subject, state, priority FROM notice WHERE state <> 'over' ORDER BY notice_id")


def test_a_trouble_is_one_notice_from_its_beginning_to_its_end(world: World) -> None:
    assert troubles.settle(world.conn, [SILENT], world.now_us) == 1
    assert troubles.settle(world.conn, [SILENT], world.now_us) == 0
    world.settle()
    assert world.pages() == [(0.0, "anna 1")]
    assert open_troubles(world) == [("ingest", "ingest is silent", "asking", "high")]
    assert troubles.settle(world.conn, [], world.now_us) == 1
    assert open_troubles(world) == []
    # The next is another.
    troubles.settle(world.conn, [SILENT], world.now_us)
    assert world.rows("SELECT count(*) FROM notice") == [(2,)]


def test_what_can_wait_is_on_the_work_list_until_it_cannot(world: World) -> None:
    troubles.settle(world.conn, [HOLE], world.now_us)
    world.after(3600)
    assert world.pages() == [] and open_troubles(world) == [("rota", "uncovered 1", "nobody", "low")]
    assert troubles.settle(world.conn, [replace(HOLE, priority=Priority.MEDIUM)], world.now_us) == 1
    world.settle()
    assert world.pages() == [(3600.0, "anna 1")] and open_troubles(world)[0][2:] == ("asking", "medium")


@pytest.mark.parametrize(("priority", "seconds"), [(Priority.HIGH, 900), (Priority.MEDIUM, 3600)])
def test_who_accepts_a_trouble_and_falls_asleep_is_asked_again(world: World, priority: Priority, seconds: int) -> None:
    trouble = replace(SILENT, priority=priority)
    troubles.settle(world.conn, [trouble], world.now_us)
    world.settle()
    assert world.answer("anna", Move.ACCEPT).value == "done"
    until_us = world.now_us + seconds * SECOND
    world.now_us = until_us - 1
    assert troubles.settle(world.conn, [trouble], world.now_us) == 0
    assert world.rows("SELECT state, to_us(recheck_at) FROM notice") == [("accepted", until_us)]
    world.now_us = until_us
    # Not by the router, which looks at homes: it is not due there, and nobody waits for it without a pause.
    world.settle()
    assert notice_steps.next_due_us(world.conn) is None
    assert troubles.settle(world.conn, [trouble], world.now_us) == 1
    world.settle()
    assert world.rows("SELECT state, round, reason, recheck_at FROM notice") == [("asking", 2, LASTED, None)]
    assert world.pages() == [(0.0, "anna 1"), (float(seconds), "anna 1")]
    assert troubles.settle(world.conn, [trouble], world.now_us) == 0


def test_what_can_wait_and_was_accepted_is_on_the_work_list_again_after_a_week(world: World) -> None:
    troubles.settle(world.conn, [HOLE], world.now_us)
    world.answer("anna", Move.ACCEPT)
    world.now_us += 7 * 24 * 3600 * SECOND
    assert troubles.settle(world.conn, [HOLE], world.now_us) == 1
    world.settle()
    assert world.pages() == [] and open_troubles(world)[0][2:] == ("nobody", "low")


def test_each_clinic_has_its_own(world: World) -> None:
    troubles.settle(world.conn, [HOLE, replace(HOLE, clinic_id=world.clinic)], world.now_us)
    assert len(open_troubles(world)) == 2


def test_a_notifier_waits_for_one_that_is_opening_the_same(world: World, database_url: str) -> None:
    moves: list[int] = []

    def second() -> None:
        with pool.connect(database_url) as other:
            moves.append(troubles.settle(other, [SILENT], world.now_us))

    thread = threading.Thread(target=second)
    with pool.transaction(world.conn):
        assert troubles.settle(world.conn, [SILENT], world.now_us) == 1
        thread.start()
        waiting = """SELECT count(*) FROM pg_locks WHERE NOT granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
        while world.rows(waiting) == [(0,)]:
            assert thread.is_alive()
    thread.join(30)
    assert moves == [0] and len(open_troubles(world)) == 1


def test_two_notifiers_open_one(world: World, database_url: str) -> None:
    with pool.connect(database_url) as other:
        for conn in (world.conn, other, world.conn):
            troubles.settle(conn, [SILENT], world.now_us)
    assert len(open_troubles(world)) == 1
