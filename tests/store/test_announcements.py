"""Listeners hear of everything that makes an alert stand differently, and of pages, as it is committed."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from alerts.shelving import ShelfKind
from evaluation import setting_aside
from store import alert_queries, announcements, pool
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
        told: list[Announcement] = []
        while len(told) < 2:
            told += await asyncio.wait_for(anext(heard), 5)
        assert told == [Announcement(Topic.ALERT, first), Announcement(Topic.ALERT, second)]


async def test_a_decision_a_page_and_a_shelf_are_heard_and_lead_to_the_alerts(
    database_url: str, conn: Connection, apool: Pool
) -> None:
    world = build(conn, database_url)
    alert, other = world.alert("R13", Priority.MEDIUM), world.alert("R20")
    async with announcements.listen(database_url) as heard, apool.connection() as aconn:

        async def until(*topics: Topic) -> list[Announcement]:
            told: list[Announcement] = []
            while set(topics) - {one.topic for one in told}:
                told += await asyncio.wait_for(anext(heard), 5)
            return told

        await asyncio.to_thread(world.settle)
        told = await until(Topic.NOTICE, Topic.DELIVERY)
        assert {one.alert_id for one in await alert_queries.changed(aconn, told)} == {alert, other}
        page = next(one.number for one in told if one.topic is Topic.DELIVERY)
        assert (page,) in world.rows("SELECT delivery_id FROM delivery")
        async with aconn.transaction():
            await setting_aside.shelve(aconn, alert, ShelfKind.TIMED, 5, "known", world.users["anna"], world.now_us)
        shelved = [one for one in await until(Topic.SHELVING) if one.topic is Topic.SHELVING]
        assert [one.alert_id for one in await alert_queries.changed(aconn, shelved)] == [alert]
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
