from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from store import deliveries, heartbeat, notices, pool, registry
from store.deliveries import ClaimedDelivery, Report, Together, Waiting
from store.pool import Connection
from store.registry import Unit
from tests.store.told import NOW_US, SECOND, asked, notice, person, way


def queued(conn: Connection, unit: Unit, ways: list[int], cause: str = "air", priority: str = "high") -> list[int]:
    number = notice(conn, unit, cause, priority)
    notices.append(conn, asked(number, priority=priority))
    queued = deliveries.queue(conn, [deliveries.Wanted(number, 1, 0, ways, priority)], NOW_US)
    return [delivery for delivery, _, _ in queued]


def claimed(conn: Connection, instance: str, now_us: int, *, without: Sequence[str] = ()) -> list[ClaimedDelivery]:
    """All that is first in its channel, taken."""
    waiting = deliveries.waiting(conn, now_us, without=without)
    return deliveries.claim(conn, instance, now_us, [one.high or one.other or 0 for one in waiting])


def followers(conn: Connection, lead: int) -> list[int]:
    rows = conn.execute("SELECT delivery_id FROM delivery WHERE folded_into = %s ORDER BY 1", [lead])
    return [row[0] for row in rows]


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
    first = claimed(conn, "n1", NOW_US)
    assert [(d.delivery_id, d.host, d.attempt) for d in first] == [(high[0], "a.example", 1), (high[1], "b.example", 1)]
    assert claimed(conn, "n1", NOW_US, without=["a.example"]) == []


def test_what_a_dead_notifier_had_claimed_is_anybodys_after_three_seconds(
    conn: Connection, unit: Unit, database_url: str
) -> None:
    queued(conn, unit, [way(conn, person(conn))])
    heartbeat.beat(conn, "notifier", "n1", NOW_US)
    (first,) = claimed(conn, "n1", NOW_US)
    with pool.connect(database_url) as other:
        assert claimed(other, "n2", NOW_US + 2 * SECOND) == []
        (again,) = claimed(other, "n2", NOW_US + 4 * SECOND)
        assert (again.delivery_id, again.attempt) == (first.delivery_id, 2)
    (held,) = deliveries.lock(conn, [first.delivery_id])
    assert (held.claimed_by, held.wanted, held.state) == ("n2", True, "queued")
    deliveries.report(conn, [Report(first.delivery_id, "sent", "taken")], NOW_US)
    assert states(conn) == [("queued", 0, ""), ("sent", 2, "taken")]
    assert claimed(conn, "n1", NOW_US + 60 * SECOND) == []


def test_what_failed_for_now_comes_again_at_its_time(conn: Connection, unit: Unit) -> None:
    heartbeat.beat(conn, "notifier", "n1", NOW_US + 9 * SECOND)
    (number,) = queued(conn, unit, [way(conn, person(conn))])
    claimed(conn, "n1", NOW_US)
    deliveries.report(conn, [Report(number, "queued", "timed out", NOW_US + 2 * SECOND)], NOW_US)
    assert deliveries.next_due_us(conn) == NOW_US + 2 * SECOND
    assert claimed(conn, "n1", NOW_US + SECOND) == []
    assert claimed(conn, "n1", NOW_US + 2 * SECOND)[0].attempt == 2


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
    assert claimed(conn, "n1", NOW_US) == [] and deliveries.next_due_us(conn) is None


def test_when_everything_of_a_round_has_failed(conn: Connection, unit: Unit) -> None:
    user = person(conn)
    screen = conn.execute("SELECT channel_id FROM channel WHERE kind = 'screen'").fetchall()[0][0]
    # A screen that nobody has open is nothing that could still arrive.
    _, first, second = queued(conn, unit, [screen, way(conn, user, path="a"), way(conn, user, path="b")])
    (held,) = deliveries.lock(conn, [first])
    assert deliveries.lock(conn, [99]) == []
    deliveries.report(conn, [Report(first, "failed", "gone")], NOW_US)
    assert not deliveries.nothing_left(conn, held.notice_id, 1)
    deliveries.report(conn, [Report(second, "failed", "gone")], NOW_US)
    assert deliveries.nothing_left(conn, held.notice_id, 1)


