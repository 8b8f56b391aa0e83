"""What the API asks of the store about coming in: steps, passkeys, accounts of the hospital's people, own sessions.

A part of `clinician_api.data`, on the pool outside the second wall: behind it neither a passkey is read nor an account
changed. Another person's passkey or session does not exist here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final

from clinician_api.access import ACROSS_CLINICS
from clinician_api.people.moves import move_of
from clinician_api.signin.claims import Person
from clinician_api.signin.options import ALL_CLINICS
from clinician_api.signin.reasons import Reason, Refused
from store import account_moves, accounts, audit, identities, passkeys, pool, session_ends, sign_in_steps
from store.accounts import Account, OwnSession
from store.audit import Deed
from store.errors import StoreError, Trouble
from store.passkeys import Passkey
from store.pool import AsyncConnection
from store.sign_in_steps import Step

__all__ = ["Account", "OwnSession", "Passkey", "SignInData", "Step", "Used"]

log = logging.getLogger(__name__)

# One in each device, and one in a drawer.
MOST_PASSKEYS: Final = 10


class Used(StrEnum):
    """What came of using a passkey, or of taking one away."""

    GOOD = "good"
    UNKNOWN = "unknown"
    SUSPECT = "suspect"
    LAST = "last"


class SignInData:
    """Beside `Data`. Every method may raise StoreError, which becomes a 503."""

    def __init__(self, opened: Callable[[], pool.Pool]) -> None:
        self._opened = opened

    async def add_step(
        self, token_hash: bytes, kind: str, user_id: int | None, content: Mapping[str, Any], now_us: int, life_us: int
    ) -> None:
        """Wait for the next step of a sign-in."""
        async with self._opened().transaction() as conn:
            await sign_in_steps.add(conn, token_hash, kind, user_id, content, now_us, now_us + life_us)

    async def take_step(self, token_hash: bytes, kind: str, now_us: int, user_id: int | None = None) -> Step | None:
        """The step, used up by this; None when there is none."""
        async with self._opened().transaction() as conn:
            return await sign_in_steps.take(conn, token_hash, kind, now_us, user_id)

    async def account(self, user_id: int) -> Account | None:
        """The account as it is now, disabled or not."""
        async with self._opened().connection() as conn:
            return await identities.account(conn, user_id)

    async def passkeys(self, user_id: int) -> list[Passkey]:
        """A person's, oldest first; those that are suspect, too."""
        async with self._opened().connection() as conn:
            return await passkeys.of(conn, user_id)

    async def add_passkey(
        self, user_id: int, credential_id: bytes, public_key: bytes, sign_count: int, label: str, now_us: int,
        *, first: bool,
    ) -> Passkey | None:  # fmt: skip
        """The new passkey, on record; None when it is somebody's already, there are too many, or `first` is not so."""
        async with self._opened().transaction() as conn:
            await identities.lock(conn, user_id)
            before = await passkeys.of(conn, user_id)
            if len(before) >= MOST_PASSKEYS or (first and before):
                return None
            number = await passkeys.add(conn, user_id, credential_id, public_key, sign_count, label, now_us)
            if number is None:
                return None
            await _write_down(conn, now_us, user_id, "add passkey", {"passkey": number})
            return next(one for one in await passkeys.of(conn, user_id) if one.passkey_id == number)

    async def use_passkey(self, user_id: int, credential_id: bytes, sign_count: int, now_us: int) -> Used:
        """Count a signature that is right. SUSPECT: its counter did not go up, which is put on record.

        An authenticator that counts nothing says 0 each time, and that proves nothing either way.
        """
        async with self._opened().transaction() as conn:
            found = await passkeys.locked(conn, user_id, credential_id)
            if found is None:
                return Used.UNKNOWN
            if found.suspected_us is not None:
                return Used.SUSPECT
            if (sign_count or found.sign_count) and sign_count <= found.sign_count:
                await passkeys.suspect(conn, found.passkey_id, now_us)
                detail = {"passkey": found.passkey_id, "counted": found.sign_count, "said": sign_count}
                await _write_down(conn, now_us, user_id, "refuse passkey", detail)
                return Used.SUSPECT
            await passkeys.use(conn, found.passkey_id, sign_count, now_us)
            return Used.GOOD

    async def remove_passkey(self, user_id: int, passkey_id: int, now_us: int, *, keep_one: bool) -> Used:
        """Take one away. LAST: it is the last that is good, and one is to be kept."""
        async with self._opened().transaction() as conn:
            await identities.lock(conn, user_id)
            before = await passkeys.of(conn, user_id)
            if passkey_id not in {one.passkey_id for one in before}:
                return Used.UNKNOWN
            left = [one for one in before if one.passkey_id != passkey_id and one.suspected_us is None]
            if keep_one and not left:
                return Used.LAST
            await passkeys.remove(conn, user_id, passkey_id)
            await _write_down(conn, now_us, user_id, "remove passkey", {"passkey": passkey_id})
            return Used.GOOD

    async def linked(self, issuer: str, subject: str) -> int | None:
        """The number of the account that this subject of the provider's was linked to."""
        async with self._opened().connection() as conn:
            account = await identities.account_of(conn, issuer, subject)
        return None if account is None else account.user_id

    async def sessions(self, user_id: int, now_us: int, idle_us: int) -> list[OwnSession]:
        """A person's that hold, the newest first."""
        async with self._opened().connection() as conn:
            return await accounts.own_sessions(conn, user_id, now_us, idle_us)

    async def end_session(self, user_id: int, session_id: int, now_us: int) -> bytes | None:
        """End one of a person's, on record; the hash of its token, None when they have none of that number."""
        async with self._opened().transaction() as conn:
            ended = await accounts.end_own_session(conn, user_id, session_id)
            if ended is not None:
                who = audit.person(user_id)
                for deed in session_ends.end_deeds(now_us, who, user_id, [ended], "ended by its owner"):
                    await audit.aappend(conn, deed)
            return ended

    async def hospital_account(
        self, issuer: str, person: Person, *, make: bool, allowed: frozenset[str], password_hash: str, now_us: int
    ) -> tuple[Account, bool]:
        """The account of somebody the provider vouches for: linked, found by e-mail the first time, or made.

        Refused: UNKNOWN_ACCOUNT, DISABLED, NO_ROLE, NO_CLINIC. What the claims say of role and clinic is so from now
        on; True: that is a change, with all that a change by an administrator brings. Its sessions have ended.
        """
        try:
            async with self._opened().transaction() as conn:
                # First of all: the record of deeds has a lock of its own, and administrators take this one before it.
                await identities.lock_accounts(conn)
                account, deeds = await identities.account_of(conn, issuer, person.subject), list[Deed]()
                if account is None:
                    account = await _first_time(conn, issuer, person, make, password_hash, now_us, deeds)
                if account.disabled:
                    raise Refused(Reason.DISABLED, user_id=account.user_id)
                try:
                    now = await _follow(conn, account, person, now_us, deeds)
                except Refused as refused:
                    raise refused.of(account.user_id) from refused
                if now.role not in allowed:
                    raise Refused(Reason.NO_ROLE, "the account's role may not come in this way", account.user_id)
                for deed in deeds:
                    # Last: somebody who signs out at this moment holds what a move ends, and waits for the record.
                    await audit.aappend(conn, deed)
                return now, (now.role, now.clinic_id) != (account.role, account.clinic_id)
        except StoreError as error:
            if error.trouble is Trouble.CONFLICT:
                # Two tabs, the same person for the first time: the other was quicker.
                raise Refused(Reason.STALE, "made or linked by another round meanwhile") from error
            raise


