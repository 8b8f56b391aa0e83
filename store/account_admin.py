"""Accounts as somebody who runs them sees and changes them; who may do what is the caller's business."""

from __future__ import annotations

from dataclasses import dataclass

from store import session_ends
from store.pool import Connection
from store.queries import run
from store.values import storable_text


@dataclass(frozen=True, slots=True)
class ManagedAccount:
    """An account without its secrets.

    Attributes:
        disabled_us: since when nobody is let in by it. seen_us: when a session of it was last used, of those that are
            still kept. sessions: how many hold now.
    """

    user_id: int
    email: str
    name: str
    role: str
    clinic_id: int | None
    clinic: str | None
    created_us: int
    disabled_us: int | None
    seen_us: int | None
    sessions: int


def lock(conn: Connection) -> None:
    """Until this transaction ends nobody else changes an account: of two who demote each other one is second."""
    run(conn, "lock_accounts")


def search(
    conn: Connection, *, clinic_id: int | None, text: str | None, after: int | None, limit: int, now_us: int
) -> list[ManagedAccount]:
    """Accounts of a clinic (None: all there are) whose name or e-mail has `text` in it, in the order of their ids."""
    sought = None if text is None else storable_text(text, 254)
    parameters = {"clinic": clinic_id, "user": None, "after": after, "text": sought, "limit": limit, "now": now_us}
    return [ManagedAccount(*row) for row in run(conn, "managed_accounts", parameters)]


def get(conn: Connection, user_id: int, now_us: int) -> ManagedAccount | None:
    """One account, of whatever clinic; None: there is none."""
    parameters = {"clinic": None, "user": user_id, "after": None, "text": None, "limit": 1, "now": now_us}
    row = run(conn, "managed_accounts", parameters).fetchone()
    return None if row is None else ManagedAccount(*row)


def other_administrators(conn: Connection, user_id: int, clinic_id: int | None) -> int:
    """How many others could run the accounts of that clinic; None: those who may run everybody's."""
    return int(run(conn, "other_administrators", {"user": user_id, "clinic": clinic_id}).fetchall()[0][0])


def rename(conn: Connection, user_id: int, name: str) -> None:
    """Another name; another role or clinic is `account_moves.move`."""
    run(conn, "rename_account", {"user": user_id, "name": storable_text(name, 200)})


def enable(conn: Connection, user_id: int) -> None:
    """Let this person in again, by the password they had."""
    run(conn, "enable_account", {"user": user_id})


def end_sessions(conn: Connection, user_id: int) -> list[bytes]:
    """Whoever is signed in by this account, or half signed in, must sign in anew; the sessions that have ended."""
    return session_ends.end_of(conn, user_id)


def clinics(conn: Connection, clinic_id: int | None) -> list[tuple[int, str]]:
    """(id, name) of every clinic, or of this one only."""
    return [(row[0], row[1]) for row in run(conn, "clinics", {"clinic": clinic_id})]
