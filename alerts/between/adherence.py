"""A patient's days, each in one state: what was planned and what came of it, by what R24 and R25 find.

What could not have been seen is not known: never missed, and never well. Times of day are those of the schedule's zone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from alerts.between import missed, shortened
from alerts.between.missed import BACK_US, MissedLimits
from alerts.between.planned import kept, starts
from alerts.between.ruleset import Rule
from alerts.between.schema import Answer, missing
from alerts.between.words import HOUR_US
from telemetry.alarms import FindingState
from telemetry.care import DAY_US, Schedule
from telemetry.past import Past, PastTreatment, Served

# A treatment nearer than this to the planned start it counts for is that day's, also beyond midnight.
_OF_THE_DAY_US: Final = DAY_US // 2
# Planned starts around the days asked for, so that a treatment that was moved finds its own.
MARGIN_US: Final = 7 * DAY_US


class DayState(StrEnum):
    """What is known of a day, the first that fits; these words are what the API says."""

    MISSED = "missed"
    UNKNOWN = "unknown"
    SHORT = "treated short"
    LENGTH_UNKNOWN = "length unknown"
    UNDER_WAY = "under way"
    TREATED = "treated"
    MOVED = "moved"  # planned, and treated on another day
    PLANNED = "planned"
    NOT_PLANNED = "not planned"


class Why(StrEnum):
    """Why a day is not known."""

    NO_SCHEDULE = "no schedule"
    ZONE = "time zone not known"
    LIMITS = "limits cannot be"
    NO_UNIT = "no unit"
    SILENT = "box silent"
    OUTSTANDING = "readings outstanding"


@dataclass(frozen=True, slots=True)
class Day:
    """One day. planned_us: when a treatment was to begin; treatments: ids of those that belong to it, in order."""

    date: date
    state: DayState
    why: Why | None = None
    planned_us: int | None = None
    treatments: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Recent:
    """The last four weeks, or as much of them as there has been a schedule for.

    Attributes:
        planned: starts whose time is over: those of them that were kept, were missed, or are not known.
        treated: treatments that are over; short: as many of them were; unmeasured: of so many it is not known.
    """

    since_us: int
    planned: int
    missed: int
    unknown: int
    treated: int
    short: int
    unmeasured: int


@dataclass(frozen=True, slots=True)
class _Start:
    """A planned start, its local day, and what came of it; `began_us` of the treatment that counts for it."""

    time_us: int
    day: date
    state: DayState
    why: Why | None = None
    began_us: int | None = None


class Adherence:
    """What a patient's past says of their days. Pure.

    `missed_rule`, `short_rule`: R24 and R25, with the patient's own limits where there are any. The past has to hold
    treatments from `MARGIN_US` before the first day that is asked for.
    """

    def __init__(self, past: Past, served: Sequence[Served], missed_rule: Rule, short_rule: Rule) -> None:
        self._past = past
        self._served = served
        self._missed, self._short = missed_rule, short_rule
        self._segments = _segments(past)
        self.zone = _zone_of(past) or ZoneInfo("UTC")
        self._answers = {one.treatment_id: self._judge(at) for at, one in enumerate(past.treatments)}

    def treatment(self, one: PastTreatment) -> DayState:
        """How a treatment went: as prescribed, short, not known, or it goes on."""
        if one.end_us is None:
            return DayState.UNDER_WAY
        return {FindingState.ACTIVE: DayState.SHORT, FindingState.NORMAL: DayState.TREATED}.get(
            self._answers[one.treatment_id].state, DayState.LENGTH_UNKNOWN
        )

    def days(self, first: date, last: date) -> list[Day]:
        """Every day from the first to the last, each once."""
        from_us, to_us = _midnight(first, self.zone) - MARGIN_US, _midnight(last, self.zone) + MARGIN_US
        planned = self._starts(from_us, to_us)
        by_day: dict[date, list[_Start]] = {}
        for start in planned:
            by_day.setdefault(start.day, []).append(start)
        treated = self._by_day(planned)
        count = (last - first).days + 1
        days = [first + timedelta(days=number) for number in range(count)]
        return [self._day(day, by_day.get(day, []), treated.get(day, [])) for day in days]

    def recent(self) -> Recent | None:
        """Counts up to now; None where no schedule holds that can be read."""
        now_us = self._past.now_us
        known = [since for since, _, schedule in self._segments if _zone(schedule.zone)]
        if not known or self._past.holding(Schedule, now_us) is None:
            return None
        since_us = max(now_us - BACK_US, min(known))
        starts_ = [one for one in self._starts(since_us - MARGIN_US, now_us + MARGIN_US) if since_us <= one.time_us]
        over = [one for one in starts_ if one.time_us <= now_us and one.state is not DayState.PLANNED]
        ended = [one for one in self._past.treatments if one.start_us >= since_us and one.end_us is not None]
        states = [self.treatment(one) for one in ended]
        return Recent(
            since_us,
            len(over),
            sum(one.state is DayState.MISSED for one in over),
            sum(one.state is DayState.UNKNOWN for one in over),
            len(states),
            states.count(DayState.SHORT),
            states.count(DayState.LENGTH_UNKNOWN),
        )

    def _judge(self, at: int) -> Answer:
        one = self._past.treatments[at]
        if one.end_us is None or not one.summarised:
            return missing("not over, or not computed yet")
        try:
            limits = self._short.limits_of(self._past.own_limits(self._short.id, one.start_us))
        except ValueError as error:
            return missing(str(error))
        assert isinstance(limits, shortened.ShortenedLimits)
        return shortened.judge(limits, self._past, at)

    def _starts(self, from_us: int, to_us: int) -> list[_Start]:
        """What was and is planned within a span, ascending, and what came of it."""
        found: list[_Start] = []
        for since_us, until_us, schedule in self._segments:
            zone = _zone(schedule.zone)
            if zone is None:
                continue
            times = starts(schedule, since_us, max(from_us, since_us), min(to_us, until_us - 1))
            found += [_Start(time, _day(time, zone), DayState.PLANNED) for time in times]
        limits = self._limits(self._past.now_us)
        early_us = 0 if limits is None else round(limits.early_h * HOUR_US)
        began = [one.start_us for one in self._past.treatments]
        # What could not have been seen keeps no treatment.
        taken = kept([one.time_us for one in found if self._serving(one.time_us)], began, early_us)
        return [self._outcome(one, taken.get(one.time_us)) for one in found]

    def _outcome(self, start: _Start, began_us: int | None) -> _Start:
        if began_us is not None:
            return replace(start, state=DayState.MOVED, began_us=began_us)
        limits, now_us = self._limits(start.time_us), self._past.now_us
        if limits is None:
            return replace(start, state=DayState.UNKNOWN, why=Why.LIMITS)
        if not missed.is_overdue(limits, start.time_us, now_us):
            return start
        why = self._unseen(limits, start.time_us)
        return replace(start, state=DayState.MISSED if why is None else DayState.UNKNOWN, why=why)

    def _unseen(self, limits: MissedLimits, start_us: int) -> Why | None:
        """Why a treatment at that time may have gone on unseen; None: it would have been seen."""
        now_us = self._past.now_us
        by = self._serving(start_us)
        if not by:
            return Why.NO_UNIT
        for one in by:
            told = one.heard_us is not None and missed.is_overdue(limits, start_us, one.heard_us)
            if not told and missed.is_silent(limits, one.heard_us, now_us):
                return Why.SILENT
            if one.outstanding_us is not None and not missed.is_overdue(limits, start_us, one.outstanding_us):
                return Why.OUTSTANDING
        return None

    def _serving(self, time_us: int) -> list[Served]:
        return [
            one for one in self._served if one.since_us <= time_us and (one.until_us is None or time_us < one.until_us)
        ]

    def _limits(self, time_us: int) -> MissedLimits | None:
        try:
            limits = self._missed.limits_of(self._past.own_limits(self._missed.id, time_us))
        except ValueError:
            return None
        assert isinstance(limits, MissedLimits)
        return limits

    def _by_day(self, planned: Iterable[_Start]) -> dict[date, list[PastTreatment]]:
        """Which treatments belong to which day."""
        own = {
            one.began_us: one.day
            for one in planned
            if one.began_us is not None and abs(one.began_us - one.time_us) < _OF_THE_DAY_US
        }
        found: dict[date, list[PastTreatment]] = {}
        for one in self._past.treatments:
            schedule = self._past.holding(Schedule, one.start_us)
            zone = (_zone(schedule.zone) if schedule else None) or self.zone
            found.setdefault(own.get(one.start_us) or _day(one.start_us, zone), []).append(one)
        return found

    def _day(self, day: date, planned: list[_Start], treated: list[PastTreatment]) -> Day:
        began = {one.start_us for one in treated}
        # Kept on this very day: the treatment itself says how it went.
        left = [one for one in planned if one.began_us not in began]
        states = [(one.state, one.why) for one in left] + [(self.treatment(one), None) for one in treated]
        if not states:
            why = self._uncovered(day)
            states = [(DayState.NOT_PLANNED, None) if why is None else (DayState.UNKNOWN, why)]
        order = list(DayState)
        state, why = min(states, key=lambda one: order.index(one[0]))
        planned_us = planned[0].time_us if planned else None
        return Day(day, state, why, planned_us, tuple(one.treatment_id for one in treated))

    def _uncovered(self, day: date) -> Why | None:
        """Why it is not known what was planned for a day; None: a schedule held from its beginning on."""
        from_us, to_us = _midnight(day, self.zone), _midnight(day + timedelta(days=1), self.zone)
        held = [one for one in self._segments if one[0] < to_us and one[1] > from_us]
        if not held or held[0][0] > from_us:
            return Why.NO_SCHEDULE
        return None if all(_zone(schedule.zone) for _, _, schedule in held) else Why.ZONE


def _segments(past: Past) -> list[tuple[int, int, Schedule]]:
    """From when until when each schedule held, in order; of two from the same moment the later entry."""
    held = {one.since_us: one.content for one in past.arranged if isinstance(one.content, Schedule)}
    return [(since, until, held[since]) for since, until in pairwise([*sorted(held), 2**62])]


def _zone_of(past: Past) -> ZoneInfo | None:
    """Of the schedule that holds, or that is the next to."""
    held = past.holding(Schedule, past.now_us) or past.holding(Schedule, 2**62)
    return None if held is None else _zone(held.zone)


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _day(time_us: int, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(time_us // 1_000_000, UTC).astimezone(zone).date()


def _midnight(day: date, zone: ZoneInfo) -> int:
    return round(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * 1_000_000
