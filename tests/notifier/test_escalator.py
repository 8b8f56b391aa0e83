"""A whole night in virtual time: who is paged when."""

from __future__ import annotations

import pytest

from telemetry.alarms import ConditionState, Priority
from tests.notifier.world import World, without

HIGH = [
    (0.0, "anna 1"), (30.0, "anna 2"), (120.0, "boris 1"), (120.0, "boris 2"), (240.0, "chen 1"), (240.0, "chen 2"),
]  # fmt: skip


def test_a_high_alert_that_nobody_answers(world: World) -> None:
    world.alert()
    world.after(479)
    assert world.pages() == HIGH
    assert world.notice() == ("unanswered", "high", 1)
    # All over again, for ever: each round uses each channel once.
    world.after(480)
    assert world.notice() == ("unanswered", "high", 2)
    assert world.pages()[len(HIGH) :] == [(480.0 + at, name) for at, name in HIGH]


def test_a_receipt_spares_the_second_channel(world: World) -> None:
    world.alert()
    world.after(10)
    world.receipt("anna 1")
    world.after(109)
    assert world.pages() == [(0.0, "anna 1")]
    world.after(1)
    assert world.pages()[1:] == [(120.0, "boris 1"), (120.0, "boris 2")]


def test_a_medium_alert_takes_its_time(world: World) -> None:
    world.alert("R13", Priority.MEDIUM)
    world.after(2099)
    assert world.pages() == [(0.0, "anna 1"), (300.0, "boris 1"), (600.0, "chen 1")]
    assert world.notice() == ("unanswered", "medium", 1)
    world.after(1)
    assert world.notice() == ("asking", "medium", 2)


def test_a_low_alert_is_for_the_work_list(world: World) -> None:
    world.alert("R13", Priority.LOW)
    world.after(24 * 3600)
    assert world.pages() == [] and world.notice() == ("nobody", "low", 0)
    assert world.rows("SELECT verdict, stage FROM notice_alert") == [("list", "low priority")]


def test_nobody_first_means_the_backup_at_once(world: World) -> None:
    world.people = without(world.people, first=())
    world.alert()
    world.after(0)
    assert world.pages() == [(0.0, "boris 1"), (0.0, "boris 2")]
    outcomes = world.rows("SELECT kind, outcome FROM notice_step WHERE done_at IS NOT NULL ORDER BY number")
    assert outcomes == [("first", "nobody is on call for this step (first)"), ("backup", "backup: 1 asked")]


def test_somebody_whose_account_is_closed_is_passed_over_in_the_middle(world: World) -> None:
    world.alert()
    world.after(60)
    world.rows("UPDATE user_account SET disabled_at = now() WHERE user_id = %s RETURNING 1", world.users["boris"])
    world.after(60)
    # Boris cannot be reached: everyone is asked without waiting.
    assert world.pages()[2:] == [(120.0, "chen 1"), (120.0, "chen 2")]


def test_nothing_is_sent_for_what_is_over(world: World) -> None:
    alert = world.alert()
    world.after(60)
    world.clear(alert)
    world.after(3600)
    assert [name for _, name in world.pages()] == ["anna 1", "anna 2"]
    assert world.notice() == ("over", "high", 1)
    assert world.rows("SELECT count(*) FROM notice_step WHERE done_at IS NULL") == [(0,)]


def test_a_latched_one_is_asked_about_until_somebody_has_seen_it(world: World) -> None:
    alert = world.alert()
    world.after(1)
    world.step(alert, "R10", Priority.HIGH, ConditionState.LATCHED_CLEAR)
    world.after(478)
    assert world.pages() == HIGH and world.notice()[0] == "unanswered"


@pytest.mark.parametrize("stopped_s", [1, 100, 1000])
def test_a_notifier_that_was_away_goes_on_where_the_night_is(world: World, stopped_s: int) -> None:
    world.alert()
    world.after(0)
    world.now_us += stopped_s * 1_000_000  # nobody worked meanwhile
    world.settle()
    # What is overdue is made up for at once, and nobody is paged twice for it.
    missed = [name for at, name in HIGH if at <= stopped_s]
    pages = [name for _, name in world.pages()]
    assert pages[: len(missed)] == missed
    assert pages[len(missed) :] == (["anna 1"] if stopped_s >= 480 else [])
