"""The database is back: what was sent is on record once, and the next step follows at its time. Real database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time
from pathlib import Path

import pytest
from msgspec.structs import replace

from alerts.escalation import StepKind
from alerts.responsibility import Move
from notifier import escalator, router
from notifier.away import keeper
from notifier.away.pager import SILENT_S
from notifier.away.records import Came, PageOf, Said, Step, Tried, encode
from notifier.away.takeover import ASIDE_US, PATIENCE_US, Takeover
from notifier.decider import Decider
from notifier.words import Occasion
from store import given_up, registry, rota
from store.errors import StoreError
from store.rota import Written
from telemetry.alarms import Priority
from telemetry.clock import ManualClock
from telemetry.rota import BACKUP, PRIMARY, Audience, Rotation
from tests.notifier.away_world import CAUSES, START_US, Air, Notifier, alert, live
from tests.notifier.world import SECOND, UNACKNOWLEDGED, World, add_person

WHILE = "while the database was away"


class Night:
    """A world with rotas like its people, and notifiers that know it by their cards."""

    def __init__(self, world: World, folder: Path, count: int = 1) -> None:
        self.world, self.clock, self.air = world, ManualClock(START_US), Air()
        written = Written("os:test", "a test", START_US)
        for line, names in ((PRIMARY, ("anna", "chen")), (BACKUP, ("boris",))):
            number = rota.add(world.conn, world.clinic, Audience.CLINICAL, line, "UTC", written)
            turns = Rotation(0, tuple(world.users[name] for name in names), 56, time(8), date(2025, 6, 2), 0)
            rota.rotate(world.conn, number, turns, written)
        made = keeper.build(world.conn, START_US)
        self.unit = made.units[0].name
        self.notifiers = [
            Notifier(f"n{number}", folder / str(number), self.clock, self.air) for number in range(count)
        ]  # fmt: skip
        self.write_cards()
        self.takeovers = [
            Takeover(one.pager, one.metrics.away_reported.inc, one.metrics.away_refused.inc) for one in self.notifiers
        ]

    def write_cards(self) -> None:
        for one in self.notifiers:
            one.card = keeper.build(self.world.conn, self.clock.now_us())

    def pass_without(self, seconds: float) -> None:
        """So much time in which the database is away."""
        for one in self.notifiers:
            one.silent_s = one.silent_s or SILENT_S
        live(seconds, *self.notifiers, every_s=0.5)
        self.world.now_us = self.clock.now_us()

    def back(self, seconds: float = 0) -> None:
        """The database answers: every notifier's decider works, one after the other, for so long."""
        end = self.clock.now_us() + round(seconds * SECOND)
        while True:
            self.world.now_us = self.clock.now_us()
            for one, takeover in zip(self.notifiers, self.takeovers, strict=True):
                one.silent_s = 0
                takeover.sweep(self.world.conn, self.world.now_us)
                while router.route(self.world.conn, CAUSES, self.world.now_us, "", takeover.hook) or escalator.advance(
                    self.world.conn, self.world.who, self.world.now_us, takeover.unreported()
                ):
                    pass
            if self.clock.now_us() >= end:
                break
            live(0.5, *self.notifiers, every_s=0.5)

    def deliveries(self) -> list[tuple[str, int, str, str]]:
        """(way, round, state, last word) of each, in order."""
        rows = self.world.rows(
            """SELECT d.channel_id, d.round, d.state, (SELECT e.detail FROM delivery_event AS e
                WHERE e.delivery_id = d.delivery_id ORDER BY event_id DESC LIMIT 1)
                FROM delivery AS d JOIN notice AS n USING (notice_id) WHERE n.unit_id IS NOT NULL
                ORDER BY d.queued_at, d.delivery_id"""
        )
        names = {channel: name for name, channel in self.world.ways.items()}
        return [(names[channel], *rest) for channel, *rest in rows]

    def home_pages(self) -> list[str]:
        return [host for one in self.notifiers for _, host, page in one.pages if page.occasion is Occasion.UNSAVED]


