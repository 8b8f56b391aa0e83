"""Back-off in virtual time: how soon, how often, and that what failed together does not come back together."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.retry import JITTER, LONGEST_WISH_S, SCHEDULE_S, delay_s
from telemetry.alarms import Priority
from telemetry.clock import ManualClock

HIGH, MEDIUM, LOW = Priority.HIGH, Priority.MEDIUM, Priority.LOW


def tries_within(seconds: float, priority: Priority, key: str = "7-1") -> list[float]:
    """When a receiver that is away is tried, from the first moment on."""
    clock = ManualClock(monotonic_s=0.0)
    moments = []
    while clock.monotonic_s() <= seconds:
        moments.append(clock.monotonic_s())
        clock.advance(delay_s(priority, len(moments), key))
    return moments


def test_a_high_page_is_tried_five_times_in_the_first_half_minute_and_then_every_half_minute_for_hours() -> None:
    moments = tries_within(4 * 3600, HIGH)
    assert sum(moment <= 33 for moment in moments) == 5
    gaps = [later - earlier for earlier, later in pairwise(moments[5:])]
    assert len(gaps) > 400
    assert all(27 <= gap <= 33 for gap in gaps)


@pytest.mark.parametrize(("priority", "longest"), [(HIGH, 30), (MEDIUM, 300), (LOW, 1800)])
def test_it_waits_longer_each_time_up_to_a_limit(priority: Priority, longest: float) -> None:
    waits = [delay_s(priority, n, "7-1") for n in range(1, 100)]
    steps = len(SCHEDULE_S[priority])
    assert waits[:steps] == sorted(waits[:steps])
    assert max(waits) <= longest * (1 + JITTER)
    assert min(waits[steps:]) >= longest * (1 - JITTER)


def test_the_higher_the_priority_the_sooner() -> None:
    for failed in range(1, 20):
        assert delay_s(HIGH, failed, "7-1") < delay_s(MEDIUM, failed, "7-1") < delay_s(LOW, failed, "7-1")


def test_every_notifier_comes_to_the_same() -> None:
    assert delay_s(HIGH, 3, "7-1") == delay_s(HIGH, 3, "7-1")


def test_what_failed_together_does_not_come_back_together() -> None:
    moments = sorted(delay_s(HIGH, 5, f"{n}-1") for n in range(1000))
    assert moments[-1] - moments[0] > 0.9 * 2 * JITTER * 30
    busiest = max(sum(start <= moment < start + 0.5 for moment in moments) for start in moments)
    assert busiest < 150


@given(st.sampled_from(Priority), st.integers(1, 10_000), st.floats(0, 1e9))
def test_a_receiver_s_wish_lengthens_the_wait_and_never_beyond_what_the_page_bears(
    priority: Priority, failed: int, wish_s: float
) -> None:
    own = delay_s(priority, failed, "7-1")
    waited = delay_s(priority, failed, "7-1", wish_s)
    assert waited >= own
    assert waited >= min(wish_s, LONGEST_WISH_S[priority])
    assert waited <= max(own, LONGEST_WISH_S[priority])
