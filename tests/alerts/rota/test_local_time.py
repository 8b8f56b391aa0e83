from __future__ import annotations

from datetime import date, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.rota.local_time import UnknownZone, instant, local, microseconds, told, zone_of
from tests.alerts.rota.rotas import HAND_OVERS, MOMENTS, ZONES, us

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("zone", "day", "at", "utc"),
    [
        ("Europe/Berlin", date(2026, 3, 28), time(2, 30), "2026-03-28T01:30"),
        ("Europe/Berlin", date(2026, 3, 29), time(2, 30), "2026-03-29T01:30"),  # is not there: 03:30 summer time
        ("Europe/Berlin", date(2026, 10, 25), time(2, 30), "2026-10-25T00:30"),  # is there twice: the first
        ("America/New_York", date(2026, 3, 8), time(2, 30), "2026-03-08T07:30"),
        ("America/New_York", date(2026, 11, 1), time(1, 30), "2026-11-01T05:30"),
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15), "2026-10-03T15:45"),  # half an hour is left out
        ("Australia/Lord_Howe", date(2026, 4, 5), time(1, 45), "2026-04-04T14:45"),  # half an hour comes again
        ("Asia/Shanghai", date(2026, 3, 29), time(2, 30), "2026-03-28T18:30"),
        ("Pacific/Apia", date(2011, 12, 30), time(8), "2011-12-30T18:00"),  # a whole day was left out
    ],
)
def test_a_local_time_is_one_moment_on_every_night(zone: str, day: date, at: time, utc: str) -> None:
    assert instant(day, at, ZoneInfo(zone)) == us(utc)


@given(MOMENTS, st.sampled_from(ZONES))
def test_a_moment_and_back(at_us: int, zone: str) -> None:
    assert microseconds(local(at_us, ZoneInfo(zone))) == at_us


@given(st.dates(date(2025, 1, 1), date(2027, 12, 31)), HAND_OVERS, st.sampled_from(ZONES))
def test_what_is_there_is_what_the_clock_shows(day: date, at: time, zone: str) -> None:
    found = local(instant(day, at, ZoneInfo(zone)), ZoneInfo(zone))
    shown = found.hour * 60 + found.minute - at.hour * 60 - at.minute
    assert found.date() == day and shown in (0, 30, 60)


def test_a_zone_that_is_not_there_is_named() -> None:
    for name in ("Mars/Base", "", "../etc/passwd", "Europe", "a" * 5000, "\0"):
        with pytest.raises(UnknownZone):
            zone_of(name)


def test_a_moment_is_told_with_its_zone() -> None:
    assert told(us("2026-10-25T00:30"), BERLIN) == "Sun 2026-10-25 02:30 CEST"
    assert told(us("2026-10-25T01:30"), BERLIN) == "Sun 2026-10-25 02:30 CET"
