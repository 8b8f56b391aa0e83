from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.ranges import RangeSet, runs

NUMBERS = st.integers(0, 60)
RANGES = st.lists(st.tuples(NUMBERS, st.integers(0, 9)).map(lambda pair: (pair[0], pair[0] + pair[1])), max_size=30)


@given(RANGES)
def test_it_holds_exactly_what_was_added_whatever_the_order(ranges: list[tuple[int, int]]) -> None:
    held = RangeSet(ranges)
    truth = {number for first, last in ranges for number in range(first, last + 1)}

    assert [number for number in range(-1, 75) if number in held] == sorted(truth)
    assert held == RangeSet(reversed(ranges))


@given(RANGES)
def test_ranges_are_the_fewest_that_say_it(ranges: list[tuple[int, int]]) -> None:
    found = RangeSet(ranges).ranges()

    assert all(first <= last for first, last in found)
    assert all(following[0] > before[1] + 1 for before, following in pairwise(found))


@given(RANGES, NUMBERS, st.integers(0, 9))
def test_overlap_is_any_number_in_common(ranges: list[tuple[int, int]], first: int, more: int) -> None:
    held = RangeSet(ranges)

    assert held.overlaps(first, first + more) == any(n in held for n in range(first, first + more + 1))


@given(st.lists(NUMBERS))
def test_runs_cover_the_numbers_and_nothing_else(numbers: list[int]) -> None:
    covered = [n for first, last in runs(numbers) for n in range(first, last + 1)]

    assert covered == sorted(set(numbers))
    assert RangeSet((n, n) for n in numbers).ranges() == runs(numbers)


def test_adding_in_order_stays_one_range() -> None:
    held = RangeSet()
    for number in range(1000):
        held.add(number, number)

    assert held.ranges() == [(0, 999)]
    assert len(held) == 1


def test_a_range_that_ends_before_it_begins_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="5…4"):
        RangeSet().add(5, 4)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 8)), max_size=12), st.integers(0, 70), st.integers(0, 9))
def test_covering_is_holding_every_number(pieces: list[tuple[int, int]], first: int, length: int) -> None:
    held = RangeSet((start, start + more) for start, more in pieces)
    assert held.covers(first, first + length) == all(number in held for number in range(first, first + length + 1))


def test_the_lowest_range_is_forgotten() -> None:
    held = RangeSet([(1, 2), (5, 9)])
    held.forget_lowest()
    assert held.ranges() == [(5, 9)]
    assert 1 not in held
