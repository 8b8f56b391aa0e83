from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest

from alerts.rota.calendar_series import Occurrence, occurrences, recurs
from alerts.rota.calendar_text import read
from alerts.rota.calendar_trouble import Trouble, Unusable
from tests.alerts.rota.calendars import calendar, event

LOW, HIGH = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 10, tzinfo=UTC)
WEEKLY = "RRULE:FREQ=WEEKLY"


def dates(*events: str, zone: str = "") -> list[Occurrence]:
    found = list(occurrences(read(calendar(*events)).events, zone, LOW, HIGH))
    return sorted(found, key=lambda one: str(one.start))


def starts(found: Sequence[Occurrence]) -> list[str]:
    return [f"{one.start:%m-%d %H}" for one in found]


def test_what_recurs_is_expanded_within_the_stretch_over_the_change_of_clocks() -> None:
    start, end = "DTSTART;TZID=Europe/Berlin:20260302T080000", "DTEND;TZID=Europe/Berlin:20260309T080000"
    found = dates(event(start, end, WEEKLY, "SUMMARY:x", start="", end=""))
    assert [one.start.astimezone(UTC).hour for one in found if isinstance(one.start, datetime)] == [7, 7, 7, 7, 6, 6]
    assert [one.recurrence for one in found][3:5] == ["20260323T070000Z", "20260330T060000Z"]


def test_a_single_event_has_no_recurrence_so_that_it_stays_itself_when_it_is_moved() -> None:
    (found,) = dates(event())
    assert found.recurrence == "" and not recurs([found.raw])


def test_one_that_began_before_the_stretch_and_goes_on_is_there() -> None:
    assert len(dates(event(start="20260220T070000Z", end="20260302T070000Z"))) == 1


def test_moved_and_cancelled_dates_are_known_by_what_they_were() -> None:
    moved = event("RECURRENCE-ID:20260309T070000Z", start="20260310T090000Z", end="20260316T070000Z")
    cancelled = event(
        "RECURRENCE-ID:20260316T070000Z", "STATUS:CANCELLED", start="20260316T070000Z", end="20260323T070000Z"
    )
    found = dates(event(WEEKLY), moved, cancelled)
    assert starts(found)[:3] == ["03-02 07", "03-10 09", "03-16 07"]
    assert found[1].recurrence == "20260309T070000Z"
    assert [one.cancelled for one in found[:3]] == [False, False, True]


def test_an_excluded_date_is_gone_and_a_further_one_is_there() -> None:
    found = dates(event("RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE:20260309T070000Z", "RDATE:20260405T070000Z"))
    assert starts(found) == ["03-02 07", "03-16 07", "04-05 07"]


def test_utc_in_a_calendar_with_a_zone_recurs_by_its_clock() -> None:
    found = dates(event(WEEKLY), zone="Europe/Berlin")
    assert {one.start.hour for one in found if isinstance(one.start, datetime)} == {8}


def test_days_and_times_without_zone_stay_what_they_are() -> None:
    (day,) = dates(event("DTSTART;VALUE=DATE:20260302", start="", end=""))
    assert (day.start, day.end) == (date(2026, 3, 2), date(2026, 3, 3))
    (floating,) = dates(event(start="20260302T080000", end="20260309T080000"))
    assert isinstance(floating.start, datetime) and floating.start.tzinfo is None


@pytest.mark.parametrize(
    ("events", "trouble"),
    [
        ([event(), event(start="20260401T070000Z", end="20260402T070000Z")], Trouble.TWICE),
        ([event(start="")], Trouble.UNREADABLE),
        ([event(end="tomorrow")], Trouble.UNREADABLE),
        ([event("RRULE:FREQ=SECONDLY")], Trouble.RECURRENCE),
        ([event("RRULE:FREQ=DAILY", start="00010101T000000Z", end="00010102T000000Z")], Trouble.RECURRENCE),
        ([event("RRULE:FREQ=DAILY", "EXRULE:FREQ=DAILY")], Trouble.RECURRENCE),
        ([event(f"RDATE:{','.join(['20260302T070000Z'] * 1001)}")], Trouble.RECURRENCE),
        ([event(*["EXDATE:20260302T070000Z"] * 1001)], Trouble.RECURRENCE),
        ([event(WEEKLY), event("RECURRENCE-ID;RANGE=THISANDFUTURE:20260309T070000Z")], Trouble.RECURRENCE),
        ([event("DTSTART;TZID=Mars/Base:20260302T080000", start="")], Trouble.ZONE),
    ],
)
def test_what_cannot_be_expanded_says_why(events: list[str], trouble: Trouble) -> None:
    with pytest.raises(Unusable) as caught:
        dates(*events)
    assert caught.value.trouble is trouble
