"""What the API does about accounts: each change one transaction with its row in the record of deeds.

Outside the second wall, like one's own channels: the API's role there may not write accounts. What is whose is asked
here, of `grants`, under a lock that all who change accounts take.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from clinician_api.access import Role
from clinician_api.administration import grants
from clinician_api.live.views import View, moment
from clinician_api.people.moves import move_of
from clinician_api.web.conditional import check_unchanged, tag_of_state
from clinician_api.web.errors import ApiError
from store import account_admin, account_moves, accounts, audit, pool, session_ends
from store.account_admin import ManagedAccount
from store.audit import Deed
from store.errors import StoreError, Trouble
from store.pool import Connection

_T = TypeVar("_T")
_MAX_USER: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class By:
    """Who asks, when, and the tag of what they saw."""

    user_id: int
    now_us: int
    if_match: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A part of the accounts, and what may be given."""

    users: list[ManagedAccount]
    actor: ManagedAccount
    clinics: list[tuple[int, str]]


class UserData:
    """Beside `Data`, on connections of its own. Every method may raise StoreError (503) and ApiError."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url

    async def listed(self, by: By, text: str | None, after: int | None, limit: int) -> Listed:
        """Accounts that are the asker's business."""

        def work(conn: Connection) -> Listed:
            actor = _actor(conn, by)
            found = account_admin.search(
                conn, clinic_id=actor.clinic_id, text=text, after=after, limit=limit, now_us=by.now_us
            )
            return Listed(found, actor, account_admin.clinics(conn, actor.clinic_id))

        return await self._in_thread(work)

    async def one(self, by: By, user_id: int) -> tuple[ManagedAccount, ManagedAccount]:
        """The asker and the account; ApiError 404 when it is none of theirs."""
        return await self._in_thread(lambda conn: (actor := _actor(conn, by), _account(conn, by, actor, user_id)))

    async def add(
        self, by: By, *, email: str, name: str, role: Role, clinic: str | None, password_hash: str
    ) -> tuple[ManagedAccount, ManagedAccount]:
        """A new account; ApiError 409 when the e-mail is taken."""

        def work(conn: Connection, actor: ManagedAccount) -> int:
            clinic_id = _clinic(conn, actor, clinic)
            grants.check_grant(actor, role, clinic_id)
            try:
                made = accounts.add_user(
                    conn, email=email, name=name, role=str(role), clinic_id=clinic_id, password_hash=password_hash,
                    now_us=by.now_us,
                )  # fmt: skip
            except StoreError as error:
                if error.trouble is Trouble.CONFLICT:
                    raise ApiError(409, "this e-mail has an account", where="body.email", hint="look for it") from error
                raise
            _note(conn, by, "add user", made, role=str(role), clinic=clinic)
            return made

        return await self._changed(by, work)

    async def change(
        self, by: By, user_id: int, *, name: str, role: Role, clinic: str | None
    ) -> tuple[ManagedAccount, ManagedAccount]:
        """Another name, role, clinic; with another role or clinic every session ends."""

        def work(conn: Connection, actor: ManagedAccount) -> int:
            before = _account(conn, by, actor, user_id)
            clinic_id = _clinic(conn, actor, clinic)
            moves = (before.role, before.clinic_id) != (str(role), clinic_id)
            _check(conn, actor, before, closes=before.role == Role.ADMINISTRATOR and moves)
            grants.check_grant(actor, role, clinic_id)
            account_admin.rename(conn, user_id, name)
            to = move_of(user_id, before.clinic_id, role, clinic_id)
            ended = account_moves.move(conn, to, by.now_us) if moves else []
            was = {"role": before.role, "clinic": before.clinic, "renamed": before.name != name}
            _note(conn, by, "change user", user_id, ended, role=str(role), clinic=clinic, was=was)
            return user_id

        return await self._changed(by, work)

    async def disable(self, by: By, user_id: int) -> tuple[ManagedAccount, ManagedAccount]:
        """Let in no more; sessions end, what they were asked is asked of others."""

        def work(conn: Connection, actor: ManagedAccount) -> int:
            _check(conn, actor, _account(conn, by, actor, user_id), closes=True)
            ended = accounts.disable_user(conn, user_id, by.now_us)
            _note(conn, by, "disable user", user_id, ended)
            return user_id

        return await self._changed(by, work)

    async def enable(self, by: By, user_id: int) -> tuple[ManagedAccount, ManagedAccount]:
        """Let in again."""

        def deed(conn: Connection) -> list[bytes]:
            account_admin.enable(conn, user_id)
            return []

        return await self._simple(by, user_id, "enable user", deed)

    async def sign_out(self, by: By, user_id: int) -> tuple[ManagedAccount, ManagedAccount]:
        """End every session."""
        return await self._simple(by, user_id, "end sessions", lambda conn: account_admin.end_sessions(conn, user_id))

    async def new_password(self, by: By, user_id: int, password_hash: str) -> tuple[ManagedAccount, ManagedAccount]:
        """Another password; every session ends."""
        return await self._simple(
            by, user_id, "set password", lambda conn: accounts.reset_password(conn, user_id, password_hash)
        )

    async def _simple(
        self, by: By, user_id: int, action: str, deed: Callable[[Connection], list[bytes]]
    ) -> tuple[ManagedAccount, ManagedAccount]:
        def work(conn: Connection, actor: ManagedAccount) -> int:
            _check(conn, actor, _account(conn, by, actor, user_id), closes=False)
            ended = deed(conn)
            _note(conn, by, action, user_id, ended)
            return user_id

        return await self._changed(by, work)

    async def _changed(
        self, by: By, work: Callable[[Connection, ManagedAccount], int]
    ) -> tuple[ManagedAccount, ManagedAccount]:
        def whole(conn: Connection) -> tuple[ManagedAccount, ManagedAccount]:
            with pool.transaction(conn, "change account"):
                account_admin.lock(conn)
                actor = _actor(conn, by)
                user_id = work(conn, actor)
                return actor, _account(conn, By(by.user_id, by.now_us), actor, user_id)

        return await self._in_thread(whole)

    async def _in_thread(self, work: Callable[[Connection], _T]) -> _T:
        def done() -> _T:
            with closing(pool.connect(self._url, name="homehd api accounts")) as conn:
                return work(conn)

        return await asyncio.to_thread(done)


