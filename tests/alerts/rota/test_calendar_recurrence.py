from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from alerts.rota.calendar_recurrence import why_not


@pytest.mark.parametrize(
    "rule",
    ["FREQ=WEEKLY", "FREQ=DAILY;INTERVAL=3", "freq=weekly;byday=MO,we;wkst=MO", "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR",
     "FREQ=MONTHLY;BYDAY=2MO,-1FR", "FREQ=MONTHLY;BYMONTHDAY=1,-1;INTERVAL=6", "FREQ=WEEKLY;COUNT=10000",
     "FREQ=WEEKLY;UNTIL=20261231T000000Z"],
)  # fmt: skip
def test_what_a_rota_recurs_by_is_taken(rule: str) -> None:
    assert why_not(rule) == ""


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("FREQ=SECONDLY", "secondly"), ("FREQ=MINUTELY;COUNT=1", "minutely"), ("FREQ=HOURLY", "hourly"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "yearly"),
        ("", "in its rule"), ("FREQ=WEEKLY;FREQ=DAILY", "in its rule"),
        ("COUNT=3", "without a frequency"), ("FREQ=WEEKLY;INTERVAL=0", "interval 0"),
        ("FREQ=WEEKLY;INTERVAL=-1", "interval"),
        ("FREQ=WEEKLY;INTERVAL=٣", "interval"), ("FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=30", "interval 12"),
        ("FREQ=WEEKLY;COUNT=1000000000", "count"), ("FREQ=DAILY;BYSECOND=0,1,2", "BYSECOND"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "BYMONTH"), ("FREQ=DAILY;INTERVAL=7;BYDAY=TU", "BYDAY"),
        ("FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1", "never meet"), ("FREQ=MONTHLY;BYDAY=6MO", "BYDAY=6MO"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY=32"), ("FREQ=WEEKLY;BYDAY=1MO", "BYDAY=1MO"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=9", "BYSETPOS"), ("FREQ=WEEKLY;BYHOUR=1;BYMINUTE=1", "BYHOUR"),
    ],
)  # fmt: skip
def test_what_recurs_too_often_stands_still_or_never_matches_is_not(rule: str, said: str) -> None:
    assert said in why_not(rule)


_DAYS = st.lists(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), min_size=1, max_size=3).map(",".join)
_RULES = st.one_of(
    st.builds("FREQ=DAILY;INTERVAL={}".format, st.integers(1, 366)),
    st.builds("FREQ=DAILY;BYDAY={}".format, _DAYS),
    st.builds("FREQ=WEEKLY;INTERVAL={};BYDAY={}".format, st.integers(1, 52), _DAYS),
    st.builds("FREQ=MONTHLY;INTERVAL={};BYMONTHDAY={}".format, st.integers(1, 6), st.integers(-31, 31).filter(bool)),
    st.builds(
        "FREQ=MONTHLY;INTERVAL={};BYDAY={}{}".format, st.integers(1, 6),
        st.integers(-5, 5).filter(bool), st.sampled_from(["MO", "SU"]),
    ),
)  # fmt: skip


@given(_RULES, st.dates())
def test_what_is_taken_always_has_a_next_date(rule: str, day: object) -> None:
    assert why_not(rule) == ""
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=hash(day) % 1500)
    dates = list(islice(rrulestr(rule, dtstart=start), 3))
    # dateutil gives up in the year 9999 only: three dates within a man's life show that it did not get near.
    assert len(dates) == 3 and dates[-1] - start < timedelta(days=366 * 30)
