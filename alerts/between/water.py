"""R36: laboratory values of the home's water and dialysate: bacteria, endotoxin, total chlorine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from alerts.between.schema import Numbers, Verdict, active, missing, normal
from alerts.between.words import moment, quantity
from telemetry.alarms import Priority
from telemetry.care import DAY_US, QUANTITIES, Measured, Measurement
from telemetry.past import Past

_WATER: Final = (Measured.BACTERIA, Measured.ENDOTOXIN, Measured.CHLORINE)


class WaterLimits(Numbers, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Above which it is medium: CFU/mL, EU/mL, mg/L.

    Attributes:
        action_percent: bacteria and endotoxin above so much of their limits are low: something is to be done in time.
        max_age_days, chlorine_age_days: an older sample says nothing about now.
    """

    bacteria: float
    endotoxin: float
    chlorine: float
    action_percent: float
    max_age_days: float
    chlorine_age_days: float

    def check(self) -> None:
        """Numbers that can be."""
        numbers = (self.bacteria, self.endotoxin, self.chlorine, self.max_age_days, self.chlorine_age_days)
        if min(numbers) <= 0 or not 0 < self.action_percent <= 100:
            raise ValueError("bacteria: above 0, and so are the others; action_percent at most 100")


def judge(limits: WaterLimits, past: Past) -> Verdict:
    """The newest sample of each; normal only when none of them is missing, old or impossible."""
    newest = {what: taken[-1] for what in _WATER if (taken := list(past.of(what)))}
    ends = {what: one.taken_us + round(_age_days(limits, what) * DAY_US) for what, one in newest.items()}
    fresh = {what: one for what, one in newest.items() if past.now_us < ends[what]}
    next_us = min((end for end in ends.values() if end > past.now_us), default=None)
    inputs = {what.value: one.value for what, one in fresh.items()}
    worst = _worst(limits, fresh)
    if worst is not None:
        priority, one, limit = worst
        said = f"{_words(one)} in water or dialysate, above {_amount(one.what, limit)}"
        if priority is Priority.LOW:
            said += f", {quantity(limits.action_percent, '%')} of what is allowed: the action level"
        return active(said, priority, **inputs).about(f"measurement {one.number}", one.taken_us, next_us)
    lacking = [_lack(what, newest, fresh) for what in _WATER if what not in fresh or not _can_be(fresh[what])]
    last_us = max((one.taken_us for one in newest.values()), default=past.now_us)
    number = max((one.number for one in newest.values()), default=0)
    if lacking:
        return missing("; ".join(lacking), **inputs).about(f"water, sample {number}", last_us, next_us)
    said = ", ".join(_words(one) for one in fresh.values())
    return normal(f"Water and dialysate: {said}", **inputs).about(f"measurement {number}", last_us, next_us)


def _worst(limits: WaterLimits, fresh: Mapping[Measured, Measurement]) -> tuple[Priority, Measurement, float] | None:
    share = limits.action_percent / 100
    levels = (
        (Priority.MEDIUM, Measured.BACTERIA, limits.bacteria),
        (Priority.MEDIUM, Measured.ENDOTOXIN, limits.endotoxin),
        (Priority.MEDIUM, Measured.CHLORINE, limits.chlorine),
        (Priority.LOW, Measured.BACTERIA, limits.bacteria * share),
        (Priority.LOW, Measured.ENDOTOXIN, limits.endotoxin * share),
    )
    for priority, what, limit in levels:
        one = fresh.get(what)
        if one is not None and _can_be(one) and one.value > limit:
            return priority, one, limit
    return None


def _lack(what: Measured, newest: Mapping[Measured, Measurement], fresh: Mapping[Measured, Measurement]) -> str:
    label = QUANTITIES[what].label.lower()
    if what in fresh:
        return f"implausible: {_words(fresh[what])}"
    if what in newest:
        return f"{label} last measured {moment(newest[what].taken_us)}: too old to tell"
    return f"{label} never measured"


def _age_days(limits: WaterLimits, what: Measured) -> float:
    return limits.chlorine_age_days if what is Measured.CHLORINE else limits.max_age_days


def _can_be(one: Measurement) -> bool:
    return QUANTITIES[one.what].accepts(one.value)


def _words(one: Measurement) -> str:
    return f"{QUANTITIES[one.what].label} {_amount(one.what, one.value)}"


def _amount(what: Measured, value: float) -> str:
    return quantity(value, QUANTITIES[what].unit, 3)
