from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from math import inf

import pytest

from alerts.delivery import DeliveryState
from alerts.responsibility import Move
from notifier.dispatch import Job, Outcome
from notifier.kept import KeptDeliveries
from notifier.metrics import Metrics
from notifier.page import Counts, Site
from notifier.words import Occasion
from store import deliveries, heartbeat, notices, own_channels, registry
from store.errors import StoreError
from telemetry.alarms import Priority
from tests.notifier.world import World

NONE: frozenset[str] = frozenset()


@pytest.fixture
def kept(database_url: str) -> Iterator[KeptDeliveries]:
    found = KeptDeliveries(database_url, "n1", Site(url="https://hd.example.org"), Metrics())
    yield found
    found.close()


def events(world: World) -> list[tuple[object, ...]]:
    return world.rows("SELECT state, attempt, detail FROM delivery_event ORDER BY event_id")


def test_a_page_goes_out_under_a_key_that_stays(world: World, kept: KeptDeliveries) -> None:
    world.alert()
    world.settle()
    heartbeat.beat(world.conn, "notifier", "n1", notices.database_us(world.conn))
    (job,) = kept.claim(8, NONE, high_only=True)
    assert (job.host, job.failed, job.page.priority) == ("127.0.0.1", 0, Priority.HIGH)
    assert job.page.link == f"https://hd.example.org/deliveries/{job.id}" and len(job.page.receipt) == 32
    assert list(kept.claim(8, NONE, high_only=False)) == []
    kept.report(job, Outcome(None, "timed out", 0.0))
    (again,) = kept.claim(8, NONE, high_only=False)
    assert (again.page.key, again.page.receipt, again.failed) == (job.page.key, job.page.receipt, 1)
    kept.report(again, Outcome(DeliveryState.SENT, "taken"))
    assert list(kept.claim(8, NONE, high_only=False)) == []
    assert events(world) == [("queued", 0, ""), ("queued", 1, "timed out"), ("sent", 2, "taken")]


def test_what_is_not_wanted_any_more_is_not_tried_again(world: World, kept: KeptDeliveries) -> None:
    world.alert()
    world.settle()
    (job,) = kept.claim(8, NONE, high_only=False)
    world.answer("anna", Move.ACCEPT)
    kept.report(job, Outcome(None, "timed out", 2.0))
    assert deliveries.next_due_us(world.conn) is None
    # That the service took it late is on record; the answer stands.
    kept.report(job, Outcome(DeliveryState.SENT, "taken"))
    assert world.rows("SELECT state FROM delivery") == [("accepted",)]


@pytest.fixture
def flooded(world: World) -> World:
    """Twelve homes with a medium alert each, all due to one person at once."""
    world.now_us = notices.database_us(world.conn)
    # Beats for the whole test, however slow the machine: what is claimed stays so.
    heartbeat.beat(world.conn, "notifier", "n1", world.now_us + 600_000_000)
    world.homes += [registry.add_unit(world.conn, f"More {n}", "North", world.now_us).unit_id for n in range(11)]
    for home in world.homes:
        world.alert("R13", Priority.MEDIUM, home=home)
    return world


def rested(world: World) -> None:
    """The pause between two pages of a flood is over."""
    world.conn.execute("UPDATE delivery SET claimed_at = claimed_at - interval '1 second'")


def all_of(kept: KeptDeliveries) -> list[Job]:
    found: list[Job] = []
    while jobs := kept.claim(32, NONE, high_only=False):
        found += jobs
    return found


