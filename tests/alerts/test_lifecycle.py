"""The life of a condition: the table, latching, and what no sequence of moves may do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.lifecycle import Condition, Move, apply, fold, latches, move_for, next_state
from telemetry.alarms import ConditionState, FindingState, Priority

LOW, MEDIUM, HIGH = Priority.LOW, Priority.MEDIUM, Priority.HIGH
NORMAL, LATCHED = ConditionState.NORMAL, ConditionState.LATCHED_CLEAR
UNSEEN, SEEN = ConditionState.ACTIVE_UNACKNOWLEDGED, ConditionState.ACTIVE_ACKNOWLEDGED

MOVES = st.tuples(st.sampled_from(Move), st.sampled_from([LOW, MEDIUM, HIGH]))


def test_raised_acknowledged_cleared() -> None:
    raised = apply(Condition(), Move.RAISE, MEDIUM, latch=False)
    assert (raised.state, raised.priority, raised.is_open) == (UNSEEN, MEDIUM, True)
    seen = apply(raised, Move.ACKNOWLEDGE)
    assert (seen.state, seen.priority) == (SEEN, MEDIUM)
    assert apply(seen, Move.CLEAR) == Condition()


@pytest.mark.parametrize(
    ("rule_latch", "priority", "after"),
    [(True, HIGH, LATCHED), (True, MEDIUM, LATCHED), (True, LOW, NORMAL), (False, HIGH, NORMAL), (False, LOW, NORMAL)],
)
def test_what_nobody_has_seen_stays_if_it_latches(rule_latch: bool, priority: Priority, after: ConditionState) -> None:
    assert fold([(Move.RAISE, priority), (Move.CLEAR, None)], latch=rule_latch).state is after
    assert latches(rule_latch, priority) is (after is LATCHED)


def test_what_was_seen_goes_when_its_cause_goes() -> None:
    assert fold([(Move.RAISE, HIGH), (Move.ACKNOWLEDGE, None), (Move.CLEAR, None)], latch=True).state is NORMAL


def test_latched_goes_by_acknowledgement_and_comes_back_by_a_new_breach() -> None:
    latched = fold([(Move.RAISE, HIGH), (Move.CLEAR, None)], latch=True)
    assert latched.priority is HIGH
    assert apply(latched, Move.ACKNOWLEDGE).state is NORMAL
    assert apply(latched, Move.RAISE, HIGH, latch=True).state is UNSEEN


def test_a_rise_in_priority_wants_a_new_look() -> None:
    seen = fold([(Move.RAISE, MEDIUM), (Move.ACKNOWLEDGE, None)], latch=True)
    risen = apply(seen, Move.ESCALATE, HIGH, latch=True)
    assert (risen.state, risen.priority, risen.latching) == (UNSEEN, HIGH, True)


def test_unseen_and_latching_it_keeps_the_highest_priority_it_had() -> None:
    assert fold([(Move.RAISE, HIGH), (Move.LOWER, MEDIUM)], latch=True).priority is HIGH
    assert fold([(Move.RAISE, HIGH), (Move.LOWER, MEDIUM)], latch=False).priority is MEDIUM
    assert fold([(Move.RAISE, HIGH), (Move.ACKNOWLEDGE, None), (Move.LOWER, LOW)], latch=True) == Condition(SEEN, LOW)


def test_moves_that_make_no_sense_change_nothing() -> None:
    assert apply(Condition(), Move.ACKNOWLEDGE) == Condition()
    assert apply(Condition(), Move.CLEAR) == Condition()
    seen = fold([(Move.RAISE, MEDIUM), (Move.ACKNOWLEDGE, None)], latch=True)
    assert apply(seen, Move.ACKNOWLEDGE) == seen
    latched = fold([(Move.RAISE, HIGH), (Move.CLEAR, None)], latch=True)
    assert apply(latched, Move.CLEAR) == latched


@given(st.lists(MOVES, max_size=30))
def test_nothing_takes_latched_to_normal_but_an_acknowledgement(moves: list[tuple[Move, Priority]]) -> None:
    condition = Condition()
    for move, priority in moves:
        after = apply(condition, move, priority, latch=True)
        if condition.state is LATCHED and after.state is NORMAL:
            assert move is Move.ACKNOWLEDGE
        if condition.state is UNSEEN and after.state is NORMAL:
            assert move is Move.CLEAR and not condition.latching
        assert (after.priority is None) == (after.state is NORMAL)
        assert after.state is next_state(condition, move)
        condition = after


@pytest.mark.parametrize(
    ("condition", "state", "priority", "move"),
    [
        (Condition(), FindingState.ACTIVE, LOW, Move.RAISE),
        (Condition(LATCHED, HIGH, True), FindingState.ACTIVE, LOW, Move.RAISE),
        (Condition(UNSEEN, MEDIUM), FindingState.ACTIVE, HIGH, Move.ESCALATE),
        (Condition(SEEN, MEDIUM), FindingState.ACTIVE, LOW, Move.LOWER),
        (Condition(SEEN, MEDIUM), FindingState.ACTIVE, MEDIUM, Move.UPDATE),
        (Condition(SEEN, MEDIUM), FindingState.NORMAL, None, Move.CLEAR),
        (Condition(SEEN, MEDIUM), FindingState.NOT_EVALUATED, None, Move.CLEAR),
        (Condition(SEEN, MEDIUM), FindingState.PENDING, MEDIUM, None),
        (Condition(), FindingState.NORMAL, None, None),
        (Condition(), FindingState.PENDING, LOW, None),
        (Condition(LATCHED, HIGH, True), FindingState.NORMAL, None, None),
    ],
)
def test_the_move_a_finding_makes(
    condition: Condition, state: FindingState, priority: Priority | None, move: Move | None
) -> None:
    assert move_for(condition, state, priority) is move


@pytest.mark.parametrize("state", [UNSEEN, SEEN, LATCHED])
def test_what_is_found_once_more_waits_to_be_seen_whoever_saw_it_before(state: ConditionState) -> None:
    before = Condition(state, HIGH, latching=True)
    move = move_for(before, FindingState.ACTIVE, HIGH, again=True)
    assert move is not None
    assert apply(before, move, HIGH, latch=True) == Condition(UNSEEN, HIGH, latching=True)


def test_what_is_over_is_over_even_if_it_was_found_once_more() -> None:
    assert move_for(Condition(SEEN, HIGH, latching=True), FindingState.NORMAL, None, again=True) is Move.CLEAR
