"""Findings of a treatment that is over, as alerts: each from its first reading in breach to its end."""

from __future__ import annotations

from alerts.records import Transition
from evaluation.episodes import Episode, episodes
from store.ended_treatments import Ended
from store.patients import Prescription
from telemetry.alarms import ConditionState, FindingState, Priority

WANTED = Ended(7, "u1", 1, 1, 0, 1_000, None, Prescription())
ACTIVE, PENDING, NORMAL = FindingState.ACTIVE, FindingState.PENDING, FindingState.NORMAL
RAISED, OVER = ConditionState.ACTIVE_UNACKNOWLEDGED, ConditionState.NORMAL


def told(at: int, state: FindingState, priority: Priority | None = None, rule: str = "R13") -> Transition:
    return Transition(0, "t", at, rule, "1.0.0+x", priority, state, f"{state} at {at}", {}, {})


def one(*transitions: Transition) -> Episode:
    (found,) = episodes(WANTED, transitions)
    return found


HIGH_FROM_100 = (told(100, PENDING, Priority.HIGH), told(115, ACTIVE, Priority.HIGH), told(300, NORMAL))


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