@pytest.fixture
def night(world: World, tmp_path: Path) -> Iterator[Night]:
    made = Night(world, tmp_path)
    yield made
    for one in made.notifiers:
        one.pager.close()


def test_it_takes_over_at_the_step_reached(night: Night) -> None:
    night.air.frame(alert(unit=night.unit))
    night.pass_without(60)
    night.world.alert("R10")
    night.air.frame(since_us=0)
    night.back()
    assert night.world.notice() == ("asking", "high", 1)
    assert night.deliveries() == [
        ("anna 1", 1, "sent", f"sent {WHILE}: taken"), ("anna 2", 1, "sent", f"sent {WHILE}: taken"),
    ]  # fmt: skip
    steps = night.world.rows("SELECT kind, outcome FROM notice_step WHERE done_at IS NOT NULL ORDER BY number")
    assert steps == [("first", f"first: 1 asked, {WHILE}"), ("second channel", f"no receipt within 30 s, {WHILE}")]
    night.back(58)
    assert len(night.deliveries()) == 2, "nobody is asked again as if it were new"
    night.back(4)
    backup = night.world.rows("SELECT to_us(min(queued_at)) FROM delivery WHERE step = 2")[0][0]
    first = "SELECT to_us(min(queued_at)) FROM delivery JOIN notice USING (notice_id) WHERE unit_id IS NOT NULL"
    asked = night.world.rows(first)[0][0]
    late = backup - asked - 120 * SECOND
    assert abs(late) <= SECOND, "two minutes after the first page, not after the return"
    assert night.notifiers[0].stories() == {}


def test_why_was_i_told_has_it_in_the_order_of_things(night: Night) -> None:
    night.air.frame(alert(unit=night.unit))
    night.pass_without(500)
    night.world.alert("R10")
    night.air.frame(since_us=0)
    night.back()
    told = night.world.rows(
        "SELECT move, round, stage, reason FROM notice_event WHERE stage <> 'ask' ORDER BY event_id"
    )
    assert [(move, number, stage) for move, number, stage, _ in told] == [
        ("ask", 1, ""), ("", 1, "step first"), ("", 1, "step second channel"), ("", 1, "step backup"),
        ("", 1, "step everyone"), ("", 1, "step pathway"), ("run out", 1, ""), ("ask", 2, ""), ("", 2, "step first"),
    ]  # fmt: skip
    assert all(WHILE in reason for *_, reason in told)
    times = [row[0] for row in night.world.rows("SELECT to_us(at) FROM notice_event ORDER BY event_id")]
    assert times == sorted(times)


def test_whoever_reports_it_how_often_it_is_on_record_once(world: World, tmp_path: Path) -> None:
    night = Night(world, tmp_path, count=2)
    night.air.frame(alert(unit=night.unit))
    night.pass_without(60)
    world.alert("R10")
    night.air.frame(since_us=0)
    stories = [dict(one.stories()) for one in night.notifiers]
    assert all(stories), "both know what was sent"
    night.back(5)
    assert world.rows("SELECT count(*) FROM notice WHERE unit_id IS NOT NULL") == [(1,)]
    assert len(night.deliveries()) == 2
    asked = """SELECT count(*) FROM notice_event AS e JOIN notice AS n USING (notice_id)
        WHERE e.move = 'ask' AND n.unit_id IS NOT NULL"""
    assert world.rows(asked) == [(1,)]
    assert [one.stories() for one in night.notifiers] == [{}, {}]
    assert sum(one.metrics.away_reported._value.get() for one in night.notifiers) == 2


def test_a_notice_that_was_being_asked_about_goes_on_and_no_step_comes_all_at_once(night: Night) -> None:
    night.world.alert("R10")
    night.back()
    night.world.rows("UPDATE delivery SET state = 'sent', next_try_at = NULL RETURNING 1")
    night.write_cards()
    night.pass_without(200)
    assert len(night.home_pages()) == 3
    night.back(5)
    assert [(way, number) for way, number, *_ in night.deliveries()] == [
        ("anna 1", 1), ("anna 2", 1), ("boris 1", 1), ("boris 2", 1),
    ]  # fmt: skip
    assert night.world.notice() == ("asking", "high", 1)


