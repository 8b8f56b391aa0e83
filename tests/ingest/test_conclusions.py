"""Findings between treatments become alerts: once, seen once, and gone by evidence alone."""

from __future__ import annotations

from itertools import count

from alerts.between.review import Finding
from alerts.lifecycle import Condition
from evaluation.alerting import Standing
from ingest.conclusions import AGAIN, LEFT, conclude, leave
from store.alert_log import AlertEventRow, AlertState
from telemetry.alarms import ConditionState, FindingState, Priority

NOW_US = 1_750_000_000_000_000
KEY = (7, "R25")
ACTIVE, NORMAL, LATCHED = (
    ConditionState.ACTIVE_UNACKNOWLEDGED,
    ConditionState.NORMAL,
    ConditionState.LATCHED_CLEAR,
)


def finding(
    state: FindingState, priority: Priority | None = None, *, again: bool = True, newest: bool = True, about: int = 1
) -> Finding:
    return Finding(
        "R25", "1.0.0+0", f"treatment {about}", "1/1/0", NOW_US - 10**10, state, priority, f"{state} {about}",
        {"short_min": 11.0}, {"low_min": 10.0}, newest, again,
    )  # fmt: skip


LOW = finding(FindingState.ACTIVE, Priority.LOW)
MEDIUM = finding(FindingState.ACTIVE, Priority.MEDIUM)


def told(*findings: Finding, standing: Standing | None = None, latch: bool = True) -> list[AlertEventRow]:
    before = {} if standing is None else {KEY: standing}
    return conclude(findings, (7, "u7"), before, lambda rule: latch, count(100), NOW_US)


def stands(state: ConditionState, priority: Priority = Priority.LOW) -> Standing:
    return Standing(5, Condition(state, priority, latching=priority is Priority.MEDIUM), NOW_US - 1)


def test_the_first_opens_an_alert_with_all_that_explains_it() -> None:
    (row,) = told(LOW)
    assert (row.alert_id, row.unit_id, row.state, row.priority, row.late) == (100, 7, ACTIVE, Priority.LOW, False)
    assert (row.reason, row.inputs, row.limits) == ("active 1", {"short_min": 11.0}, {"low_min": 10.0})
    assert (row.rule_version, row.time_us) == ("1.0.0+0", NOW_US)


def test_normal_ends_it_and_not_evaluated_and_pending_do_not() -> None:
    for state in (FindingState.NOT_EVALUATED, FindingState.PENDING):
        assert told(finding(state), standing=stands(ACTIVE)) == []
    (row,) = told(finding(FindingState.NORMAL), standing=stands(ACTIVE))
    assert (row.alert_id, row.state) == (5, NORMAL)
    assert told(finding(FindingState.NORMAL)) == []


def test_a_medium_one_nobody_has_seen_stays_for_them() -> None:
    (row,) = told(finding(FindingState.NORMAL), standing=stands(ACTIVE, Priority.MEDIUM))
    assert row.state == LATCHED


def test_a_later_one_is_told_in_the_alert_that_waits_and_in_a_new_one_once_that_was_seen() -> None:
    (row,) = told(finding(FindingState.ACTIVE, Priority.LOW, about=2), standing=stands(ACTIVE))
    assert (row.alert_id, row.state, row.reason) == (5, ACTIVE, "active 2")
    over, opened = told(LOW, standing=stands(ConditionState.ACTIVE_ACKNOWLEDGED))
    assert (over.alert_id, over.state, over.reason) == (5, NORMAL, AGAIN)
    assert (opened.alert_id, opened.state) == (100, ACTIVE)


def test_what_lasts_is_not_told_again_to_those_who_have_seen_it() -> None:
    lasting = finding(FindingState.ACTIVE, Priority.LOW, again=False)
    (row,) = told(lasting, standing=stands(ConditionState.ACTIVE_ACKNOWLEDGED))
    assert (row.alert_id, row.state) == (5, ConditionState.ACTIVE_ACKNOWLEDGED)


def test_what_comes_late_is_marked_so_and_the_newest_has_the_last_word() -> None:
    late = finding(FindingState.ACTIVE, Priority.MEDIUM, newest=False, about=1)
    first, last = told(late, finding(FindingState.NORMAL, about=2))
    assert (first.late, first.time_us, last.late) == (True, NOW_US - 10**10, False)
    assert (first.alert_id, last.alert_id, last.state) == (100, 100, LATCHED)
    low = finding(FindingState.ACTIVE, Priority.LOW, newest=False, about=1)
    assert [row.state for row in told(low, finding(FindingState.NORMAL, about=2))] == [ACTIVE, NORMAL]


def test_a_higher_priority_asks_those_who_have_seen_it_again() -> None:
    higher = finding(FindingState.ACTIVE, Priority.MEDIUM, again=False)
    (row,) = told(higher, standing=stands(ConditionState.ACTIVE_ACKNOWLEDGED))
    assert (row.state, row.priority) == (ACTIVE, Priority.MEDIUM)


def test_alerts_on_a_unit_that_serves_another_patient_are_over_latched_or_not() -> None:
    (row,) = leave([AlertState(5, 7, "R25", LATCHED, Priority.MEDIUM, NOW_US - 1, None)], NOW_US)
    assert (row.alert_id, row.unit_id, row.state, row.reason) == (5, 7, NORMAL, LEFT)
