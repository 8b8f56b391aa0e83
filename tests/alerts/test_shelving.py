"""What may be set aside for how long, and what ends it."""

from __future__ import annotations

import pytest

from alerts.shelving import AGAIN, LONGEST_S, Shelf, ShelfKind, ended, shelf
from telemetry.alarms import Priority

NOW_US = 1_750_000_000_000_000
MINUTE_US = 60_000_000


def test_a_timed_one_ends_at_its_time() -> None:
    set_aside = shelf(ShelfKind.TIMED, Priority.MEDIUM, 7, NOW_US, 30, "on the way")
    assert set_aside == Shelf(ShelfKind.TIMED, Priority.MEDIUM, 7, NOW_US + 30 * MINUTE_US)
    assert ended(set_aside, Priority.MEDIUM, 8, NOW_US + 30 * MINUTE_US - 1) is None
    assert ended(set_aside, Priority.MEDIUM, 8, NOW_US + 30 * MINUTE_US) == "its time is over"


def test_a_one_shot_ends_with_its_alert_and_not_later_than_its_priority_allows() -> None:
    set_aside = shelf(ShelfKind.ONE_SHOT, Priority.LOW, 7, NOW_US, None, "known")
    assert ended(set_aside, Priority.LOW, 7, NOW_US + 3600 * 1_000_000) is None
    assert "another" in (ended(set_aside, Priority.LOW, 8, NOW_US) or "")
    assert ended(set_aside, Priority.LOW, 7, NOW_US + LONGEST_S[Priority.LOW] * 1_000_000) is not None


@pytest.mark.parametrize("priority", [Priority.MEDIUM, Priority.HIGH])
def test_a_rise_breaks_it(priority: Priority) -> None:
    set_aside = shelf(ShelfKind.TIMED, Priority.LOW, 7, NOW_US, 30, "known")
    assert ended(set_aside, priority, 7, NOW_US) == f"priority rose from low to {priority}"


@pytest.mark.parametrize(
    ("kind", "priority", "minutes", "reason", "wrong"),
    [
        (ShelfKind.TIMED, Priority.LOW, 30, "  a ", "reason: say why"),
        (ShelfKind.ONE_SHOT, Priority.HIGH, None, "known", "a high one is set aside for minutes"),
        (ShelfKind.ONE_SHOT, Priority.LOW, 5, "known", "a one-shot has none"),
        (ShelfKind.TIMED, Priority.HIGH, 15.1, "known", "at most 15 for high"),
        (ShelfKind.TIMED, Priority.MEDIUM, 0, "known", "more than 0"),
        (ShelfKind.TIMED, Priority.MEDIUM, float("nan"), "known", "more than 0"),
        (ShelfKind.TIMED, Priority.MEDIUM, None, "known", "more than 0"),
    ],
)
def test_what_is_refused_says_why(
    kind: ShelfKind, priority: Priority, minutes: float | None, reason: str, wrong: str
) -> None:
    with pytest.raises(ValueError, match=wrong):
        shelf(kind, priority, 7, NOW_US, minutes, reason)


def test_what_is_told_anew_breaks_it_whatever_its_kind() -> None:
    for kind in ShelfKind:
        shelf = Shelf(kind, Priority.MEDIUM, 1, NOW_US + 60_000_000)
        assert ended(shelf, Priority.MEDIUM, 1, NOW_US) is None
        assert ended(shelf, Priority.MEDIUM, 1, NOW_US, again=True) == AGAIN