def test_what_was_queued_when_the_database_went_away_is_sent_once(night: Night) -> None:
    night.world.alert("R10")
    night.back()
    assert night.deliveries() == [("anna 1", 1, "queued", "")]
    night.write_cards()
    night.pass_without(15)
    assert len(night.home_pages()) == 1
    night.back()
    assert night.deliveries() == [("anna 1", 1, "sent", f"sent {WHILE}: taken")]
    assert night.world.rows("SELECT count(*) FROM delivery WHERE next_try_at IS NOT NULL") == [(0,)]


def test_a_channel_that_is_gone_for_good_is_used_no_more(night: Night) -> None:
    night.notifiers[0].gone = {"127.0.0.1"}
    night.air.frame(alert(unit=night.unit))
    night.pass_without(1)
    night.clock.advance(5)
    night.world.alert("R10")
    night.air.frame(since_us=0)
    night.back()
    gone = night.world.rows("SELECT channel_id FROM channel WHERE disabled_why = 'gone' ORDER BY channel_id")
    assert (night.world.ways["anna 1"],) in gone
    told = [one.channel_id for one in given_up.channels(night.world.conn, night.world.now_us)]
    assert told == [number for (number,) in gone], "operations hear of it"
    assert night.deliveries()[0] == ("anna 1", 1, "failed", f"tried {WHILE}: gone")


def test_what_ingest_never_saves_is_on_record_as_over(night: Night) -> None:
    night.air.frame(alert(unit=night.unit))
    night.pass_without(10)
    night.air.frame(since_us=0)  # it was killed, and another has its shards
    night.back(PATIENCE_US / SECOND - 5)
    assert night.deliveries() == []
    night.back(10)
    assert [way for way, *_ in night.deliveries()] == ["anna 1"]
    assert night.world.notice()[0] == "over"
    night.back(300)
    assert len(night.deliveries()) == 1


def test_while_ingest_says_that_it_is_not_saved_it_stays_ours(night: Night) -> None:
    night.air.frame(alert(unit=night.unit))
    night.pass_without(10)
    for _ in range(60):  # our database answers, ingest's does not
        night.air.frame(alert(unit=night.unit))
        night.back(1)
    assert night.deliveries() == []
    assert len(night.home_pages()) == 2
    night.world.alert("R10")
    night.air.frame(since_us=0)
    night.back(2)
    assert [way for way, *_ in night.deliveries()] == ["anna 1", "anna 2"]


def test_who_accepts_before_it_is_reported_is_not_asked_again(night: Night) -> None:
    night.air.frame(alert(unit=night.unit))
    night.pass_without(40)
    night.world.alert("R10")
    router.route(night.world.conn, CAUSES, night.world.now_us)  # by a notifier that knows nothing of it
    night.world.answer("anna", Move.ACCEPT)
    night.air.frame(since_us=0)
    night.back(5)
    assert night.world.notice()[0] == "accepted"
    assert [way for way, *_ in night.deliveries()] == ["anna 1", "anna 2"]


def test_who_has_accepted_keeps_it_though_rounds_went_out_that_the_database_does_not_know(night: Night) -> None:
    night.air.frame(alert(unit=night.unit))
    night.pass_without(500)
    assert night.home_pages().count("127.0.0.1") == 7
    night.world.now_us = START_US  # its clock is behind ours: the acceptance is older than the second round
    night.world.alert("R10")
    router.route(night.world.conn, CAUSES, night.world.now_us)
    night.world.answer("anna", Move.ACCEPT)
    night.air.frame(since_us=0)
    night.back(5)
    assert night.world.notice() == ("accepted", "high", 1)


