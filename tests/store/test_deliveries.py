from __future__ import annotations

from typing import Any

from store import deliveries, heartbeat, notices, pool
from store.pool import Connection
from store.registry import Unit
from tests.store.told import NOW_US, SECOND, asked, notice, person, way


def queued(conn: Connection, unit: Unit, ways: list[int], cause: str = "air", priority: str = "high") -> list[int]:
    number = notice(conn, unit, cause, priority)
    notices.append(conn, asked(number, priority=priority))
    queued = deliveries.queue(conn, [deliveries.Wanted(number, 1, 0, ways, priority)], NOW_US)
    return [delivery for delivery, _, _ in queued]


def states(conn: Connection) -> list[tuple[Any, ...]]:
    return conn.execute("SELECT state, attempt, detail FROM delivery_event ORDER BY event_id").fetchall()


def test_a_channel_is_used_once_a_round(conn: Connection, unit: Unit) -> None:
    user = person(conn)
    first, second = way(conn, user, path="a"), way(conn, user, path="b")
    number = notice(conn, unit)
    assert len(deliveries.queue(conn, [deliveries.Wanted(number, 1, 0, [first], "high")], NOW_US)) == 1
    assert len(deliveries.queue(conn, [deliveries.Wanted(number, 1, 1, [first, second], "high")], NOW_US)) == 1
    assert len(deliveries.queue(conn, [deliveries.Wanted(number, 2, 0, [first], "high")], NOW_US)) == 1
    assert [(used.channel_id, used.state, used.rejected) for used in deliveries.used(conn, number, 1)] == [
        (first, "queued", False), (second, "queued", False),
    ]  # fmt: skip


def test_high_first_one_a_host_and_none_of_those_left_out(conn: Connection, unit: Unit) -> None:
    user = person(conn)
    here, there = way(conn, user, "a.example"), way(conn, user, "b.example")
    queued(conn, unit, [here], "slow", "medium")
    high = queued(conn, unit, [here, there], "air", "high")
    heartbeat.beat(conn, "notifier", "n1", NOW_US)
    first = deliveries.claim(conn, "n1", NOW_US, 10)
    assert [(d.delivery_id, d.host, d.attempt) for d in first] == [(high[0], "a.example", 1), (high[1], "b.example", 1)]
    assert deliveries.claim(conn, "n1", NOW_US, 10, without=["a.example"]) == []


def test_what_a_dead_notifier_had_claimed_is_anybodys_after_three_seconds(
    conn: Connection, unit: Unit, database_url: str
) -> None:
    queued(conn, unit, [way(conn, person(conn))])
    heartbeat.beat(conn, "notifier", "n1", NOW_US)
    (first,) = deliveries.claim(conn, "n1", NOW_US, 10)
    with pool.connect(database_url) as other:
        assert deliveries.claim(other, "n2", NOW_US + 2 * SECOND, 10) == []
        (again,) = deliveries.claim(other, "n2", NOW_US + 4 * SECOND, 10)
        assert (again.delivery_id, again.attempt) == (first.delivery_id, 2)
    (held,) = deliveries.lock(conn, first.delivery_id)
    assert (held.claimed_by, held.wanted, held.state) == ("n2", True, "queued")
    deliveries.report(conn, first.delivery_id, "sent", "taken", NOW_US)
    assert states(conn) == [("queued", 0, ""), ("sent", 2, "taken")]
    assert deliveries.claim(conn, "n1", NOW_US + 60 * SECOND, 10) == []


def test_what_failed_for_now_comes_again_at_its_time(conn: Connection, unit: Unit) -> None:
    heartbeat.beat(conn, "notifier", "n1", NOW_US + 9 * SECOND)
    (number,) = queued(conn, unit, [way(conn, person(conn))])
    deliveries.claim(conn, "n1", NOW_US, 10)
    deliveries.report(conn, number, "queued", "timed out", NOW_US, NOW_US + 2 * SECOND)
    assert deliveries.next_due_us(conn) == NOW_US + 2 * SECOND
    assert deliveries.claim(conn, "n1", NOW_US + SECOND, 10) == []
    assert deliveries.claim(conn, "n1", NOW_US + 2 * SECOND, 10)[0].attempt == 2


