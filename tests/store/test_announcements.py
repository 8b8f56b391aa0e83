"""Listeners hear of everything that makes an alert stand differently, and of pages, as it is committed."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from alerts.shelving import ShelfKind
from evaluation import setting_aside
from store import announcements, notice_queries, pool, shelvings
from store.announcements import Announcement, Topic
from store.errors import StoreError, Trouble
from store.pool import Connection, Pool
from store.registry import Unit
from telemetry.alarms import ConditionState, Priority
from tests.notifier.world import build
from tests.store.test_alert_queries import add


async def test_what_is_rolled_back_is_not_heard(database_url: str, conn: Connection, unit: Unit) -> None:
    async with announcements.listen(database_url) as heard:
        with pool.transaction(conn):
            alert_id, first = add(conn, unit)
        with pool.transaction(conn):
            add(conn, unit)
            raise psycopg.Rollback
        _, second = add(conn, unit, ConditionState.NORMAL, at=1, alert_id=alert_id)
        assert [await asyncio.wait_for(anext(heard), 5) for _ in range(2)] == [
            Announcement(Topic.ALERT, first), Announcement(Topic.ALERT, second),
        ]  # fmt: skip


async def test_a_decision_a_page_and_a_shelf_are_heard_and_lead_to_the_alerts(
    database_url: str, conn: Connection, apool: Pool
) -> None:
    world = build(conn, database_url)
    alert = world.alert("R13", Priority.MEDIUM)
    async with announcements.listen(database_url) as heard, apool.connection() as aconn:
        await asyncio.to_thread(world.settle)
        topics: dict[Topic, int] = {}
        while {Topic.NOTICE, Topic.DELIVERY} - topics.keys():
            announcement = await asyncio.wait_for(anext(heard), 5)
            topics[announcement.topic] = announcement.number
        assert await notice_queries.changed_alerts(aconn, topics[Topic.NOTICE]) == [alert]
        assert world.rows("SELECT delivery_id FROM delivery") == [(topics[Topic.DELIVERY],)]
        async with aconn.transaction():
            await setting_aside.shelve(
                aconn, alert, ShelfKind.TIMED, 5, "known", world.users["anna"], world.now_us
            )  # fmt: skip
        while announcement.topic is not Topic.SHELVING:
            announcement = await asyncio.wait_for(anext(heard), 5)
        assert await shelvings.changed_alerts(aconn, announcement.number) == [alert]
    world.close()


async def test_a_lost_listener_says_so(database_url: str, conn: Connection) -> None:
    async def listen() -> None:
        async with announcements.listen(database_url) as heard:
            conn.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'homehd alert feed'"
            )
            await anext(heard)

    with pytest.raises(StoreError, match="listen for alerts") as caught:
        await asyncio.wait_for(listen(), 5)
    assert caught.value.trouble is Trouble.UNAVAILABLE
