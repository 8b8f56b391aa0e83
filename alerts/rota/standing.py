"""Covered or not covered, and until when: what a page says of a rota at any time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from alerts.rota.able import Unable
from alerts.rota.gaps import Gap, gaps_of
from alerts.rota.shifts import Shift, shifts
from telemetry.rota import Person, Rota


@dataclass(frozen=True, slots=True)
class Standing:
    """How a rota stands at a moment.

    Attributes:
        shift: the one that contains the moment, its end not beyond the horizon. why_not: None = covered.
        next_gap: the first stretch up to the horizon that nobody answers, this moment's included; None = there is none.
    """

    shift: Shift
    why_not: Unable | None
    next_gap: Gap | None

    @property
    def covered(self) -> bool:
        """Whether somebody who can answer has the duty."""
        return self.why_not is None


def standing(rota: Rota, people: Mapping[int, Person], at_us: int, horizon_us: int) -> Standing:
    """How a rota stands at a moment before the horizon. Errors as of `shifts`."""
    ahead = shifts(rota, at_us, max(horizon_us, at_us + 1))
    found = gaps_of(rota, people, ahead)
    next_gap = found[0] if found else None
    now = next_gap.reason if next_gap is not None and next_gap.start_us == at_us else None
    return Standing(ahead[0], now, next_gap)
