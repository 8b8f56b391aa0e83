from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from alerts.load.chatter import WINDOW_US, chattering
from alerts.load.peaks import peak

S = 1_000_000


def test_three_within_a_minute() -> None:
    assert chattering([0, 59 * S]) == frozenset()
    assert chattering([0, 30 * S, 60 * S]) == frozenset()
    assert chattering([500 * S, 59 * S, 0, 30 * S]) == {1, 2, 3}


@given(st.lists(st.integers(0, 400).map(lambda seconds: seconds * S), max_size=30))
def test_those_and_no_others(times: list[int]) -> None:
    for position, at in enumerate(times):
        near = [other for other in times if abs(other - at) < WINDOW_US]
        inside = any(sum(low <= other < low + WINDOW_US for other in near) >= 3 for low in near if low <= at)
        assert (position in chattering(times)) == inside
    assert bool(chattering(times)) == (peak(times, WINDOW_US) >= 3)
