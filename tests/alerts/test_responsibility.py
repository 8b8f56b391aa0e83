"""The table of responsibility, walked whole and at random."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import responsibility
from alerts.responsibility import ACCEPTED_FOR_S, TABLE, Answerable, Move, Standing, after
from telemetry.alarms import Priority

NOW_US = 1_750_000_000_000_000
BY_PEOPLE = (Move.ACCEPT, Move.REJECT, Move.RELEASE, Move.TAKE_OVER)


def test_every_state_but_the_last_can_be_left_and_none_leaves_the_last() -> None:
    left = {state for state, _ in TABLE}
    assert left == set(Answerable) - {Answerable.OVER}
    assert all((state, Move.RESOLVE) in TABLE for state in left)
    assert {move for _, move in TABLE} == set(Move)


@pytest.mark.parametrize(("state", "move"), [p for p in itertools.product(Answerable, Move) if p not in TABLE])
def test_what_is_not_in_the_table_is_refused(state: Answerable, move: Move) -> None:
    assert after(Standing(state, Priority.HIGH, 1, 5, NOW_US), move, NOW_US, by=5) is None


@pytest.mark.parametrize("priority", Priority)
def test_an_acceptance_has_an_end(priority: Priority) -> None:
    stood = after(Standing(Answerable.ASKING, priority, 1), Move.ACCEPT, NOW_US, by=5)
    assert stood == Standing(Answerable.ACCEPTED, priority, 1, 5, NOW_US + ACCEPTED_FOR_S[priority] * 1_000_000)


def test_only_who_accepted_gives_back_and_nobody_takes_over_from_themselves() -> None:
    accepted = Standing(Answerable.ACCEPTED, Priority.HIGH, 2, 5, NOW_US + 1)
    assert after(accepted, Move.RELEASE, NOW_US, by=6) is None
    assert after(accepted, Move.TAKE_OVER, NOW_US, by=5) is None
    assert after(accepted, Move.RELEASE, NOW_US, by=5) == Standing(Answerable.ASKING, Priority.HIGH, 3)
    taken = after(accepted, Move.TAKE_OVER, NOW_US, by=6)
    assert taken is not None and taken.by == 6 and taken.round == 2


def test_a_rise_begins_a_round_at_the_new_priority() -> None:
    accepted = Standing(Answerable.ACCEPTED, Priority.MEDIUM, 1, 5, NOW_US + 1)
    assert after(accepted, Move.ASK, NOW_US, priority=Priority.HIGH) == Standing(Answerable.ASKING, Priority.HIGH, 2)


@given(st.lists(st.tuples(st.sampled_from(Move), st.integers(1, 3))))
def test_somebody_is_answerable_exactly_while_it_is_accepted(moves: list[tuple[Move, int]]) -> None:
    standing = Standing(Answerable.NOBODY, Priority.MEDIUM)
    for move, person in moves:
        by = person if move in BY_PEOPLE else None
        standing = responsibility.after(standing, move, NOW_US, by=by) or standing
        assert (standing.by is not None) == (standing.until_us is not None) == (standing.state is Answerable.ACCEPTED)
        # Nobody stops the asking but a person, the notifier's own reasons, or the end of the condition.
        assert standing.round >= 1 or standing.state is not Answerable.ASKING
