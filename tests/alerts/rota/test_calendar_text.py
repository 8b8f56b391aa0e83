from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alerts.rota.calendar_text import MOST_BYTES, MOST_EVENTS, CalendarError, Line, read
from tests.alerts.rota.calendars import calendar, event


def test_folded_lines_are_one_and_what_says_nothing_of_who_has_when_is_left_behind() -> None:
    text = read(calendar(event("SUMMARY:An", "  n", "DESCRIPTION:secret", "BEGIN:VALARM", "UID:other", "END:VALARM")))
    (found,) = text.events
    assert [line.name for line in found.lines] == ["UID", "DTSTART", "DTEND", "SUMMARY"]
    assert found.lines[-1].value == "An n" and found.fault == ""


def test_zones_defined_in_the_file_and_what_is_no_event_stay_behind() -> None:
    zone = "BEGIN:VTIMEZONE\r\nTZID:X\r\nBEGIN:STANDARD\r\nRRULE:FREQ=SECONDLY\r\nEND:STANDARD\r\nEND:VTIMEZONE"
    text = read(calendar("X-WR-TIMEZONE:Europe/Berlin", zone, "BEGIN:VTODO\r\nUID:t\r\nEND:VTODO", event()))
    assert (len(text.events), text.zone, dict(text.others)) == (1, "Europe/Berlin", {"VTODO": 1})


def test_a_colon_in_quotes_ends_no_name() -> None:
    line = Line("DTSTART", 'DTSTART;TZID="(UTC+01:00) Berlin";X=1:20260302T080000')
    assert (line.value, line.parameter("TZID"), line.parameter("Y")) == ("20260302T080000", "(UTC+01:00) Berlin", "")
    assert line.with_parameter("tzid", "Europe/Berlin") == "DTSTART;tzid=Europe/Berlin;X=1:20260302T080000"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"), (b"<html>", "BEGIN:VCALENDAR"), (b"BEGIN:VEVENT\r\nEND:VEVENT", "BEGIN:VCALENDAR"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", "ends inside VEVENT"), (b"END:VCALENDAR", "without its BEGIN"),
        (b"BEGIN:VCALENDAR\r\nEND:VEVENT", "without its BEGIN"), (b"\xff\xfe", "UTF-8"),
        (b"x" * (MOST_BYTES + 1), "at most"), (calendar(*[event()] * (MOST_EVENTS + 1)), "more than 5000 events"),
    ],
)  # fmt: skip
def test_what_is_no_calendar_or_too_much_of_one(data: bytes, said: str) -> None:
    with pytest.raises(CalendarError, match=said):
        read(data)


def test_a_line_that_is_none_and_one_that_may_stand_once_are_faults_of_their_event_only() -> None:
    text = read(calendar(event("nonsense"), event("UID:two"), event()))
    assert [found.fault for found in text.events] == ["a line that is none: nonsense", "UID twice", ""]


_LINES = [
    "BEGIN:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "END:VCALENDAR", "BEGIN:", "UID:a", " x", "RRULE", ":",
]  # fmt: skip


@given(st.binary(max_size=300) | st.lists(st.sampled_from(_LINES)).map(lambda lines: "\n".join(lines).encode()))
@example(b"\r\n")
def test_any_bytes_are_a_calendar_or_the_documented_error(data: bytes) -> None:
    try:
        text = read(data)
    except CalendarError:
        return
    assert text.events or text.others or b"VCALENDAR" in data.upper()