def new_password() -> str:
    """A password nobody has thought of."""
    return secrets.token_urlsafe(12)


def view(actor: ManagedAccount, account: ManagedAccount) -> View:
    """A `UserAccount` as this administrator is shown it."""
    times = {
        "created_at": moment(account.created_us),
        "disabled_at": None if account.disabled_us is None else moment(account.disabled_us),
        "seen_at": None if account.seen_us is None else moment(account.seen_us),
    }
    changeable = account.role in grants.given_by(actor)
    shown: dict[str, Any] = {
        "user_id": str(account.user_id), "email": account.email, "name": account.name, "role": account.role,
        "clinic": account.clinic, "sessions": account.sessions, "changeable": changeable, "tag": tag(account), **times,
    }  # fmt: skip
    return shown


def tag(account: ManagedAccount) -> str:
    """Of everything that administrators change; not of when somebody was last seen."""
    facts = {"id": account.user_id, "name": account.name, "role": account.role, "clinic": account.clinic_id}
    return tag_of_state(account.disabled_us or 0, facts)


def _actor(conn: Connection, by: By) -> ManagedAccount:
    actor = account_admin.get(conn, by.user_id, by.now_us)
    if actor is None or not grants.given_by(actor):
        # As of now: whoever was an administrator when the request came, and is none any more, changes nothing.
        raise ApiError(403, "not allowed", where="role", hint="ask an administrator for another role")
    return actor


def _account(conn: Connection, by: By, actor: ManagedAccount, user_id: int) -> ManagedAccount:
    account = account_admin.get(conn, user_id, by.now_us) if user_id <= _MAX_USER else None
    if account is None or not grants.may_see(actor, account):
        raise ApiError(404, "no such user", where=str(user_id)[:20], hint="GET /api/users lists those you may see")
    check_unchanged(by.if_match, tag(account), view(actor, account))
    return account


def _check(conn: Connection, actor: ManagedAccount, account: ManagedAccount, *, closes: bool) -> None:
    others = account_admin.other_administrators(conn, account.user_id, account.clinic_id)
    grants.check_change(actor, account, others=others, closes=closes)


def _clinic(conn: Connection, actor: ManagedAccount, name: str | None) -> int | None:
    if name is None:
        return None
    found = [number for number, word in account_admin.clinics(conn, actor.clinic_id) if word == name]
    if not found:
        raise ApiError(403, "not yours to give", where="body.clinic", hint="GET /api/users lists the clinics")
    return found[0]


def _note(
    conn: Connection, by: By, action: str, user_id: int, ended: Sequence[bytes] = (), **detail: Any
) -> None:  # fmt: skip
    actor = audit.person(by.user_id)
    audit.append(conn, Deed(by.now_us, actor, action, audit.person(user_id), detail))
    for deed in session_ends.end_deeds(by.now_us, actor, user_id, ended, action):
        audit.append(conn, deed)