def test_a_page_takes_along_what_is_no_more_important(conn: Connection, unit: Unit) -> None:
    heartbeat.beat(conn, "notifier", "n1", NOW_US)
    mine = way(conn, person(conn))
    waiting = [notice(conn, unit, f"cause {n}") for n in range(14)]
    wanted = [deliveries.Wanted(one, 1, 1, [mine], "high" if n < 3 else "medium") for n, one in enumerate(waiting)]
    numbers = [delivery for delivery, _, _ in deliveries.queue(conn, wanted, NOW_US)]

    def folded(lead: int) -> list[int]:
        deliveries.claim(conn, "n1", NOW_US, [lead])
        deliveries.fold(conn, "n1", NOW_US, [lead])
        return [
            row[0] for row in conn.execute("SELECT delivery_id FROM delivery WHERE folded_into = %s ORDER BY 1", [lead])
        ]

    with conn.transaction(force_rollback=True):
        assert folded(numbers[-1]) == numbers[3:-1]
        assert folded(numbers[0]) == numbers[1:3]
    assert deliveries.fold(conn, "n1", NOW_US, [numbers[0]]) == {}, "not claimed"
    deliveries.claim(conn, "n1", NOW_US, [numbers[0]])
    assert deliveries.fold(conn, "n1", NOW_US, [numbers[0]]) == {numbers[0]: Together(homes=1, high=3, other=11)}


def test_another_channel_another_audience_and_a_test_have_a_page_of_their_own(conn: Connection, unit: Unit) -> None:
    heartbeat.beat(conn, "notifier", "n1", NOW_US)
    user = person(conn)
    mine, other = way(conn, user), way(conn, user, path="b")
    trial = registry.add_unit(conn, "trial", "North", NOW_US)
    conn.execute("UPDATE unit SET is_test = true WHERE unit_id = %s", [trial.unit_id])
    waiting = [notice(conn, trial if n == 2 else unit, f"cause {n}", "medium") for n in range(12)]
    wanted = [deliveries.Wanted(one, 1, 1, [mine if n else other], "medium") for n, one in enumerate(waiting)]
    numbers = [delivery for delivery, _, _ in deliveries.queue(conn, wanted, NOW_US)]
    conn.execute("UPDATE notice SET audience = 'technical' WHERE cause = 'cause 1'")
    apart = [(one.goes_alone, one.other) for one in deliveries.waiting(conn, NOW_US)]
    assert sorted(apart) == [(False, numbers[0]), (False, numbers[1]), (False, numbers[3]), (True, numbers[2])]
    deliveries.claim(conn, "n1", NOW_US, [numbers[-1]])
    deliveries.fold(conn, "n1", NOW_US, [numbers[-1]])
    assert followers(conn, numbers[-1]) == numbers[3:-1]


def test_a_low_one_goes_alone(conn: Connection, unit: Unit) -> None:
    heartbeat.beat(conn, "notifier", "n1", NOW_US)
    mine = way(conn, person(conn))
    (low,) = queued(conn, unit, [mine], "list", "low")
    (medium,) = queued(conn, unit, [mine], "cause", "medium")
    waiting = [(one.goes_alone, one.other) for one in deliveries.waiting(conn, NOW_US)]
    assert sorted(waiting) == [(False, medium), (True, low)]
    deliveries.claim(conn, "n1", NOW_US, [medium])
    assert deliveries.fold(conn, "n1", NOW_US, [medium]) == {}


