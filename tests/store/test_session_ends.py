"""Sessions that end by themselves are told once, and what the record says of ends stays short."""

from __future__ import annotations

from store import account_admin, accounts, pool, session_ends
from store.audit import Deed
from store.pool import Connection, Pool
from store.session_ends import LISTED, Overdue

NOW_US = 1_750_000_000_000_000
HOUR = 3600 * 1_000_000
ORIGIN = accounts.Origin("password", "192.0.2.7", "Firefox")


def person(conn: Connection, email: str = "ada@x") -> int:
    return accounts.add_user(
        conn, email=email, name="Ada", role="nurse", clinic_id=None, password_hash="x", now_us=NOW_US
    )


async def begin(apool: Pool, user_id: int, *numbers: int, at_us: int = NOW_US, hours: int = 12) -> None:
    async with apool.connection() as aconn:
        for number in numbers:
            await accounts.add_session(aconn, bytes([number]) * 32, user_id, at_us, at_us + hours * HOUR, ORIGIN)


async def test_what_is_over_is_told_once_and_a_few_at_a_time(conn: Connection, apool: Pool) -> None:
    ada = person(conn)
    await begin(apool, ada, 1, 2)
    await begin(apool, ada, 3, hours=1)
    await begin(apool, ada, 4, at_us=NOW_US + HOUR)
    async with apool.connection() as aconn:

        async def over(at_us: int, limit: int = 9) -> list[tuple[int, bool]]:
            found = await session_ends.end_overdue(aconn, at_us, HOUR, limit)
            assert {one.user_id for one in found} <= {ada}
            return [(one.token_hash[0], one.expired) for one in found]

        assert await over(NOW_US + HOUR - 1) == []
        assert await over(NOW_US + HOUR, limit=2) == [(1, False), (2, False)]
        assert await over(NOW_US + HOUR, limit=2) == [(3, True)]
        assert await over(NOW_US + HOUR) == []
        # Used again it does not come back, and yet it can be said when its owner was there.
        await accounts.session(aconn, bytes([4]) * 32, NOW_US + HOUR, HOUR)
        assert await accounts.session(aconn, bytes([1]) * 32, NOW_US + HOUR, 9 * HOUR) is None
        assert len(await accounts.own_sessions(aconn, ada, NOW_US + HOUR, 9 * HOUR)) == 1
        account = account_admin.get(conn, ada, NOW_US + HOUR)
        assert account is not None and (account.sessions, account.seen_us) == (1, NOW_US + HOUR)
        assert conn.execute("SELECT count(*) FROM session").fetchone() == (3,), "what expired and is told is swept out"
        assert await accounts.end_session(aconn, bytes([1]) * 32) is None, "on record already"
    assert session_ends.end_of(conn, ada) == [bytes([4]) * 32], "nor is one told again that was told before"


async def test_two_servers_tell_of_each_once(conn: Connection, apool: Pool) -> None:
    ada = person(conn)
    await begin(apool, ada, 1, 2, 3)
    async with apool.transaction() as one, apool.transaction() as other:
        first = await session_ends.end_overdue(one, NOW_US + HOUR, HOUR, 2)
        second = await session_ends.end_overdue(other, NOW_US + HOUR, HOUR, 2)
    assert [*first, *second] == [Overdue(ada, bytes([n]) * 32, expired=False) for n in (1, 2, 3)]


def test_one_row_names_some_and_counts_all() -> None:
    assert session_ends.end_deeds(1, "os:root", 7, [], "disable user") == []
    many = [number.to_bytes(32, "big") for number in range(LISTED + 1)]
    (deed,) = session_ends.end_deeds(1, "os:root", 7, many, "disable user")
    assert deed == Deed(
        1, "os:root", "end session", "user:7",
        {"sessions": [session_ends.named(one) for one in many[:LISTED]], "count": LISTED + 1, "why": "disable user"},
    )  # fmt: skip


async def test_whatever_ends_a_person_s_sessions_tells_which(conn: Connection, apool: Pool) -> None:
    ada, bo = person(conn), person(conn, "bo@x")
    await begin(apool, bo, 9)
    for number, end in enumerate((
        lambda: account_admin.end_sessions(conn, ada), lambda: accounts.reset_password(conn, ada, "y"),
        lambda: accounts.disable_user(conn, ada, NOW_US),
    )):  # fmt: skip
        await begin(apool, ada, 2 * number, 2 * number + 1)
        with pool.transaction(conn):
            assert end() == [bytes([2 * number]) * 32, bytes([2 * number + 1]) * 32]
            assert end() == []
