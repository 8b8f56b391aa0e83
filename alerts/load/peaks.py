"""The most that came within a time, wherever that begins."""

from __future__ import annotations

from collections.abc import Sequence


def peak(times_us: Sequence[int], window_us: int) -> int:
    """The most of these moments within any t ≤ u < t + `window_us`; in any order, 0 of none."""
    times = sorted(times_us)
    most = low = 0
    for number, at in enumerate(times):
        while times[low] + window_us <= at:
            low += 1
        most = max(most, number - low + 1)
    return most
