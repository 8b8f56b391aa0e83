from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from alerts.lifecycle import Condition
from alerts.records import Transition
from ingest.alerting import LATE_US, Found, Key, Standing, standing, steps
from store.alert_log import AlertEventRow, AlertState
from telemetry.alarms import ConditionState, FindingState, Priority

NOW = 1_700_000_000_000_000
ACTIVE, NORMAL = FindingState.ACTIVE, FindingState.NORMAL


def transition(
    state: FindingState, priority: Priority | None = None, *, rule: str = "R13", time_us: int = NOW
) -> Transition:
    return Transition(0, "u1", time_us, rule, "1.0.0+abc", priority, state, "because", {"x": 1.0}, {"limit": 2.0})


def run(
    *found: Transition, before: dict[Key, Standing] | None = None, ids: Iterator[int] | None = None
) -> tuple[list[AlertEventRow], dict[Key, Standing]]:
    return steps([Found(1, t, NOW) for t in found], before or {}, lambda rule: rule == "R10", ids or count(1))


def test_an_alert_opens_rises_and_ends_under_one_number() -> None:
    rows, after = run(
        transition(ACTIVE, Priority.MEDIUM), transition(ACTIVE, Priority.HIGH), transition(NORMAL), ids=count(40)
    )

    assert [(r.alert_id, r.state, r.priority) for r in rows] == [
        (40, ConditionState.ACTIVE_UNACKNOWLEDGED, Priority.MEDIUM),
        (40, ConditionState.ACTIVE_UNACKNOWLEDGED, Priority.HIGH),
        (40, ConditionState.NORMAL, Priority.HIGH),
    ]
    assert after == {}
    assert (rows[0].reason, rows[0].inputs, rows[0].limits) == ("because", {"x": 1.0}, {"limit": 2.0})


def test_the_next_episode_has_a_new_number() -> None:
    rows, _ = run(transition(ACTIVE, Priority.LOW), transition(NORMAL), transition(ACTIVE, Priority.LOW))

    assert [r.alert_id for r in rows] == [1, 1, 2]


def test_a_latching_alert_stays_until_somebody_has_seen_it() -> None:
    rows, after = run(transition(ACTIVE, Priority.HIGH, rule="R10"), transition(NORMAL, rule="R10"))

    assert rows[-1].state is ConditionState.LATCHED_CLEAR
    assert after[1, "R10"].condition.state is ConditionState.LATCHED_CLEAR


def test_what_a_person_did_meanwhile_counts() -> None:
    seen = AlertState(9, 1, "R13", ConditionState.ACTIVE_ACKNOWLEDGED, Priority.HIGH, NOW, 5)
    stands = standing(seen, latch=False)
    assert stands == Standing(9, Condition(ConditionState.ACTIVE_ACKNOWLEDGED, Priority.HIGH, latching=False), NOW)

    rows, after = run(transition(NORMAL), before={(1, "R13"): stands})
    assert [(r.alert_id, r.state) for r in rows] == [(9, ConditionState.NORMAL)]
    assert after == {}


def test_an_alert_that_is_over_stands_no_more() -> None:
    assert standing(AlertState(9, 1, "R13", ConditionState.NORMAL, Priority.HIGH, NOW, None), latch=True) is None


def test_findings_that_move_nothing_add_nothing() -> None:
    rows, after = run(transition(FindingState.PENDING, Priority.HIGH), transition(FindingState.NOT_EVALUATED))

    assert (rows, after) == ([], {})


def test_old_data_page_nobody() -> None:
    rows, _ = run(
        transition(ACTIVE, Priority.LOW, time_us=NOW - LATE_US), transition(NORMAL, time_us=NOW - LATE_US - 1)
    )

    assert [r.late for r in rows] == [False, True]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["R10", "R13"]), st.sampled_from(list(FindingState)), st.sampled_from([*Priority, None])
        ),
        max_size=12,
    ),
    st.integers(0, 12),
)
def test_cutting_the_history_into_two_cycles_changes_nothing(
    history: list[tuple[str, FindingState, Priority | None]], cut: int
) -> None:
    found = [
        transition(state, priority or Priority.LOW if state is ACTIVE else priority, rule=rule)
        for rule, state, priority in history
    ]
    whole, at_once = run(*found)
    ids = count(1)
    first, between = run(*found[:cut], ids=ids)
    second, after = run(*found[cut:], before=between, ids=ids)

    assert first + second == whole
    assert after == at_once