def test_in_a_flood_medium_ones_go_out_as_one_page_and_the_first_high_ones_singly(
    flooded: World, kept: KeptDeliveries
) -> None:
    for home in flooded.homes[:3]:
        flooded.alert("R20", home=home)
    flooded.settle()
    singly = all_of(kept)
    assert [(job.page.priority, job.page.occasion) for job in singly] == [(Priority.HIGH, Occasion.CALL)] * 3
    assert 0 < kept.held_s() <= 0.5
    rested(flooded)
    (job,) = all_of(kept)
    assert (job.page.priority, job.page.occasion) == (Priority.MEDIUM, Occasion.SEVERAL)
    assert job.page.counts == Counts(homes=12, high=0, other=12) and kept.held_s() == inf
    assert job.page.link == "https://hd.example.org/#/alerts"
    kept.report(job, Outcome(DeliveryState.SENT, "taken"))
    told = flooded.rows("SELECT delivery_id = %s, folded_into, state FROM delivery WHERE priority = 'medium'", job.id)
    assert sorted(told, key=str) == sorted([(True, None, "sent"), *[(False, job.id, "sent")] * 11], key=str)
    details = flooded.rows("SELECT detail FROM delivery_event WHERE state = 'sent' ORDER BY delivery_id")
    assert details == [("taken",), *[(f"in one page with delivery {job.id}: taken",)] * 11]


def test_of_many_high_ones_the_first_homes_have_a_page_each_and_the_rest_one(
    flooded: World, kept: KeptDeliveries
) -> None:
    for home in flooded.homes:
        flooded.alert("R20", home=home)
        flooded.alert("R90", home=home)
    flooded.settle()
    singly = all_of(kept)
    assert {(job.page.priority, job.page.occasion) for job in singly} == {(Priority.HIGH, Occasion.CALL)}
    homes = "SELECT count(DISTINCT unit_id) FROM delivery JOIN notice USING (notice_id) WHERE delivery_id = ANY (%s)"
    assert len(singly) == 5 and flooded.rows(homes, [job.id for job in singly]) == [(5,)]
    rested(flooded)
    (job,) = all_of(kept)
    assert job.page.counts == Counts(homes=12, high=19, other=12) and job.page.priority is Priority.HIGH
    assert "19 of high priority, 12 of medium priority, at 12 homes" in job.page.text
    # Not taken: each waits for itself, and what a person has answered meanwhile is not sent again.
    kept.report(job, Outcome(None, "timed out", 0.0))
    (again,) = all_of(kept)
    assert again.page.counts == job.page.counts
    kept.report(again, Outcome(DeliveryState.SENT, "taken"))
    assert flooded.rows("SELECT state, count(*), max(attempts) FROM delivery GROUP BY 1 ORDER BY 1") == [
        ("queued", 5, 1), ("sent", 31, 2),
    ]  # fmt: skip


def test_two_notifiers_at_once_tell_each_of_it_once(flooded: World, kept: KeptDeliveries, database_url: str) -> None:
    for home in flooded.homes:
        flooded.alert("R20", home=home)
    flooded.settle()
    heartbeat.beat(flooded.conn, "notifier", "n2", notices.database_us(flooded.conn) + 600_000_000)
    other = KeptDeliveries(database_url, "n2", Site(), Metrics())
    try:
        with ThreadPoolExecutor(2) as threads:
            for _ in range(3):
                found = [job for jobs in threads.map(all_of, [kept, other]) for job in jobs]
                for job, own in zip(found, [kept, other] * len(found), strict=False):
                    own.report(job, Outcome(DeliveryState.SENT, "taken"))
                rested(flooded)
    finally:
        other.close()
    assert flooded.rows("SELECT state, count(*), max(attempts) FROM delivery GROUP BY 1") == [("sent", 24, 1)]
    assert flooded.rows(
        "SELECT count(*) FROM delivery AS d WHERE folded_into IS NULL AND NOT EXISTS"
        " (SELECT FROM delivery AS f WHERE f.folded_into = d.delivery_id)"
    ) == [(5,)]


def test_what_only_tries_the_way_is_never_taken_for_one_to_answer(flooded: World, kept: KeptDeliveries) -> None:
    flooded.settle()
    flooded.rows("UPDATE unit SET is_test = true WHERE unit_id = %s RETURNING 1", flooded.home)
    pages = [(job.page.occasion, job.page.counts.other) for job in all_of(kept)]
    rested(flooded)
    pages += [(job.page.occasion, job.page.counts.other) for job in all_of(kept)]
    assert sorted(pages) == [(Occasion.SEVERAL, 11), (Occasion.TEST, 0)]


