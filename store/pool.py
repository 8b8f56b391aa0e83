"""Connections: one of ingest's own, a pool for the API; every error of theirs is a StoreError."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.pq import TransactionStatus
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from store import viewers
from store.errors import StoreError, Trouble, connect_error, describe, translate
from store.line import Line, shut

Connection = Line
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
# A pool's connection: whether it still answers at all, and whatever people wait for.
CHECK_S: Final = 2.0
ANSWER_S: Final = 10.0
# Behind the second wall (store/walls.py): whom a connection works as, and where its views are.
ROLE: Final = "homehd_api"
VIEWS: Final = "homehd_walls"
_VIEW_AS: Final = (
    "SELECT set_config('homehd.clinic', %s, false), set_config('homehd.team', %s, false),"
    " set_config('homehd.patients', %s, false)"
)


def connect(url: str, *, name: str = "homehd", idle_s: float | None = None) -> Connection:
    """A connection in autocommit mode: what belongs together goes into `transaction`. `name` shows in pg_stat_activity.

    With `idle_s` the server ends it when nothing comes for so long, or for half as long within a transaction: what a
    process that hangs has locked is then free for others. StoreError when it cannot be had, within five seconds.
    """
    try:
        return Line.connect(_conninfo(url, name, idle_s), autocommit=True)
    except psycopg.Error as error:
        raise connect_error(error, url) from None


async def aconnect(url: str, *, name: str = "homehd", idle_s: float | None = None) -> AsyncConnection:
    """The same for a task; for queries take a `Pool`."""
    try:
        return await psycopg.AsyncConnection.connect(_conninfo(url, name, idle_s), autocommit=True)
    except psycopg.Error as error:
        raise connect_error(error, url) from None


@contextmanager
def transaction(conn: Connection, operation: str = "write to the database") -> Iterator[None]:
    """All of the block or none of it; StoreError if the block or the commit fails."""
    with translate(operation), conn.transaction():
        yield


@asynccontextmanager
async def atransaction(
    conn: AsyncConnection, operation: str = "write to the database", answer_s: float = ANSWER_S
) -> AsyncIterator[None]:
    """The same for a task with a connection of its own, which is of no more use when the block takes longer."""
    with translate(operation):
        async with aanswered_within(conn, answer_s, operation), conn.transaction():
            yield


@contextmanager
def pipelined(conn: Connection, operation: str = "write to the database") -> Iterator[None]:
    """As `transaction`, but a statement whose result nobody reads is not waited for: what is wrong with it may be
    raised later in the block or at its end.
    """
    with translate(operation), conn.pipeline(), conn.transaction():
        yield


def is_idle(conn: Connection) -> bool:
    """Whether the connection stands and no transaction is open on it."""
    return conn.info.transaction_status is TransactionStatus.IDLE


@contextmanager
def answered_within(conn: Connection, seconds: float, operation: str) -> Iterator[None]:
    """StoreError when the block takes longer than `seconds`; the connection is of no more use then.

    For a thread that must not wait: a database that stands still (a stopped process, a dead disk) keeps its connections
    open and says nothing, so the line is cut from here.
    """
    try:
        with conn.within(seconds):
            yield
    except (psycopg.Error, StoreError) as error:
        if not conn.was_cut:
            raise
        raise _overdue(operation, seconds) from error


class Pool:
    """Connections shared by the tasks of one process."""

    def __init__(
        self, pool: AsyncConnectionPool[AsyncConnection], url: str, answer_s: float = ANSWER_S, *, walled: bool = False
    ) -> None:
        self._pool = pool
        self._url = url
        self._answer_s = answer_s
        self._walled = walled

    @asynccontextmanager
    async def connection(self, operation: str = "read from the database") -> AsyncIterator[AsyncConnection]:
        """A connection for the block, in autocommit mode; StoreError for whatever goes wrong with it.

        A block that takes longer than the pool's `answer_s` loses its connection: a database that stands still keeps
        its connections open and would be waited for without end. Behind the second wall it shows what the task's own
        viewer may see, whoever had it before.
        """
        where = describe(self._url)
        with translate(operation, where):
            async with self._pool.connection() as conn, aanswered_within(conn, self._answer_s, operation, where):
                if self._walled:
                    await conn.execute(_VIEW_AS, viewers.current().settings)
                yield conn

    @asynccontextmanager
    async def transaction(self, operation: str = "write to the database") -> AsyncIterator[AsyncConnection]:
        """A connection for the block, which is committed as a whole or not at all."""
        async with self.connection(operation) as conn, conn.transaction():
            yield conn

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.close()


async def open_pool(
    url: str, *, name: str = "homehd", size: int = 8, wait_s: float = 5.0, answer_s: float = ANSWER_S,
    walled: bool = False,
) -> Pool:  # fmt: skip
    """A pool of up to `size` connections; a task waits up to `wait_s` for one. StoreError when none can be had now.

    Connections that broke or stand still are replaced; a check before use keeps the first request after a restart from
    failing. `answer_s`: how long the work on a connection may take at most. `walled`: behind the second wall, which
    must stand (store/walls.py).
    """
    pool: AsyncConnectionPool[AsyncConnection] = AsyncConnectionPool(
        _conninfo(url, name),
        kwargs={"autocommit": True},
        min_size=1,
        max_size=size,
        timeout=wait_s,
        open=False,
        configure=_go_behind_the_wall if walled else None,
        check=_check,
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
    return Pool(pool, url, answer_s, walled=walled)


async def _go_behind_the_wall(conn: AsyncConnection) -> None:
    await conn.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(ROLE)))
    await conn.execute("SELECT set_config('search_path', %s || ', ' || current_setting('search_path'), false)", [VIEWS])


async def _check(conn: AsyncConnection) -> None:
    async with aanswered_within(conn, CHECK_S, "check a connection", ""):
        await AsyncConnectionPool.check_connection(conn)


@asynccontextmanager
async def aanswered_within(
    conn: AsyncConnection, seconds: float, operation: str, where: str = ""
) -> AsyncIterator[None]:  # fmt: skip
    """The same as `answered_within` for a task.

    Its line is cut, because a task that is only cancelled would politely wait for the server to confirm that.
    """
    overdue = False

    def cut() -> None:
        nonlocal overdue
        overdue = True
        if not conn.closed:
            shut(conn.fileno())

    timer = asyncio.get_running_loop().call_later(seconds, cut)
    try:
        yield
    except (psycopg.Error, StoreError) as error:
        if not overdue:
            raise
        raise _overdue(operation, seconds, where) from error
    finally:
        timer.cancel()


def _overdue(operation: str, seconds: float, where: str = "") -> StoreError:
    return StoreError(operation, where, trouble=Trouble.UNAVAILABLE, hint=f"no answer for {seconds:g} s")


def _conninfo(url: str, name: str, idle_s: float | None = None) -> str:
    options = _SESSION
    if idle_s is not None:
        whole, half = round(idle_s * 1000), round(idle_s * 500)
        options += f" -c idle_session_timeout={whole} -c idle_in_transaction_session_timeout={half}"
    try:
        return make_conninfo(url, application_name=name, options=options, **_LINE)
    except psycopg.Error:
        # libpq's message would quote the URL, password and all.
        raise StoreError(
            "connect to the database",
            "HOMEHD_DATABASE",
            trouble=Trouble.NO_DATABASE,
            hint="not a PostgreSQL URL: postgresql://user:password@host:port/database",
        ) from None
