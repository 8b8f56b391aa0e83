"""Connections: one of ingest's own, a pool for the API; every error of theirs is a StoreError."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from store.errors import StoreError, Trouble, connect_error, describe, translate

Connection = psycopg.Connection[Any]
AsyncConnection = psycopg.AsyncConnection[Any]

# A peer that vanished without a word (cable, power) is noticed in ten seconds, not in the kernel's two hours.
_LINE: Final = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
# The answer of a server in another time zone or with another date style would be read wrong. JIT costs more than our
# queries take.
_SESSION: Final = "-c timezone=UTC -c datestyle=ISO -c jit=off -c lock_timeout=10s -c statement_timeout=60s"


def connect(url: str, *, name: str = "homehd") -> Connection:
    """A connection in autocommit mode: what belongs together goes into `transaction`. `name` shows in pg_stat_activity.

    StoreError when it cannot be had, within five seconds.
    """
    try:
        return psycopg.connect(_conninfo(url, name), autocommit=True)
    except psycopg.Error as error:
        raise connect_error(error, url) from None


async def aconnect(url: str, *, name: str = "homehd") -> AsyncConnection:
    """The same for a task; for queries take a `Pool`."""
    try:
        return await psycopg.AsyncConnection.connect(_conninfo(url, name), autocommit=True)
    except psycopg.Error as error:
        raise connect_error(error, url) from None


@contextmanager
def transaction(conn: Connection, operation: str = "write to the database") -> Iterator[None]:
    """All of the block or none of it; StoreError if the block or the commit fails."""
    with translate(operation), conn.transaction():
        yield


class Pool:
    """Connections shared by the tasks of one process."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection], url: str) -> None:
        self._pool = pool
        self._url = url

    @asynccontextmanager
    async def connection(self, operation: str = "read from the database") -> AsyncIterator[AsyncConnection]:
        """A connection for the block, in autocommit mode; StoreError for whatever goes wrong with it."""
        with translate(operation, describe(self._url)):
            async with self._pool.connection() as conn:
                yield conn

    @asynccontextmanager
    async def transaction(self, operation: str = "write to the database") -> AsyncIterator[AsyncConnection]:
        """A connection for the block, which is committed as a whole or not at all."""
        async with self.connection(operation) as conn, conn.transaction():
            yield conn

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.close()


async def open_pool(url: str, *, name: str = "homehd", size: int = 8, wait_s: float = 5.0) -> Pool:
    """A pool of up to `size` connections; a task waits up to `wait_s` for one. StoreError when none can be had now.

    Connections that broke are replaced; a check before use keeps the first request after a restart from failing.
    """
    pool: AsyncConnectionPool[AsyncConnection] = AsyncConnectionPool(
        _conninfo(url, name),
        kwargs={"autocommit": True},
        min_size=1,
        max_size=size,
        timeout=wait_s,
        open=False,
        check=AsyncConnectionPool.check_connection,
        reconnect_timeout=10.0,
    )
    # The pool only ever says that it timed out; one connection of our own says why.
    await (await aconnect(url, name=name)).close()
    try:
        await pool.open(wait=True, timeout=wait_s)
    except PoolTimeout as error:
        await pool.close()
        raise StoreError(
            "connect to the database", describe(url), trouble=Trouble.UNAVAILABLE, hint="no answer"
        ) from error
    return Pool(pool, url)


def _conninfo(url: str, name: str) -> str:
    try:
        return make_conninfo(url, application_name=name, options=_SESSION, **_LINE)
    except psycopg.Error:
        # libpq's message would quote the URL, password and all.
        raise StoreError(
            "connect to the database",
            "HOMEHD_DATABASE",
            trouble=Trouble.NO_DATABASE,
            hint="not a PostgreSQL URL: postgresql://user:password@host:port/database",
        ) from None
