from __future__ import annotations

import asyncio

import pytest

from store import pool, push_key
from store.errors import StoreError
from store.pool import Connection

NOW = 1_750_000_000_000_000
ONE, TWO = "B" * 87, "C" * 87


def current(url: str) -> str:
    async def asked() -> str:
        conn = await pool.aconnect(url)
        try:
            return await push_key.current(conn)
        finally:
            await conn.close()

    return asyncio.run(asked())


def test_what_is_said_last_counts_and_only_news_is_news(conn: Connection, database_url: str) -> None:
    assert current(database_url) == ""
    assert [push_key.publish(conn, key, NOW) for key in ("", ONE, ONE, TWO)] == [False, True, False, True]
    assert current(database_url) == TWO
    assert [push_key.publish(conn, "", NOW), push_key.publish(conn, "", NOW)] == [True, False]
    assert current(database_url) == ""


@pytest.mark.parametrize("text", ["B" * 86, "B" * 88, "-----BEGIN PRIVATE KEY-----", "B" * 86 + "="])
def test_what_is_no_public_key_is_refused(conn: Connection, database_url: str, text: str) -> None:
    with pytest.raises(StoreError):
        push_key.publish(conn, text, NOW)
    assert current(database_url) == ""