async def _first_time(
    conn: AsyncConnection, issuer: str, person: Person, make: bool, password_hash: str, now_us: int, deeds: list[Deed]
) -> Account:
    found = await accounts.user_by_email(conn, person.email) if person.email else None
    made = found is None
    if found is None:
        if not make or not person.email or person.role is None:
            raise Refused(Reason.UNKNOWN_ACCOUNT, "" if person.email else "the provider vouches for no e-mail address")
        clinic = await _clinic(conn, person)
        _check_clinic(str(person.role), clinic)
        user_id = await identities.add_account(
            conn, email=person.email, name=person.name, role=str(person.role), clinic_id=clinic,
            password_hash=password_hash, now_us=now_us,
        )  # fmt: skip
    else:
        user_id = found.user_id
    if not await identities.link(conn, issuer, person.subject, user_id, now_us):
        # An address that was given to another person: whoever had it before keeps the account.
        said = "the account of this e-mail address is somebody else's at the provider"
        raise Refused(Reason.UNKNOWN_ACCOUNT, said, user_id)
    action = "make account from claims" if made else "link account"
    deeds.append(_deed(now_us, user_id, action, {"issuer": issuer, "subject": person.subject}))
    account = await identities.account(conn, user_id)
    assert account is not None
    return account


async def _follow(
    conn: AsyncConnection, account: Account, person: Person, now_us: int, deeds: list[Deed]
) -> Account:  # fmt: skip
    role = account.role if person.role is None else str(person.role)
    clinic = account.clinic_id if person.clinic is None else await _clinic(conn, person)
    if (role, clinic) == (account.role, account.clinic_id):
        return account
    _check_clinic(role, clinic)
    detail = {"role": role, "clinic": clinic, "role before": account.role, "clinic before": account.clinic_id}
    if await identities.is_last_administrator(conn, account):
        # As on the page of accounts: nobody would be left to undo it.
        log.warning("the last administrator stays one, whatever the claims say", extra={
            "fields": {"user": account.user_id, "role": role}
        })  # fmt: skip
        deeds.append(_deed(now_us, account.user_id, "keep last administrator", detail))
        return account
    action, who = "change account by claims", audit.person(account.user_id)
    ended = await account_moves.amove(conn, move_of(account.user_id, account.clinic_id, role, clinic), now_us)
    deeds.append(_deed(now_us, account.user_id, action, detail))
    deeds += session_ends.end_deeds(now_us, who, account.user_id, ended, action)
    moved = await identities.account(conn, account.user_id)
    assert moved is not None
    return moved


async def _clinic(conn: AsyncConnection, person: Person) -> int | None:
    if person.clinic is None or person.clinic == ALL_CLINICS:
        return None
    found = await identities.clinic_id(conn, person.clinic)
    if found is None:
        raise Refused(Reason.NO_CLINIC, "the clinic of the mapping does not exist here")
    return found


def _check_clinic(role: str, clinic_id: int | None) -> None:
    if clinic_id is None and role not in ACROSS_CLINICS:
        # Such an account would see nothing, and nobody would know why.
        raise Refused(Reason.NO_CLINIC, f"a {role} needs a clinic, and the claims name none")


async def _write_down(
    conn: AsyncConnection, now_us: int, user_id: int, action: str, detail: Mapping[str, Any]
) -> None:  # fmt: skip
    await audit.aappend(conn, _deed(now_us, user_id, action, detail))


def _deed(now_us: int, user_id: int, action: str, detail: Mapping[str, Any]) -> Deed:
    who = audit.person(user_id)
    return Deed(now_us, who, action, who, detail)