def test_who_has_accepted_less_has_not_answered_what_rose(night: Night) -> None:
    number = night.world.alert("R10", Priority.MEDIUM)
    night.back()
    night.world.rows("UPDATE delivery SET state = 'sent', next_try_at = NULL RETURNING 1")
    night.world.answer("anna", Move.ACCEPT)
    night.write_cards()
    night.air.frame(alert(unit=night.unit))
    night.pass_without(10)
    night.world.step(number, "R10", Priority.HIGH, UNACKNOWLEDGED)
    night.air.frame(since_us=0)
    night.back()
    assert night.world.notice() == ("asking", "high", 2)
    assert night.deliveries()[1:] == [("anna 1", 2, "sent", f"sent {WHILE}: taken")]


def test_what_nothing_has_taken_yet_is_tried_on_from_the_database(night: Night) -> None:
    night.notifiers[0].away = {"127.0.0.1"}
    night.air.frame(alert(unit=night.unit))
    night.pass_without(10)
    night.world.alert("R10")
    night.air.frame(since_us=0)
    night.back()
    waits = """SELECT d.state, d.next_try_at IS NOT NULL FROM delivery AS d JOIN notice AS n USING (notice_id)
        WHERE n.unit_id IS NOT NULL"""
    assert night.world.rows(waits) == [("queued", True)]


@pytest.mark.parametrize("on_its_way", [False, True])
def test_a_page_of_which_nothing_is_known_yet_is_queued(night: Night, on_its_way: bool) -> None:
    night.air.frame(alert(unit=night.unit))
    night.notifiers[0].silent_s = SILENT_S
    night.clock.advance(1)
    night.notifiers[0].pager.look()
    if on_its_way:
        night.notifiers[0].pager.outbox.claim(9, frozenset(), high_only=False)
    night.world.alert("R10")
    night.air.frame(since_us=0)
    night.back()
    assert night.deliveries() == [("anna 1", 1, "queued", "")]


def test_a_storm_is_put_on_record_piece_by_piece_and_nobody_is_asked_meanwhile_as_if_nothing_was(night: Night) -> None:
    world, (one,) = night.world, night.notifiers
    homes = [world.home] + [registry.add_unit(world.conn, f"More {n}", "North", START_US).unit_id for n in range(4)]
    for home in homes:
        world.alert("R10", home=home)
    night.back()
    world.rows("UPDATE delivery SET state = 'sent', next_try_at = NULL RETURNING 1")
    night.write_cards()
    night.pass_without(40)
    assert len(one.stories()) == 5
    one.silent_s = 0
    seen: list[int] = []  # by count: how many have been put on record, and 0.6 s later the next

    def count(number: int) -> None:
        seen.append(number)
        night.clock.advance(0.6)

    decider = Decider(
        world.url,
        "n0",
        CAUSES,
        world.who,
        [],
        lambda: None,
        night.clock,
        one.metrics,
        Takeover(one.pager, count, one.metrics.away_refused.inc),
    )
    decider.step(world.conn)
    left = sorted(unit for unit, _ in one.stories())
    assert (seen, len(left)) == ([1, 1], 3), "after a second the rest has to wait"
    waits = "SELECT n.unit_id FROM delivery AS d JOIN notice AS n USING (notice_id) WHERE n.unit_id = ANY (%s)"
    assert sorted(row[0] for row in world.rows(waits, left)) == left, "nobody is asked by steps that were taken"
    new = world.alert("R10", home=registry.add_unit(world.conn, "New", "North", START_US).unit_id)
    decider.step(world.conn)
    assert world.rows("SELECT count(*) FROM notice_alert WHERE alert_id = %s", new) == [(1,)], "what is new goes on"
    decider.step(world.conn)
    assert one.stories() == {}
    second = "SELECT count(*) FROM delivery WHERE round = 1 AND channel_id = %s AND state = 'sent'"
    assert world.rows(second, world.ways["anna 2"]) == [(5,)]


