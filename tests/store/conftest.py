"""A connection, a pool and a unit to write to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from store import pool, registry
from store.pool import Connection, Pool

NOW_US = 1_750_000_000_000_000  # 2025-06-15T15:06:40Z


@pytest.fixture
def now_us() -> int:
    """A server time."""
    return NOW_US


@pytest.fixture
def conn(database_url: str) -> Iterator[Connection]:
    """A connection to a fresh database, in autocommit mode."""
    with pool.connect(database_url) as connection:
        yield connection


@pytest_asyncio.fixture
async def apool(database_url: str) -> AsyncIterator[Pool]:
    """A pool on the same database."""
    opened = await pool.open_pool(database_url, size=4)
    yield opened
    await opened.close()


@pytest.fixture
def unit(conn: Connection) -> registry.Unit:
    """A provisioned unit."""
    return registry.add_unit(conn, "Home 1", "North", NOW_US)
