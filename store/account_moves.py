"""Another role or clinic of an account, by whomever it is given: what has to end with it, in one transaction.

The caller's, behind `account_admin.lock`. On either sort of connection the same, so that no way in forgets a part.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from store import session_ends
from store.pool import AsyncConnection, Connection
from store.queries import arun, run


@dataclass(frozen=True, slots=True)
class AccountMove:
    """What an account is from now on.

    Attributes:
        keeps: audiences whose notices the new role answers, too: what was accepted of them stays theirs.
        leaves: the clinic is another: teams of other clinics than the new one are left.
    """

    user_id: int
    role: str
    clinic_id: int | None
    keeps: tuple[str, ...]
    leaves: bool


def move(conn: Connection, to: AccountMove, now_us: int) -> list[bytes]:
    """Sessions that stand end at once, and are told: one of the role before may lack the second factor of the new one.

    What they were asked, or have accepted, is asked of others, and where nobody else was asked the next are at once.
    """
    run(conn, "move_account", _account(to))
    ended = session_ends.end_of(conn, to.user_id)
    for name, parameters in _deeds(to, now_us):
        run(conn, name, parameters)
    return ended


async def amove(conn: AsyncConnection, to: AccountMove, now_us: int) -> list[bytes]:
    """The same for a task."""
    await arun(conn, "move_account", _account(to))
    ended = await session_ends.aend_of(conn, to.user_id)
    for name, parameters in _deeds(to, now_us):
        await arun(conn, name, parameters)
    return ended


def _account(to: AccountMove) -> dict[str, Any]:
    return {"user": to.user_id, "role": to.role, "clinic": to.clinic_id}


def _deeds(to: AccountMove, now_us: int) -> Iterator[tuple[str, dict[str, Any]]]:
    why = "the account has another role or clinic"
    handed = {"user": to.user_id, "now": now_us, "keeps": list(to.keeps), "why": why}
    for name in ("notices_of_moved_account", "pages_of_closed_account", "hurry_past_closed_account"):
        yield name, handed
    if to.leaves:
        yield "leave_teams", {"user": to.user_id, "clinic": to.clinic_id, "now": now_us}
