"""Passkeys of accounts (WebAuthn): public keys and counters. What an authenticator says is checked by the API."""

from __future__ import annotations

from dataclasses import dataclass

from store import session_ends
from store.pool import AsyncConnection, Connection
from store.queries import arun, run
from store.values import storable_text


@dataclass(frozen=True, slots=True)
class Passkey:
    """One passkey.

    Attributes:
        used_us: None: not since it was added. suspected_us: since when there may be a copy; None: nothing says so.
    """

    passkey_id: int
    user_id: int
    credential_id: bytes
    public_key: bytes
    sign_count: int
    label: str
    added_us: int
    used_us: int | None
    suspected_us: int | None


async def of(conn: AsyncConnection, user_id: int) -> list[Passkey]:
    """A person's, oldest first."""
    return [Passkey(*row) async for row in await arun(conn, "passkeys", {"user": user_id})]


async def locked(conn: AsyncConnection, user_id: int, credential_id: bytes) -> Passkey | None:
    """The person's passkey of that id; whoever else asks for it waits until the transaction ends."""
    row = await (await arun(conn, "lock_passkey", {"user": user_id, "credential": credential_id})).fetchone()
    return Passkey(*row) if row else None


async def add(
    conn: AsyncConnection, user_id: int, credential_id: bytes, public_key: bytes, sign_count: int, label: str,
    now_us: int,
) -> int | None:  # fmt: skip
    """A new passkey's number; None when somebody has it already."""
    parameters = {
        "user": user_id, "credential": credential_id, "key": public_key, "count": sign_count,
        "label": storable_text(label, 100), "now": now_us,
    }  # fmt: skip
    row = await (await arun(conn, "add_passkey", parameters)).fetchone()
    return int(row[0]) if row else None


async def use(conn: AsyncConnection, passkey_id: int, sign_count: int, now_us: int) -> None:
    """It was used; its counter stands so from now on."""
    await arun(conn, "use_passkey", {"passkey": passkey_id, "count": sign_count, "now": now_us})


async def suspect(conn: AsyncConnection, passkey_id: int, now_us: int) -> None:
    """There may be a copy of it: it is good for nothing any more."""
    await arun(conn, "suspect_passkey", {"passkey": passkey_id, "now": now_us})


async def remove(conn: AsyncConnection, user_id: int, passkey_id: int) -> bool:
    """Take one away; False when the person has none of that number."""
    return await (await arun(conn, "remove_passkey", {"user": user_id, "passkey": passkey_id})).fetchone() is not None


def remove_all(conn: Connection, user_id: int) -> tuple[int, list[bytes]]:
    """Take all of a person's away, and end the sessions that stand; how many, and which. In a transaction."""
    removed = run(conn, "remove_passkeys_of", {"user": user_id}).fetchall()
    return len(removed), session_ends.end_of(conn, user_id)
