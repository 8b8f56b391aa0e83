from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.rota.calendar_import import MOST_RECURRING, Imported, take
from alerts.rota.calendar_text import MOST_EVENTS, CalendarError
from alerts.rota.calendar_trouble import Trouble
from telemetry.rota import Source
from tests.alerts.rota.calendars import FROM, TO, calendar, event
from tests.alerts.rota.rotas import ANN, BOB, PEOPLE, rota, us

WEEKLY = "RRULE:FREQ=WEEKLY"
BOBS = "ATTENDEE:mailto:bob@clinic.example"


def taken(*components: str) -> Imported:
    return take(calendar(*components), rota(), PEOPLE, FROM, TO)


def troubles(found: Imported) -> list[Trouble]:
    return [one.trouble for one in found.problems]


def test_each_date_is_a_shift_of_its_person() -> None:
    found = taken(event("RRULE:FREQ=WEEKLY;INTERVAL=2"), event(BOBS, "RRULE:FREQ=WEEKLY;INTERVAL=2", uid="two",
                  start="20260309T070000Z", end="20260316T070000Z"))  # fmt: skip
    assert not found.problems and not found.notes
    assert [one.user_id for one in found.shifts] == [ANN, BOB] * 4 + [ANN]
    first = found.shifts[0]
    assert (first.start_us, first.end_us) == (us("2026-03-02T07:00"), us("2026-03-09T07:00"))
    assert (first.source, first.uid, first.recurrence) == (Source.CALENDAR, "one", "20260302T070000Z")


def test_days_and_times_without_zone_are_read_in_the_rotas_and_noted() -> None:
    found = taken(
        event("DTSTART;VALUE=DATE:20260329", start="", end=""),
        event(uid="two", start="20260330T080000", end="20260330T160000"),
    )
    assert [(one.start_us, one.end_us) for one in found.shifts] == [
        (us("2026-03-28T23:00"), us("2026-03-29T22:00")), (us("2026-03-30T06:00"), us("2026-03-30T14:00")),
    ]  # fmt: skip
    assert dict(found.notes) == {
        "all day: from midnight to midnight in Europe/Berlin": 1, "without a time zone: read in Europe/Berlin": 1,
    }  # fmt: skip


def test_cancelled_events_and_what_is_no_event_are_noted_and_make_no_shift() -> None:
    found = taken(event("STATUS:CANCELLED"), event("X-HOMEHD-NOT-COVERED:TRUE", uid="gap"), "BEGIN:VTODO\r\nEND:VTODO")
    assert not found.shifts and not found.problems
    assert dict(found.notes) == {
        "VTODO: no event, not looked at": 1, "cancelled: no shift": 1, "says that nobody has the duty: no shift": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("bad", "trouble"),
    [
        (event("garbage", uid="two"), Trouble.UNREADABLE),
        (event(uid=""), Trouble.NO_UID),
        (event(uid="u" * 256), Trouble.UNREADABLE),
        (event(uid="u\0"), Trouble.UNREADABLE),
        (event(uid="two", end=""), Trouble.NO_END),
        (event(uid="two", end="20260302T070000Z"), Trouble.NO_END),
        (event(uid="two", end="20260901T070000Z"), Trouble.TOO_LONG),
        (event("DURATION:P999999999D", uid="two", end=""), Trouble.UNREADABLE),
        (event("SUMMARY:Somebody", uid="two"), Trouble.NO_PERSON),
        (event("ATTENDEE:mailto:ann@clinic.example", BOBS, uid="two"), Trouble.SEVERAL),
        (event("ATTENDEE:mailto:cy@clinic.example", uid="two"), Trouble.UNABLE),
        (event("ATTENDEE:mailto:dee@clinic.example", uid="two"), Trouble.UNABLE),
        (event("DTSTART;TZID=Mars/Base:20260302T080000", uid="two", start=""), Trouble.ZONE),
        (event("RRULE:FREQ=SECONDLY", uid="two"), Trouble.RECURRENCE),
        (event("RRULE:FREQ=WEEKLY;UNTIL=never", uid="two"), Trouble.UNREADABLE),
    ],
)
def test_an_event_with_a_problem_is_named_and_the_others_make_their_shifts(bad: str, trouble: Trouble) -> None:
    good = event(start="20260406T060000Z", end="20260413T060000Z")
    found = taken(bad, good)
    assert troubles(found) == [trouble]
    assert [one.uid for one in found.shifts] == ["one"]


def test_of_overlapping_events_of_two_people_none_makes_a_shift_and_each_is_named() -> None:
    bobs = event(BOBS, uid="two", start="20260308T070000Z", end="20260310T070000Z")
    anns = event(uid="three", start="20260401T070000Z", end="20260402T070000Z")
    found = taken(event(), bobs, anns)
    assert troubles(found) == [Trouble.OVERLAP] * 2
    assert [one.uid for one in found.shifts] == ["three"]
    both_anns = taken(event(), event(uid="two", start="20260308T070000Z", end="20260310T070000Z"))
    assert not both_anns.problems and len(both_anns.shifts) == 2


