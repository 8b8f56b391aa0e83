"""Ranges of numbers against Python's own set."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.seqset import SeqSet, runs

steps = st.lists(st.tuples(st.booleans(), st.integers(0, 40), st.integers(0, 8)))


@given(steps, st.integers(1, 10), st.integers(0, 40))
def test_does_what_a_set_does(steps: list[tuple[bool, int, int]], limit: int, floor: int) -> None:
    ours, theirs = SeqSet(), set[int]()
    for add, first, length in steps:
        numbers = range(first, first + length + 1)
        if add:
            ours.add(first, first + length)
            theirs.update(numbers)
        else:
            ours.remove(first, first + length)
            theirs.difference_update(numbers)
    rising = sorted(theirs)
    assert list(ours) == rising
    assert len(ours) == len(theirs)
    assert all((n in ours) == (n in theirs) for n in range(50))
    assert ours.oldest(limit) == tuple(rising[:limit])
    assert ours.newest(limit, floor) == tuple([n for n in rising if n >= floor][-limit:])


@given(st.sets(st.integers(0, 60)))
def test_runs_cover_the_numbers_and_nothing_else(numbers: set[int]) -> None:
    found = list(runs(sorted(numbers)))
    assert [n for first, last in found for n in range(first, last + 1)] == sorted(numbers)
    assert all(a[1] + 1 < b[0] for a, b in pairwise(found)), "touching ranges are one"


def test_days_of_backlog_are_one_range() -> None:
    backlog = SeqSet()
    for seq in range(100_000):
        backlog.add(seq, seq)
    assert len(backlog) == 100_000
    assert backlog._firsts == [0]
