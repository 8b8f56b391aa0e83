"""Half a sign-in, kept for a few minutes: the round to the hospital's provider, or a passkey that is asked for.

Each is good once. Tokens come here already hashed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from psycopg.types.json import Json

from store.pool import AsyncConnection
from store.queries import arun

HOSPITAL: Final = "hospital"
PASSKEY: Final = "passkey"
FIRST_PASSKEY: Final = "first passkey"
OWN_PASSKEY: Final = "own passkey"


@dataclass(frozen=True, slots=True)
class Step:
    """A step that was waited for. `user_id`: None while nobody has said who they are."""

    user_id: int | None
    content: Mapping[str, Any]


async def add(
    conn: AsyncConnection, token_hash: bytes, kind: str, user_id: int | None, content: Mapping[str, Any], now_us: int,
    expires_us: int,
) -> None:  # fmt: skip
    """Wait for the next step. Those that nobody came for in time are swept out."""
    await arun(conn, "sweep_sign_in_steps", {"now": now_us})
    parameters = {
        "token": token_hash, "kind": kind, "user": user_id, "content": Json(dict(content)), "expires": expires_us,
    }  # fmt: skip
    await arun(conn, "add_sign_in_step", parameters)


async def take(
    conn: AsyncConnection, token_hash: bytes, kind: str, now_us: int, user_id: int | None = None
) -> Step | None:
    """The step, which is used up by it; None: there is none, it was used, it is another's, or it is too old."""
    parameters = {"token": token_hash, "kind": kind, "now": now_us, "user": user_id}
    row = await (await arun(conn, "take_sign_in_step", parameters)).fetchone()
    return Step(row[0], row[1]) if row and row[2] else None
