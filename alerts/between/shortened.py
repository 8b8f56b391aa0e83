"""R25: a treatment that ended before its prescribed time."""

from __future__ import annotations

from typing import Final

from alerts.between.schema import Answer, Numbers, active, missing, normal
from alerts.between.words import quantity
from telemetry.alarms import Priority
from telemetry.care import Schedule
from telemetry.past import Past
from telemetry.treatment import EndKnown

# Then nobody saw it end: it may have gone on.
_UNSEEN_ENDS: Final = frozenset({EndKnown.MACHINE_LOST, EndKnown.CLOCK_LIMIT})


class ShortenedLimits(Numbers, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Minutes short from which on it counts.

    Attributes:
        agree_min: how far the machine's clock and what was seen may be apart; the shorter one counts.
    """

    low_min: float
    medium_min: float
    agree_min: float

    def check(self) -> None:
        """The levels in their order."""
        if not 0 < self.low_min < self.medium_min or self.agree_min < 0:
            raise ValueError("low_min: above 0 and below medium_min; agree_min at least 0")


def judge(limits: ShortenedLimits, past: Past, at: int) -> Answer:
    """Treatment number `at` against the time prescribed when it began."""
    treatment = past.treatments[at]
    schedule = past.holding(Schedule, treatment.start_us)
    if schedule is None:
        return missing("no prescribed duration")
    if treatment.end_known in _UNSEEN_ENDS:
        return missing(f"its end was not seen ({treatment.end_known})")
    seen, machine = treatment.treated_min, treatment.machine_min
    if seen is None:
        return missing("its duration is not known")
    planned = schedule.duration_min
    inputs = {"planned_min": planned, "treated_min": seen, "unseen_min": treatment.unseen_min or 0.0}
    if machine is None:
        return _answer(limits, planned, seen, inputs)
    inputs["machine_min"] = machine
    if abs(machine - seen) <= limits.agree_min:
        return _answer(limits, planned, min(machine, seen), inputs)
    by_clock, by_sight = (_answer(limits, planned, minutes, inputs) for minutes in (machine, seen))
    if by_clock.priority is not by_sight.priority:
        return missing(
            f"{quantity(seen, 'min', 0)} were seen and the machine's clock says {quantity(machine, 'min', 0)}", **inputs
        )
    return by_sight


def _answer(limits: ShortenedLimits, planned: float, minutes: float, inputs: dict[str, float]) -> Answer:
    # To a hundredth: exactly at the limit must not be a hair beside it.
    short = round(planned - minutes, 2)
    said = f"{quantity(minutes, 'min', 0)} of {quantity(planned, 'min', 0)} prescribed"
    for priority, limit in ((Priority.MEDIUM, limits.medium_min), (Priority.LOW, limits.low_min)):
        if short >= limit:
            text = f"Treatment shortened by {quantity(short, 'min', 0)}: {said}"
            return active(f"{text}, {quantity(limit, 'min')} or more", priority, **inputs, short_min=short)
    return normal(f"Treated {said}", **inputs, short_min=short)
