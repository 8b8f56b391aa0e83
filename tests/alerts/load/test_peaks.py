from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from alerts.load.peaks import peak


def test_wherever_the_window_begins() -> None:
    assert peak([], 60) == 0
    assert peak([0, 59, 60, 61, 200], 60) == 3
    assert peak([0, 60], 60) == 1


@given(st.lists(st.integers(0, 300), max_size=30), st.integers(1, 120))
def test_against_trying_every_window(times: list[int], window: int) -> None:
    assert peak(times, window) == max((sum(t <= at < t + window for at in times) for t in times), default=0)
