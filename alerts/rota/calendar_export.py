"""The shifts of a rota as a calendar (RFC 5545) for people to carry; a stretch nobody answers is in it, too."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import icalendar

from alerts.rota.able import why_not
from alerts.rota.findings import where_of
from alerts.rota.local_time import UnknownZone
from alerts.rota.shifts import Shift, shifts, whole_shifts
from telemetry.rota import Book, Rota

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# Controls and formats (bidi among them): nobody's name has them, and the calendar's reader might obey them.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def write(book: Book, rota: Rota, from_us: int, to_us: int) -> bytes:
    """A calendar of the shifts that touch a stretch, UTC, one event each; UnknownZone.

    An event's UID is the rota's number and the shift's beginning: the same shift has the same UID whenever it is
    exported. Shifts go from their own beginning to their own end, unless that is further off than the stretch is long.
    """
    title = _plain(where_of(book, rota))
    calendar = _empty(title)
    for shift in _shown(rota, from_us, to_us):
        calendar.add_component(_event(book, rota, shift, title, from_us))
    return bytes(calendar.to_ical())


def write_own(book: Book, user_id: int, from_us: int, to_us: int) -> bytes:
    """A calendar of one person's shifts on every rota there; one in a zone that is not known here is left out."""
    calendar = _empty("Shifts")
    for rota in book.rotas:
        try:
            own = [one for one in _shown(rota, from_us, to_us) if one.user_id == user_id]
        except UnknownZone:
            continue
        for shift in own:
            calendar.add_component(_event(book, rota, shift, _plain(where_of(book, rota)), from_us))
    return bytes(calendar.to_ical())


def _empty(title: str) -> icalendar.Calendar:
    calendar = icalendar.Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", "-//homehd//rota//EN")
    calendar.add("X-WR-CALNAME", title)
    return calendar


def _shown(rota: Rota, from_us: int, to_us: int) -> Iterator[Shift]:
    reach_us = to_us - from_us
    for full, part in zip(whole_shifts(rota, from_us, to_us), shifts(rota, from_us, to_us), strict=True):
        yield full if full.end_us - full.start_us <= reach_us else part


def _event(book: Book, rota: Rota, shift: Shift, title: str, stamp_us: int) -> icalendar.Event:
    event = icalendar.Event()
    event.add("UID", f"rota-{rota.rota_id}-{shift.start_us}@homehd")
    event.add("DTSTAMP", _moment(stamp_us))
    event.add("DTSTART", _moment(shift.start_us))
    event.add("DTEND", _moment(shift.end_us))
    reason = why_not(rota, shift.user_id, book.people)
    if reason is None and shift.user_id is not None:
        person = book.people[shift.user_id]
        event.add("SUMMARY", f"{_plain(person.name)} – {title}")
        attendee = icalendar.vCalAddress(f"mailto:{_plain(person.email)}")
        attendee.params["CN"] = _plain(person.name).replace('"', "'")
        event.add("ATTENDEE", attendee, encode=False)
    else:
        event.add("SUMMARY", f"NOT COVERED – {title}")
        event.add("DESCRIPTION", str(reason))
        event.add("X-HOMEHD-NOT-COVERED", "TRUE")
    event.add("COMMENT", str(shift.source))
    return event


def _moment(time_us: int) -> datetime:
    return _EPOCH + timedelta(seconds=time_us // 1_000_000)


def _plain(text: str) -> str:
    return "".join("\ufffd" if unicodedata.category(character) in _UNSEEN else character for character in text)
