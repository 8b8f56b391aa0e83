"""The text of a calendar (RFC 5545) cut into its events, before any library sees it.

Whoever writes a calendar is not whoever reads it. Of a file only what says who has when goes on from here: definitions
of time zones stay behind, since zones are this machine's; so do descriptions, alarms and attachments. All is bounded.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

# A year of three shifts a day with all that mail programs add is a third of this.
MOST_BYTES: Final = 1_048_576
MOST_EVENTS: Final = 5_000

# What says who has when; the first group may stand once in an event.
ONCE: Final = frozenset(
    {"UID", "DTSTART", "DTEND", "DURATION", "RRULE", "RECURRENCE-ID", "STATUS", "SUMMARY", "X-HOMEHD-NOT-COVERED"}
)
OFTEN: Final = frozenset({"RDATE", "EXDATE", "EXRULE", "ATTENDEE"})
_FOLD: Final = re.compile(r"\r?\n[ \t]")
_NAME: Final = re.compile(r"[A-Za-z0-9-]+(?=[:;])")
_EVENT: Final = ["VCALENDAR", "VEVENT"]


def _parameter(name: str) -> str:
    return rf';{name}=("[^"]*"|[^:;,"]*)'


class CalendarError(ValueError):
    """A file that is no calendar, or more of one than anybody needs; nothing of it is used."""


@dataclass(frozen=True, slots=True)
class Line:
    """A content line without its folds. `name` in capitals."""

    name: str
    text: str

    @property
    def value(self) -> str:
        """What stands behind the first colon outside quotes."""
        return re.sub(r'^(?:"[^"]*"|[^":])*:', "", self.text, count=1)

    def parameter(self, name: str) -> str:
        """The value of a parameter, without quotes; empty when there is none."""
        found = re.search(_parameter(name), self._head, re.IGNORECASE)
        return found[1].strip('"') if found else ""

    def with_parameter(self, name: str, value: str) -> str:
        """The text of the line with another value of a parameter it has."""
        return re.sub(_parameter(name), f";{name}={value}", self._head, count=1, flags=re.IGNORECASE) + self.value

    @property
    def _head(self) -> str:
        return self.text[: len(self.text) - len(self.value)]


@dataclass(slots=True)
class RawEvent:
    """The lines of one event that count, and what is wrong with the others (empty: nothing)."""

    lines: list[Line] = field(default_factory=list)
    fault: str = ""

    def first(self, name: str) -> Line | None:
        """The first line of that name."""
        return next((line for line in self.lines if line.name == name), None)


@dataclass(slots=True)
class CalendarText:
    """A calendar's events; `zone`: its own (X-WR-TIMEZONE); `others`: components that are no events."""

    events: list[RawEvent] = field(default_factory=list)
    zone: str = ""
    others: Counter[str] = field(default_factory=Counter)


def read(data: bytes) -> CalendarText:
    """The events of a calendar file; CalendarError."""
    found = CalendarText()
    inside: list[str] = []
    for text in _content_lines(data):
        name = _NAME.match(text)
        key = name[0].upper() if name else ""
        if key in ("BEGIN", "END"):
            _nest(inside, key, text.partition(":")[2].strip().upper(), found)
        elif not inside:
            raise CalendarError("it does not begin with BEGIN:VCALENDAR")
        elif inside == _EVENT:
            _take(found.events[-1], key, text)
        elif inside == ["VCALENDAR"] and key == "X-WR-TIMEZONE":
            found.zone = Line(key, text).value.strip()
    if inside or not (found.events or found.others or data.strip()):
        raise CalendarError(f"it ends inside {inside[-1]}" if inside else "it is empty")
    return found


def _content_lines(data: bytes) -> Iterator[str]:
    if len(data) > MOST_BYTES:
        raise CalendarError(f"it has {len(data)} bytes, {MOST_BYTES} at most")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CalendarError(f"it is not UTF-8 text: {error.reason} at byte {error.start}") from error
    return (line for line in re.split(r"\r?\n", _FOLD.sub("", text)) if line.strip())


def _nest(inside: list[str], key: str, component: str, found: CalendarText) -> None:
    if key == "END":
        if not inside or inside.pop() != component:
            raise CalendarError(f"END:{component[:40]} without its BEGIN")
        return
    if not inside and component != "VCALENDAR":
        raise CalendarError("it does not begin with BEGIN:VCALENDAR")
    inside.append(component)
    if inside == _EVENT:
        found.events.append(RawEvent())
        if len(found.events) > MOST_EVENTS:
            raise CalendarError(f"more than {MOST_EVENTS} events")
    elif len(inside) == 2 and component != "VTIMEZONE":
        found.others[component] += 1


def _take(event: RawEvent, key: str, text: str) -> None:
    if not key:
        event.fault = event.fault or f"a line that is none: {text[:40]}"
    elif key in ONCE and event.first(key) is not None:
        event.fault = event.fault or f"{key} twice"
    elif key in ONCE | OFTEN:
        event.lines.append(Line(key, text))
