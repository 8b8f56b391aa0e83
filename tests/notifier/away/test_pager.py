"""Nights without a database, in virtual time: who is paged when, by which of several notifiers, and when no more."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.responsibility import ACCEPTED_FOR_S
from notifier.away.card import CardAlert, CardShelf, CardUsed
from notifier.away.outbox import AWAY, BACK
from notifier.away.pager import CALM_S, SILENT_S, TURN_S
from notifier.away.records import NO_HOME
from notifier.words import Occasion
from telemetry.alarms import Priority
from telemetry.clock import ManualClock
from telemetry.messages import LiveFrame, LiveReading
from tests.notifier.away_world import (
    ANNA,
    NORMAL,
    SECOND,
    START_US,
    Air,
    Notifier,
    alert,
    card,
    live,
    notice,
    replace_card,
    unit,
)  # fmt: skip

FIRST, SECOND_WAY = "1.1", "1.2"
KEY = (1, "venous access")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START_US)


@pytest.fixture
def air() -> Air:
    return Air()


@pytest.fixture
def one(tmp_path: Path, clock: ManualClock, air: Air) -> Notifier:
    return Notifier("a", tmp_path / "a", clock, air)


def test_a_high_one_that_nobody_can_answer(one: Notifier, air: Air) -> None:
    air.frame(alert())
    live(479, one)
    assert [(round(at), host) for at, host in one.sent] == [
        (0, "1.1"), (30, "1.2"), (120, "2.1"), (120, "2.2"), (240, "3.1"), (240, "3.2"),
    ]  # fmt: skip
    assert {page.occasion for _, _, page in one.pages} == {Occasion.UNSAVED}
    live(3, one)
    assert one.sent[-1][1] == "1.1", "all over again"


def test_it_is_bounded_and_a_rise_begins_anew(one: Notifier, air: Air) -> None:
    air.frame(alert(priority="medium"))
    live(12 * 2100, one, every_s=4)
    assert sum(host == FIRST for _, host in one.sent) == 8
    air.frame(alert(priority="high"))
    live(1, one)
    assert sum(host == FIRST for _, host in one.sent) == 9


def test_one_page_a_person_for_a_home_and_cause(one: Notifier, air: Air) -> None:
    air.frame(alert("R10"), alert("R13"), alert("R10", "u2"), alert("R19", "u2", "low"))
    live(5, one)
    assert [host for _, host in one.sent] == [FIRST, FIRST]
    assert len({page.key for _, _, page in one.pages}) == 2


def test_what_is_over_is_asked_about_no_more_and_comes_again(one: Notifier, air: Air) -> None:
    air.frame(alert())
    live(10, one)
    air.frame(alert(state=NORMAL))
    live(300, one)
    air.frame()  # it was never on record
    live(300, one)
    assert [host for _, host in one.sent] == [FIRST]
    air.frame(alert())
    live(1, one)
    assert [host for _, host in one.sent] == [FIRST, FIRST]


def test_once_all_is_saved_the_database_goes_on(one: Notifier, air: Air) -> None:
    air.frame(alert())
    live(10, one)
    air.frame(since_us=0)
    live(600, one)
    assert [host for _, host in one.sent] == [FIRST]
    assert one.stories()[1, "venous access"].steps[0].kind == "first"


def test_what_a_frame_had_no_room_for_still_holds(one: Notifier, air: Air) -> None:
    air.frame(alert("R10"), left_out=1)
    live(1, one)
    air.frame(alert("R19"), left_out=1)
    live(40, one)
    assert [host for _, host in one.sent] == [FIRST, FIRST, SECOND_WAY, SECOND_WAY]


@pytest.mark.parametrize(
    ("of", "paged"),
    [
        (unit(1, is_test=True), 0),
        (unit(1, out_of_service="in repair", out_until_us=START_US + 3_600_000_000, in_treatment=False), 0),
        (unit(1, out_of_service="in repair", out_until_us=START_US + 3_600_000_000, in_treatment=True), 1),
    ],
)
def test_a_unit_for_tests_or_out_of_service(one: Notifier, air: Air, of: object, paged: int) -> None:
    one.card = card(units=[of])  # type: ignore[list-item]
    air.frame(alert())
    live(5, one)
    assert len(one.sent) == paged


def test_a_unit_out_of_service_that_somebody_is_on_by_now(one: Notifier, air: Air) -> None:
    one.card = card(units=[unit(1, out_of_service="x", out_until_us=START_US + 3_600_000_000, in_treatment=False)])
    air.frame(alert())
    live(5, one)
    assert one.sent == []
    reading = LiveReading("u1", START_US, START_US, 1, 3, 0, 0, {})
    one.line.heard.frames.append((0, LiveFrame(1, START_US, [reading], [], START_US, [alert()])))
    live(5, one)
    assert len(one.sent) == 1


def test_what_is_set_aside_waits_until_its_time(one: Notifier, air: Air) -> None:
    shelf = CardShelf(1, "R10", "timed", "high", 70, START_US + 600_000_000)
    one.card = replace_card(card(), shelves=[shelf])
    air.frame(alert())
    live(599, one)
    assert one.sent == []
    live(2, one)
    assert [host for _, host in one.sent] == [FIRST]


def test_what_is_set_aside_and_told_anew_does_not_wait(one: Notifier, air: Air) -> None:
    shelf = CardShelf(1, "R10", "timed", "high", 70, START_US + 600_000_000)
    one.card = replace_card(card(), shelves=[shelf])
    air.frame(alert())
    live(5, one)
    assert one.sent == []
    air.frame(alert(again=True))
    live(5, one)
    assert [host for _, host in one.sent] == [FIRST]


def test_who_accepts_what_was_told_anew_is_not_asked_again(one: Notifier, air: Air) -> None:
    shelf = CardShelf(1, "R10", "timed", "high", 70, START_US + 600_000_000)
    known = [CardAlert(70, "R10", "high", "active, acknowledged", False, True)]
    one.card = replace_card(card(notices=[notice("nobody", round=0, alerts=known)]), shelves=[shelf])
    air.frame(alert(again=True))
    live(10, one)
    assert [host for _, host in one.sent] == [FIRST]
    until_us = one.clock.now_us() + 900_000_000
    accepted = notice("accepted", accepted_by=ANNA, accepted_until_us=until_us, alerts=known)
    one.card = replace_card(card(notices=[accepted]), shelves=[shelf], written_us=one.clock.now_us() + 1)
    for _ in range(60):
        air.frame(alert(again=True), at_us=one.clock.now_us())
        live(5, one)
    assert [host for _, host in one.sent] == [FIRST]


def test_what_somebody_has_accepted_is_not_asked_about_until_that_ends(one: Notifier, air: Air) -> None:
    accepted = notice("accepted", accepted_by=ANNA, accepted_until_us=START_US + 900_000_000)
    one.card, one.silent_s = card(notices=[accepted]), SILENT_S
    air.frame(alert())
    live(899, one)
    assert [page for _, _, page in one.pages if page.occasion is Occasion.UNSAVED] == []
    air.frame(alert("R13", priority="high"), alert())
    live(3, one)
    assert [host for _, host in one.sent if host[0] == "1"] == [FIRST], "asked anew when the acceptance has ended"
    assert one.stories()[1, "venous access"].steps[0].round == 2


def test_a_notice_that_was_being_asked_about_goes_on_where_it_was(one: Notifier, air: Air) -> None:
    used = [CardUsed(101, ANNA, False, False)]
    one.card = card(notices=[notice("asking", done=["first"], used=used)])
    one.silent_s = 0.25
    live(29, one)
    assert [host for _, host in one.sent if host[0] == "1"] == []
    live(100, one)
    clinical = [(round(at), host) for at, host in one.sent if host[0] != "4"]
    assert clinical == [(30, SECOND_WAY), (120, "2.1"), (120, "2.2")]


def test_but_not_while_ingest_says_that_it_saves(one: Notifier, air: Air) -> None:
    one.card, one.silent_s = card(notices=[notice("asking")]), SILENT_S
    for _ in range(100):
        air.frame(since_us=0)
        live(1, one)
    assert {page.occasion for _, _, page in one.pages} == {Occasion.AWAY}
    live(10, one)  # nobody says anything any more: the broker is gone, too
    assert FIRST in [host for _, host in one.sent]


def test_somebody_accepts_where_only_ingest_cannot_save(one: Notifier, air: Air) -> None:
    air.frame(alert())
    live(10, one)
    accepted = notice("accepted", accepted_by=ANNA, accepted_until_us=START_US + 911_000_000)
    one.card = replace_card(card(notices=[accepted]), written_us=START_US + 11_000_000)
    live(300, one)
    assert [host for _, host in one.sent] == [FIRST]


def test_the_next_outage_is_another(one: Notifier, air: Air) -> None:
    for _ in range(2):
        air.frame(alert())
        live(5, one)
        air.frame(since_us=0)
        live(5, one)
        one.pager.reported(KEY, 1)
        live(5, one)
    assert [host for _, host in one.sent] == [FIRST, FIRST]


def test_what_the_database_goes_on_with_is_ours_again_once_it_rises(one: Notifier, air: Air) -> None:
    air.frame(alert(priority="medium"))
    live(5, one)
    one.pager.reported(KEY, 1)
    air.frame(alert(priority="medium"))
    live(600, one, every_s=1)
    assert [host for _, host in one.sent] == [FIRST]
    air.frame(alert())
    live(1, one)
    assert [host for _, host in one.sent] == [FIRST, FIRST]
    (step,) = one.stories()[KEY].steps
    assert (step.round, step.priority) == (2, "high"), "the round after the one that is on record"


@pytest.mark.parametrize(("priority", "seen"), [("medium", False), ("high", True)])
def test_an_acceptance_of_less_or_from_before_is_no_answer_whenever_the_card_is_read(
    one: Notifier, air: Air, priority: str, seen: bool
) -> None:
    until_us = START_US - SECOND + 1_000_000 * ACCEPTED_FOR_S[Priority(priority)]
    known = CardAlert(70, "R10", priority, "active, acknowledged", False, seen)
    accepted = notice("accepted", priority=priority, accepted_by=ANNA, accepted_until_us=until_us, alerts=[known])
    for _ in range(25):
        one.card = replace_card(card(notices=[accepted]), written_us=one.clock.now_us())
        air.frame(alert())
        live(1, one)
    assert [host for _, host in one.sent] == [FIRST]


def test_operations_hear_once_that_it_is_away_and_once_that_it_is_back(one: Notifier) -> None:
    one.silent_s = 0.25
    live(SILENT_S - 1, one)
    assert one.sent == []
    live(3600, one, every_s=1)
    assert [(host, page.occasion) for _, host, page in one.pages] == [("4.1", Occasion.AWAY)]
    assert one.stories() == {}, "told when it is over"
    one.silent_s = 0
    live(5, one)
    one.silent_s = SILENT_S  # it never was over
    live(20, one)
    one.silent_s = 0
    live(CALM_S - 1, one)
    assert len(one.pages) == 1
    live(2, one)
    assert [page.occasion for _, _, page in one.pages] == [Occasion.AWAY, Occasion.BACK]
    assert set(one.stories()) == {(NO_HOME, AWAY)}
    one.pager.reported((NO_HOME, AWAY), 1)
    live(300, one, every_s=1)
    assert len(one.pages) == 2
    assert (NO_HOME, BACK) not in one.stories()


def test_who_is_started_in_an_outage_does_not_say_that_it_is_over(one: Notifier) -> None:
    one.silent_s = 0.25
    live(SILENT_S + 5, one)
    one.killed_and_started()
    one.silent_s = 0.25  # it has only begun to ask
    live(SILENT_S + 60, one)
    assert [page.occasion for _, _, page in one.pages] == [Occasion.AWAY]
    one.silent_s = 0
    live(CALM_S + 2, one)
    assert [page.occasion for _, _, page in one.pages] == [Occasion.AWAY, Occasion.BACK]


def test_without_a_card_there_is_nobody_to_page(one: Notifier, air: Air) -> None:
    one.card, one.silent_s = None, SILENT_S
    air.frame(alert())
    live(60, one)
    assert one.sent == []


def test_killed_and_started_it_goes_on_and_doubles_nothing(one: Notifier, air: Air) -> None:
    for second in range(250):
        air.frame(alert())
        live(1, one)
        if second % 7 == 3:
            one.killed_and_started(f"a{second}")  # another process: it is not on the card, so its turn comes later
    hosts = [host for _, host in one.sent]
    assert sorted(hosts) == ["1.1", "1.2", "2.1", "2.2", "3.1", "3.2"]
    due = {"1.1": 0, "1.2": 30, "2.1": 120, "2.2": 120, "3.1": 240, "3.2": 240}
    assert all(due[host] <= at <= due[host] + TURN_S + 2 for at, host in one.sent)


def test_a_page_that_was_on_its_way_is_not_sent_again_and_one_that_was_not_taken_is(one: Notifier, air: Air) -> None:
    air.frame(alert())
    one.clock.advance(1)
    one.pager.look()
    assert len(one.pager.outbox.claim(9, frozenset(), high_only=False)) == 1  # handed over, and nothing heard of it
    one.killed_and_started()
    air.frame(alert())
    live(20, one)
    assert one.sent == []
    one.away = {SECOND_WAY}
    live(15, one)
    one.killed_and_started()
    one.away = set()
    air.frame(alert())
    live(10, one)
    assert [host for _, host in one.sent] == [SECOND_WAY]


def test_what_reaches_nobody_makes_the_next_step_due(one: Notifier, air: Air) -> None:
    one.gone = {"1.1", "1.2"}
    air.frame(alert())
    live(3, one)
    assert [host for _, host in one.sent] == ["2.1", "2.2"], "the backup at once"


def test_of_two_the_second_leaves_out_what_the_first_has_sent(tmp_path: Path, clock: ManualClock, air: Air) -> None:
    both = [Notifier(name, tmp_path / name, clock, air, card(("a", "b"))) for name in "ab"]
    air.frame(alert())
    live(400, *both)
    assert len(both[0].sent) == 6
    assert both[1].sent == []
    assert set(both[1].stories()) == {(1, "venous access")}, "it could report it"


def test_a_dead_first_leaves_the_second_a_turn_later(tmp_path: Path, clock: ManualClock, air: Air) -> None:
    both = [Notifier(name, tmp_path / name, clock, air, card(("a", "b"))) for name in "ab"]
    air.frame(alert())
    live(10, *both)
    live(300, both[1])
    first, second = (sorted(host for _, host in one.sent) for one in both)
    assert first == ["1.1"]
    assert second == ["1.2", "2.1", "2.2", "3.1", "3.2"]
    assert both[1].sent[0][0] == pytest.approx(30 + TURN_S, abs=0.6)


def test_cut_off_from_each_other_each_pages_once_under_one_key(tmp_path: Path, clock: ManualClock, air: Air) -> None:
    both = [Notifier(name, tmp_path / name, clock, air, card(("a", "b"))) for name in "ab"]
    air.works = False
    air.frame(alert())
    live(60, *both)
    assert [sorted(host for _, host in one.sent) for one in both] == [[FIRST, SECOND_WAY]] * 2
    first, second = ({host: page.key for _, host, page in one.pages} for one in both)
    assert first == second


def test_words_that_are_none_are_counted_and_passed_over(one: Notifier, air: Air) -> None:
    one.line.heard.said = [b"", b"{}", b"x" * 10_000, b'{"by":"b"}']
    air.frame(alert("R99", "nobody"), alert())
    live(5, one)
    assert [host for _, host in one.sent] == [FIRST]
    assert one.metrics.away_bad._value.get() == 4


def test_who_stood_still_itself_hears_first_how_things_are(one: Notifier, air: Air) -> None:
    air.frame(alert())
    live(10, one)
    one.clock.advance(3600)  # the machine slept, and wakes up with the words of an hour ago
    one.silent_s = 3600  # so long our own thread has not asked the database
    air.frame(alert())
    live(2, one)
    one.silent_s = 0
    air.frame(since_us=0)
    live(300, one)
    assert [host for _, host in one.sent] == [FIRST]


moves = st.lists(
    st.one_of(
        st.tuples(st.just("pass"), st.floats(0.25, 40)), st.tuples(st.just("kill"), st.integers(0, 1)),
        st.tuples(st.just("say"), st.sampled_from(["high", "medium", NORMAL, "gone"])),
        st.tuples(st.just("air"), st.booleans()), st.tuples(st.just("hang"), st.integers(0, 1)),
    ), max_size=25,
)  # fmt: skip


@settings(max_examples=60)
@given(moves)
def test_whatever_happens_no_notifier_sends_a_step_twice_and_somebody_is_told(
    tmp_path_factory: pytest.TempPathFactory, what: list[tuple[str, object]]
) -> None:
    folder, clock, air = tmp_path_factory.mktemp("away"), ManualClock(START_US), Air()
    both = [Notifier(name, folder / name, clock, air, card(("a", "b"))) for name in "ab"]
    frame: list[object] = [alert()]
    for kind, value in what:
        if kind == "kill":
            both[int(value)].killed_and_started()  # type: ignore[call-overload]
        elif kind == "say":
            frame = [] if value == "gone" else [alert(state=NORMAL) if value == NORMAL else alert(priority=str(value))]
        elif kind == "air":
            air.works = bool(value)
        elif kind == "hang":
            both[int(value)].away ^= {FIRST}  # type: ignore[call-overload]
        else:
            for _ in range(round(float(value))):  # type: ignore[arg-type]
                air.frame(*frame)  # type: ignore[arg-type]
                live(1, *both, every_s=0.5)
    air.works = True
    for one in both:
        one.away = set()
    for _ in range(40):
        air.frame(alert(priority="high"))
        live(1, *both, every_s=0.5)
    for one in both:
        sent = [(page.key, host) for _, host, page in one.pages]
        assert len(sent) == len(set(sent)), "a device got a step twice"
        one.pager.close()
    assert any(page.priority == "high" for one in both for _, _, page in one.pages)
