"""What of a second look is news: not what is recorded, and nothing that does not rest on late rows."""

from __future__ import annotations

import pytest

from alerts.records import Transition
from evaluation.episodes import Episode, episodes
from ingest.late_findings import unknown
from store.ended_treatments import Ended
from store.late_passes import Known
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
