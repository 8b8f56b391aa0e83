"""Whatever comes when: the first high pages singly and at once, then one for all with a pause between two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.load.flood import BEGINS_ABOVE, WINDOW_US
from alerts.load.pacing import AHEAD_US, HIGH_US, MEDIUM_US, QUICK_PAGES, QUICK_US, SINGLY, Told, Turn, turn

SECOND = 1_000_000
NOW_US = 1_750_000_000_000_000


@dataclass
class Notice:
    at_us: int
    high: bool
    page: int | None = None  # number of the page it went out with
    folded: bool = False  # another's


@dataclass
class Page:
    at_us: int
    high: bool
    folds: bool
    count: int = 0


def told(notices: Sequence[Notice], pages: Sequence[Page], now_us: int) -> Told:
    """As the store counts it."""
    lately = [one for one in notices if now_us - WINDOW_US < one.at_us <= now_us]
    sent = [page for page in pages if page.at_us > now_us - WINDOW_US]
    times = [page.at_us for page in sent]
    return Told(
        notices=len(lately), high=sum(one.high for one in lately), folded=sum(one.folded for one in lately),
        high_folded=sum(one.high and one.folded for one in lately), pages=len(sent),
        singly=sum(page.high and page.count == 1 for page in sent), last_us=max(times, default=None),
        last_high_us=max((page.at_us for page in sent if page.high), default=None),
    )  # fmt: skip


def carried(notices: list[Notice]) -> list[Page]:
    """All pages of one channel, which takes each at once: looked at whenever something comes or may go."""
    pages: list[Page] = []
    now_us = NOW_US
    while True:
        due = [one for one in notices if one.at_us <= now_us and one.page is None]
        high = [one for one in due if one.high]
        if due:
            what = turn(told(notices, pages, now_us), now_us, high=bool(high))
            if what.from_us <= now_us:
                page = Page(now_us, bool(high), what.folds)
                for one in due if what.folds else (high or due)[:1]:
                    one.page, one.folded, page.count = len(pages), page.count > 0, page.count + 1
                pages.append(page)
                continue
        moments = [one.at_us for one in notices if one.at_us > now_us] + ([what.from_us] if due else [])
        if not moments:
            return pages
        now_us = min(moments)


ARRIVALS = st.lists(st.tuples(st.integers(0, 60 * SECOND), st.booleans()), max_size=120)


@given(ARRIVALS)
def test_every_notice_goes_out_once_and_none_waits_longer_than_the_pause(arrivals: list[tuple[int, bool]]) -> None:
    notices = sorted((Notice(NOW_US + at, high) for at, high in arrivals), key=lambda one: one.at_us)
    pages = carried(notices)
    assert sum(page.count for page in pages) == len(notices)
    for one in notices:
        assert one.page is not None
        waited_us = pages[one.page].at_us - one.at_us
        assert waited_us <= (HIGH_US if one.high else MEDIUM_US)
        assert pages[one.page].high >= one.high, "what is high never goes with a page that says less"


@given(ARRIVALS)
def test_the_first_high_ones_go_singly_and_at_once(arrivals: list[tuple[int, bool]]) -> None:
    notices = sorted((Notice(NOW_US + at, high) for at, high in arrivals), key=lambda one: one.at_us)
    pages = carried(notices)
    alone = [one for one in notices if one.high and one.page is not None and pages[one.page].count == 1]
    high = [one for one in notices if one.high]
    assert len(alone) >= min(len(high), SINGLY)
    assert all(pages[one.page or 0].at_us == one.at_us for one in high[:SINGLY])
    if len(high) <= BEGINS_ABOVE:
        assert alone == high


@pytest.mark.parametrize("others", [0, 30])
def test_of_a_burst_five_go_singly_and_the_rest_together(others: int) -> None:
    burst = [Notice(NOW_US, True) for _ in range(20)] + [Notice(NOW_US, False) for _ in range(others)]
    pages = carried(burst)
    assert [page.count for page in pages] == [1] * SINGLY + [15 + others]
    assert [page.at_us - NOW_US for page in pages] == [0] * SINGLY + [QUICK_US]


@given(ARRIVALS)
def test_pages_to_be_folded_keep_their_distance(arrivals: list[tuple[int, bool]]) -> None:
    pages = carried(sorted((Notice(NOW_US + at, high) for at, high in arrivals), key=lambda one: one.at_us))
    for number, page in enumerate(pages):
        before = [one.at_us for one in pages[:number] if one.high or not page.high]
        if page.folds and before:
            assert page.at_us - before[-1] >= QUICK_US


def test_a_storm_of_ten_seconds_is_told_within_a_second() -> None:
    notices = [Notice(NOW_US + 70_000 * number, number % 2 == 0) for number in range(143)]
    pages = carried(notices)
    waited = [(one.high, pages[one.page or 0].at_us - one.at_us) for one in notices]
    assert max(us for high, us in waited if high) <= QUICK_US and max(us for _, us in waited) <= 2 * QUICK_US
    assert len(pages) <= QUICK_PAGES


def test_a_flood_that_trickles_for_minutes_is_paced() -> None:
    """One a second for ten minutes: not 600 pages."""
    high = [Notice(NOW_US + number * SECOND, True) for number in range(600)]
    pages = carried(high)
    assert len(pages) <= QUICK_PAGES + 600 * SECOND // HIGH_US
    medium = [Notice(NOW_US + number * SECOND, False) for number in range(600)]
    assert len(carried(medium)) <= QUICK_PAGES + 600 * SECOND // MEDIUM_US


def test_a_high_one_does_not_wait_for_a_medium_one() -> None:
    busy = Told(notices=200, high=0, folded=150, pages=QUICK_PAGES, last_us=NOW_US - 1)
    assert turn(busy, NOW_US, high=False) == Turn(True, NOW_US - 1 + MEDIUM_US)
    assert turn(busy, NOW_US, high=True) == Turn(False, NOW_US)
    many = Told(200, 50, 150, 40, 0, QUICK_PAGES, NOW_US - 1, NOW_US - HIGH_US)
    assert turn(many, NOW_US, high=True) == Turn(True, NOW_US)


def test_a_flood_of_high_ones_lasts_until_fewer_than_five_come() -> None:
    assert turn(Told(notices=5, high=5, high_folded=1, folded=1), NOW_US, high=True).folds
    assert not turn(Told(notices=9, high=4, high_folded=1, folded=1), NOW_US, high=True).folds
    assert turn(Told(notices=5, folded=1), NOW_US, high=False).folds
    assert not turn(Told(notices=4, folded=1), NOW_US, high=False).folds


@pytest.mark.parametrize("ahead_us", [AHEAD_US + 1, 3600 * SECOND])
def test_a_clock_that_was_set_back_holds_nothing(ahead_us: int) -> None:
    flood = Told(50, 50, 40, 40, 5, QUICK_PAGES, NOW_US + ahead_us, NOW_US + ahead_us)
    for high in (True, False):
        assert turn(flood, NOW_US, high=high) == Turn(True, NOW_US)


def test_what_another_has_just_taken_up_is_one_to_keep_a_distance_from() -> None:
    flood = Told(50, 50, 40, 40, 5, 0, NOW_US + 1, NOW_US + 1)
    assert turn(flood, NOW_US, high=True) == Turn(True, NOW_US + 1 + QUICK_US)
