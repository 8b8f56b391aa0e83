"""Whose an alert is that fires again after the unit was given to another."""

from __future__ import annotations

from store.alert_parts import Span, part_of
from store.alert_queries import AlertEvent, CurrentAlert
from telemetry.alarms import ConditionState, Priority

ACTIVE, SEEN = ConditionState.ACTIVE_UNACKNOWLEDGED, ConditionState.ACTIVE_ACKNOWLEDGED
LATCHED, NORMAL = ConditionState.LATCHED_CLEAR, ConditionState.NORMAL
FIRST, SECOND, THIRD = Span(None, 100), Span(100, 200), Span(200, None)


def event(number: int, state: ConditionState, at_us: int, actor: int | None = None) -> AlertEvent:
    name = None if actor is None else "Dee"
    return AlertEvent(
        number, 1, "1", Priority.HIGH, state, at_us, at_us + 1, f"at {at_us}", {}, {}, False, actor, name, ""
    )


EVENTS = [
    event(1, ACTIVE, 10), event(2, LATCHED, 20),
    event(3, ACTIVE, 110), event(4, SEEN, 120, 7), event(5, NORMAL, 130),
]  # fmt: skip
NOW = CurrentAlert(
    1, 1, "u-1", 1, "R10", "1", Priority.HIGH, NORMAL, 10, 110, 131, "at 110", {}, {}, False, 7, "Dee", 121, 5, None,
    None, None, None, None, None, None, None, None, None, None,
)  # fmt: skip


def test_of_one_patient_alone_it_is_as_it_stands() -> None:
    part = part_of(NOW, EVENTS, Span(None, None))
    assert part is not None
    assert (part.alert, part.events, part.from_us, part.until_us) == (NOW, EVENTS, None, None)


def test_before_it_fired_for_the_next_it_was_as_it_was_then() -> None:
    part = part_of(NOW, EVENTS, FIRST)
    assert part is not None
    assert (part.alert.state, part.alert.reason, part.alert.acknowledged_by) == (LATCHED, "at 10", None)
    assert (part.alert.since_us, part.alert.time_us, part.alert.changed_us, part.alert.last_event_id) == (10, 10, 21, 2)
    assert (part.is_active, part.found_last_us) == (False, 20)
    assert [part.has(at_us) for at_us in (0, 11, 110, 111)] == [True, True, True, False]


def test_of_the_next_it_begins_when_it_fires_for_them() -> None:
    part = part_of(NOW, EVENTS, SECOND)
    assert part is not None
    assert (part.alert.since_us, part.alert.state, part.alert.acknowledged_name) == (110, NORMAL, "Dee")
    assert [one.event_id for one in part.events] == [3, 4, 5]
    assert not part.has(20) and part.has(10**9)


def test_who_has_seen_it_counts_until_it_fires_again() -> None:
    part = part_of(NOW, [*EVENTS[:4], event(5, ACTIVE, 150), event(6, ACTIVE, 210)], SECOND)
    assert part is not None
    assert (part.alert.acknowledged_by, part.alert.acknowledged_us, part.is_active) == (None, None, True)


def test_what_never_fired_for_them_is_not_theirs_also_where_it_still_stood() -> None:
    assert part_of(NOW, EVENTS[:1], SECOND) is None
    assert part_of(NOW, EVENTS, THIRD) is None
    assert part_of(NOW, EVENTS[2:], FIRST) is None


def test_seen_after_the_unit_was_given_away_it_is_seen_all_the_same() -> None:
    part = part_of(NOW, [*EVENTS[:2], event(3, NORMAL, 150, 7)], FIRST)
    assert part is not None
    assert part.events[-1].actor == 7
