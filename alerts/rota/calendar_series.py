"""A series of a calendar (the events of one UID: what recurs, what of it was moved or cancelled) and its dates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

import icalendar
import recurring_ical_events

from alerts.rota import calendar_recurrence
from alerts.rota.calendar_text import Line, RawEvent
from alerts.rota.calendar_trouble import Trouble, Unusable
from alerts.rota.calendar_zones import known_zone

# Recurring since longer ago: every date from its beginning on is walked over, so write it anew.
SINCE_YEARS: Final = 10
_TIMES: Final = ("DTSTART", "DTEND", "RDATE", "EXDATE", "RECURRENCE-ID")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One date of a series. `start`, `end`: a day, a local time without zone, or an aware time; `raw`: where it stands.

    `recurrence`: which date of the series it was before anybody moved it, as text; empty where nothing recurs.
    """

    start: date
    end: date
    recurrence: str
    raw: RawEvent

    @property
    def cancelled(self) -> bool:
        """Whether it does not take place."""
        status = self.raw.first("STATUS")
        return status is not None and status.value.strip().upper() == "CANCELLED"


def recurs(series: Sequence[RawEvent]) -> bool:
    """Whether a series has a rule or dates by which it recurs."""
    return any(event.first("RRULE") or event.first("RDATE") for event in series)


def occurrences(series: Sequence[RawEvent], zone: str, low: datetime, high: datetime) -> Iterator[Occurrence]:
    """The dates of a series that touch low ≤ t < high; Unusable, and whatever the libraries raise, for all of it.

    `zone`: the calendar's own (X-WR-TIMEZONE), in which series given in UTC recur; or empty.
    """
    _vet(series, low.year - SINCE_YEARS)
    calendar = icalendar.Calendar()
    if zone:
        calendar.add("X-WR-TIMEZONE", zone)
    moved: dict[str, RawEvent] = {}
    for raw in series:
        event = _parsed(raw)
        calendar.add_component(event)
        if raw.first("RECURRENCE-ID"):
            moved[_name(_date(event, "RECURRENCE-ID"))] = raw
    master = next((raw for raw in series if not raw.first("RECURRENCE-ID")), None)
    single = master is not None and len(series) == 1 and not recurs(series)
    for event in recurring_ical_events.of(calendar).between(low, high):
        name = _name(_date(event, "RECURRENCE-ID"))
        raw_of = moved.get(name, master) or series[0]
        yield Occurrence(_date(event, "DTSTART"), _date(event, "DTEND"), "" if single else name, raw_of)


def _vet(series: Sequence[RawEvent], earliest_year: int) -> None:
    identities = Counter(line.value if line else "" for line in (event.first("RECURRENCE-ID") for event in series))
    if max(identities.values()) > 1:
        raise Unusable(Trouble.TWICE)
    for event in series:
        start = event.first("DTSTART")
        if start is None:
            raise Unusable(Trouble.UNREADABLE, "it has no DTSTART")
        why = _why_not_expanded(event)
        if not why and event.first("RRULE") and start.value[:4] < f"{earliest_year:04}":
            why = f"it began more than {SINCE_YEARS} years ago"
        if why:
            raise Unusable(Trouble.RECURRENCE, why)


def _why_not_expanded(event: RawEvent) -> str:
    if any(line.name == "EXRULE" or line.parameter("RANGE") for line in event.lines):
        return "EXRULE and RANGE are not taken: write the dates out"
    dates = sum(line.value.count(",") + 1 for line in event.lines if line.name in ("RDATE", "EXDATE"))
    if dates > calendar_recurrence.MOST_DATES:
        return f"{dates} dates, {calendar_recurrence.MOST_DATES} at most"
    rule = event.first("RRULE")
    return calendar_recurrence.why_not(rule.value) if rule else ""


def _parsed(raw: RawEvent) -> icalendar.Event:
    # Who and what it is called is read from the text itself: nothing of a name can upset the times.
    lines = [_in_known_zone(line) for line in raw.lines if line.name not in ("ATTENDEE", "SUMMARY")]
    event = icalendar.Event.from_ical("\r\n".join(["BEGIN:VEVENT", *lines, "END:VEVENT", ""]))
    if not isinstance(event, icalendar.Event) or event.errors:
        # The library leaves out what it cannot read and goes on: an event without its end, or without its rule.
        raise Unusable(Trouble.UNREADABLE, str(event.errors[0][1]) if event.errors else "")
    return event


def _in_known_zone(line: Line) -> str:
    named = line.parameter("TZID") if line.name in _TIMES else ""
    if not named:
        return line.text
    zone = known_zone(named)
    if zone is None:
        raise Unusable(Trouble.ZONE, named)
    return line.with_parameter("TZID", zone)


def _date(event: icalendar.Event, name: str) -> date:
    found = getattr(event.get(name), "dt", None)
    if not isinstance(found, date):
        raise Unusable(Trouble.UNREADABLE, f"{name} is no date")
    return found


def _name(at: date) -> str:
    if not isinstance(at, datetime):
        return f"{at:%Y%m%d}"
    return f"{at:%Y%m%dT%H%M%S}" if at.tzinfo is None else f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
