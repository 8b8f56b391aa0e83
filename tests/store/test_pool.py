from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from store import pool
from store.errors import StoreError, Trouble
from store.pool import Connection, Pool
from tests.store.valve import Valve, valve


def url_to(server: str, *, user: str | None = None, database: str | None = None) -> str:
    parts = urlsplit(server)
    query = f"?{parts.query}" if parts.query else ""
    where = (parts.hostname or "") + (f":{parts.port}" if parts.port else "")
    return f"postgresql://{user or parts.username}:s3cret@{where}/{database or 'homehd'}{query}"


@pytest.fixture
def silent_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_nobody_there(silent_port: int) -> None:
    with pytest.raises(StoreError) as caught:
        pool.connect(f"postgresql://u:s3cret@127.0.0.1:{silent_port}/x")
    assert caught.value.trouble is Trouble.UNAVAILABLE and caught.value.recoverable
    assert f"127.0.0.1:{silent_port}, database x – is PostgreSQL running there?" in caught.value.line()
    assert "s3cret" not in "".join(map(str, (caught.value, caught.value.__cause__)))


async def test_nobody_there_for_a_pool(silent_port: int) -> None:
    with pytest.raises(StoreError, match="is PostgreSQL running there") as caught:
        await pool.open_pool(f"postgresql://u:s3cret@127.0.0.1:{silent_port}/x")
    assert caught.value.recoverable


def test_an_unknown_database(postgres_url: str) -> None:
    with pytest.raises(StoreError, match="createdb") as caught:
        pool.connect(url_to(postgres_url, database="nowhere"))
    assert caught.value.trouble is Trouble.NO_DATABASE and not caught.value.recoverable


def test_an_unknown_user(postgres_url: str) -> None:
    with pytest.raises(StoreError, match="user and password") as caught:
        pool.connect(url_to(postgres_url, user="nobody"))
    assert caught.value.trouble is Trouble.CREDENTIALS and not caught.value.recoverable


@pytest.fixture
def guarded(postgres_url: str, database_url: str) -> Iterator[str]:
    """URL without password for a user who needs one ("right")."""
    name = f"guarded_{os.getpid()}"
    with pool.connect(postgres_url) as conn:
        row = conn.execute("SHOW hba_file").fetchone()
        rules = Path(row[0] if row else "")
        if not os.access(rules, os.W_OK):
            pytest.skip("the test server's pg_hba.conf is not ours to change")
        before = rules.read_text()
        conn.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'right'")
        rules.write_text(f"local all {name} scram-sha-256\nhost all {name} all scram-sha-256\n{before}")
        conn.execute("SELECT pg_reload_conf()")
        yield database_url.replace("homehd@", f"{name}@")
        rules.write_text(before)
        conn.execute("SELECT pg_reload_conf()")
        conn.execute(f"DROP ROLE {name}")


def connect_until_refused(url: str) -> None:
    # The new rules hold from the moment the server has read them.
    while True:
        pool.connect(url).close()


def test_a_wrong_password(guarded: str) -> None:
    for url in (guarded, guarded.replace("@", ":s3cret@")):
        with pytest.raises(StoreError, match="check user and password") as caught:
            connect_until_refused(url)
        assert caught.value.trouble is Trouble.CREDENTIALS and not caught.value.recoverable
        assert "s3cret" not in caught.value.line() and "guarded" not in caught.value.line()
    pool.connect(guarded.replace("@", ":right@")).close()


@pytest.mark.parametrize("url", ["mysql://u:s3cret@h/x", "postgresql://u:s3cret@h:port/x", "host", "a=b"])
def test_not_a_url_of_ours(url: str) -> None:
    with pytest.raises(StoreError) as caught:
        pool.connect(url)
    assert "s3cret" not in caught.value.line()
    assert not caught.value.recoverable or "port" in url


def test_a_session_is_as_we_need_it(database_url: str) -> None:
    with pool.connect(database_url, name="homehd test") as conn:
        for name, value in (("TimeZone", "UTC"), ("jit", "off"), ("application_name", "homehd test")):
            assert conn.execute("SELECT current_setting(%s)", [name]).fetchone() == (value,)


def add_clinics(conn: Connection, *names: str) -> None:
    with pool.transaction(conn):
        for name in names:
            conn.execute("INSERT INTO clinic (name) VALUES (%s)", [name])