def test_what_is_low_lets_all_else_go_first(conn: Connection, unit: Unit) -> None:
    """One page a host at a time: what waits longest would take the place, try after try."""
    user = person(conn)
    mine, other, third = (way(conn, user, path=path) for path in "abc")
    (low,) = queued(conn, unit, [mine], "list", "low")
    (medium,) = queued(conn, unit, [other], "cause", "medium")
    (high,) = queued(conn, unit, [third], "air", "high")
    conn.execute(
        "UPDATE delivery SET queued_at = from_us(%s) + step_s * interval '1 second'"
        " FROM unnest(%s::bigint[], %s::int[]) AS at (number, step_s) WHERE delivery_id = number",
        [NOW_US - 60 * SECOND, [low, medium, high], [0, 1, 2]],
    )
    assert [one.high or one.other for one in deliveries.waiting(conn, NOW_US)] == [high, medium, low]


def test_what_a_channel_carried_is_counted_and_homes_not_told_yet_come_first(conn: Connection, unit: Unit) -> None:
    heartbeat.beat(conn, "notifier", "n1", NOW_US)
    mine = way(conn, person(conn))
    other = registry.add_unit(conn, "other", "North", NOW_US)
    (old,) = queued(conn, unit, [mine], "old")
    conn.execute(
        "UPDATE delivery SET next_try_at = NULL, queued_at = queued_at - interval '10 minutes' WHERE delivery_id = %s",
        [old],
    )
    first, second, folded, failed, late = (
        queued(conn, unit, [mine], "a")
        + queued(conn, unit, [mine], "b")
        + queued(conn, unit, [mine], "c", "medium")
        + queued(conn, unit, [mine], "d")
        + queued(conn, other, [mine], "e")
    )

    def now() -> Waiting:
        (one,) = deliveries.waiting(conn, NOW_US + SECOND)
        return one

    assert (now().high, now().other, now().notices, now().told_high, now().pages) == (first, folded, 5, 4, 0)
    deliveries.claim(conn, "n1", NOW_US, [first])
    assert (now().high, now().singly, now().pages, now().last_high_us) == (late, 1, 1, NOW_US)
    conn.execute("UPDATE delivery SET folded_into = %s, next_try_at = NULL WHERE delivery_id = %s", [first, folded])
    assert (now().singly, now().pages, now().folded, now().high_folded) == (0, 1, 1, 0)
    # A try that failed was no page.
    deliveries.claim(conn, "n1", NOW_US + SECOND, [failed])
    deliveries.report(conn, [Report(failed, "queued", "timed out", NOW_US + 9 * SECOND)], NOW_US)
    assert (now().high, now().pages, now().last_us) == (second, 1, NOW_US)


def test_what_lies_ahead_is_no_page_to_keep_a_distance_from(conn: Connection, unit: Unit) -> None:
    """As after the database's clock was set back by an hour."""
    mine = way(conn, person(conn))
    ahead, since, _ = (queued(conn, unit, [mine], cause)[0] for cause in "abc")
    deliveries.claim(conn, "n1", NOW_US + 3600 * SECOND, [ahead])
    heartbeat.beat(conn, "notifier", "n1", NOW_US)
    (one,) = deliveries.waiting(conn, NOW_US)
    assert (one.pages, one.last_us, one.last_high_us) == (1, None, None)
    deliveries.claim(conn, "n1", NOW_US, [since])
    (one,) = deliveries.waiting(conn, NOW_US + SECOND)
    assert (one.pages, one.last_us, one.last_high_us) == (2, NOW_US, NOW_US)


def test_a_channel_that_another_is_busy_with_is_left_to_it(conn: Connection, unit: Unit, database_url: str) -> None:
    user = person(conn)
    here, there = way(conn, user, path="a"), way(conn, user, path="b")
    queued(conn, unit, [here, there])
    with pool.connect(database_url) as other, pool.transaction(other):
        other.execute("SELECT 1 FROM channel WHERE channel_id = %s FOR NO KEY UPDATE", [here])
        assert len(deliveries.waiting(conn, NOW_US)) == 1
    assert len(deliveries.waiting(conn, NOW_US)) == 2
