"""Which unsent rows are fresh, which are events, which are oldest."""

from __future__ import annotations

from edge_agent.waiting import Waiting


def test_loaded_rows_are_old_and_accepted_rows_are_fresh_for_a_while() -> None:
    waiting = Waiting(fresh_s=10)
    waiting.load(1, 5, events=False)
    assert waiting.fresh(10, now=0) == ()
    for n, seq in enumerate((6, 7, 8)):
        waiting.add(seq, False, now=100.0 + n)
    assert waiting.fresh(10, now=103) == (6, 7, 8)
    assert waiting.fresh(2, now=103) == (7, 8), "the newest, in rising order"
    assert waiting.fresh(10, now=111.5) == (8,)
    assert waiting.fresh(10, now=120) == ()
    assert waiting.oldest(3) == (1, 2, 3)


def test_an_event_that_comes_back_is_still_an_event() -> None:
    waiting = Waiting(fresh_s=10)
    waiting.load(1, 3, events=False)
    waiting.load(4, 4, events=True)
    assert waiting.events(9) == (4,)
    waiting.take((3, 4))
    assert waiting.events(9) == () and len(waiting) == 2
    waiting.give_back((3, 4))
    assert waiting.events(9) == (4,) and waiting.oldest(9) == (1, 2, 3, 4)


def test_settled_rows_are_gone_for_good() -> None:
    waiting = Waiting(fresh_s=10)
    waiting.load(1, 4, events=True)
    waiting.settle({2, 3})
    assert waiting.events(9) == (1, 4) and len(waiting) == 2
    assert waiting._known_events == {1, 4}


def test_a_fortnight_without_anybody_asking_takes_no_memory_for_what_was_fresh() -> None:
    waiting = Waiting(fresh_s=10)
    for second in range(100_000):
        waiting.add(second, is_event=False, now=float(second))
    assert len(waiting._recent) <= 11
    assert len(waiting.fresh(100, now=99_999.0)) == 11