def test_a_report_that_could_not_be_written_is_written_with_the_next_look(world: World, kept: KeptDeliveries) -> None:
    world.alert()
    world.settle()
    (job,) = kept.claim(8, NONE, high_only=False)
    world.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'homehd notifier pages'"
        " AND datname = current_database()"
    )
    with pytest.raises(StoreError):
        kept.report(job, Outcome(DeliveryState.SENT, "taken"))
    assert world.rows("SELECT state FROM delivery") == [("queued",)]
    assert kept.claim(8, NONE, high_only=False) == []
    assert world.rows("SELECT state FROM delivery") == [("sent",)]


def test_reports_of_many_threads_share_a_commit_and_each_is_written_once(flooded: World, kept: KeptDeliveries) -> None:
    """What one thread has written for others is not written again."""
    for home in flooded.homes[:10]:
        flooded.alert("R20", home=home)
    flooded.settle()
    jobs = [job for job in all_of(kept) if job.page.priority is Priority.HIGH]
    with ThreadPoolExecutor(10) as threads:
        list(threads.map(lambda job: kept.report(job, Outcome(DeliveryState.SENT, "taken")), jobs))
    assert flooded.rows("SELECT state, count(*) FROM delivery_event WHERE state = 'sent' GROUP BY 1") == [("sent", 10)]


def test_ten_are_no_flood(flooded: World, kept: KeptDeliveries) -> None:
    flooded.rows("DELETE FROM routing_due WHERE event_id IN (SELECT event_id FROM routing_due LIMIT 2) RETURNING 1")
    flooded.settle()
    assert [job.page.occasion for job in all_of(kept)] == [Occasion.CALL] * 10


def test_a_flood_lasts_until_fewer_than_five_come_in_ten_minutes(flooded: World, kept: KeptDeliveries) -> None:
    flooded.settle()
    (page,) = all_of(kept)
    kept.report(page, Outcome(DeliveryState.SENT, "taken"))

    def two_more(older: int) -> list[Occasion]:
        """Of what was asked before, all but so many are longer ago than ten minutes."""
        flooded.rows(
            "UPDATE delivery SET queued_at = queued_at - interval '11 minutes' WHERE delivery_id IN"
            " (SELECT delivery_id FROM delivery WHERE queued_at > now() - interval '10 minutes'"
            " ORDER BY folded_into NULLS FIRST LIMIT"
            " (SELECT count(*) - %s FROM delivery WHERE queued_at > now() - interval '10 minutes')) RETURNING 1",
            older,
        )
        for home in flooded.homes[:2]:
            flooded.alert("R33", Priority.MEDIUM, home=home)
        flooded.settle()
        jobs = all_of(kept)
        for home in flooded.homes[:2]:
            flooded.rows("UPDATE notice SET cause = cause || notice_id WHERE unit_id = %s RETURNING 1", home)
        return [job.page.occasion for job in jobs]

    assert two_more(3) == [Occasion.SEVERAL]
    assert two_more(2) == [Occasion.CALL] * 2


def test_a_page_that_was_not_taken_leaves_each_to_itself(flooded: World, kept: KeptDeliveries) -> None:
    flooded.settle()
    (job,) = all_of(kept)
    accepted = flooded.rows("SELECT max(notice_id) FROM notice")[0][0]
    flooded.answer("anna", Move.ACCEPT)
    kept.report(job, Outcome(None, "timed out", 0.0))
    assert flooded.rows(
        "SELECT count(*) FROM delivery WHERE folded_into IS NOT NULL AND notice_id <> %s", accepted
    ) == [(0,)]
    (again,) = all_of(kept)
    assert again.page.occasion is Occasion.SEVERAL
    kept.report(again, Outcome(DeliveryState.SENT, "taken"))
    # What was accepted meanwhile is not sent again.
    assert flooded.rows("SELECT state, count(*) FROM delivery GROUP BY state ORDER BY state") == [
        ("accepted", 1), ("sent", 11),
    ]  # fmt: skip


