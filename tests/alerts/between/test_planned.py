from __future__ import annotations

import pytest

from alerts.between.planned import UnknownZone, kept, starts
from alerts.between.words import HOUR_US
from telemetry.care import DAY_US, Schedule
from tests.alerts.between.building import NOW_US


def hours(times: list[int]) -> list[float]:
    return [(time - NOW_US) / HOUR_US for time in times]


def test_weekdays_within_a_span_both_ends_included() -> None:
    schedule = Schedule(days=("mon", "wed", "fri"), at="18:00", zone="UTC", duration_min=240)
    assert hours(starts(schedule, 0, NOW_US, NOW_US + 7 * DAY_US)) == [18, 66, 114]
    first = NOW_US + 18 * HOUR_US
    assert starts(schedule, 0, first, first) == [first]
    assert hours(starts(schedule, first + 1, NOW_US, NOW_US + 3 * DAY_US)) == [66], "none before it holds"


def test_every_so_many_days_from_the_local_day_it_begins() -> None:
    schedule = Schedule(every_days=2, at="01:00", zone="Pacific/Auckland", duration_min=240)
    # 2026-03-02 00:00 UTC is 13:00 in Auckland: the first 01:00 that is not over lies two local days on.
    assert hours(starts(schedule, NOW_US, NOW_US, NOW_US + 5 * DAY_US)) == [36, 84]


def test_local_time_follows_the_clocks_of_the_home() -> None:
    schedule = Schedule(every_days=1, at="18:00", zone="Europe/Berlin", duration_min=240)
    from_us = NOW_US + 26 * DAY_US  # 28 March
    assert hours(starts(schedule, 0, from_us, from_us + 2 * DAY_US)) == [26 * 24 + 17, 27 * 24 + 16]
    skipped = Schedule(every_days=1, at="02:30", zone="Europe/Berlin", duration_min=240)
    assert hours(starts(skipped, 0, from_us, from_us + 2 * DAY_US)) == [26 * 24 + 1.5, 27 * 24 + 1.5]


@pytest.mark.parametrize("zone", ["Middle/Earth", "", "../../etc/passwd"])
def test_a_zone_nobody_knows(zone: str) -> None:
    with pytest.raises(UnknownZone):
        starts(Schedule(every_days=1, at="18:00", zone=zone, duration_min=240), 0, NOW_US, NOW_US + DAY_US)


@pytest.mark.parametrize(
    ("began", "expected"),
    [
        ([], {}),
        ([90], {100: 90}),
        ([100, 140], {100: 100, 200: 140}),  # the second, nearest to the first start still, is for the next
        ([100, 119], {100: 100}),  # … unless that is too far ahead
        ([160], {200: 160}),
        ([301], {300: 301}),
        ([100, 199, 220], {100: 100, 200: 199, 300: 220}),
    ],
)
def test_a_treatment_counts_for_the_nearest_planned_start_or_the_next(
    began: list[int], expected: dict[int, int]
) -> None:
    assert kept([100, 200, 300], began, early_us=80) == expected
