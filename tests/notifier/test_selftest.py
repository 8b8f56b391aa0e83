"""What operations is told of self-tests, and what the notifier makes of the test unit's alerts."""

from __future__ import annotations

from datetime import date

import pytest

from notifier import selftest
from store import selftests
from store.notices import AT_ONCE
from store.registry import add_unit
from store.selftests import Broken
from telemetry.alarms import ConditionState, Priority
from tests.notifier.world import START_US, World

HOUR = 3_600_000_000
ON = "UPDATE channel SET disabled_at = NULL, disabled_why = '' WHERE kind = 'screen' RETURNING 1"


def told(world: World, after_h: float = 0.0) -> list[tuple[str, str]]:
    found = selftest.troubles(world.conn, START_US + round(after_h * HOUR))
    assert all(one.cause == "self-test" and one.audience == "operations" and one.reason for one in found)
    return [(one.subject, one.priority) for one in found]


def begun(world: World, after_h: float = 0.0, day: date | None = None) -> int:
    run_id = selftests.begin(world.conn, "os:test", START_US + round(after_h * HOUR), day)
    assert run_id is not None
    return run_id


@pytest.fixture
def test_home(world: World) -> int:
    return add_unit(world.conn, "Way", None, START_US, is_test=True).unit_id


def test_without_a_unit_for_tests_it_is_on_the_work_list(world: World) -> None:
    assert told(world) == [("no unit", Priority.LOW)]


@pytest.mark.usefixtures("test_home")
def test_one_that_failed_or_was_not_run_asks_operations(world: World) -> None:
    assert told(world, 25.9) == []
    assert told(world, 26.1) == [("not run", Priority.MEDIUM)]
    run_id = begun(world, 27)
    assert told(world, 27.1) == []
    assert told(world, 27.2) == [("failed", Priority.MEDIUM)]  # it did not come to its end
    selftests.end(world.conn, run_id, Broken.CHANNELS, "channel 3")
    assert told(world, 27.1) == [("failed", Priority.MEDIUM)]
    selftests.end(world.conn, begun(world, 28), Broken.NOTHING, "")
    assert told(world, 28.1) == [] and told(world, 54.1) == [("not run", Priority.MEDIUM)]


def test_its_alert_goes_to_every_channel_in_use_once_and_asks_nobody(world: World, test_home: int) -> None:
    world.rows(ON)
    gone = world.ways["boris 1"]
    world.rows("UPDATE channel SET disabled_at = now(), disabled_why = 'x' WHERE channel_id = %s RETURNING 1", gone)
    run_id = begun(world)
    selftests.note_sent(world.conn, run_id)
    alert = world.alert("R20", Priority.HIGH, home=test_home)
    world.after(3600)
    world.step(alert, "R20", Priority.HIGH, ConditionState.LATCHED_CLEAR, home=test_home)
    world.after(10)
    assert world.notice() == ("nobody", "high", 0)
    sent = world.rows("SELECT channel_id, priority FROM delivery ORDER BY channel_id")
    assert sent == [(way, "low") for way in sorted(world.ways.values()) if way != gone]  # no screen, no disabled one
    assert world.rows("SELECT count(*) FROM notice_step") == [(0,)]
    with world.conn.transaction():
        selftests.close_alerts(world.conn, test_home)
    world.after(1)
    assert world.notice()[0] == "over"
    assert world.rows("SELECT count(*) FROM delivery WHERE next_try_at IS NOT NULL") == [(0,)]


def test_an_alert_of_it_that_no_run_waits_for_reaches_nobody(world: World, test_home: int) -> None:
    world.alert("R20", Priority.HIGH, home=test_home)
    world.after(3600)
    run_id = begun(world)  # not sent yet: what stands is not its own
    world.alert("R10", Priority.HIGH, home=test_home)
    world.after(60)
    assert selftests.get(world.conn, run_id).notice_s is None
    assert world.rows("SELECT count(*) FROM delivery") == [(0,)]


def test_alerts_of_homes_are_not_closed_with_it_and_a_storm_does_not_hide_it(world: World, test_home: int) -> None:
    world.alert("R10", Priority.HIGH)
    run_id = begun(world)
    selftests.note_sent(world.conn, run_id)
    for number in range(AT_ONCE + 5):
        world.alert(f"R{number + 100}", Priority.HIGH)
    world.alert("R20", Priority.HIGH, home=test_home)
    world.settle()
    assert len(selftests.get(world.conn, run_id).channels) == 6
    with world.conn.transaction():
        selftests.close_alerts(world.conn, world.home)
        selftests.close_alerts(world.conn, test_home)
    assert world.rows("SELECT count(*) FROM alert WHERE state <> 'normal'") == [(AT_ONCE + 6,)]
