"""What of a second look is news: not what is recorded, and nothing that does not rest on late rows."""

from __future__ import annotations

import pytest

from alerts.records import Transition
from ingest.late_findings import Episode, episodes, unknown
from store.late_passes import Due, Known
from telemetry.alarms import ConditionState, FindingState, Priority

WANTED = Due(7, 1, 1, 0, 1_000, None)
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


@pytest.mark.parametrize(
    ("late", "news"), [([100], True), ([300], True), ([99], False), ([301], False), ([99, 200, 301], True), ([], False)]
)
def test_only_what_rests_on_a_late_row_is_news(late: list[int], news: bool) -> None:
    assert bool(unknown([one(*HIGH_FROM_100)], [], late)) is news


@pytest.mark.parametrize(
    ("known", "news"),
    [
        (Known("R13", 300, None), False),
        (Known("R13", 301, None), True),
        (Known("R13", 20, 99), True),
        (Known("R13", 20, 100), False),
        (Known("R14", 100, 300), True),
    ],
)
def test_what_is_recorded_is_not_recorded_again(known: Known, news: bool) -> None:
    assert bool(unknown([one(*HIGH_FROM_100)], [known], [200])) is news
