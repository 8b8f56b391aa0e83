"""Pages of the journal, as they are claimed and reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.delivery import DeliveryState
from alerts.escalation import StepKind
from notifier.away.journal import Journal
from notifier.away.outbox import AWAY, BACK, Outbox, key_of
from notifier.away.records import Came, PageOf, Step, Tried
from notifier.dispatch import Job, Outcome
from notifier.page import Site
from notifier.words import Occasion
from telemetry.alarms import Priority
from telemetry.clock import ManualClock
from telemetry.rota import Audience
from tests.notifier.away_world import START_US, card

CHANNELS = {one.channel_id: one for one in card().channels}


def step(*channels: int, unit: int = 1, cause: str = "air", priority: str = "high", number: int = 1) -> Step:
    pages = [PageOf(channel, channel // 100, f"{unit}{channel:031x}", channel % 100 == 0) for channel in channels]
    return Step("", unit, cause, number, 0, StepKind.FIRST, Priority(priority), START_US, START_US, "asked", pages)


class Desk:
    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock(START_US)
        self.journal = Journal(folder)
        self.unwanted: set[int] = set()
        self.came: list[Came] = []
        self.outbox = Outbox(
            self.journal, Site("https://hd.example.org"), self.clock, lambda one: one.unit_id not in self.unwanted,
            lambda _step, _page, came: self.came.append(came),
        )  # fmt: skip

    def put(self, *steps: Step, known: bool = False) -> None:
        self.journal.write(*steps)
        for one in steps:
            self.outbox.put(one, CHANNELS, known=known)

    def claim(self, *without: str, limit: int = 9, high_only: bool = False) -> list[Job]:
        return list(self.outbox.claim(limit, frozenset(without), high_only=high_only))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_high_first_one_a_host_and_none_of_those_in_trouble(desk: Desk) -> None:
    desk.put(step(101, 102, unit=1, priority="medium"), step(100, 101, 201, unit=2))
    assert [job.host for job in desk.claim("2.1", high_only=True)] == ["1.1"]
    assert [job.host for job in desk.claim(limit=1)] == ["2.1"]
    assert [(job.host, job.page.priority) for job in desk.claim()] == [("1.1", "medium"), ("1.2", "medium")]
    assert desk.claim() == [], "a screen is not ours to page"


def test_what_was_not_taken_comes_again_in_its_time_and_what_was_does_not(desk: Desk) -> None:
    desk.put(step(101))
    (job,) = desk.claim()
    desk.outbox.report(job, Outcome(None, "not now", 4.0))
    assert desk.claim() == []
    desk.clock.advance(5)
    (job,) = desk.claim()
    assert job.failed == 1
    desk.outbox.report(job, Outcome(DeliveryState.SENT, "taken"))
    assert (desk.claim(), desk.outbox.left) == ([], 0)
    assert [came.state for came in desk.came] == ["again", "sent"]
    assert desk.journal.came(job.page.receipt) == desk.came[-1]


def test_what_waits_is_known_until_it_is_told_what_came_of_it(desk: Desk) -> None:
    desk.put(step(101, 201))
    first, second = (f"{1}{channel:031x}" for channel in (101, 201))
    (job,) = desk.claim(limit=1)
    assert [desk.outbox.waits(one) for one in (first, second, "ab" * 16)] == [True, True, False]
    desk.outbox.report(job, Outcome(None, "not now", 0.0))
    assert desk.outbox.waits(first)
    (job,) = desk.claim(limit=1)
    desk.outbox.report(job, Outcome(DeliveryState.SENT, "taken"))
    desk.outbox.drop(step(201))
    assert (desk.outbox.waits(first), desk.outbox.waits(second)) == (False, False)


def test_what_nobody_wants_any_more_is_let_go(desk: Desk) -> None:
    desk.put(step(101))
    desk.unwanted = {1}
    assert (desk.claim(), desk.outbox.left) == ([], 0)


def test_after_a_restart_only_what_was_not_taken_goes_out(desk: Desk) -> None:
    again, lost, taken = step(101, unit=1), step(201, unit=2), step(301, unit=3)
    desk.journal.write(again, lost, taken)
    desk.journal.write(Came(again.pages[0].receipt, Tried.AGAIN, "", START_US, 2, START_US - 1))
    desk.journal.write(Came(taken.pages[0].receipt, Tried.SENT, "", START_US))
    for one in (again, lost, taken):
        desk.outbox.put(one, CHANNELS, known=True)
    (job,) = desk.claim()
    assert (job.page.receipt, job.failed) == (again.pages[0].receipt, 2)


def test_what_another_has_sent_is_not_sent_by_us_unless_it_is_on_its_way(desk: Desk) -> None:
    desk.put(step(101, 201))
    (first,) = desk.claim("2.1")
    desk.outbox.drop(step(101, 201))
    assert desk.claim() == []
    desk.outbox.report(first, Outcome(None, "not now", 0.0))
    assert [job.host for job in desk.claim()] == ["1.1"]
    desk.outbox.drop(step(101, number=2))
    assert desk.outbox.left == 1


@pytest.mark.parametrize(
    ("unit", "cause", "occasion", "audience"),
    [
        (1, "air", Occasion.UNSAVED, Audience.CLINICAL),
        (1, AWAY, Occasion.UNSAVED, Audience.CLINICAL),
        (0, AWAY, Occasion.AWAY, Audience.OPERATIONS),
        (0, BACK, Occasion.BACK, Audience.OPERATIONS),
    ],
)
def test_the_page_says_what_it_is_about_and_where_to_look(
    desk: Desk, unit: int, cause: str, occasion: Occasion, audience: Audience
) -> None:
    desk.put(step(101, unit=unit, cause=cause))
    page = desk.claim()[0].page
    assert (page.occasion, page.audience, page.link) == (occasion, audience, "https://hd.example.org/#/alerts")


def test_a_key_is_the_same_from_every_notifier_and_another_for_every_step() -> None:
    assert key_of(step(101), 101) == key_of(step(101, 102), 101)
    assert len({key_of(step(101, unit=u, number=n), c) for u in (1, 2) for n in (1, 2) for c in (101, 102)}) == 8
