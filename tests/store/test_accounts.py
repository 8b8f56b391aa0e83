from __future__ import annotations

import hashlib

import pytest

from clinician_api.access import Role
from store import account_admin, account_moves, accounts, passkeys, registry, sign_in_steps
from store.account_moves import AccountMove
from store.accounts import Account, StoredSession
from store.errors import StoreError, Trouble
from store.pool import Connection, Pool

NOW_US = 1_750_000_000_000_000
HOUR = 3600 * 1_000_000
ORIGIN = accounts.Origin("password", "192.0.2.7", "Firefox")
TOKEN = hashlib.sha256(b"token").digest()


def add(conn: Connection, email: str = "Ada@Example.org", role: str = "nephrologist", clinic: int | None = None) -> int:
    return accounts.add_user(
        conn, email=email, name="Ada", role=role, clinic_id=clinic, password_hash="$argon2id$x", now_us=NOW_US
    )


async def test_an_account_is_found_in_any_case(conn: Connection, apool: Pool) -> None:
    clinic = registry.add_clinic(conn, "North")
    user = add(conn, " Ada@Example.org ", clinic=clinic)
    expected = Account(user, "Ada@Example.org", "Ada", "nephrologist", clinic, "North", "$argon2id$x", disabled=False)
    async with apool.connection() as aconn:
        assert await accounts.user_by_email(aconn, "ada@EXAMPLE.org\n") == expected
        assert await accounts.user_by_email(aconn, "ada@example.com") is None
        assert await accounts.user_by_email(aconn, "%") is None
        assert await accounts.user_by_email(aconn, "ada\0@\ud800" * 1000) is None
    assert accounts.list_users(conn) == [expected]


def test_an_email_is_taken_once(conn: Connection) -> None:
    add(conn)
    with pytest.raises(StoreError) as caught:
        add(conn, "ADA@example.ORG")
    assert caught.value.trouble is Trouble.CONFLICT
    assert "@" not in caught.value.line()


def test_roles_are_those_of_the_api(conn: Connection) -> None:
    for role in set(Role) - {Role.KIOSK}:
        add(conn, f"{role}@x", role)
    for email, word in (("a@x", "root"), ("a@x", "kiosk"), ("a@x", ""), ("nobody", "nurse"), ("@", "nurse")):
        with pytest.raises(StoreError) as caught:
            add(conn, email, word)
        assert caught.value.trouble is Trouble.REFUSED


async def test_a_session_ends_by_time_by_logout_and_with_its_account(conn: Connection, apool: Pool) -> None:
    user, other = add(conn), add(conn, "bo@x")
    tokens = [hashlib.sha256(bytes([n])).digest() for n in range(3)]
    async with apool.connection() as aconn:
        await accounts.add_session(aconn, tokens[0], user, NOW_US, NOW_US + HOUR, ORIGIN)
        await accounts.add_session(aconn, tokens[1], user, NOW_US, NOW_US + 2 * HOUR, ORIGIN)
        await accounts.add_session(aconn, tokens[2], other, NOW_US, NOW_US + 2 * HOUR, ORIGIN)
        found = await accounts.session(aconn, tokens[0], NOW_US)
        assert found == StoredSession(NOW_US + HOUR, NOW_US, "password", accounts.list_users(conn)[0])
        assert await accounts.session(aconn, tokens[0], NOW_US + HOUR) is None
        assert await accounts.session(aconn, b"x" * 32, NOW_US) is None
        assert await accounts.end_session(aconn, tokens[1]) == user
        assert await accounts.end_session(aconn, tokens[1]) is None
        assert await accounts.session(aconn, tokens[1], NOW_US) is None
        assert accounts.disable_user(conn, other, NOW_US) == [tokens[2]]
        assert await accounts.session(aconn, tokens[2], NOW_US) is None
        assert accounts.list_users(conn)[1].disabled
    assert conn.execute("SELECT token_hash FROM session").fetchall() == [(tokens[0],)]


async def test_a_disabled_account_has_no_session_even_if_one_is_left(conn: Connection, apool: Pool) -> None:
    user = add(conn)
    accounts.disable_user(conn, user, NOW_US)
    async with apool.connection() as aconn:
        await accounts.add_session(aconn, TOKEN, user, NOW_US, NOW_US + HOUR, ORIGIN)
        assert await accounts.session(aconn, TOKEN, NOW_US) is None


async def test_only_a_hash_is_stored(conn: Connection, apool: Pool) -> None:
    user = add(conn)
    async with apool.connection() as aconn:
        with pytest.raises(StoreError) as caught:
            await accounts.add_session(aconn, b"the token itself", user, NOW_US, NOW_US + HOUR, ORIGIN)
    assert caught.value.trouble is Trouble.REFUSED


@pytest.mark.parametrize("deed", ["disable", "reset", "end", "passkeys", "move"])
async def test_half_a_sign_in_ends_with_the_sessions(conn: Connection, apool: Pool, deed: str) -> None:
    user, other = add(conn), add(conn, "bo@x")
    async with apool.connection() as aconn:
        for number, one in enumerate((user, other)):
            token = bytes([number]) * 32
            await sign_in_steps.add(aconn, token, sign_in_steps.FIRST_PASSKEY, one, {}, NOW_US, NOW_US + HOUR)
        if deed == "move":
            await account_moves.amove(aconn, AccountMove(user, "nurse", None, (), leaves=True), NOW_US)
    match deed:
        case "disable":
            accounts.disable_user(conn, user, NOW_US)
        case "reset":
            accounts.reset_password(conn, user, "y")
        case "end":
            account_admin.end_sessions(conn, user)
        case "passkeys":
            passkeys.remove_all(conn, user)
    assert conn.execute("SELECT user_id FROM sign_in_step").fetchall() == [(other,)]
