"""A calendar's events as shifts of a rota. Nothing is left out without a word: each event becomes shifts, or a problem.

The libraries do no I/O and these modules are as pure as the rest. They are in this package, not at the command line, so
that the API can take calendars too. Only who imports or exports a calendar loads them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from alerts.rota import calendar_people, calendar_series
from alerts.rota.able import why_not_for
from alerts.rota.calendar_series import Occurrence
from alerts.rota.calendar_text import CalendarError, CalendarText, RawEvent, read
from alerts.rota.calendar_trouble import LONGEST_DAYS, Problem, Trouble, Unusable, problem
from alerts.rota.calendar_zones import known_zone
from alerts.rota.local_time import DAY_US, instant, local, microseconds, told, zone_of
from telemetry.rota import Override, Person, Rota, Source

MOST_RECURRING: Final = 200
MOST_SHIFTS: Final = 2_000
LONGEST_UID: Final = 255  # RFC 7986
# What the libraries raise over what they cannot read: whatever their parts do.
_FAULTS: Final = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError)


@dataclass(frozen=True, slots=True)
class Imported:
    """What a calendar says for a stretch of time.

    Attributes:
        shifts: overrides of source calendar, ascending, no two of different people at one moment; numbers are 0.
        problems: events of which nothing is in `shifts`. notes: words -> how often; what was read in a certain way.
    """

    shifts: tuple[Override, ...]
    problems: tuple[Problem, ...]
    notes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Frame:
    rota: Rota
    zone: ZoneInfo
    people: Mapping[str, Person]
    from_us: int
    to_us: int
    notes: Counter[str]


def take(data: bytes, rota: Rota, people: Mapping[int, Person], from_us: int, to_us: int) -> Imported:
    """The shifts of a calendar file that touch a stretch; CalendarError for what is no calendar.

    All-day events go from midnight to midnight and floating times are read in the rota's zone; both are noted, and so
    are cancelled events, which make no shift. Of overlapping events of different people none makes a shift.
    """
    text = read(data)
    zone = known_zone(text.zone) if text.zone else ""
    if zone is None:
        raise CalendarError(f"its time zone {text.zone[:60]!r} is not known here")
    frame = _Frame(rota, zone_of(rota.zone), calendar_people.by_address(people.values()), from_us, to_us, Counter())
    frame.notes.update({f"{name}: no event, not looked at": count for name, count in text.others.items()})
    problems: list[Problem] = []
    found: list[tuple[Override, RawEvent]] = []
    for series in _series(text, problems):
        try:
            found += list(_shifts(series, zone, frame))
        except Unusable as unusable:
            problems.append(problem(series[0], unusable.trouble, unusable.words))
        except _FAULTS as error:
            problems.append(problem(series[0], Trouble.UNREADABLE, str(error)))
    if len(found) > MOST_SHIFTS:
        raise CalendarError(f"it makes {len(found)} shifts, {MOST_SHIFTS} at most: import fewer weeks")
    shifts = tuple(_apart(found, frame.zone, problems))
    return Imported(shifts, tuple(problems), dict(frame.notes))


def _series(text: CalendarText, problems: list[Problem]) -> Iterator[Sequence[RawEvent]]:
    by_uid: defaultdict[str, list[RawEvent]] = defaultdict(list)
    for event in text.events:
        uid = _uid(event)
        if event.fault:
            problems.append(problem(event, Trouble.UNREADABLE, event.fault))
        elif not uid:
            problems.append(problem(event, Trouble.NO_UID, "it could not be told from a new one next time"))
        elif len(uid) > LONGEST_UID or not uid.isprintable():
            problems.append(problem(event, Trouble.UNREADABLE, f"its UID: {LONGEST_UID} plain characters at most"))
        else:
            by_uid[uid].append(event)
    recurring = 0
    for series in by_uid.values():
        recurring += calendar_series.recurs(series)
        if recurring > MOST_RECURRING and calendar_series.recurs(series):
            problems.append(problem(series[0], Trouble.TOO_MANY, f"{MOST_RECURRING} recurring events are taken"))
        else:
            yield series


def _shifts(series: Sequence[RawEvent], zone: str, frame: _Frame) -> Iterator[tuple[Override, RawEvent]]:
    # A day more on either side: days and times without zone are placed here.
    low, high = local(frame.from_us - DAY_US, frame.zone), local(frame.to_us + DAY_US, frame.zone)
    for one in calendar_series.occurrences(series, zone, low, high):
        start_us, end_us = _moment(one.start, frame), _moment(one.end, frame)
        if end_us <= start_us:
            raise Unusable(Trouble.NO_END)
        if end_us > frame.from_us and start_us < frame.to_us and _takes_place(one, frame):
            if end_us - start_us > LONGEST_DAYS * DAY_US:
                raise Unusable(Trouble.TOO_LONG)
            user_id = _person(one.raw, frame).user_id
            yield Override(0, start_us, end_us, user_id, Source.CALENDAR, _uid(one.raw), one.recurrence), one.raw


def _takes_place(one: Occurrence, frame: _Frame) -> bool:
    if one.cancelled:
        frame.notes["cancelled: no shift"] += 1
        return False
    if one.raw.first("X-HOMEHD-NOT-COVERED"):
        frame.notes["says that nobody has the duty: no shift"] += 1
        return False
    if not isinstance(one.start, datetime):
        frame.notes[f"all day: from midnight to midnight in {frame.rota.zone}"] += 1
    elif one.start.tzinfo is None:
        frame.notes[f"without a time zone: read in {frame.rota.zone}"] += 1
    return True


def _person(raw: RawEvent, frame: _Frame) -> Person:
    named = calendar_people.people_of(raw, frame.people)
    if len(named) != 1:
        raise Unusable(Trouble.SEVERAL if named else Trouble.NO_PERSON, ", ".join(person.email for person in named))
    reason = why_not_for(frame.rota.clinic_id, frame.rota.audience, named[0])
    if reason is not None:
        raise Unusable(Trouble.UNABLE, f"{named[0].email}: {reason}")
    return named[0]


def _apart(found: list[tuple[Override, RawEvent]], zone: ZoneInfo, problems: list[Problem]) -> Iterator[Override]:
    ordered = sorted(found, key=lambda pair: (pair[0].start_us, pair[0].end_us, pair[0].uid, pair[0].recurrence))
    together: set[int] = set()
    running: list[int] = []
    for index, (shift, _) in enumerate(ordered):
        running = [one for one in running if ordered[one][0].end_us > shift.start_us]
        others = [one for one in running if ordered[one][0].user_id != shift.user_id]
        together |= {index, *others} if others else set()
        running.append(index)
    for index, (shift, raw) in enumerate(ordered):
        if index in together:
            problems.append(problem(raw, Trouble.OVERLAP, f"the one that begins {told(shift.start_us, zone)}"))
        else:
            yield shift


def _moment(at: date, frame: _Frame) -> int:
    if not isinstance(at, datetime):
        return instant(at, time(), frame.zone)
    return instant(at.date(), at.time(), frame.zone) if at.tzinfo is None else microseconds(at)


def _uid(event: RawEvent) -> str:
    uid = event.first("UID")
    return uid.value.strip() if uid is not None else ""
