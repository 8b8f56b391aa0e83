"""Sightings and runs of phases in short words, for the tests of treatments.

`"PRETX 10, TX 240, POSTTX 5"` is minutes in each phase, one sighting a minute; `tx` is derived, `?` is UNKNOWN, `LOST`
a machine lost and then nothing, `-` nothing at all; `TX@100` says that the treatment clock stood at 100 when it began.
"""

from __future__ import annotations

import math
import re

import numpy as np

from ingest.phase_runs import LOST, Points, breaks, merge, runs_at
from store.phase_runs import Run
from telemetry.treatment import Phase

MINUTE = 60_000_000
START = 1_700_000_000_000_000

Sighted = tuple[int, int, float]
"""Microseconds, mark, treatment clock."""


def sighted(course: str) -> list[Sighted]:
    """The sightings of a course, from START on."""
    found: list[Sighted] = []
    minute = 0
    for word in course.split(","):
        match = re.fullmatch(r"([A-Za-z]+|\?|-)(?:@(\d+))?(?: (\d+))?", word.strip())
        assert match, word
        name, clock, length = match[1], match[2], int(match[3] or 1)
        for n in range(length):
            at = START + (minute + n) * MINUTE
            if name == "LOST" and n == 0:
                found.append((at, LOST, math.nan))
            elif name not in ("-", "LOST"):
                found.append((at, mark(name), math.nan if clock is None else float(clock) + n))
        minute += length
    return found


def mark(name: str) -> int:
    phase = Phase.UNKNOWN if name == "?" else Phase[name.upper()]
    return phase * 2 + (name.islower() or name == "?")


def points(sightings: list[Sighted]) -> Points:
    return Points(
        np.array([at for at, _, _ in sightings], np.int64),
        np.array([mark for _, mark, _ in sightings], np.int64),
        np.array([clock for _, _, clock in sightings], np.float64),
    )


class Shelf:
    """Sightings as the database holds them."""

    def __init__(self) -> None:
        self.all: list[Sighted] = []
        self.asked = 0

    def within(self, start_us: int, end_us: int) -> Points:
        self.asked += 1
        return points([one for one in self.all if start_us <= one[0] <= end_us])


def merged(pieces: list[list[Sighted]]) -> tuple[list[Run], int]:
    """The runs of sightings that come one piece after the other, and how often the stored rows had to be asked."""
    shelf, runs = Shelf(), list[Run]()
    for piece in pieces:
        shelf.all += piece
        runs = merge(runs, points(piece), shelf.within)
    return runs, shelf.asked


def at_once(sightings: list[Sighted]) -> list[Run]:
    """The runs of sightings that are all there, by the simplest way."""
    if not sightings:
        return []
    ordered = points(sightings).in_order()
    return runs_at(ordered, np.flatnonzero(np.concatenate([[True], breaks(ordered)])))
