from __future__ import annotations

import threading
from dataclasses import replace

from notifier import troubles
from notifier.troubles import Trouble
from store import pool
from telemetry.alarms import Priority
from tests.notifier.world import World

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
