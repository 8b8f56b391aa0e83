"""The outbox: what goes next, what becomes of it, and what is forgotten."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from store import hl7_destinations, hl7_outbox, pool
from store.hl7_destinations import Wanted
from store.hl7_outbox import ALERTS, READINGS, NewMessage
from store.pool import AsyncConnection, Connection
from tests.store.conftest import NOW_US


@pytest_asyncio.fixture
async def aconn(conn: Connection, database_url: str) -> AsyncIterator[AsyncConnection]:
    hl7_destinations.enter(conn, [Wanted("emr", True, 60), Wanted("lab", True, 60)], NOW_US)
    opened = await pool.aconnect(database_url)
    yield opened
    await opened.close()


def new(name: str, lane: int = READINGS) -> NewMessage:
    return NewMessage(name, f"about {name}", lane, f"body of {name}\0")


async def next_of(aconn: AsyncConnection, name: str = "emr") -> str | None:
    found = await hl7_outbox.next_message(aconn, name)
    return None if found is None else found.control_id


async def test_alerts_first_each_lane_in_its_order(aconn: AsyncConnection) -> None:
    assert await next_of(aconn) is None
    await hl7_outbox.queue(aconn, "emr", [], NOW_US)
    await hl7_outbox.queue(aconn, "emr", [new("r1"), new("r2")], NOW_US)
    await hl7_outbox.queue(aconn, "emr", [new("a1", ALERTS), new("a2", ALERTS)], NOW_US)
    order = []
    while (found := await hl7_outbox.next_message(aconn, "emr")) is not None:
        order.append(found.control_id)
        await hl7_outbox.delivered(aconn, found.message_id, "AA", NOW_US)
    assert order == ["a1", "a2", "r1", "r2"]
    assert await next_of(aconn, "lab") is None


async def test_of_the_same_thing_nothing_is_queued_twice(aconn: AsyncConnection) -> None:
    await hl7_outbox.queue(aconn, "emr", [new("r1")], NOW_US)
    await hl7_outbox.queue(aconn, "emr", [NewMessage("other", "about r1", READINGS, "body")], NOW_US)
    await hl7_outbox.queue(aconn, "lab", [NewMessage("lab1", "about r1", READINGS, "body")], NOW_US)
    rows = await (await aconn.execute("SELECT control_id, body FROM hl7_message ORDER BY 1")).fetchall()
    assert rows == [("lab1", "body"), ("r1", "body of r1\ufffd")]


async def test_what_becomes_of_it(aconn: AsyncConnection, conn: Connection) -> None:
    await hl7_outbox.queue(aconn, "emr", [new("r1"), new("r2")], NOW_US)
    first = await hl7_outbox.next_message(aconn, "emr")
    assert first is not None and (first.attempts, first.refused, first.next_try_us) == (0, 0, None)
    assert await hl7_outbox.trying(aconn, first.message_id, NOW_US)
    await hl7_outbox.again(aconn, first.message_id, "no answer", NOW_US + 5, refused=False)
    await hl7_outbox.trying(aconn, first.message_id, NOW_US)
    await hl7_outbox.again(aconn, first.message_id, "AE", NOW_US + 9, refused=True)
    again = await hl7_outbox.next_message(aconn, "emr")
    assert again is not None and (again.attempts, again.refused, again.next_try_us) == (2, 1, NOW_US + 9)
    await hl7_outbox.park(aconn, first.message_id, "AE")
    assert await next_of(aconn) == "r2"
    assert not await hl7_outbox.trying(aconn, first.message_id, NOW_US)
    second = await hl7_outbox.next_message(aconn, "emr")
    assert second is not None
    await hl7_outbox.stop(aconn, "emr", second.message_id, "AR 204 Ada", "AR 204", NOW_US)
    assert await next_of(aconn) is None
    (standing, _) = hl7_destinations.standing(conn)
    assert (standing.stopped_by, standing.stopped_why, standing.waiting) == (second.message_id, "AR 204", 1)
    # The first refusal is the one that counts.
    await hl7_outbox.stop(aconn, "emr", first.message_id, "AR", "AR", NOW_US + 1)
    assert hl7_destinations.standing(conn)[0].stopped_by == second.message_id


async def test_how_full_it_is(aconn: AsyncConnection) -> None:
    await hl7_outbox.queue(aconn, "emr", [new("r1"), new("r2")], NOW_US)
    assert await hl7_outbox.is_full(aconn, "emr", 2)
    assert not await hl7_outbox.is_full(aconn, "emr", 3)
    assert not await hl7_outbox.is_full(aconn, "lab", 2)


async def test_one_session_holds_a_post(aconn: AsyncConnection, database_url: str) -> None:
    other = await pool.aconnect(database_url)
    try:
        assert await hl7_outbox.hold(aconn, "send emr")
        assert not await hl7_outbox.hold(other, "send emr")
        assert await hl7_outbox.hold(other, "make emr")
        await aconn.close()
        for _ in range(100):
            if await hl7_outbox.hold(other, "send emr"):
                break
        else:
            raise AssertionError("its lock outlived the session")
    finally:
        await other.close()


async def test_what_was_settled_a_week_ago_is_forgotten(aconn: AsyncConnection) -> None:
    await hl7_outbox.queue(aconn, "emr", [new("r1"), new("r2"), new("r3")], NOW_US)
    for settled_us in (NOW_US, NOW_US + hl7_outbox.KEPT_US):
        found = await hl7_outbox.next_message(aconn, "emr")
        assert found is not None
        await hl7_outbox.delivered(aconn, found.message_id, "AA", settled_us)
    await hl7_outbox.sweep(aconn, NOW_US + hl7_outbox.KEPT_US + 1)
    rows = await (await aconn.execute("SELECT control_id FROM hl7_message ORDER BY 1")).fetchall()
    assert rows == [("r2",), ("r3",)]
