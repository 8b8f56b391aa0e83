"""Screens on walls: one code, one browser, at once gone."""

from __future__ import annotations

import asyncio

import pytest

from store import kiosks, notices, pool, registry
from store.errors import StoreError, Trouble
from store.pool import Connection, Pool

NOW = 1_750_000_000_000_000
SOON = NOW + 900_000_000
CODE, OTHER = b"c" * 32, b"d" * 32


def token(number: int) -> bytes:
    return bytes([number]) * 32


@pytest.fixture
def kiosk(conn: Connection) -> int:
    return kiosks.add(conn, "Ward 3", registry.add_clinic(conn, "North"), CODE, NOW, SOON)


async def bind(apool: Pool, code: bytes, hashed: bytes, now_us: int = NOW) -> kiosks.Kiosk | None:
    async with apool.connection() as conn:
        return await kiosks.bind(conn, code, hashed, now_us)


async def of_token(apool: Pool, hashed: bytes) -> kiosks.Kiosk | None:
    async with apool.connection() as conn:
        return await kiosks.of_token(conn, hashed)


async def test_a_code_makes_one_browser_the_kiosk(conn: Connection, apool: Pool, kiosk: int) -> None:
    bound = await asyncio.gather(*(bind(apool, CODE, token(n)) for n in range(4)))
    assert sorted(found is not None for found in bound) == [False, False, False, True]
    winner = next(n for n, found in enumerate(bound) if found)
    assert [(await of_token(apool, token(n))) is not None for n in range(4)] == [n == winner for n in range(4)]
    assert await bind(apool, CODE, token(9)) is None
    assert kiosks.all_of(conn) == [kiosks.Kiosk(kiosk, "Ward 3", 1, "North", NOW, None)]


async def test_a_code_that_is_too_old_or_nobody_s(apool: Pool, kiosk: int) -> None:
    assert await bind(apool, CODE, token(1), SOON) is None
    assert await bind(apool, OTHER, token(1)) is None
    assert await bind(apool, CODE, token(1), SOON - 1) is not None


async def test_another_code_moves_it_to_another_browser(conn: Connection, apool: Pool, kiosk: int) -> None:
    await bind(apool, CODE, token(1))
    kiosks.offer(conn, kiosk, OTHER, SOON)
    assert await of_token(apool, token(1)) is not None, "until the code is used"
    await bind(apool, OTHER, token(2))
    assert await of_token(apool, token(1)) is None
    assert await of_token(apool, token(2)) is not None


async def test_removed_it_is_none_and_its_name_is_free(conn: Connection, apool: Pool, kiosk: int) -> None:
    await bind(apool, CODE, token(1))
    with pytest.raises(StoreError) as caught:
        kiosks.add(conn, "WARD 3", 1, OTHER, NOW, SOON)
    assert caught.value.trouble is Trouble.CONFLICT
    kiosks.remove(conn, kiosk, NOW)
    assert await of_token(apool, token(1)) is None
    kiosks.offer(conn, kiosk, OTHER, SOON)
    assert await bind(apool, OTHER, token(1)) is None, "a removed one takes no code"
    with pytest.raises(StoreError, match="homehd kiosk list"):
        kiosks.named(conn, "Ward 3")
    assert kiosks.add(conn, "Ward 3", 1, OTHER, NOW, SOON) != kiosk
    assert kiosks.named(conn, " ward 3 ").name == "Ward 3"


async def test_a_browser_that_signs_in_as_a_person_is_none_any_more(apool: Pool, kiosk: int) -> None:
    await bind(apool, CODE, token(1))
    async with apool.connection() as conn:
        await kiosks.release(conn, token(1))
        await kiosks.release(conn, token(7))
    assert await of_token(apool, token(1)) is None


async def test_one_that_was_armed_and_is_not_is_silent_until_it_is_or_is_to_be(
    conn: Connection, apool: Pool, kiosk: int
) -> None:
    now_us = notices.database_us(conn)
    other = kiosks.add(conn, "Hall", 1, OTHER, NOW, SOON)
    soon_us = now_us + 3600 * 1_000_000

    async def said(sounds: dict[int, str]) -> list[tuple[int, str | None]]:
        async with apool.connection() as aconn:
            await kiosks.note_sounds(aconn, sounds)
        return [(one.kiosk_id, one.sound) for one in kiosks.silent(conn, soon_us)]

    assert await said({}) == await said({kiosk: "off", other: "blocked"}) == [], "never armed"
    assert await said({kiosk: "armed"}) == [(kiosk, "armed")], "in an hour from now it would be"
    assert kiosks.silent(conn, now_us - 60 * 1_000_000) == []
    assert not kiosks.quieten(conn, kiosk)
    assert await said({kiosk: "paused"}) == [(kiosk, "paused")]
    (found,) = kiosks.silent(conn, soon_us)
    assert found.said_us is not None and found.armed_us < found.said_us
    assert kiosks.quieten(conn, kiosk)
    assert kiosks.silent(conn, soon_us) == []
    assert await said({kiosk: "armed"}) == [(kiosk, "armed")]
    kiosks.remove(conn, kiosk, now_us)
    assert await said({kiosk: "armed"}) == []


async def test_one_that_somebody_changes_meanwhile_waits_for_the_next_time(
    conn: Connection, apool: Pool, kiosk: int
) -> None:
    with pool.transaction(conn):
        conn.execute("SELECT FROM kiosk WHERE kiosk_id = %s FOR UPDATE", [kiosk])
        async with asyncio.timeout(5), apool.connection() as aconn:
            await kiosks.note_sounds(aconn, {kiosk: "armed"})
    assert kiosks.silent(conn, notices.database_us(conn) + 1) == []