def test_what_is_over_or_beyond_the_stretch_makes_no_shift() -> None:
    assert not taken(event(start="20260201T070000Z", end="20260228T070000Z")).shifts
    assert not taken(event(start="20260601T070000Z", end="20260602T070000Z")).shifts
    assert len(taken(event(start="20260220T070000Z", end="20260302T070000Z")).shifts) == 1


def test_a_calendar_whose_own_zone_is_not_known_is_not_read() -> None:
    with pytest.raises(CalendarError, match="Mars"):
        taken("X-WR-TIMEZONE:Mars/Base", event())
    assert len(taken("X-WR-TIMEZONE:W. Europe Standard Time", event(WEEKLY)).shifts) == 9


def test_more_shifts_or_recurring_events_than_anybody_needs() -> None:
    daily = [event("RRULE:FREQ=DAILY", uid=str(n), end="20260302T070100Z") for n in range(MOST_RECURRING + 1)]
    with pytest.raises(CalendarError, match="2000 at most"):
        taken(*daily)
    few = taken(*(one.replace("FREQ=DAILY", "FREQ=DAILY;COUNT=1") for one in daily))
    assert troubles(few) == [Trouble.TOO_MANY] and len(few.shifts) == MOST_RECURRING


def test_a_file_as_large_and_as_hostile_as_it_may_be_takes_seconds() -> None:
    nasty = [
        "RRULE:FREQ=SECONDLY", "RRULE:FREQ=DAILY;INTERVAL=0", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "RRULE:FREQ=DAILY;COUNT=10000", "RRULE:FREQ=MONTHLY;BYMONTHDAY=-31;INTERVAL=6",
    ]  # fmt: skip
    events = [
        event(nasty[n % len(nasty)], uid=str(n), start="20161231T070000Z", end="20161231T080000Z")
        for n in range(MOST_EVENTS)
    ]
    began = time.process_time()
    found = take(calendar(*events), rota(), PEOPLE, FROM, FROM + 86_400_000_000)
    assert time.process_time() - began < 60  # of the processor's own time
    assert len(found.problems) >= MOST_EVENTS - MOST_RECURRING


_LINES = [
    "RRULE:FREQ=WEEKLY", "RRULE:FREQ=DAILY;COUNT=3", "RDATE:20260401T070000Z", "EXDATE:20260302T070000Z",
    "STATUS:CANCELLED", "RECURRENCE-ID:20260309T070000Z", "DTSTART;VALUE=DATE:20260302", "DTEND;VALUE=DATE:20260302",
    "DURATION:-P1D", "DTSTART;TZID=Europe/Berlin:20260329T023000", "RECURRENCE-ID;VALUE=DATE:00010101",
    "DURATION:PT0S", "RDATE;VALUE=PERIOD:x", "RDATE;VALUE=PERIOD:20260401T070000Z/PT1H", "DTEND:99991231T235959Z",
    "DTSTART:00010101T000000Z", "SUMMARY:bob@clinic.example", "EXDATE;VALUE=DATE:20260302", "DTSTART:",
    "DTEND;TZID=:1", "RRULE:", "UID:", BOBS,
]  # fmt: skip
_NAMES = ["DTSTART", "DTEND", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "DURATION", "STATUS", "ATTENDEE"]
_PIECES = st.sampled_from(_LINES) | st.tuples(st.sampled_from(_NAMES), st.text(max_size=20)).map(":".join)
_EVENTS = st.tuples(st.sampled_from(["one", "two"]), st.booleans(), st.booleans(), st.lists(_PIECES, max_size=4))


@given(st.lists(_EVENTS, max_size=4))
def test_whatever_is_in_a_file_every_event_ends_as_a_shift_a_problem_or_a_note(
    events: list[tuple[str, bool, bool, list[str]]],
) -> None:
    whole = {"start": "20260302T070000Z", "end": "20260309T070000Z"}
    data = calendar(*(
        event(*lines, uid=uid, start=whole["start"] * with_start, end=whole["end"] * with_end)
        for uid, with_start, with_end, lines in events
    ))  # fmt: skip
    try:
        found = take(data, rota(), PEOPLE, FROM, TO)
    except CalendarError:
        return
    for one in found.shifts:
        assert one.start_us < one.end_us and one.start_us < TO and one.end_us > FROM and one.user_id in (ANN, BOB)
    for one in found.shifts:
        others = (other for other in found.shifts if other.user_id != one.user_id)
        assert not any(other.start_us < one.end_us and one.start_us < other.end_us for other in others)
    assert len({(one.uid, one.recurrence) for one in found.shifts}) == len(found.shifts)
    # A second reading is the same, so an import that is repeated changes nothing.
    assert take(data, rota(), PEOPLE, FROM, TO) == found


def test_a_person_whose_account_is_gone_is_nobody() -> None:
    people = {ANN: replace(PEOPLE[ANN], email="other@clinic.example")}
    assert troubles(take(calendar(event()), rota(), people, FROM, TO)) == [Trouble.NO_PERSON]
