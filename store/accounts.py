"""People who log in, and their sessions. Passwords and tokens come here already hashed; how is the API's business."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from store import session_ends
from store.pool import AsyncConnection, Connection
from store.queries import arun, run
from store.values import storable_text

NEVER_IDLE_US: Final = 400 * 86_400_000_000
_NOTED_EVERY_US: Final = 60_000_000


@dataclass(frozen=True, slots=True)
class Account:
    """A person's account; `role` is one of clinician_api.access.Role. `language`: en, zh; None: they have not said."""

    user_id: int
    email: str
    name: str
    role: str
    clinic_id: int | None
    clinic: str | None
    password_hash: str
    disabled: bool
    language: str | None = None


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session that holds, and whose it is. `how`: by what they signed in; None: the release before did not say."""

    expires_us: int
    begun_us: int
    how: str | None
    account: Account


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a session began. `how`: password, passkey or hospital. `browser`: as it calls itself."""

    how: str
    address: str
    browser: str


@dataclass(frozen=True, slots=True)
class OwnSession:
    """One of a person's sessions, for them to look at."""

    session_id: int
    token_hash: bytes
    begun_us: int
    expires_us: int
    seen_us: int | None
    how: str | None
    address: str | None
    browser: str | None


def add_user(
    conn: Connection, *, email: str, name: str, role: str, clinic_id: int | None, password_hash: str, now_us: int
) -> int:
    """A new account's id; StoreError (CONFLICT) when the e-mail is taken in any spelling of case."""
    parameters = {
        "email": storable_text(email.strip(), 254), "name": storable_text(name, 200), "role": role,
        "clinic": clinic_id, "password_hash": password_hash, "now": now_us,
    }  # fmt: skip
    return int(run(conn, "add_user", parameters).fetchall()[0][0])


def list_users(conn: Connection) -> list[Account]:
    """All accounts, in order of their ids."""
    return [Account(*row) for row in run(conn, "users", {"email": None})]


def disable_user(conn: Connection, user_id: int, now_us: int) -> list[bytes]:
    """Let this person in no more; sessions that stand end at once, and are told. In a transaction of the caller's.

    What still waits to be sent to them is not sent, what they have accepted is looked at again, and where nobody else
    was asked the next are asked at once.
    """
    parameters = {"user": user_id, "now": now_us, "keeps": [], "why": "the account was closed"}
    run(conn, "disable_user", parameters)
    ended = session_ends.end_of(conn, user_id)
    for deed in ("notices_of_closed_account", "pages_of_closed_account", "hurry_past_closed_account"):
        run(conn, deed, parameters)
    return ended


def closed(conn: Connection, user_ids: Iterable[int | None]) -> set[int]:
    """Those of these people whose account was closed."""
    asked = sorted({user_id for user_id in user_ids if user_id is not None})
    return {row[0] for row in run(conn, "closed_accounts", {"users": asked})} if asked else set()


def reset_password(conn: Connection, user_id: int, password_hash: str) -> list[bytes]:
    """Another password; sessions that stand end at once, and are told."""
    run(conn, "set_password_hash", {"user": user_id, "password_hash": password_hash})
    return session_ends.end_of(conn, user_id)


async def user_by_email(conn: AsyncConnection, email: str) -> Account | None:
    """The account, disabled or not; the case of letters does not matter."""
    row = await (await arun(conn, "users", {"email": storable_text(email.strip(), 254)})).fetchone()
    return Account(*row) if row else None


async def add_session(
    conn: AsyncConnection, token_hash: bytes, user_id: int, now_us: int, expires_us: int, origin: Origin
) -> None:  # fmt: skip
    """Begin a session; `token_hash` is the SHA-256 of the token."""
    parameters = {
        "token": token_hash, "user": user_id, "now": now_us, "expires": expires_us, "how": origin.how,
        "address": storable_text(origin.address, 100), "browser": storable_text(origin.browser, 300),
    }  # fmt: skip
    await arun(conn, "add_session", parameters)


async def session(
    conn: AsyncConnection, token_hash: bytes, now_us: int, idle_us: int = NEVER_IDLE_US
) -> StoredSession | None:
    """The session. None: it never was, has ended or expired, was not used for `idle_us`, or its account is disabled.

    Asking is using it; that is written down once a minute.
    """
    return (await sessions(conn, [token_hash], now_us, idle_us)).get(token_hash)


async def sessions(
    conn: AsyncConnection, token_hashes: Sequence[bytes], now_us: int, idle_us: int = NEVER_IDLE_US
) -> dict[bytes, StoredSession]:
    """The same of many, in one question; those that do not hold are left out."""
    rows = await arun(conn, "sessions", {"tokens": list(token_hashes), "now": now_us, "idle": idle_us})
    found = {}
    unnoted = []
    async for token, seen_us, expires_us, begun_us, how, *account in rows:
        found[bytes(token)] = StoredSession(expires_us, begun_us, how, Account(*account))
        if seen_us is None or now_us - seen_us >= _NOTED_EVERY_US:
            unnoted.append(token)
    if unnoted:
        await arun(conn, "use_sessions", {"tokens": unnoted, "now": now_us})
    return found


async def end_session(conn: AsyncConnection, token_hash: bytes) -> int | None:
    """End it, and whose it was; None: there is none, or its end is on record already. Ending twice is harmless."""
    row = await (await arun(conn, "end_session", {"token": token_hash})).fetchone()
    return row[0] if row else None


async def own_sessions(
    conn: AsyncConnection, user_id: int, now_us: int, idle_us: int, limit: int = 100
) -> list[OwnSession]:
    """Those of a person that hold, the newest first."""
    rows = await arun(conn, "own_sessions", {"user": user_id, "now": now_us, "idle": idle_us, "limit": limit})
    return [OwnSession(*row) async for row in rows]


async def end_own_session(conn: AsyncConnection, user_id: int, session_id: int) -> bytes | None:
    """End one of this person's; the hash of its token. None: it is not theirs, or has ended."""
    row = await (await arun(conn, "end_own_session", {"user": user_id, "session": session_id})).fetchone()
    return bytes(row[0]) if row else None
