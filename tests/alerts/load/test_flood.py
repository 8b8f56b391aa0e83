from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from alerts.load.flood import BEGINS_ABOVE, ENDS_BELOW, WINDOW_US, Flood, floods
from alerts.load.peaks import peak

S = 1_000_000
MOMENTS = st.lists(st.integers(0, 7200).map(lambda seconds: seconds * S), max_size=80)


def test_ten_in_ten_minutes_are_none_and_eleven_are_one() -> None:
    assert floods([n * S for n in range(10)]) == []
    assert floods([n * S for n in range(11)]) == [Flood(10 * S, 6 * S + WINDOW_US, 11, 11)]
    # The first is out of the window when the eleventh comes.
    assert floods([n * 60 * S for n in range(11)]) == []


def test_it_lasts_while_five_are_left() -> None:
    burst = [n * S for n in range(11)]
    # Then one every two minutes: five in ten minutes, so it goes on.
    slow = [burst[-1] + n * 120 * S for n in range(1, 20)]
    assert [(one.count, one.peak) for one in floods(burst + slow)] == [(30, 15)]
    # One every three minutes: over while they go on.
    slower = [burst[-1] + n * 180 * S for n in range(1, 20)]
    (one,) = floods(burst + slower)
    assert one.ends_us < slower[-1] and one.count < 30


@given(MOMENTS)
def test_what_a_flood_is(times: list[int]) -> None:
    found = floods(times)
    assert bool(found) == (peak(times, WINDOW_US) > BEGINS_ABOVE)
    assert floods(list(reversed(times))) == found
    for one in found:
        assert one.begins_us < one.ends_us and BEGINS_ABOVE < one.peak <= one.count
        left = [at for at in times if at <= one.ends_us < at + WINDOW_US]
        assert len(left) < ENDS_BELOW
        for at in (at for at in times if one.begins_us <= at < one.ends_us):
            assert sum(at - WINDOW_US < other <= at for other in times) >= ENDS_BELOW
    assert all(before.ends_us <= after.begins_us for before, after in itertools.pairwise(found))