def test_all_or_nothing(conn: Connection) -> None:
    add_clinics(conn, "kept")
    with pytest.raises(StoreError, match="write to the database"):
        add_clinics(conn, "lost", "kept")
    assert conn.execute("SELECT name FROM clinic").fetchall() == [("kept",)]


def test_a_connection_that_was_cut(conn: Connection, database_url: str) -> None:
    with pool.connect(database_url) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [conn.info.backend_pid])
    with pytest.raises(StoreError) as caught, pool.transaction(conn, "store a batch"):
        conn.execute("SELECT 1")
    assert caught.value.trouble is Trouble.UNAVAILABLE and caught.value.recoverable
    assert caught.value.operation == "store a batch"


async def test_a_pool_survives_a_cut(conn: Connection, apool: Pool) -> None:
    async with apool.connection() as aconn:
        pid = aconn.info.backend_pid
        with pytest.raises(psycopg.errors.UndefinedTable):
            await aconn.execute("SELECT 1 FROM nothing")
    conn.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    async with apool.connection() as aconn:
        assert aconn.info.backend_pid != pid
        assert await (await aconn.execute("SELECT 1")).fetchone() == (1,)


async def test_a_pool_s_transaction(conn: Connection, apool: Pool) -> None:
    async with apool.transaction() as aconn:
        await aconn.execute("INSERT INTO clinic (name) VALUES ('lost')")
        raise psycopg.Rollback
    assert conn.execute("SELECT count(*) FROM clinic").fetchone() == (0,)


async def test_no_connection_free(database_url: str) -> None:
    opened = await pool.open_pool(database_url, size=1, wait_s=0.2)
    async with opened.connection():
        with pytest.raises(StoreError, match="no connection was free") as caught:
            async with opened.connection("show alerts"):
                pass
    assert caught.value.recoverable and caught.value.operation == "show alerts"
    await opened.close()
    with pytest.raises(StoreError):
        await asyncio.wait_for(opened.connection().__aenter__(), 5)


async def ask(opened: Pool) -> None:
    async with opened.connection("show alerts") as aconn:
        await aconn.execute("SELECT 1")


async def test_a_database_that_stands_still_is_not_waited_for(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "CHECK_S", 0.3)
    with valve(database_url) as way:
        opened = await pool.open_pool(way.url, size=2, wait_s=0.5)
        await ask(opened)
        way.shut()
        with pytest.raises(StoreError) as caught:
            await asyncio.wait_for(ask(opened), 20)
        assert caught.value.recoverable and caught.value.operation == "show alerts"
        way.open()
        for _ in range(50):
            with suppress(StoreError):
                await ask(opened)
                break
        await ask(opened)
        await opened.close()


async def test_a_database_that_stands_still_amid_the_work_is_left(database_url: str) -> None:
    with valve(database_url) as way:
        opened = await pool.open_pool(way.url, answer_s=0.3)
        with pytest.raises(StoreError, match=r"no answer for 0\.3 s") as caught:
            await asyncio.wait_for(stop_amid(opened, way), 20)
        assert caught.value.trouble is Trouble.UNAVAILABLE
        way.open()
        await opened.close()


async def stop_amid(opened: Pool, way: Valve) -> None:
    async with opened.transaction("store") as aconn:
        await aconn.execute("SELECT 1")
        way.shut()
        await aconn.execute("SELECT 2")


def test_a_thread_does_not_wait_for_a_database_that_stands_still(database_url: str) -> None:
    with valve(database_url) as way:
        conn = pool.connect(way.url)
        with pool.answered_within(conn, 30.0, "store"):
            conn.execute("SELECT 1")
        way.shut()
        with pytest.raises(StoreError, match=r"store.*no answer for 0\.3 s") as caught:
            store_within(conn, 0.3)
        assert caught.value.trouble is Trouble.UNAVAILABLE
        assert conn.closed
        way.open()


def store_within(conn: Connection, seconds: float) -> None:
    with pool.answered_within(conn, seconds, "store"), pool.transaction(conn, "a part of it"):
        conn.execute("SELECT 1")


def test_what_goes_wrong_in_time_keeps_its_name_and_the_connection(conn: Connection) -> None:
    with (
        pytest.raises(StoreError, match="took too long"),
        pool.answered_within(conn, 30.0, "store"),
        pool.transaction(conn, "a part of it"),
    ):
        conn.execute("SET LOCAL statement_timeout = 50; SELECT pg_sleep(20)")
    assert conn.execute("SELECT 1").fetchone() == (1,)
