"""Every day in exactly one state, and the gravest of what is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.between import ruleset
from alerts.between.adherence import Adherence, Day, DayState, Why
from alerts.between.missed import judge
from alerts.between.words import HOUR_US, MINUTE_US
from telemetry.care import DAY_US, Arranged, Content, Limits, Schedule
from telemetry.past import Past, PastTreatment, Served
from telemetry.treatment import EndKnown
from tests.alerts.between.building import EVERY_EVENING, NOW_US, past, treated

RULES = {rule.id: rule for rule in ruleset.load()}
FIRST = date(2026, 3, 2)
BERLIN = ZoneInfo("Europe/Berlin")
THRICE = Schedule(days=("mon", "wed", "fri"), at="18:00", zone="UTC", duration_min=240)


def heard_always(now: Past) -> tuple[Served, ...]:
    return (Served(0, None, now.now_us, None),)


def asked(now: Past, served: Sequence[Served] | None = None) -> Adherence:
    return Adherence(now, heard_always(now) if served is None else served, RULES["R24"], RULES["R25"])


def days(now: Past, count: int = 1, served: Sequence[Served] | None = None) -> list[Day]:
    return asked(now, served).days(FIRST, FIRST + timedelta(days=count - 1))


def states(now: Past, count: int, served: Sequence[Served] | None = None) -> list[str]:
    return [str(day.state) for day in days(now, count, served)]


def test_what_was_planned_and_what_came_of_it() -> None:
    now = past(treated(18), treated(66, minutes=200), now_h=24 * 6, arranged=(THRICE,))
    assert states(now, 8) == [
        "treated", "not planned", "treated short", "not planned", "missed", "not planned", "not planned", "planned",
    ]  # fmt: skip
    (monday, *_, last) = days(now, 8)
    assert (monday.planned_us, monday.treatments) == (NOW_US + 18 * HOUR_US, (1,))
    assert (last.planned_us, last.treatments) == (NOW_US + (7 * 24 + 18) * HOUR_US, ())


@pytest.mark.parametrize(("now_h", "state"), [(17, "planned"), (21.9, "planned"), (22, "missed")])
def test_a_treatment_is_missed_from_the_moment_the_rule_says_so(now_h: float, state: str) -> None:
    assert states(past(now_h=now_h), 1) == [state]


def test_what_is_moved_is_not_missed_and_the_day_it_took_place_says_how_it_went() -> None:
    now = past(treated(18 + 24, minutes=239), now_h=24 * 4, arranged=(replace_days(("mon", "fri")),))
    assert states(now, 4) == ["moved", "treated", "not planned", "not planned"]


def replace_days(days: tuple[str, ...]) -> Schedule:
    return Schedule(days=days, at="18:00", zone="UTC", duration_min=240)


def test_a_night_treatment_belongs_to_the_evening_it_was_planned_for() -> None:
    nights = Schedule(days=("mon", "wed"), at="23:00", zone="UTC", duration_min=480)
    now = past(treated(24.5, minutes=480), treated(71, minutes=480), now_h=24 * 4, arranged=(nights,))
    assert [day.treatments for day in days(now, 3)] == [(1,), (), (2,)]
    assert states(now, 3) == ["treated", "not planned", "treated"]


def test_one_that_goes_on_or_whose_length_nobody_knows_is_not_said_to_be_well() -> None:
    going = replace(treated(18), end_us=None, end_known=None, summarised=False, treated_min=None)
    assert states(past(going, now_h=19), 1) == ["under way"]
    unseen = treated(18, end_known=EndKnown.MACHINE_LOST)
    assert states(past(unseen, now_h=24), 1) == ["length unknown"]
    # An older revision's figures are not of what it is now.
    assert states(past(treated(18, summarised=False), now_h=24), 1) == ["length unknown"]
    assert states(past(treated(18), now_h=24, arranged=()), 1) == ["length unknown"], "nothing prescribed"


def test_without_a_schedule_a_day_is_unknown_and_so_is_the_day_on_which_one_began() -> None:
    none = past(now_h=48, arranged=())
    assert [(day.state, day.why) for day in days(none, 2)] == [(DayState.UNKNOWN, Why.NO_SCHEDULE)] * 2
    assert asked(none).recent() is None
    later = replace(past(now_h=24 * 4), arranged=(Arranged(NOW_US + 20 * HOUR_US, EVERY_EVENING),))
    found = days(later, 3)
    assert [(day.state, day.why) for day in found] == [
        (DayState.UNKNOWN, Why.NO_SCHEDULE), (DayState.MISSED, None), (DayState.MISSED, None),
    ]  # fmt: skip


def test_each_schedule_holds_until_the_next() -> None:
    now = replace(
        past(now_h=24 * 9),
        arranged=(
            Arranged(NOW_US + 3 * DAY_US, replace_days(("sat",))),
            Arranged(0, replace_days(("mon", "wed", "fri"))),
        ),
    )
    assert states(now, 7) == [
        "missed", "not planned", "missed", "not planned", "not planned", "missed", "not planned",
    ]  # fmt: skip


def test_a_zone_nobody_knows_plans_nothing_and_says_so() -> None:
    now = past(now_h=48, arranged=(Schedule(every_days=1, at="18:00", zone="Middle/Earth", duration_min=240),))
    assert [(day.state, day.why) for day in days(now, 2)] == [(DayState.UNKNOWN, Why.ZONE)] * 2
    assert asked(now).recent() is None


@pytest.mark.parametrize(
    ("served", "expected"),
    [
        ((), (DayState.UNKNOWN, Why.NO_UNIT)),
        ((Served(NOW_US + 19 * HOUR_US, None, NOW_US + 90 * HOUR_US, None),), (DayState.UNKNOWN, Why.NO_UNIT)),
        ((Served(0, NOW_US + 17 * HOUR_US, NOW_US + 90 * HOUR_US, None),), (DayState.UNKNOWN, Why.NO_UNIT)),
        ((Served(0, None, None, None),), (DayState.UNKNOWN, Why.SILENT)),
        ((Served(0, None, NOW_US + 21 * HOUR_US, None),), (DayState.UNKNOWN, Why.SILENT)),
        # It spoke when the treatment was overdue: there was none.
        ((Served(0, None, NOW_US + 22 * HOUR_US, None),), (DayState.MISSED, None)),
        # … unless it keeps readings of that evening.
        ((Served(0, None, NOW_US + 90 * HOUR_US, NOW_US + 20 * HOUR_US),), (DayState.UNKNOWN, Why.OUTSTANDING)),
        ((Served(0, None, NOW_US + 90 * HOUR_US, NOW_US + 80 * HOUR_US),), (DayState.MISSED, None)),
    ],
)
def test_what_could_not_have_been_seen_is_not_said_to_be_missed(
    served: tuple[Served, ...], expected: tuple[DayState, Why | None]
) -> None:
    (day,) = days(past(now_h=100, arranged=(replace_days(("mon",)),)), 1, served)
    assert (day.state, day.why) == expected


def test_own_limits_are_the_patients_and_limits_that_cannot_be_judge_nothing() -> None:
    lenient = Limits(rule="R25", limits={"low_min": 25})
    assert states(past(treated(18, minutes=220), now_h=30, arranged=(EVERY_EVENING, lenient)), 1) == ["treated"]
    broken = Limits(rule="R25", limits={"low_min": 99})
    assert states(past(treated(18, minutes=100), now_h=30, arranged=(EVERY_EVENING, broken)), 1) == ["length unknown"]
    none = Limits(rule="R24", limits={"low_h": 99})
    (day,) = days(past(now_h=30, arranged=(EVERY_EVENING, none)))
    assert (day.state, day.why) == (DayState.UNKNOWN, Why.LIMITS)


def test_counts_are_of_four_weeks_and_of_what_is_over() -> None:
    kept = [treated(18 + 24 * day, minutes=220 if day == 3 else 240) for day in range(10)]
    lost = replace(treated(18 + 24 * 10), end_known=EndKnown.CLOCK_LIMIT)
    now = replace(past(*kept, lost, now_h=24 * 13 + 19), arranged=(Arranged(NOW_US, EVERY_EVENING),))
    counts = asked(now).recent()
    assert counts is not None
    # Fourteen evenings have come; the last is not overdue yet, two were missed.
    assert (counts.since_us, counts.planned, counts.missed, counts.unknown) == (NOW_US, 13, 2, 0)
    assert (counts.treated, counts.short, counts.unmeasured) == (11, 1, 1)
    silent = asked(now, (Served(0, None, NOW_US + (24 * 11 + 23) * HOUR_US, None),)).recent()
    assert silent is not None
    assert (silent.missed, silent.unknown) == (1, 1)
    later = replace(now, now_us=NOW_US + 40 * DAY_US)
    month = asked(later).recent()
    assert month is not None
    assert (month.since_us, month.planned, month.missed) == (NOW_US + 12 * DAY_US, 28, 28)


@pytest.mark.parametrize("month", [3, 10])
def test_a_day_is_the_homes_day_when_the_clocks_change(month: int) -> None:
    schedule = Schedule(every_days=1, at="23:30", zone="Europe/Berlin", duration_min=240)
    first = date(2026, month, 20)
    begin = [
        round(datetime(2026, month, 20 + n, 23, 30, tzinfo=BERLIN).timestamp()) * 1_000_000 for n in range(12)
    ]  # fmt: skip
    late = [replace(treated(0), treatment_id=n, start_us=us + 45 * MINUTE_US) for n, us in enumerate(begin, start=1)]
    late = [replace(one, end_us=one.start_us + 4 * HOUR_US) for one in late]
    now = Past(begin[-1] + DAY_US, 0, treatments=tuple(late), arranged=(Arranged(0, schedule),))
    found = asked(now).days(first, first + timedelta(days=11))
    assert [day.treatments for day in found] == [(n,) for n in range(1, 13)]
    assert {day.state for day in found} == {DayState.TREATED}
    assert [datetime.fromtimestamp((day.planned_us or 0) / 1e6, BERLIN).date() for day in found] == [
        day.date for day in found
    ]  # fmt: skip


SCHEDULES = st.builds(
    Schedule,
    days=st.just(()),
    every_days=st.integers(1, 4),
    at=st.sampled_from(("00:10", "02:30", "12:00", "23:50")),
    zone=st.sampled_from(("UTC", "Europe/Berlin", "Pacific/Auckland", "America/St_Johns", "Middle/Earth")),
    duration_min=st.just(240.0),
)
ARRANGED = st.lists(st.builds(Arranged, st.integers(-20, 40).map(lambda d: NOW_US + d * DAY_US), SCHEDULES), max_size=3)


@given(
    arranged=ARRANGED,
    hours=st.lists(st.integers(-100, 1000), unique=True, max_size=25),
    now_h=st.integers(-50, 1100),
    heard_h=st.none() | st.integers(-50, 1100),
    outstanding_h=st.none() | st.integers(-50, 1100),
    span=st.tuples(st.integers(-5, 25), st.integers(1, 40)),
)
def test_every_day_once_and_each_treatment_on_one_of_them(**drawn: Any) -> None:
    began = sorted(h for h in drawn["hours"] if h < drawn["now_h"])
    now = replace(
        past(*[treated(h, minutes=50) for h in began], now_h=drawn["now_h"]), arranged=tuple(drawn["arranged"])
    )
    at = [
        None if h is None else NOW_US + min(h, drawn["now_h"]) * HOUR_US
        for h in (drawn["heard_h"], drawn["outstanding_h"])
    ]
    adherence = asked(now, (Served(NOW_US - 60 * DAY_US, None, *at),))
    first, count = FIRST + timedelta(days=drawn["span"][0]), drawn["span"][1]
    found = adherence.days(first, first + timedelta(days=count - 1))
    assert [day.date for day in found] == [first + timedelta(days=n) for n in range(count)]
    everything = adherence.days(FIRST - timedelta(days=20), FIRST + timedelta(days=60))
    listed = [number for day in everything for number in day.treatments]
    assert sorted(listed) == [one.treatment_id for one in now.treatments], "each on one day, none left out"
    by_date = {day.date: day for day in everything}
    for day in found:
        assert (day.why is not None) == (day.state is DayState.UNKNOWN)
        assert day == by_date[day.date], "a day is the same whatever is shown around it"
        if day.state is DayState.MISSED:
            assert day.planned_us is not None
            assert day.planned_us <= now.now_us - 4 * HOUR_US
        if day.state in (DayState.TREATED, DayState.SHORT, DayState.UNDER_WAY, DayState.LENGTH_UNKNOWN):
            assert day.treatments


@given(hours=st.lists(st.integers(0, 24 * 20), unique=True, max_size=25), now_h=st.integers(1, 24 * 20))
def test_what_the_rule_says_is_missed_is_missed_here(hours: list[int], now_h: int) -> None:
    began = [treated(h) for h in sorted(hours) if h < now_h]
    now = replace(past(*began, now_h=now_h, heard_us=NOW_US + now_h * HOUR_US), bound_us=NOW_US)
    limits = RULES["R24"].limits
    verdict = judge(limits, now)  # type: ignore[arg-type]
    row = round(verdict.inputs.get("missed_in_a_row", 0))
    found = days(now, now_h // 24 + 1, (Served(NOW_US, None, now.now_us, None),))
    last = max((one.start_us for one in now.treatments), default=0)
    missed = [day for day in found if day.state is DayState.MISSED and (day.planned_us or 0) > last]
    assert len(missed) == row, verdict


def test_utc_is_the_clock_where_no_schedule_names_another() -> None:
    assert str(asked(past(arranged=())).zone) == "UTC"
    assert str(asked(past(arranged=(replace_zone("Asia/Tokyo"),))).zone) == "Asia/Tokyo"


def replace_zone(zone: str) -> Content:
    return Schedule(every_days=1, at="18:00", zone=zone, duration_min=240)


def test_a_treatment_of_nobodys_plan_is_on_its_own_day() -> None:
    one: PastTreatment = treated(30)
    assert [day.treatments for day in days(past(one, now_h=60, arranged=(replace_days(("sat",)),)), 3)] == [
        (), (1,), (),
    ]  # fmt: skip
    assert datetime.fromtimestamp(one.start_us / 1e6, UTC).date() == FIRST + timedelta(days=1)
