"""What is wrong with the way to other systems is one trouble each, and over when it is over."""

from __future__ import annotations

import pytest

from notifier import hl7, troubles
from store import hl7_destinations
from store.hl7_destinations import Wanted
from telemetry.alarms import Priority
from tests.notifier.world import World

MINUTE = 60_000_000


def put(world: World, lane: int, outcome: str = "waiting", attempts: int = 0) -> None:
    world.rows(
        """INSERT INTO hl7_message (destination, control_id, about, lane, body, queued_at, outcome, attempts)
        SELECT 'emr', n, n, %s, 'x', from_us(%s), %s, %s FROM (SELECT left(gen_random_uuid()::text, 20)) AS one (n)
        RETURNING 1""",
        lane, world.now_us, outcome, attempts,
    )  # fmt: skip


@pytest.fixture
def told(world: World) -> World:
    hl7_destinations.enter(world.conn, [Wanted("emr", True, 60)], world.now_us)
    return world


def found(world: World, minutes: float = 0) -> list[tuple[str, Priority]]:
    return [(one.subject, one.priority) for one in hl7.troubles(world.conn, world.now_us + round(minutes * MINUTE))]


def test_nobody_is_told_and_nothing_is_wrong(world: World) -> None:
    assert found(world) == []


@pytest.mark.parametrize(
    ("lane", "attempts", "in_time", "late", "priority", "why"),
    [
        (0, 0, 1.9, 2.1, Priority.MEDIUM, "alerts for emr wait for more than 2 minutes, nobody has tried"),
        (0, 3, 1.9, 2.1, Priority.MEDIUM, "the receiver does not take them"),
        (1, 3, 14.9, 15.1, Priority.LOW, "readings for emr wait for more than 15 minutes"),
    ],
)
def test_what_waits_too_long(
    told: World, lane: int, attempts: int, in_time: float, late: float, priority: Priority, why: str
) -> None:
    put(told, lane, attempts=attempts)
    assert found(told, in_time) == []
    (one,) = hl7.troubles(told.conn, told.now_us + round(late * MINUTE))
    assert (one.subject, one.priority) == ("emr late", priority) and why in one.reason


def test_a_sender_that_is_not_there_is_found_by_what_it_does_not_take(told: World) -> None:
    """No message was made of it: the step itself waits. It was noted by the database's own clock."""
    from store import notices

    told.alert("R10", Priority.HIGH)
    now_us = notices.database_us(told.conn)
    assert hl7.troubles(told.conn, now_us) == []
    assert [one.subject for one in hl7.troubles(told.conn, now_us + 3 * MINUTE)] == ["emr late"]


@pytest.mark.parametrize(("lane", "priority"), [(0, Priority.MEDIUM), (1, Priority.LOW)])
def test_what_was_set_aside(told: World, lane: int, priority: Priority) -> None:
    put(told, lane, "parked")
    assert found(told) == [("emr parked", priority)]


def test_readings_that_were_left_out(told: World) -> None:
    told.rows("UPDATE hl7_destination SET left_out = 5, left_out_at = now() RETURNING 1")
    assert found(told) == [("emr full", Priority.LOW)]


def test_a_refusal_is_one_notice_that_is_over_when_it_is_let_go_on(told: World) -> None:
    put(told, 0)
    told.rows(
        "UPDATE hl7_destination SET stopped_at = from_us(%s), stopped_by = 1, stopped_why = 'AR 204' RETURNING 1",
        told.now_us,
    )
    assert found(told, 60) == [("emr stopped", Priority.MEDIUM)]  # not late as well
    assert troubles.settle(told.conn, hl7.troubles(told.conn, told.now_us), told.now_us) == 1
    assert troubles.settle(told.conn, hl7.troubles(told.conn, told.now_us), told.now_us) == 0
    later_us = told.now_us + 60 * MINUTE
    hl7_destinations.release(told.conn, "emr", "os:op", later_us, skip=False)
    assert hl7.troubles(told.conn, later_us + MINUTE) == []  # what waited meanwhile has its time from then on
    assert troubles.settle(told.conn, hl7.troubles(told.conn, later_us), later_us) == 1
    assert told.rows("SELECT state, audience FROM notice") == [("over", "operations")]
