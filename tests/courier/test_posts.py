"""One process at a time does a work; when it dies or hangs, the next goes on."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from courier import posts
from courier.posts import Post
from store import pool
from store.pool import AsyncConnection, Connection
from telemetry.errors import HomehdError


@dataclass
class Work:
    """Counts its turns, and does what `plan` says in them."""

    plan: list[Exception | None] = field(default_factory=list)
    turns: int = 0

    async def turn(self, conn: AsyncConnection) -> float:
        self.turns += 1
        async with pool.atransaction(conn):
            await conn.execute("SELECT 1")
        failure = self.plan.pop(0) if self.plan else None
        if failure is not None:
            raise failure
        return 0.0


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posts, "STAND_BY_S", 0.02)
    monkeypatch.setattr(posts, "AFTER_FAILURE_S", 0.02)


async def until(condition: object) -> None:
    async with asyncio.timeout(10):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.01)


async def test_one_works_and_one_stands_by_until_the_first_is_gone(database_url: str) -> None:
    stop, first, second = asyncio.Event(), Work(), Work()
    one, two = Post(database_url, "send emr", first, lambda: None), Post(database_url, "send emr", second, lambda: None)
    other = Post(database_url, "make emr", Work(), lambda: None)
    task = asyncio.create_task(one.keep(stop))
    await until(lambda: one.held)
    rest = [asyncio.create_task(two.keep(stop)), asyncio.create_task(other.keep(stop))]
    await until(lambda: other.held and first.turns > 5)
    assert not two.held and second.turns == 0
    task.cancel()
    await until(lambda: second.turns > 2)
    stop.set()
    await asyncio.gather(*rest)


async def test_whatever_fails_is_begun_anew_on_a_new_connection(database_url: str, conn: Connection) -> None:
    failed: list[int] = []
    work = Work([HomehdError("send", "x", hint="y"), ZeroDivisionError()])
    post = Post(database_url, "send emr", work, lambda: failed.append(1))
    stop = asyncio.Event()
    task = asyncio.create_task(post.keep(stop))
    await until(lambda: work.turns > 4)
    assert len(failed) == 2 and post.trouble == ""
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'homehd hl7'"
    conn.execute(kill)
    await until(lambda: len(failed) == 3)
    turns = work.turns
    await until(lambda: work.turns > turns + 2 and post.held)
    stop.set()
    await task


async def test_a_database_that_is_not_there_is_waited_for() -> None:
    failed: list[int] = []
    post = Post("postgresql://127.0.0.1:1/x", "send emr", Work(), lambda: failed.append(1))
    stop = asyncio.Event()
    task = asyncio.create_task(post.keep(stop))
    await until(lambda: len(failed) > 1)
    assert "connect to the database" in post.trouble
    stop.set()
    await task
