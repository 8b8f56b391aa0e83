"""Who is meant by what the hospital's provider says, and accounts that follow it.

A subject is linked to an account once and for ever. The API asks for this as the owner of the tables: behind the second
wall nothing changes an account.
"""

from __future__ import annotations

from store.accounts import Account
from store.pool import AsyncConnection
from store.queries import arun
from store.values import storable_text


async def account_of(conn: AsyncConnection, issuer: str, subject: str) -> Account | None:
    """The account that this subject was linked to, disabled or not."""
    row = await (await arun(conn, "identity", {"issuer": issuer, "subject": subject})).fetchone()
    return await account(conn, row[0]) if row else None


async def account(conn: AsyncConnection, user_id: int) -> Account | None:
    """The account of that number, disabled or not."""
    row = await (await arun(conn, "account_by_id", {"user": user_id})).fetchone()
    return Account(*row) if row else None


async def link(conn: AsyncConnection, issuer: str, subject: str, user_id: int, now_us: int) -> bool:
    """This subject is that account from now on; False when either is linked already."""
    parameters = {"issuer": issuer, "subject": subject, "user": user_id, "now": now_us}
    return await (await arun(conn, "link_identity", parameters)).fetchone() is not None


async def add_account(
    conn: AsyncConnection, *, email: str, name: str, role: str, clinic_id: int | None, password_hash: str, now_us: int
) -> int:
    """A new account's id; StoreError (CONFLICT) when the e-mail is taken in any spelling of case."""
    parameters = {
        "email": storable_text(email.strip(), 254), "name": storable_text(name, 200), "role": role,
        "clinic": clinic_id, "password_hash": password_hash, "now": now_us,
    }  # fmt: skip
    row = await (await arun(conn, "add_user", parameters)).fetchone()
    assert row is not None
    return int(row[0])


async def lock_accounts(conn: AsyncConnection) -> None:
    """As `account_admin.lock`: until this transaction ends nobody else changes an account."""
    await arun(conn, "lock_accounts")


async def is_last_administrator(conn: AsyncConnection, account: Account) -> bool:
    """Whether nobody else could run the accounts that this one runs. Behind `lock_accounts`."""
    if account.role != "administrator" or account.disabled:
        return False
    parameters = {"user": account.user_id, "clinic": account.clinic_id}
    row = await (await arun(conn, "other_administrators", parameters)).fetchone()
    return row is not None and not row[0]


async def lock(conn: AsyncConnection, user_id: int) -> None:
    """Whoever else changes this account or its passkeys waits until the transaction ends."""
    await arun(conn, "lock_account", {"user": user_id})


async def clinic_id(conn: AsyncConnection, name: str) -> int | None:
    """The clinic of that name; None when there is none."""
    row = await (await arun(conn, "clinic_of_exact_name", {"name": storable_text(name, 200)})).fetchone()
    return int(row[0]) if row else None