def test_a_notifier_that_died_with_a_folded_page_leaves_all_of_it(
    flooded: World, kept: KeptDeliveries, database_url: str
) -> None:
    flooded.settle()
    all_of(kept)
    heartbeat.beat(flooded.conn, "notifier", "n2", notices.database_us(flooded.conn) + 600_000_000)
    other = KeptDeliveries(database_url, "n2", Site(), Metrics())
    try:
        assert all_of(other) == []
        heartbeat.beat(flooded.conn, "notifier", "n1", notices.database_us(flooded.conn) - 4_000_000)
        rested(flooded)
        (job,) = all_of(other)
        other.report(job, Outcome(DeliveryState.SENT, "taken"))
    finally:
        other.close()
    assert flooded.rows("SELECT state, attempts, count(*) FROM delivery GROUP BY 1, 2") == [("sent", 2, 12)]


def test_a_folded_page_whose_channel_is_gone_takes_every_notice_to_the_next_at_once(
    flooded: World, kept: KeptDeliveries
) -> None:
    flooded.settle()
    (job,) = all_of(kept)
    kept.report(job, Outcome(DeliveryState.FAILED, "410 gone"))
    flooded.now_us = notices.database_us(flooded.conn)
    flooded.settle()
    assert [name for _, name in flooded.pages()].count("boris 1") == 12


def test_a_channel_that_is_gone_takes_the_notice_to_the_next_at_once(world: World, kept: KeptDeliveries) -> None:
    world.now_us = notices.database_us(world.conn)
    world.alert()
    world.settle()
    (job,) = kept.claim(8, NONE, high_only=False)
    kept.report(job, Outcome(DeliveryState.FAILED, "410 gone"))
    assert world.rows("SELECT disabled_why FROM channel WHERE channel_id = %s", world.ways["anna 1"]) == [("410 gone",)]
    world.now_us = notices.database_us(world.conn)
    world.settle()
    names = [name for _, name in world.pages()]
    assert names == ["anna 1", "boris 1", "boris 2"]


def test_a_database_that_is_away_is_an_error_and_comes_back(world: World, kept: KeptDeliveries) -> None:
    world.alert()
    world.settle()
    assert kept.claim(0, NONE, high_only=False) == []
    world.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'homehd notifier pages'"
        " AND datname = current_database()"
    )
    with pytest.raises(StoreError):
        kept.claim(8, NONE, high_only=False)
    assert len(kept.claim(8, NONE, high_only=False)) == 1


def own_test(world: World) -> int:
    """Anna tries her first channel."""
    world.now_us = notices.database_us(world.conn)
    heartbeat.beat(world.conn, "notifier", "n1", world.now_us + 600_000_000)
    made = world.at_the_api(lambda conn: own_channels.queue_test(conn, world.ways["anna 1"], world.now_us))
    assert made is not None
    return made


def way_of_anna(world: World) -> list[tuple[object, ...]]:
    return world.rows(
        "SELECT tested_at IS NOT NULL, disabled_why FROM channel WHERE channel_id = %s", world.ways["anna 1"]
    )


def test_a_persons_own_test_goes_the_way_of_pages_and_says_that_it_is_one(world: World, kept: KeptDeliveries) -> None:
    number = own_test(world)
    assert list(kept.claim(8, NONE, high_only=True)) == [], "it takes no place of a high one"
    (job,) = kept.claim(8, NONE, high_only=False)
    assert (job.id, job.page.occasion, job.page.priority) == (number, Occasion.TEST, Priority.LOW)
    assert job.page.link == "https://hd.example.org/#/devices" and len(job.page.receipt) == 32
    kept.report(job, Outcome(None, "no answer", 60.0))
    assert way_of_anna(world) == [(False, "")]
    world.rows("UPDATE delivery SET next_try_at = now() RETURNING 1")
    (again,) = kept.claim(8, NONE, high_only=False)
    kept.report(again, Outcome(DeliveryState.SENT, "taken"))
    assert way_of_anna(world) == [(True, "")], "the rota takes it for tested, as after a self-test"
    assert events(world) == [("queued", 0, ""), ("queued", 1, "no answer"), ("sent", 2, "taken")]


def test_a_test_is_given_up_after_five_minutes_and_the_channel_stays(world: World, kept: KeptDeliveries) -> None:
    own_test(world)
    (job,) = kept.claim(8, NONE, high_only=False)
    kept.report(job, Outcome(None, "no answer", 301.0))
    assert world.rows("SELECT state, next_try_at FROM delivery") == [("failed", None)]
    assert way_of_anna(world) == [(False, "")]


