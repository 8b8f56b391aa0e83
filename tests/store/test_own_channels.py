from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from store import accounts, channels, own_channels, pool
from store.errors import StoreError
from store.pool import AsyncConnection, Connection

T = TypeVar("T")
NOW = 1_750_000_000_000_000


@pytest.fixture
def users(conn: Connection) -> tuple[int, int]:
    one, two = (
        accounts.add_user(
            conn, email=f"{name}@example.org", name=name, role="nurse", clinic_id=None, password_hash="x", now_us=NOW
        )
        for name in ("ada", "ben")
    )
    return one, two


def done(url: str, deed: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    async def within() -> T:
        conn = await pool.aconnect(url)
        try:
            async with conn.transaction():
                return await deed(conn)
        finally:
            await conn.close()

    return asyncio.run(within())


def add(url: str, user: int, address: str) -> int:
    return done(
        url,
        lambda conn: own_channels.add(conn, user, address, host="push", label="l", tier=1, language="en", now_us=NOW),
    )


def test_a_persons_own_are_listed_with_the_newest_test_of_each(
    conn: Connection, database_url: str, users: tuple[int, int]
) -> None:
    one, other = add(database_url, users[0], "{1}"), add(database_url, users[0], "{2}")
    add(database_url, users[1], "{1}")
    deliveries = [done(database_url, lambda c, n=n: own_channels.queue_test(c, one, NOW + n)) for n in range(2)]  # type: ignore[misc]
    found = done(database_url, lambda c: own_channels.of(c, users[0], NOW))
    assert [channel.channel_id for channel in found if channel.kind == "web push"] == [one, other]
    screen, first, second = found
    assert (screen.kind, screen.test, second.test) == ("screen", None, None)
    assert first.test == own_channels.ChannelTest(deliveries[1] or 0, "queued", 0, NOW + 1, NOW + 1, True, "")
    channels.disable(conn, other, "gone", NOW + 5)
    for since, shown in ((NOW, [one, other]), (NOW + 5, [one])):
        left = done(database_url, lambda c, since=since: own_channels.of(c, users[0], since))  # type: ignore[misc]
        assert [channel.channel_id for channel in left if channel.kind == "web push"] == shown


def test_screens_and_what_is_not_used_any_more_are_not_tried(
    conn: Connection, database_url: str, users: tuple[int, int]
) -> None:
    one = add(database_url, users[0], "{1}")
    (screen,) = (c.channel_id for c in channels.of(conn, [users[0]]) if c.kind == "screen")
    assert done(database_url, lambda c: own_channels.queue_test(c, screen, NOW)) is None
    assert done(database_url, lambda c: own_channels.queue_test(c, one, NOW)) is not None
    done(database_url, lambda c: own_channels.disable(c, one, own_channels.REMOVED, NOW))
    assert done(database_url, lambda c: own_channels.queue_test(c, one, NOW)) is None
    assert conn.execute("SELECT next_try_at FROM delivery").fetchall() == [(None,)], "the one on its way is called off"


def test_an_address_may_be_several_peoples_but_a_persons_only_once(database_url: str, users: tuple[int, int]) -> None:
    one = add(database_url, users[0], "{1}")
    with pytest.raises(StoreError):
        add(database_url, users[0], "{1}")
    assert not done(database_url, lambda c: own_channels.is_of_others(c, one))
    other = add(database_url, users[1], "{1}")
    assert done(database_url, lambda c: own_channels.is_of_others(c, one))
    done(database_url, lambda c: own_channels.disable(c, other, own_channels.REMOVED, NOW))
    assert not done(database_url, lambda c: own_channels.is_of_others(c, one))


def test_whoever_else_changes_a_persons_channels_waits(database_url: str, users: tuple[int, int]) -> None:
    async def both() -> bool:
        first, second = await pool.aconnect(database_url), await pool.aconnect(database_url)
        try:
            async with first.transaction():
                await own_channels.lock_person(first, users[0])
                async with second.transaction():
                    await own_channels.lock_person(second, users[1])
                waits = asyncio.create_task(own_channels.lock_person(second, users[0]))
                done, _ = await asyncio.wait({waits}, timeout=0.2)
                early = bool(done)
            await waits
            return early
        finally:
            await first.close()
            await second.close()

    assert not asyncio.run(both())
