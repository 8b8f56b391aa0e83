"""Deliveries as screens and devices move them: forward only, one's own only, and without a word too many."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from store import screen_pages
from store.pool import Connection, Pool
from tests.notifier.world import World, build

BEFORE_DELIVERED = ["queued", "sent", "failed"]


@pytest.fixture
def world(conn: Connection, database_url: str) -> Iterator[World]:
    """Anna has been asked, by her first channel and on her screens."""
    built = build(conn, database_url)
    conn.execute("UPDATE channel SET disabled_at = NULL, disabled_why = '' WHERE kind = 'screen'")
    built.now_us = built.rows("SELECT to_us(clock_timestamp())")[0][0]
    built.alert()
    built.settle()
    yield built
    built.close()


def delivery(world: World, kind: str) -> tuple[int, str]:
    found = world.rows(
        "SELECT delivery_id, receipt FROM delivery JOIN channel USING (channel_id) WHERE kind = %s", kind
    )
    return found[0][0], found[0][1]


async def test_only_screens_and_only_what_still_waits(world: World, apool: Pool) -> None:
    (screen, _), (phone, _) = delivery(world, "screen"), delivery(world, "apprise")
    anna = world.users["anna"]
    async with apool.connection() as aconn:
        (page,) = await screen_pages.announced(aconn, [phone, screen, 99])
        assert (page.delivery_id, page.user_id, page.priority, page.queued_us) == (screen, anna, "high", world.now_us)
        assert await screen_pages.waiting(aconn, list(world.users.values()), 10) == [page]
        assert await screen_pages.waiting(aconn, [world.users["boris"]], 10) == []
        for state in ("sent", "delivered", "read"):
            world.conn.execute("UPDATE delivery SET state = %s WHERE delivery_id = %s", (state, screen))
            assert await screen_pages.waiting(aconn, [anna], 10) == [page], "a socket broke, or the page is loaded anew"
        world.conn.execute("UPDATE delivery SET state = 'rejected' WHERE delivery_id = %s", (screen,))
        assert await screen_pages.waiting(aconn, [anna], 10) == []
        world.conn.execute("UPDATE delivery SET state = 'queued' WHERE delivery_id = %s", (screen,))
        world.conn.execute("UPDATE delivery SET queued_at = queued_at - interval '10 min'")
        assert await screen_pages.waiting(aconn, [anna], 10) == []
        world.conn.execute("UPDATE notice SET round = 2")
        assert await screen_pages.announced(aconn, [screen]) == []


async def test_forward_only_and_a_device_that_has_it_is_sent_it_no_more(world: World, apool: Pool) -> None:
    phone, receipt = delivery(world, "apprise")
    anna, boris = world.users["anna"], world.users["boris"]
    async with apool.connection() as aconn:
        assert await screen_pages.of_receipt(aconn, receipt) == phone
        assert await screen_pages.of_receipt(aconn, "0" * 32) is None
        assert not await screen_pages.advance(aconn, phone, "delivered", BEFORE_DELIVERED, "said", user_id=boris)
        assert await screen_pages.advance(aconn, phone, "delivered", BEFORE_DELIVERED, "said", user_id=anna)
        assert not await screen_pages.advance(aconn, phone, "delivered", BEFORE_DELIVERED, "said")
        assert not await screen_pages.advance(aconn, 99, "delivered", BEFORE_DELIVERED, "said")
    rows = world.rows("SELECT state, next_try_at, claimed_by FROM delivery WHERE delivery_id = %s", phone)
    assert rows == [("delivered", None, None)]
    events = world.rows("SELECT state, detail FROM delivery_event WHERE delivery_id = %s ORDER BY event_id", phone)
    assert events == [("queued", ""), ("delivered", "said")]
