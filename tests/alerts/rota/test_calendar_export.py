from __future__ import annotations

from dataclasses import replace

import icalendar
from hypothesis import given

from alerts.rota.able import why_not
from alerts.rota.calendar_export import write, write_own
from alerts.rota.calendar_import import take
from alerts.rota.shifts import shifts
from telemetry.rota import Rota
from tests.alerts.rota.rotas import ANN, BOB, CY, NORTH, PEOPLE, any_rota, book, rota, rotation, stretches, us

FROM, TO = us("2026-03-24T00:00"), us("2026-04-08T00:00")


def test_one_event_a_shift_in_utc_with_the_same_uid_whenever_it_is_exported() -> None:
    one = rota(rotation(ANN, BOB))
    text = write(book(one), one, FROM, TO).decode()
    events = icalendar.Calendar.from_ical(text).walk("VEVENT")
    assert [str(event["UID"]) for event in events] == [
        f"rota-7-{us(start)}@homehd" for start in ("2026-03-23T07:00", "2026-03-30T06:00", "2026-04-06T06:00")
    ]
    assert "DTSTART:20260323T070000Z\r\nDTEND:20260330T060000Z" in text
    assert "SUMMARY:Bob – North\\, clinical\\, primary" in text
    later = write(book(one), one, FROM + 1, TO).decode()
    assert [line for line in text.splitlines() if line.startswith("UID")] == [
        line for line in later.splitlines() if line.startswith("UID")
    ]


def test_a_stretch_that_nobody_answers_is_in_it_and_says_so() -> None:
    one = rota(rotation(CY))
    text = write(book(one), one, FROM, FROM + 1).decode()
    assert "SUMMARY:NOT COVERED" in text and "disabled" in text and "ATTENDEE" not in text


def test_no_name_can_break_out_of_its_line_or_turn_it_round() -> None:
    nasty = 'Ann\r\nATTENDEE:mailto:evil@x\r\n"\u202e;,:\\'
    people = PEOPLE | {ANN: replace(PEOPLE[ANN], name=nasty)}
    one = rota(rotation(ANN))
    text = write(book(one, people=people), one, FROM, TO).decode()
    unfolded = text.replace("\r\n ", "")
    assert sum(line.startswith("ATTENDEE") for line in unfolded.splitlines()) == 3
    assert "\u202e" not in text and "\r\nATTENDEE:mailto:evil" not in unfolded
    assert [shift.user_id for shift in take(text.encode(), one, people, FROM, TO).shifts] == [ANN] * 3


@given(any_rota(), stretches())
def test_what_is_exported_comes_back_as_it_was(one: Rota, stretch: tuple[int, int]) -> None:
    start, end = (at // 1_000_000 * 1_000_000 for at in (stretch[0], stretch[1] + 1_000_000))
    whole = tuple(
        replace(o, start_us=o.start_us // 1_000_000 * 1_000_000, end_us=o.end_us // 1_000_000 * 1_000_000 + 1_000_000)
        for o in one.overrides
    )
    rotations = tuple(replace(r, since_us=r.since_us // 1_000_000 * 1_000_000) for r in one.rotations)
    one = replace(one, overrides=whole, rotations=rotations, clinic_id=NORTH)
    imported = take(write(book(one), one, start, end), one, PEOPLE, start, end)
    answered = [s for s in shifts(one, start, end) if why_not(one, s.user_id, PEOPLE) is None]
    assert not imported.problems
    assert [(max(s.start_us, start), min(s.end_us, end), s.user_id) for s in imported.shifts] == [
        (s.start_us, s.end_us, s.user_id) for s in answered
    ]


def test_ones_own_calendar_has_ones_own_shifts_of_every_rota_alone() -> None:
    primary = rota(rotation(ANN, BOB))
    backup = rota(rotation(BOB, ANN), rota_id=8, line=2)
    odd = rota(rotation(ANN), rota_id=9, zone="Mars/Base")
    text = write_own(book(primary, odd, backup), ANN, FROM, TO).decode()
    events = icalendar.Calendar.from_ical(text).walk("VEVENT")
    assert [str(event["UID"]) for event in events] == [
        f"rota-{number}-{us(start)}@homehd"
        for number, start in ((7, "2026-03-30T06:00"), (8, "2026-03-23T07:00"), (8, "2026-04-06T06:00"))
    ]
    assert "Bob" not in text