def test_nothing_is_queued_for_a_closed_account_or_channel(conn: Connection, unit: Unit) -> None:
    user = person(conn)
    mine = way(conn, user)
    screen = conn.execute("SELECT channel_id FROM channel WHERE kind = 'screen'").fetchall()[0][0]
    assert deliveries.ways(conn, [user]) == [(screen, user, 1), (mine, user, 1)]
    conn.execute("UPDATE channel SET disabled_at = now(), disabled_why = 'gone' WHERE channel_id = %s", [mine])
    assert deliveries.ways(conn, [user]) == [(screen, user, 1)]
    assert queued(conn, unit, [mine]) == []
    conn.execute("UPDATE user_account SET disabled_at = now()")
    assert deliveries.ways(conn, [user]) == []


def test_a_screen_is_told_by_whoever_has_it_not_by_the_notifier(conn: Connection, unit: Unit) -> None:
    person(conn)
    screen = conn.execute("SELECT channel_id FROM channel WHERE kind = 'screen'").fetchall()[0][0]
    assert len(queued(conn, unit, [screen])) == 1
    assert deliveries.claim(conn, "n1", NOW_US, 10) == [] and deliveries.next_due_us(conn) is None


def test_when_everything_of_a_round_has_failed(conn: Connection, unit: Unit) -> None:
    user = person(conn)
    screen = conn.execute("SELECT channel_id FROM channel WHERE kind = 'screen'").fetchall()[0][0]
    # A screen that nobody has open is nothing that could still arrive.
    _, first, second = queued(conn, unit, [screen, way(conn, user, path="a"), way(conn, user, path="b")])
    (held,) = deliveries.lock(conn, first)
    assert deliveries.lock(conn, 99) == []
    deliveries.report(conn, first, "failed", "gone", NOW_US)
    assert not deliveries.nothing_left(conn, held.notice_id, 1)
    deliveries.report(conn, second, "failed", "gone", NOW_US)
    assert deliveries.nothing_left(conn, held.notice_id, 1)


def test_high_ones_neither_lead_nor_follow(conn: Connection, unit: Unit) -> None:
    heartbeat.beat(conn, "notifier", "n1", NOW_US)
    mine = way(conn, person(conn))
    waiting = [notice(conn, unit, f"cause {n}") for n in range(14)]
    wanted = [deliveries.Wanted(one, 1, 1, [mine], "high" if n < 2 else "medium") for n, one in enumerate(waiting)]
    numbers = [delivery for delivery, _, _ in deliveries.queue(conn, wanted, NOW_US)]

    def fold(number: int) -> list[int]:
        return sorted(deliveries.fold(conn, number, "n1", NOW_US, begins_above=10, ends_below=5))

    assert fold(numbers[0]) == []
    assert fold(numbers[-1]) == numbers[2:-1]
    assert conn.execute("SELECT count(*) FROM delivery WHERE priority = 'high' AND claimed_by IS NULL").fetchall() == [
        (2,)
    ]


def test_another_channel_and_another_audience_have_a_page_of_their_own(conn: Connection, unit: Unit) -> None:
    heartbeat.beat(conn, "notifier", "n1", NOW_US)
    user = person(conn)
    mine, other = way(conn, user), way(conn, user, path="b")
    waiting = [notice(conn, unit, f"cause {n}") for n in range(12)]
    wanted = [deliveries.Wanted(one, 1, 1, [mine if n else other], "medium") for n, one in enumerate(waiting)]
    numbers = [delivery for delivery, _, _ in deliveries.queue(conn, wanted, NOW_US)]
    conn.execute("UPDATE notice SET audience = 'technical' WHERE cause = 'cause 1'")
    folded = deliveries.fold(conn, numbers[-1], "n1", NOW_US, begins_above=10, ends_below=5)
    assert sorted(folded) == numbers[2:-1]
