"""Which channels count as given up by their service."""

from __future__ import annotations

from store import channels, deliveries, given_up
from store.deliveries import Report, Wanted
from store.given_up import GivenUp
from store.pool import Connection
from store.registry import Unit
from tests.store.told import NOW_US, SECOND, notice, person

DAY = 86400 * SECOND


def test_by_its_service_within_thirty_days_and_without_a_newer_one(conn: Connection, unit: Unit) -> None:
    user, number = person(conn), notice(conn, unit)
    way = channels.add(
        conn, user, "apprise", "jsons://a/b", host="a", label="pager", tier=1, language="en", now_us=NOW_US
    )
    ((delivery, _, _),) = deliveries.queue(conn, [Wanted(number, 1, 0, [way], "high")], NOW_US)
    assert given_up.channels(conn, NOW_US) == []
    deliveries.report(conn, [Report(delivery, "failed", "gone")], NOW_US)
    channels.disable_of_delivery(conn, delivery, "gone", NOW_US)
    (found,) = given_up.channels(conn, NOW_US + 30 * DAY - 1)
    assert isinstance(found, GivenUp)
    assert (found.channel_id, found.kind, found.label, found.why, found.has_another) == (
        way, "apprise", "pager", "gone", False,
    )  # fmt: skip
    assert given_up.channels(conn, NOW_US + 30 * DAY) == []
    channels.add(
        conn, user, "apprise", "jsons://a/c", host="a", label="new", tier=1, language="en", now_us=NOW_US + SECOND
    )
    assert given_up.channels(conn, NOW_US + SECOND) == []