@pytest.mark.parametrize("channel", [999, 10**12])
def test_what_the_database_refuses_is_set_aside_and_the_others_go_on(night: Night, channel: int) -> None:
    (one,), (takeover,) = night.notifiers, night.takeovers
    night.air.frame(alert(unit=night.unit))
    night.pass_without(10)
    night.world.alert("R10")
    night.air.frame(since_us=0)
    page = PageOf(channel, 1, "ef" * 16)
    lost = Step("x", 4711, "air", 1, 0, StepKind.FIRST, Priority.HIGH, START_US, START_US, "asked", [page])
    bad = replace(lost, unit_id=night.world.home, cause="venous access") if channel > 999 else lost
    one.line.heard.said = [encode(Said("x", bad, Came(page.receipt, Tried.SENT, "", START_US)))]
    night.pass_without(1)
    night.back(PATIENCE_US / SECOND + 5)
    assert list(one.stories()) == [bad.key]
    assert one.metrics.away_refused._value.get() == 1
    assert night.world.notice()[0] == "asking", "it is routed, and people are asked"
    assert [way for way, number, *_ in night.deliveries() if number == 1][:1] == ["anna 1"]
    assert takeover.unreported() == []
    night.clock.advance(ASIDE_US / SECOND)
    night.back()
    assert one.metrics.away_refused._value.get() == 2, "in ten minutes it is tried again"


def test_what_has_no_notice_yet_is_looked_for_now_and_then(night: Night) -> None:
    night.air.frame(alert(unit=night.unit))
    night.pass_without(10)
    looks = 0

    def go_on() -> bool:
        nonlocal looks
        looks += 1
        return True

    for _ in range(12):
        night.takeovers[0].sweep(night.world.conn, night.clock.now_us(), go_on)
        night.clock.advance(0.5)
    assert looks == 2


def test_every_one_has_its_turn(night: Night) -> None:
    more = registry.add_unit(night.world.conn, "More", "North", START_US)
    night.write_cards()
    night.air.frame(alert(unit=night.unit), alert(unit=more.name))
    night.pass_without(10)
    night.world.alert("R10", home=more.unit_id)
    router.route(night.world.conn, CAUSES, night.world.now_us)
    for _ in range(2):  # what is not saved comes first, and each time there is time for one only
        night.takeovers[0].sweep(night.world.conn, night.clock.now_us(), lambda: False)
        night.clock.advance(5)
    assert [unit for unit, _ in night.notifiers[0].stories()] == [night.world.home]


def test_that_the_database_was_away_is_a_notice_of_operations_that_is_over(night: Night) -> None:
    add_person(night.world, "olga")
    night.world.rows("UPDATE user_account SET role = 'operations', clinic_id = NULL WHERE name = 'Olga' RETURNING 1")
    written = Written("os:test", "a test", START_US)
    number = rota.add(night.world.conn, None, Audience.OPERATIONS, PRIMARY, "UTC", written)
    turns = Rotation(0, (night.world.users["olga"],), 7, time(8), date(2025, 6, 2), 0)
    rota.rotate(night.world.conn, number, turns, written)
    night.write_cards()
    night.pass_without(30)
    assert [page.occasion for _, _, page in night.notifiers[0].pages] == [Occasion.AWAY]
    night.back(90)
    assert [page.occasion for _, _, page in night.notifiers[0].pages] == [Occasion.AWAY, Occasion.BACK]
    assert night.world.rows("SELECT cause, state, audience FROM notice") == [("database", "over", "operations")]
    assert night.world.rows("SELECT channel_id, state FROM delivery") == [(night.world.ways["olga 1"], "sent")]


def test_a_report_that_fails_changes_nothing_and_is_made_again(night: Night) -> None:
    night.air.frame(alert(unit=night.unit))
    night.pass_without(10)
    night.world.alert("R10")
    night.air.frame(since_us=0)
    night.world.conn.execute("ALTER TABLE notice_step RENAME TO hidden")
    with pytest.raises(StoreError):
        night.back()
    assert night.world.rows("SELECT count(*) FROM notice") == [(0,)]
    night.world.conn.execute("ALTER TABLE hidden RENAME TO notice_step")
    night.back()
    assert [way for way, *_ in night.deliveries()] == ["anna 1"]
