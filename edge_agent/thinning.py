"""Which readings stay when room is short, and which stretch is thinned next. Pure.

A *stretch* is a run of readings that belong together: one epoch, one boot, one step of the clock. Of each stretch stay
the readings that carry a signal's least or greatest value, so that a curve drawn from them has every peak and dip that
the curve of all of them had; whole readings, never made-up ones. Old readings are thinned step by step: the whole old
part at the first step of `STEPS_S`, oldest first, then again at the next, coarser one. A machine of 24 restless signals
keeps about a half at one minute, a seventh at five, 3 % at half an hour, 0.5 % at three hours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from telemetry import signals
from telemetry.messages import Reading

STEPS_S: Final = (60, 300, 1800, 10_800)
LEFT_ALONE: Final = (4, 16)  # one part in so many, the newest
UNTHINNED: Final = (0,) * len(STEPS_S)
_NUMERIC: Final = frozenset(s.number for s in signals.CATALOGUE if s.kind is signals.Kind.NUMERIC)


def keep(readings: Sequence[Reading]) -> set[int]:
    """Positions of those readings of one stretch that stay.

    The first and the last of each phase; the last word of each vendor extra; for a signal that is a number the first
    reading with its least and with its greatest value, for a state the first with each value it took.
    """
    kept = _phase_ends(readings) | _last_extras(readings)
    shown = {(number, value) for i in kept for number, value in readings[i].values.items()}
    for number, values in _columns(readings).items():
        wanted = (min(values), max(values)) if number in _NUMERIC else tuple(values)
        for value in wanted:
            if (number, value) not in shown:
                kept.add(values[value])
    return kept


def levels(reached: Sequence[int], oldest: int, newest: int) -> Iterator[tuple[int, int]]:
    """Where thinning can go on, as (index of STEPS_S, number to start at), the one to try first in front.

    `reached[i]`: readings up to this number have been thinned at STEPS_S[i]. `oldest`, `newest`: of all readings here.
    The newest quarter of the numbers between them is left alone until all before it is as coarse as can be, the newest
    sixteenth for ever: what is left then is to drop the oldest.
    """
    tried: set[tuple[int, int]] = set()
    for share in LEFT_ALONE:
        border = newest - (newest - oldest) // share
        for level, upto in enumerate(reached):
            place = (level, max(upto + 1, oldest))
            if place not in tried and place[1] <= (border if level == 0 else min(border, reached[level - 1])):
                tried.add(place)
                yield place


def _phase_ends(readings: Sequence[Reading]) -> set[int]:
    last = len(readings) - 1
    return {
        i
        for i, reading in enumerate(readings)
        if i in (0, last) or reading.phase != readings[i - 1].phase or reading.phase != readings[i + 1].phase
    }


def _last_extras(readings: Sequence[Reading]) -> set[int]:
    return set({name: i for i, reading in enumerate(readings) for name in reading.extras}.values())


def _columns(readings: Sequence[Reading]) -> dict[int, dict[float, int]]:
    """Per signal, each value it took and the first position of it; what is not a number has no place in an order."""
    columns: dict[int, dict[float, int]] = {}
    for i, reading in enumerate(readings):
        for number, value in reading.values.items():
            if value == value:
                columns.setdefault(number, {}).setdefault(value, i)
    return columns
