"""How sessions end, and how their beginnings and ends are called in the record of deeds.

Whoever ends sessions gets them back and puts that on record, last in the same transaction (`store.audit.append`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from store import audit
from store.audit import Deed
from store.pool import AsyncConnection, Connection
from store.queries import arun, run

SIGN_IN: Final = "sign in"
SIGN_OUT: Final = "sign out"
END: Final = "end session"
REFUSE: Final = "refuse sign-in"
RELEASE: Final = "release kiosk"
# Whatever is about coming in and going out, for who browses the record.
SIGN_INS: Final = (SIGN_IN, SIGN_OUT, END, REFUSE, "bind kiosk", RELEASE)
# So many sessions are named in one row. A person has a few; a program that signs in all night must not make a row that
# all who write wait for longer than anybody reads.
LISTED: Final = 100


@dataclass(frozen=True, slots=True)
class Overdue:
    """A session that was found to be over. `expired`: by its age; else nobody had used it."""

    user_id: int
    token_hash: bytes
    expired: bool


def named(token_hash: bytes) -> str:
    """A session as the record calls it, in looks at patients, too: of no use to whoever would be let in by it."""
    return token_hash.hex()[:16]


def end_of(conn: Connection, user_id: int) -> list[bytes]:
    """End all of a person's, half sign-ins too; the token hashes of those whose end is not on record yet."""
    return [bytes(row[0]) for row in run(conn, "end_sessions_of", {"user": user_id}).fetchall()]


async def aend_of(conn: AsyncConnection, user_id: int) -> list[bytes]:
    """The same for a task."""
    return [bytes(row[0]) async for row in await arun(conn, "end_sessions_of", {"user": user_id})]


async def end_overdue(conn: AsyncConnection, now_us: int, idle_us: int, limit: int) -> list[Overdue]:
    """End at most `limit` of those that have expired or were not used for `idle_us`; one server tells of each, once."""
    rows = await arun(conn, "end_overdue_sessions", {"now": now_us, "idle": idle_us, "limit": limit})
    found = [Overdue(row[0], bytes(row[1]), row[2]) async for row in rows]
    await arun(conn, "sweep_sessions", {"now": now_us})
    return found


def end_deeds(now_us: int, actor: str, user_id: int, ended: Sequence[bytes], why: str) -> list[Deed]:
    """The row about these sessions of a person; none where none has ended. `why`: the deed that they ended with."""
    if not ended:
        return []
    detail = {"sessions": [named(one) for one in ended[:LISTED]], "count": len(ended), "why": why}
    return [Deed(now_us, actor, END, audit.person(user_id), detail)]
