from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.clock_offset import TRUSTED_OBSERVATIONS, WINDOW_US, ClockOffset, Shift, corrected, offsets

SECOND = 1_000_000
NOW = 1_700_000_000 * SECOND
BOOTED = NOW - 5000 * SECOND  # server time when the box was switched on


def observe(
    clock: ClockOffset, at_us: int, wrong_by_us: int, *, travel_us: int = 20_000, age_us: int = 300_000
) -> None:
    """A message sent at server time `at_us` by a box whose wall clock is `wrong_by_us` ahead."""
    row = at_us - age_us
    clock.observe(at_us + travel_us, at_us + wrong_by_us, row + wrong_by_us, (row - BOOTED) // 1000)


def shift(anchor: int = 0, *, anchored: bool = True, proven: bool = True, fallback: int = 0) -> Shift:
    """What one row is corrected by."""
    return Shift(
        anchor=np.array([anchor], np.int64),
        anchored=np.array([anchored]),
        proven=np.array([proven]),
        fallback=np.array([fallback], np.int64),
        threshold=np.array([2_000_000], np.int64),
    )


def offset_of(clock: ClockOffset, time_us: int, mono_ms: int, *, synchronised: bool = False) -> int:
    anchor = clock.anchor_us
    assert anchor is not None
    one = np.array([0], np.int64)
    right = np.array([synchronised])
    return int(offsets(one + time_us, one + mono_ms, right, shift(anchor, proven=clock.is_proven))[0])


@given(st.integers(-(10**8), 10**8), st.lists(st.integers(0, 60 * SECOND), min_size=1, max_size=20))
def test_the_offset_is_found_to_within_the_fastest_message(wrong_by_s: int, travels: list[int]) -> None:
    clock = ClockOffset()
    for index, travel in enumerate(travels):
        observe(clock, NOW + index * SECOND, wrong_by_s * SECOND, travel_us=travel)

    row_us = NOW + 7 * SECOND
    offset = offset_of(clock, row_us + wrong_by_s * SECOND, (row_us - BOOTED) // 1000)
    assert offset == pytest.approx(-wrong_by_s * SECOND + min(travels), abs=2000)


def test_a_jump_of_the_wall_clock_moves_no_row() -> None:
    clock = ClockOffset()
    observe(clock, NOW, 0)
    observe(clock, NOW + SECOND, -3600 * SECOND)  # set back an hour between two messages

    for row_us, wrong_by_us in ((NOW - SECOND, 0), (NOW + 2 * SECOND, -3600 * SECOND)):
        offset = offset_of(clock, row_us + wrong_by_us, (row_us - BOOTED) // 1000)
        assert offset == pytest.approx(-wrong_by_us, abs=50_000)


def test_a_row_taken_in_1970_and_sent_after_the_clock_was_set_teaches_nothing_and_is_placed() -> None:
    clock = ClockOffset()
    clock.observe(NOW, NOW, 30 * SECOND, (NOW - 600 * SECOND - BOOTED) // 1000)
    assert clock.anchor_us is None

    observe(clock, NOW, 0)
    row_us = NOW - 600 * SECOND
    assert row_us - 30 * SECOND == pytest.approx(offset_of(clock, 30 * SECOND, (row_us - BOOTED) // 1000), abs=50_000)


def test_one_message_held_up_on_its_way_does_not_move_a_clock_its_agent_calls_right() -> None:
    clock = ClockOffset()
    observe(clock, NOW, 0, travel_us=30 * SECOND)
    row = (NOW, (NOW - BOOTED) // 1000)

    assert offset_of(clock, *row, synchronised=True) == 0
    assert offset_of(clock, *row, synchronised=False) == pytest.approx(30 * SECOND, abs=2000)
    for index in range(1, TRUSTED_OBSERVATIONS):
        observe(clock, NOW + index * SECOND, 0, travel_us=30 * SECOND)
    assert offset_of(clock, *row, synchronised=True) == pytest.approx(30 * SECOND, abs=2000)


def test_a_row_from_the_future_is_never_explained_by_travel() -> None:
    clock = ClockOffset()
    observe(clock, NOW, 7200 * SECOND)

    row = (NOW + 7200 * SECOND, (NOW - BOOTED) // 1000)
    assert offset_of(clock, *row, synchronised=True) == pytest.approx(-7200 * SECOND, abs=50_000)


def test_drift_is_followed_because_the_window_moves_on() -> None:
    clock = ClockOffset()
    observe(clock, NOW, 0)
    for window in (1, 2):
        at_us = NOW + window * WINDOW_US
        row_us = at_us - 300_000
        slow_ms = window * 100  # the crystal runs behind
        clock.observe(at_us + 20_000, at_us, row_us, (row_us - BOOTED) // 1000 - slow_ms)

    anchor = clock.anchor_us
    assert anchor is not None
    assert anchor == pytest.approx(BOOTED + 20_000 + 100_000, abs=2000)


def test_an_agent_without_a_monotonic_clock_is_corrected_by_what_it_sent() -> None:
    clock = ClockOffset()
    clock.observe(NOW, 100 * SECOND, 99 * SECOND, 0)

    assert offset_of(clock, 50 * SECOND, 0) == NOW - 100 * SECOND


def test_only_offsets_above_the_threshold_change_a_time() -> None:
    times = np.array([10, 20, 30], np.int64)
    offset = np.array([1_999_999, 2_000_001, -3_000_000], np.int64)

    result, changed = corrected(times, offset, np.full(3, 2_000_000))

    assert result.tolist() == [10, 2_000_021, -2_999_970]
    assert changed.tolist() == [False, True, True]


def test_a_clock_once_corrected_is_corrected_until_it_is_clearly_right() -> None:
    clock = ClockOffset()
    before = clock.threshold_us()
    clock.correcting = True

    assert clock.threshold_us() < before


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1))
def test_absurd_times_stay_absurd_and_never_wrap_round(time_us: int, mono_ms: int, fallback: int) -> None:
    times, monos = np.array([time_us], np.int64), np.array([mono_ms], np.int64)
    for anchored in (True, False):
        shift_by = shift(NOW, anchored=anchored, fallback=fallback)
        result, _ = corrected(times, offsets(times, monos, np.array([False]), shift_by), shift_by.threshold)
        assert int(result[0]) == _exact(time_us, mono_ms, fallback, anchored)


def _exact(time_us: int, mono_ms: int, fallback: int, anchored: bool) -> int:
    limit = 2**60
    time = max(-limit, min(limit, time_us))
    mono = max(-limit // 1000, min(limit // 1000, mono_ms)) * 1000
    base = time - mono if mono_ms else 0
    shift = NOW - base if anchored else max(-limit, min(limit, fallback))
    return time + shift if abs(shift) > 2_000_000 else time_us
