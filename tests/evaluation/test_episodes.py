"""Findings of a treatment that is over, as alerts: each from its first reading in breach to its end."""

from __future__ import annotations

from evaluation.episodes import episodes
from telemetry.alarms import Priority
from tests.evaluation.told import ACTIVE, HIGH_FROM_100, NORMAL, OVER, PENDING, RAISED, WANTED, one, told


def test_an_episode_from_its_first_reading_to_its_end() -> None:
    found = one(told(50, NORMAL), *HIGH_FROM_100)
    assert (found.begun_us, found.ended_us) == (100, 300)
    assert [(row.unit_id, row.rule, row.state, row.time_us, row.reason) for row in found.events] == [
        (7, "R13", RAISED, 115, "active at 115"),
        (7, "R13", OVER, 300, "normal at 300"),
    ]
    assert all(row.late for row in found.events)


def test_one_that_latches_live_is_over_all_the_same() -> None:
    found = one(told(115, ACTIVE, Priority.HIGH, "R19"), told(300, NORMAL, rule="R19"))
    assert [row.state for row in found.events] == [RAISED, OVER]


def test_what_still_stands_ends_with_the_treatment() -> None:
    found = one(*HIGH_FROM_100[:2])
    assert [(row.state, row.time_us, row.reason) for row in found.events] == [
        (RAISED, 115, "active at 115"),
        (OVER, 1_000, "Still so when the treatment ended"),
    ]


def test_each_episode_and_each_rule_is_an_alert_of_its_own() -> None:
    again = [told(400, ACTIVE, Priority.LOW), told(500, NORMAL)]
    other = [told(410, ACTIVE, Priority.HIGH, "R10"), told(450, ACTIVE, Priority.HIGH, "R10")]
    found = episodes(WANTED, [*HIGH_FROM_100, again[0], *other, again[1]])
    assert [(e.events[0].rule, e.begun_us, e.ended_us, len(e.events)) for e in found] == [
        ("R13", 100, 300, 2),
        ("R13", 400, 500, 2),
        ("R10", 410, 1_000, 3),
    ]


def test_pending_that_comes_to_nothing_is_no_beginning() -> None:
    found = one(told(20, PENDING, Priority.HIGH), told(30, NORMAL), told(115, ACTIVE, Priority.HIGH))
    assert found.begun_us == 115
