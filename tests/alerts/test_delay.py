"""Delays and hysteresis of single rungs, step by step."""

from __future__ import annotations

import numpy as np
import pytest

from alerts.delay import ACTIVE, PENDING, QUIET, advance
from alerts.table import NEVER


def step(
    state: int,
    since: int,
    *,
    time: int,
    breach: bool = False,
    clear: bool = False,
    evaluated: bool = True,
    ended: bool = False,
    held_back: bool = False,
    on: int = 10,
    off: int = 5,
) -> tuple[int, int]:
    after, now = advance(
        np.array([state], np.uint8),
        np.array([since], np.int64),
        breach=np.array([breach]),
        clear=np.array([clear]),
        evaluated=np.array([evaluated]),
        ended=np.array([ended]),
        held_back=np.array([held_back]),
        time=np.array([time], np.int64),
        on=np.array([on], np.int64),
        off=np.array([off], np.int64),
    )
    return int(after[0]), int(now[0])


def test_quiet_stays_quiet() -> None:
    assert step(QUIET, NEVER, time=7, clear=True) == (QUIET, NEVER)


def test_the_first_breach_is_pending_from_now() -> None:
    assert step(QUIET, NEVER, time=7, breach=True) == (PENDING, 7)


def test_without_a_delay_it_is_active_at_once() -> None:
    assert step(QUIET, NEVER, time=7, breach=True, on=0) == (ACTIVE, NEVER)


@pytest.mark.parametrize(("time", "after"), [(16, (PENDING, 7)), (17, (ACTIVE, NEVER)), (18, (ACTIVE, NEVER))])
def test_it_is_active_once_the_delay_is_over(time: int, after: tuple[int, int]) -> None:
    assert step(PENDING, 7, time=time, breach=True) == after


def test_a_reading_not_in_breach_ends_pending() -> None:
    assert step(PENDING, 7, time=20) == (QUIET, NEVER)


def test_a_reading_that_cannot_be_evaluated_ends_pending() -> None:
    assert step(PENDING, 7, time=20, breach=True, evaluated=False) == (QUIET, NEVER)


def test_held_back_it_waits_and_keeps_its_time() -> None:
    assert step(PENDING, 7, time=20, breach=True, held_back=True) == (PENDING, 7)


def test_active_begins_to_clear_and_is_over_after_the_off_delay() -> None:
    assert step(ACTIVE, NEVER, time=30, clear=True) == (ACTIVE, 30)
    assert step(ACTIVE, 30, time=34, clear=True) == (ACTIVE, 30)
    assert step(ACTIVE, 30, time=35, clear=True) == (QUIET, NEVER)


def test_neither_beyond_nor_clear_starts_the_off_delay_again() -> None:
    assert step(ACTIVE, 30, time=34) == (ACTIVE, NEVER)


def test_silence_never_clears_and_starts_the_off_delay_again() -> None:
    assert step(ACTIVE, 30, time=99, clear=True, evaluated=False) == (ACTIVE, NEVER)


@pytest.mark.parametrize("state", [QUIET, PENDING, ACTIVE])
def test_the_end_of_the_treatment_ends_everything(state: int) -> None:
    assert step(state, 3, time=4, breach=True, evaluated=False, ended=True, on=0) == (QUIET, NEVER)
