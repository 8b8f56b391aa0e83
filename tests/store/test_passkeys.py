"""Passkeys: one account's, their counters, and their end."""

from __future__ import annotations

from store import accounts, passkeys, pool
from store.pool import Connection, Pool
from tests.store.conftest import NOW_US


def person(conn: Connection, email: str) -> int:
    return accounts.add_user(
        conn, email=email, name="A", role="nurse", clinic_id=None, password_hash="x", now_us=NOW_US
    )


async def test_a_passkey_is_one_person_s_and_counts(conn: Connection, apool: Pool) -> None:
    ann, bo = person(conn, "a@x"), person(conn, "b@x")
    async with apool.transaction() as aconn:
        number = await passkeys.add(aconn, ann, b"id", b"key", 3, "Key", NOW_US)
        assert number is not None
        assert await passkeys.add(aconn, bo, b"id", b"other", 0, "Copy", NOW_US) is None, "it is somebody's already"
        assert await passkeys.locked(aconn, bo, b"id") is None
        await passkeys.use(aconn, number, 9, NOW_US + 5)
        await passkeys.suspect(aconn, number, NOW_US + 6)
        await passkeys.suspect(aconn, number, NOW_US + 7)
        (found,) = await passkeys.of(aconn, ann)
        assert (found.sign_count, found.used_us, found.suspected_us) == (9, NOW_US + 5, NOW_US + 6)
        assert await passkeys.locked(aconn, ann, b"id") == found
        assert not await passkeys.remove(aconn, bo, number)
        assert await passkeys.remove(aconn, ann, number)


async def test_taking_all_away_ends_sessions(conn: Connection, apool: Pool) -> None:
    ann = person(conn, "a@x")
    async with apool.transaction() as aconn:
        for name in (b"one", b"two"):
            await passkeys.add(aconn, ann, name, b"key", 0, "Key", NOW_US)
        origin = accounts.Origin("passkey", "192.0.2.1", "Firefox")
        await accounts.add_session(aconn, b"t" * 32, ann, NOW_US, NOW_US + 10_000_000, origin)
    with pool.transaction(conn):
        assert passkeys.remove_all(conn, ann) == (2, [b"t" * 32])
    async with apool.connection() as aconn:
        assert await passkeys.of(aconn, ann) == []
        assert await accounts.session(aconn, b"t" * 32, NOW_US) is None
