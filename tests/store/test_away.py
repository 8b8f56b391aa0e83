"""What has to be known without the database, and the record of what was sent without it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from store import away, channels, deliveries, notice_steps, notices, pool, registry, shelvings
from store.away import SentPage
from store.deliveries import Wanted
from store.notices import NewNotice
from store.shelvings import ENDED, Shelving
from telemetry.alarms import Priority
from tests.notifier.world import World, build

WORD = "ab" * 16


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    with pool.connect(database_url) as conn:
        made = build(conn, database_url, homes=2)
        made.now_us = notices.database_us(conn)
        yield made
        made.close()


def opened(world: World) -> int:
    new = NewNotice(world.home, None, world.clinic, "clinical", "air", "", "high")
    number = notices.open_notice(world.conn, new, world.now_us)
    notice_steps.plan(world.conn, (number, 1, (("first", world.now_us), ("backup", world.now_us + 1))))
    return number


def page(world: World, receipt: str = WORD, *, way: str = "anna 1", state: str = "sent") -> SentPage:
    return SentPage(receipt, 1, 0, world.ways[way], "high", world.now_us, state, "sent while the database was away")


def test_units_with_what_is_known_of_them(world: World) -> None:
    registry.add_unit(world.conn, "Tests", "North", world.now_us, is_test=True)
    world.conn.execute(
        "INSERT INTO unit_service_event (unit_id, is_out, until, at, actor, reason)"
        " VALUES (%s, true, now() + interval '1 hour', now(), 'os:test', 'in repair')", [world.homes[1]],
    )  # fmt: skip
    first, second, third = (one.home for one in away.homes(world.conn))
    assert (first.clinic_id, first.out_of_service, first.out_until_us, first.is_test) == (world.clinic, "", None, False)
    assert (second.out_of_service, second.out_until_us is not None) == ("in repair", True)
    assert third.is_test


def test_channels_in_use_only(world: World) -> None:
    channels.disable(world.conn, world.ways["anna 2"], "gone", world.now_us)
    world.conn.execute("UPDATE user_account SET disabled_at = now() WHERE name = 'Boris'")
    found = {one.channel_id: one.tier for one in away.ways(world.conn)}
    assert found == {world.ways["anna 1"]: 1, world.ways["chen 1"]: 1, world.ways["chen 2"]: 2}


def test_what_is_set_aside_now(world: World) -> None:
    alert = world.alert("R10", Priority.MEDIUM)

    def set_aside(kind: str, seconds: float) -> None:
        row = Shelving(kind, "medium", alert, world.now_us + round(seconds * 1e6), None, "because")
        shelvings.end(world.conn, world.home, "R10", row, world.now_us)

    set_aside("timed", 600)
    assert [(one.unit_id, one.rule, one.kind) for one in away.shelves(world.conn)] == [(world.home, "R10", "timed")]
    set_aside("timed", -1)
    assert away.shelves(world.conn) == []
    set_aside("timed", 600)
    set_aside(ENDED, 600)
    assert away.shelves(world.conn) == []


def test_a_page_is_on_record_once_by_its_word_and_by_its_channel(world: World) -> None:
    number = opened(world)
    assert away.reported_in(world.conn, [WORD]) is None
    assert away.report(world.conn, number, [page(world)]) == 1
    assert away.report(world.conn, number, [page(world), page(world, "cd" * 16)]) == 0
    assert away.report(world.conn, number, []) == 0
    assert away.reported_in(world.conn, ["ef" * 16, WORD]) == number
    found = world.rows("SELECT state, attempts, next_try_at, receipt, to_us(queued_at) FROM delivery")
    assert found == [("sent", 1, None, WORD, world.now_us)]
    assert world.rows("SELECT state, detail FROM delivery_event") == [("sent", "sent while the database was away")]


def test_what_was_queued_before_went_out_without_the_database(world: World) -> None:
    number = opened(world)
    deliveries.queue(world.conn, [Wanted(number, 1, 0, [world.ways["anna 1"], world.ways["anna 2"]], "high")], 5)
    assert away.report(world.conn, number, [page(world), page(world, "cd" * 16, way="boris 1", state="failed")]) == 2
    assert away.report(world.conn, number, [page(world), page(world, way="anna 2")]) == 0
    found = world.rows(
        """SELECT channel_id, state, attempts, next_try_at IS NULL, receipt = %s, to_us(queued_at), to_us(changed_at)
            FROM delivery ORDER BY channel_id""", WORD,
    )  # fmt: skip
    ways, now_us = world.ways, world.now_us
    assert found == [
        (ways["anna 1"], "sent", 1, True, True, 5, now_us), (ways["anna 2"], "queued", 0, False, False, 5, 5),
        (ways["boris 1"], "failed", 1, True, False, now_us, now_us),
    ]  # fmt: skip
    told = """SELECT e.state, e.attempt FROM delivery_event AS e JOIN delivery AS d USING (delivery_id)
        WHERE d.receipt = %s ORDER BY event_id"""
    assert world.rows(told, WORD) == [("queued", 0), ("sent", 1)]


def test_a_step_is_ended_once(world: World) -> None:
    number = opened(world)
    assert away.end_step(world.conn, number, 1, 0, world.now_us, "asked")
    assert not away.end_step(world.conn, number, 1, 0, world.now_us, "again")
    assert not away.end_step(world.conn, number, 2, 0, world.now_us, "no such step")
    assert world.rows("SELECT outcome FROM notice_step ORDER BY number") == [("asked",), ("",)]


def test_how_far_a_notice_was_asked_about(world: World) -> None:
    world.alert("R10")
    world.settle()
    (one,) = away.open_notices(world.conn)
    assert (one.unit_id, one.cause, one.state, one.done) == (world.home, "venous access", "asking", ["first"])
    (way,) = away.used(world.conn, [one.notice_id])[one.notice_id]
    assert (way.channel_id, way.state, way.rejected) == (world.ways["anna 1"], "queued", False)
    assert away.notifiers(world.conn) == []