def test_a_test_that_finds_its_channel_gone_ends_its_use_and_moves_no_notice(
    world: World, kept: KeptDeliveries
) -> None:
    own_test(world)
    (job,) = kept.claim(8, NONE, high_only=False)
    kept.report(job, Outcome(DeliveryState.FAILED, "gone for good (HTTP 410)"))
    assert way_of_anna(world) == [(False, "gone for good (HTTP 410)")]
    assert world.rows("SELECT count(*) FROM notice") == [(0,)]


def test_tests_are_no_flood(flooded: World, kept: KeptDeliveries) -> None:
    world = flooded
    world.homes = world.homes[:1]
    world.rows("DELETE FROM routing_due RETURNING 1")
    for _ in range(12):
        own_test(world)
    world.alert("R13", Priority.MEDIUM)
    world.settle()
    medium = [job for job in all_of(kept) if job.page.priority is Priority.MEDIUM]
    assert [job.page.occasion for job in medium] == [Occasion.CALL]


def test_a_channel_known_to_be_good_by_a_real_page_is_not_noted_as_tested(world: World, kept: KeptDeliveries) -> None:
    world.alert()
    world.settle()
    (job,) = kept.claim(8, NONE, high_only=False)
    kept.report(job, Outcome(DeliveryState.SENT, "taken"))
    assert way_of_anna(world) == [(False, "")]


def test_a_claim_whose_commit_was_not_answered_is_given_back_while_the_heart_beats(
    flooded: World, kept: KeptDeliveries
) -> None:
    """As a connection leaves it that breaks between COMMIT and its answer: claimed, folded, and known to nobody."""
    flooded.settle()
    now_us = notices.database_us(flooded.conn)
    lead = flooded.rows("SELECT min(delivery_id) FROM delivery")[0][0]
    deliveries.claim(flooded.conn, "n1", now_us, [lead])
    deliveries.fold(flooded.conn, "n1", now_us, [lead])
    assert flooded.rows("SELECT count(*) FROM delivery WHERE claimed_by = 'n1'") == [(12,)]
    (job,) = all_of(kept)
    assert job.page.counts == Counts(homes=12, high=0, other=12)
    kept.report(job, Outcome(DeliveryState.SENT, "taken"))
    assert flooded.rows("SELECT state, count(*) FROM delivery GROUP BY 1") == [("sent", 12)]


def test_a_new_connection_gives_nothing_back_that_is_on_its_way_or_to_be_written(
    flooded: World, kept: KeptDeliveries
) -> None:
    flooded.alert("R20", home=flooded.home)
    flooded.settle()
    (single,) = all_of(kept)
    rested(flooded)
    (folded,) = all_of(kept)
    assert folded.page.occasion is Occasion.SEVERAL
    for report in (False, True):
        flooded.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'homehd notifier pages'"
            " AND datname = current_database()"
        )
        with pytest.raises(StoreError):
            kept.report(single, Outcome(DeliveryState.SENT, "taken")) if report else all_of(kept)
        rested(flooded)
        assert all_of(kept) == [], "all of it is on its way, or was"
    kept.report(folded, Outcome(DeliveryState.SENT, "taken"))
    assert flooded.rows("SELECT state, max(attempts), count(*) FROM delivery GROUP BY 1") == [("sent", 1, 13)]


def test_a_commit_that_comes_after_its_connection_was_given_up_is_given_back_a_minute_later(
    world: World, kept: KeptDeliveries, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.alert()
    world.settle()
    heartbeat.beat(world.conn, "notifier", "n1", notices.database_us(world.conn) + 600_000_000)
    assert kept.claim(0, NONE, high_only=False) == []
    now_us = notices.database_us(world.conn)
    deliveries.claim(world.conn, "n1", now_us, [world.rows("SELECT delivery_id FROM delivery")[0][0]])
    assert kept.claim(8, NONE, high_only=False) == []
    monkeypatch.setattr(notices, "database_us", lambda _conn: now_us + 61_000_000)
    assert len(kept.claim(8, NONE, high_only=False)) == 1
