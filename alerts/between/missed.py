"""R24: a planned treatment that did not begin. The one rule of this room that runs on the clock alone.

A home whose box is silent is told, too: where a whole evening is switched off, nothing else would tell it. The sentence
then says that it may have gone on unseen.
"""

from __future__ import annotations

from typing import Final

from alerts.between.planned import UnknownZone, kept, starts
from alerts.between.schema import Numbers, Verdict, active, missing, normal, pending
from alerts.between.words import HOUR_US, count, moment, quantity
from telemetry.alarms import Priority
from telemetry.care import DAY_US, Schedule
from telemetry.past import Past

# How far back planned starts are looked at: beyond, the row of missed ones is long enough for anybody.
BACK_US: Final = 28 * DAY_US
# The next planned start lies within so long, whatever the schedule.
AHEAD_US: Final = 32 * DAY_US


class MissedLimits(Numbers, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hours after the planned start.

    Attributes:
        in_a_row: so many missed starts are medium at once. early_h: how long before it a treatment may be moved.
        silent_h: a box not heard for so long may hide a treatment.
    """

    low_h: float
    medium_h: float
    in_a_row: float
    early_h: float
    silent_h: float

    def check(self) -> None:
        """The levels in their order."""
        if not 0 < self.low_h < self.medium_h or self.in_a_row < 1 or self.early_h < 0 or self.silent_h <= 0:
            raise ValueError("low_h: above 0 and below medium_h; in_a_row at least 1; early_h, silent_h not below 0")


def is_overdue(limits: MissedLimits, start_us: int, now_us: int) -> bool:
    """Whether so long has passed since a planned start that a treatment which has not begun counts as missed."""
    return now_us - start_us >= round(limits.low_h * HOUR_US)


def is_silent(limits: MissedLimits, heard_us: int | None, now_us: int) -> bool:
    """Whether a box that was last heard then (None: never) may hide a treatment."""
    return heard_us is None or now_us - heard_us > limits.silent_h * HOUR_US


def judge(limits: MissedLimits, past: Past) -> Verdict:
    """The planned starts up to now against the treatments that began."""
    held = past.since(Schedule, past.now_us)
    if held is None:
        return missing("no schedule").about("schedule", past.now_us)
    from_us = max(past.now_us - BACK_US, past.bound_us)
    try:
        planned = starts(held[1], held[0], from_us, past.now_us + AHEAD_US)
    except UnknownZone as error:
        return missing(f"time zone {error} is not known here").about("schedule", past.now_us)
    next_us = next((start for start in planned if start > past.now_us), None)
    come = [start for start in planned if start <= past.now_us]
    if not come:
        return missing("no planned treatment has come yet").about("schedule", past.now_us, next_us)
    began = [one.start_us for one in past.treatments if one.start_us >= past.now_us - BACK_US - DAY_US]
    taken = kept(planned, began, round(limits.early_h * HOUR_US))
    last_us = max(began, default=0)
    open_starts = [start for start in come if start not in taken and last_us < start]
    turns = [start + round(h * HOUR_US) for start in open_starts for h in (limits.low_h, limits.medium_h)]
    next_us = min((turn for turn in [*turns, next_us] if turn is not None and turn > past.now_us), default=None)
    return _verdict(limits, past, come, open_starts, last_us, next_us)


def _verdict(
    limits: MissedLimits, past: Past, come: list[int], open_starts: list[int], last_us: int, next_us: int | None
) -> Verdict:
    overdue = [start for start in open_starts if is_overdue(limits, start, past.now_us)]
    inputs = {"missed_in_a_row": float(len(overdue))}
    if not overdue:
        if open_starts:
            said = f"No start yet of the treatment planned for {moment(open_starts[-1])}"
            answer = pending(f"{said}; an alert {quantity(limits.low_h, 'h')} after it", Priority.LOW, **inputs)
            return answer.about(_about(open_starts[-1]), open_starts[-1], next_us)
        kept_answer = normal(f"The treatment planned for {moment(come[-1])} began, or a later one did", **inputs)
        return kept_answer.about(_about(come[-1]), come[-1], next_us)
    grave = len(overdue) >= limits.in_a_row or past.now_us - overdue[0] >= round(limits.medium_h * HOUR_US)
    said = f"No start of the treatment planned for {moment(overdue[-1])}"
    if len(overdue) > 1:
        said = f"{said}, {count(len(overdue), 'planned treatment')} missed in a row"
    limit = limits.medium_h if grave and len(overdue) < limits.in_a_row else limits.low_h
    said = f"{said}: {quantity(limit, 'h')} have passed{_last(last_us)}{_silence(limits, past)}"
    answer = active(said, Priority.MEDIUM if grave else Priority.LOW, **inputs)
    return answer.about(_about(overdue[-1]), overdue[-1], next_us)


def _about(start_us: int) -> str:
    return f"planned {moment(start_us)}"


def _last(last_us: int) -> str:
    return f"; the last treatment began {moment(last_us)}" if last_us else ""


def _silence(limits: MissedLimits, past: Past) -> str:
    if past.heard_us is None:
        return "; the box has never been heard: a treatment may have gone on unseen"
    if is_silent(limits, past.heard_us, past.now_us):
        return f"; the box was last heard {moment(past.heard_us)}: a treatment may have gone on unseen"
    return ""
