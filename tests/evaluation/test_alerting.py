from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from alerts import lifecycle
from alerts.lifecycle import Condition
from alerts.records import Transition
from evaluation.alerting import LATE_US, Found, Key, Standing, standing, steps
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


def test_a_needle_found_once_more_opens_an_alert_that_was_seen() -> None:
    seen = {(1, "R10"): Standing(9, Condition(ConditionState.ACTIVE_ACKNOWLEDGED, Priority.HIGH, latching=True), NOW)}
    unchanged, _ = run(transition(ACTIVE, Priority.HIGH, rule="R10"), before=seen)
    assert [(row.state, row.again) for row in unchanged] == [(ConditionState.ACTIVE_ACKNOWLEDGED, False)]

    rows, after = run(replace(transition(ACTIVE, Priority.HIGH, rule="R10"), again=True), before=seen)
    assert [(row.alert_id, row.state, row.again) for row in rows] == [(9, ConditionState.ACTIVE_UNACKNOWLEDGED, True)]
    assert after[1, "R10"].condition.latching


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


_MOVES = st.one_of(
    st.tuples(st.sampled_from(["R10", "R13"]), st.sampled_from(list(FindingState)), st.sampled_from(list(Priority))),
    st.tuples(st.sampled_from(["R10", "R13"]), st.just("acknowledge"), st.none()),
)


@given(st.lists(st.tuples(_MOVES, st.booleans()), max_size=25))
def test_a_restart_goes_on_with_what_is_stored_also_when_it_was_acknowledged(
    history: list[tuple[tuple[str, FindingState | str, Priority | None], bool]],
) -> None:
    assert lived_through(history, restarts=True) == lived_through(history, restarts=False)


def lived_through(
    history: list[tuple[tuple[str, FindingState | str, Priority | None], bool]], *, restarts: bool
) -> list[AlertEventRow]:
    """What the rules add, one finding a cycle; people acknowledge in between, and the process may die before any."""
    stored: dict[int, AlertState] = {}
    told: list[AlertEventRow] = []
    memory: dict[Key, Standing] = {}
    ids = count(1)
    for (rule, what, priority), dies in history:
        if dies and restarts:
            memory = known(stored)
        if isinstance(what, FindingState):
            # As the pipeline does it: of what it is about, the stored state counts.
            before = {key: stands for key, stands in memory.items() if key[1] != rule}
            before |= {key: stands for key, stands in known(stored).items() if key[1] == rule}
            told_priority = priority if what in (ACTIVE, FindingState.PENDING) else None
            rows, memory = run(transition(what, told_priority, rule=rule), before=before, ids=ids)
            told += rows
            for row in rows:
                since = stored[row.alert_id].since_us if row.alert_id in stored else row.time_us
                stored[row.alert_id] = AlertState(row.alert_id, 1, row.rule, row.state, row.priority, since, None)
        else:
            for number, state in stored.items():
                if state.rule == rule and (stands := standing(state, rule == "R10")):
                    seen = lifecycle.apply(stands.condition, lifecycle.Move.ACKNOWLEDGE)
                    stored[number] = replace(state, state=seen.state, acknowledged_by=5)
    return told


def known(stored: dict[int, AlertState]) -> dict[Key, Standing]:
    """What a process that starts finds."""
    stands = {
        (1, state.rule): standing(state, state.rule == "R10") for state in stored.values() if state.state != "normal"
    }
    return {key: one for key, one in stands.items() if one is not None}
