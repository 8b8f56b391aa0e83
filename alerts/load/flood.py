"""Floods: stretches in which a person is told more than a person can deal with.

EEMUA 191 and ANSI/ISA-18.2: a flood begins when more than 10 alarms come in 10 minutes and ends when fewer than 5 do,
as those who work by them quote it (ProSys, "Eliminate alarm floods", with ISA-18.2's definition; the standards
themselves are not free to read). They count in fixed intervals of 10 minutes; we look back from each alarm, which finds
a flood no later and cuts none in two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WINDOW_US: Final = 600_000_000
BEGINS_ABOVE: Final = 10
ENDS_BELOW: Final = 5


@dataclass(frozen=True, slots=True)
class Flood:
    """One flood.

    Attributes:
        begins_us: when the eleventh came. ends_us: when the ten minutes behind first held fewer than five.
        count: alarms from the first of those eleven to the end. peak: the most in 10 minutes.
    """

    begins_us: int
    ends_us: int
    count: int
    peak: int


def floods(times_us: Sequence[int]) -> list[Flood]:
    """The floods among these moments, ascending; the moments in any order.

    A moment counts for 10 minutes: t is in the window of u where t ≤ u < t + 10 min.
    """
    times = sorted(times_us)
    found: list[Flood] = []
    first = 0  # of the flood that runs
    running = peak = begins_us = 0
    low = 0
    for number, at in enumerate(times):
        if running:
            over_us = _over(times, number, at)
            if over_us is not None:
                found.append(Flood(begins_us, over_us, number - first, peak))
                running = 0
        while times[low] + WINDOW_US <= at:
            low += 1
        inside = number - low + 1
        if not running and inside > BEGINS_ABOVE:
            running, first, begins_us, peak = 1, low, at, 0
        peak = max(peak, inside)
    if running:
        # ENDS_BELOW or more are always left to run out.
        found.append(Flood(begins_us, times[-ENDS_BELOW] + WINDOW_US, len(times) - first, peak))
    return found


def _over(times: Sequence[int], number: int, at: int) -> int | None:
    # When the fifth last before `number` leaves the window, fewer than five are in it, unless this one comes just then.
    leaves_us = times[number - ENDS_BELOW] + WINDOW_US
    return leaves_us if leaves_us < at else None
