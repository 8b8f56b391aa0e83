"""Chattering: the same alert again and again (ISA-18.2: three or more within a minute)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

WINDOW_US: Final = 60_000_000
AT_LEAST: Final = 3


def chattering(times_us: Sequence[int]) -> frozenset[int]:
    """Which of these moments, all of one source, lie within a minute that holds three or more: their positions."""
    order = sorted(range(len(times_us)), key=lambda position: times_us[position])
    found: set[int] = set()
    low = 0
    for number, position in enumerate(order):
        while times_us[order[low]] + WINDOW_US <= times_us[position]:
            low += 1
        if number - low + 1 >= AT_LEAST:
            found.update(order[low : number + 1])
    return frozenset(found)
