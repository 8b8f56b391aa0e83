"""Local accounts and sessions: who is at the other end of a request or socket.

A session is a random token in a cookie; the store keeps only its SHA-256. Checking a password costs the same whether or
not the account exists.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie
from starlette.requests import HTTPConnection

from clinician_api.access import ROUTES, Role, Scope, scope_of
from clinician_api.data import Data
from clinician_api.people.people_data import Account, Kiosk, Origin, StoredSession
from clinician_api.people.refusals import RefusedSignIn, Why
from clinician_api.people.trust import Trust
from clinician_api.settings import COOKIE, ApiOptions
from clinician_api.teams.sight import OPEN, Sight
from clinician_api.web.errors import ApiError
from clinician_api.web.rate_limit import SlidingWindow
from store import audit, viewers
from store.errors import StoreError
from telemetry.clock import MICROSECONDS, Clock

log = logging.getLogger(__name__)

# Ten wrong passwords in five minutes stop guessing; a hurried person does not get there. An account is closed only to
# the address they came from, or a stranger could keep its owner out. An address may be a clinic.
ACCOUNT_ATTEMPTS, ADDRESS_ATTEMPTS, WINDOW_S = 10, 50, 300.0
# Each check takes 64 MiB and a core for a moment.
PARALLEL_CHECKS: Final = 2
# Sessions that end by themselves, in one transaction: the record has one writer at a time, and others wait for it.
OVERDUE_AT_ONCE: Final = 200
MAX_ASKED_FOR: Final = 10_000
KIOSK_LIFE_US: Final = 100 * 365 * 86400 * MICROSECONDS
FRESH_US: Final = 15 * 60 * MICROSECONDS
# After a question that got no answer memory is asked first for so long: nobody waits for a database that is away.
UNASKED_S: Final = 5.0
_ROLES: Final = {str(role): role for role in Role}


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in user, as of the moment it was looked up."""

    token_hash: bytes
    expires_us: int
    user_id: int
    email: str
    name: str
    role: Role
    clinic: str | None
    clinic_id: int | None
    kiosk_id: int | None = None
    hides_names: bool = False
    begun_us: int = 0
    how: str | None = None
    team_id: int | None = None
    language: str | None = None
    sight: Sight = OPEN

    @property
    def actor(self) -> str:
        """As the record of who did what names it."""
        return audit.person(self.user_id) if self.kiosk_id is None else audit.kiosk(self.kiosk_id)

    def is_fresh(self, now_us: int) -> bool:
        """Whether its owner was there moments ago: who finds an open page must not be able to stay for ever."""
        return now_us - self.begun_us <= FRESH_US

    @property
    def scope(self) -> Scope:
        """What it sees."""
        return scope_of(self.role, self.clinic_id, self.sight, hides_names=self.hides_names)


@dataclass(frozen=True, slots=True)
class Admitted:
    """A step of a sign-in that was counted: from where, and when (seconds of the monotonic clock)."""

    address: str
    at_s: float


class Sessions:
    """Check a password, begin, look up, end. Passwords are limited by address, and for each address by account."""

    def __init__(self, options: ApiOptions, clock: Clock, data: Data, hasher: PasswordHasher | None = None) -> None:
        self._trust = Trust(options.trust_s)
        self._unasked_until_s = float("-inf")
        self._life_us = int(options.session_hours * 3600 * MICROSECONDS)
        self._idle_us = int(options.idle_minutes * 60 * MICROSECONDS)
        self._clock = clock
        self._data = data
        self._hasher = hasher or PasswordHasher()
        self._steps = SlidingWindow(ADDRESS_ATTEMPTS, WINDOW_S)
        self._nobody = self._hasher.hash(secrets.token_urlsafe(16))
        self._checks = asyncio.Semaphore(PARALLEL_CHECKS)
        self._accounts = SlidingWindow(ACCOUNT_ATTEMPTS, WINDOW_S)
        self._addresses = SlidingWindow(ADDRESS_ATTEMPTS, WINDOW_S)
        # Accounts that passwords were tried at: who is kept out for a while is not looked up again, and yet on record.
        self._asked_for: OrderedDict[str, int] = OrderedDict()

    async def check_password(self, email: str, password: str, address: str) -> Account:
        """Whose password it is; RefusedSignIn: 401 a wrong e-mail or password, 429 too many. No session yet."""
        key = email.strip().lower()
        of_account = f"{address} {key}"
        self._admit(address, of_account, self._asked_for.get(key))
        account = await self._data.people.account(key)
        self._remember(key, account)
        known = account is not None and not account.disabled
        stored = account.password_hash if account is not None and known else self._nobody
        async with self._checks:
            right = await asyncio.to_thread(self._matches, stored, password)
        if account is None or not known or not right or _role(account.role) is None:
            log.info("login refused", extra={"fields": {"address": address}})
            raise _wrong(account)
        self._accounts.forget(of_account)
        self._addresses.give_back(address)
        return account

    def admit_step(self, address: str) -> Admitted:
        """Count a step of a sign-in that costs a row of the store, or asks a provider; RefusedSignIn: 429 too many."""
        now_s = self._clock.monotonic_s()
        self._wait_for(self._steps.attempt(address, now_s), address, None)
        return Admitted(address, now_s)

    def give_back_step(self, admitted: Admitted) -> None:
        """It was part of a sign-in that came to its end: a whole clinic behind one address is not kept out by its own.

        That one step alone: who guesses as well, or only begins, has as many tries as anybody.
        """
        self._steps.give_back(admitted.address, admitted.at_s)

    async def look_up(self, token: str | None) -> Session | None:
        """The live session of a cookie, or None."""
        if not token or len(token) > 100:
            return None
        return await self.by_hash(_hash(token))

    async def by_hash(self, token_hash: bytes) -> Session | None:
        """The live session of a token's hash: not expired, user neither disabled nor of an unknown role.

        While the database cannot be asked, as it was when last checked; StoreError when that is too long ago.
        """
        if self._clock.monotonic_s() < self._unasked_until_s and (known := self.trusted(token_hash)) is not None:
            return known
        try:
            return await self.checked(token_hash)
        except StoreError:
            trusted = self.trusted(token_hash)
            if trusted is None:
                raise
            return trusted

    async def checked(self, token_hash: bytes) -> Session | None:
        """The same by the database's word alone."""
        return (await self.checked_all([token_hash]))[token_hash]

    async def checked_all(self, token_hashes: Sequence[bytes]) -> dict[bytes, Session | None]:
        """The same of many, in one question to the database: each of them is in the answer."""
        try:
            found = await self._data.people.sessions(token_hashes, self._clock.now_us(), self._idle_us)
        except StoreError:
            self._unasked_until_s = self._clock.monotonic_s() + UNASKED_S
            raise
        self._unasked_until_s = float("-inf")
        return {one: self._noted(one, self._session_of(one, found.get(one))) for one in token_hashes}

    def _noted(self, token_hash: bytes, session: Session | None) -> Session | None:
        if session is None:
            self._trust.forget(token_hash)
        else:
            self._trust.remember(session, self._clock.monotonic_s())
        return self._sighted(session)

    def trusted(self, token_hash: bytes) -> Session | None:
        """The same by memory alone: what holds while nobody can be asked."""
        return self._sighted(self._trust.recall(token_hash, self._clock.now_us(), self._clock.monotonic_s()))

    def _sighted(self, session: Session | None) -> Session | None:
        """With the patients it sees at this moment: they are never remembered with a session."""
        if session is None:
            return None
        book = self._data.teams.book
        if session.kiosk_id is not None and session.clinic_id is not None:
            return replace(session, sight=book.of_screen(session.team_id, session.clinic_id))
        now_us = self._clock.now_us()
        return replace(session, sight=book.of_person(session.user_id, session.role, session.clinic_id, now_us))

    def forget(self, token_hash: bytes) -> None:
        """It has ended by another way: nobody here trusts it any more."""
        self._trust.forget(token_hash)

    def forget_person(self, user_id: int) -> set[bytes]:
        """All of a person's have ended by another way; those that were trusted here."""
        return self._trust.forget_person(user_id)

    async def end(self, token_hash: bytes) -> None:
        """Sign out. When that cannot be recorded (StoreError) the session is at least not trusted here any more."""
        self._trust.forget(token_hash)
        await self._data.people.end_session(token_hash, self._clock.now_us())

    async def replace(self, token: str, by: Session) -> bytes:
        """End the session of the cookie that a browser had before `by` began in it, if any; the token's hash."""
        token_hash = _hash(token)
        self._trust.forget(token_hash)
        await self._data.people.end_session(token_hash, self._clock.now_us(), by.actor)
        return token_hash

    async def end_overdue(self) -> int:
        """End some of those that are over by age or because nobody used them, on record; how many."""
        return await self._data.people.end_overdue(self._clock.now_us(), self._idle_us, OVERDUE_AT_ONCE)

    async def bind_kiosk(self, code: str, address: str) -> tuple[str, Session]:
        """The token that makes a browser the kiosk of this code; RefusedSignIn: 401 nobody's code, 429 too many."""
        self._admit(address)
        token = secrets.token_urlsafe(32)
        kiosk = await self._data.people.bind_kiosk(code_hash(code), _hash(token), self._clock.now_us())
        session = self._session_of(_hash(token), kiosk)
        if session is None:
            log.info("kiosk refused", extra={"fields": {"address": address}})
            hint = "a code is good once and for a quarter of an hour: homehd kiosk code"
            raise RefusedSignIn(Why.KIOSK_CODE, None, 401, "no such code", hint=hint)
        self._addresses.give_back(address)
        log.info("kiosk bound", extra={"fields": {"kiosk": session.kiosk_id}})
        return token, session

    def _session_of(self, token_hash: bytes, found: StoredSession | Kiosk | None) -> Session | None:
        if found is None:
            return None
        if isinstance(found, StoredSession):
            return _session(token_hash, found.expires_us, found.account, found.begun_us, found.how)
        # It has no end of its own; there is no person whose absence would be noticed.
        return Session(
            token_hash, (found.bound_us or 0) + KIOSK_LIFE_US, 0, "", found.name, Role.KIOSK, found.clinic,
            found.clinic_id, found.kiosk_id, found.hides_names, team_id=found.team_id,
        )  # fmt: skip

    async def begin(self, account: Account, origin: Origin) -> tuple[str, Session]:
        """A new token and its session, for somebody who has shown all that is needed."""
        token = secrets.token_urlsafe(32)
        now = self._clock.now_us()
        expires = now + self._life_us
        session = _session(_hash(token), expires, account, now, origin.how)
        if session is None:
            raise ApiError(401, "wrong e-mail or password", kind="wrong-credentials")
        await self._data.people.begin_session(_hash(token), account.user_id, now, expires, origin)
        log.info("login", extra={"fields": {"user": account.user_id, "how": origin.how}})
        return token, session

    def _remember(self, key: str, account: Account | None) -> None:
        if account is not None:
            self._asked_for[key] = account.user_id
            self._asked_for.move_to_end(key)
            if len(self._asked_for) > MAX_ASKED_FOR:
                self._asked_for.popitem(last=False)

    def _admit(self, address: str, of_account: str | None = None, user_id: int | None = None) -> None:
        now = self._clock.monotonic_s()
        of_one = 0.0 if of_account is None else self._accounts.attempt(of_account, now)
        self._wait_for(max(of_one, self._addresses.attempt(address, now)), address, user_id)

    def _wait_for(self, wait: float, address: str, user_id: int | None) -> None:
        if wait > 0:
            log.warning("login limited", extra={"fields": {"address": address}})
            seconds = str(int(wait) + 1)
            hint, headers = f"wait {seconds} s", {"Retry-After": seconds}
            raise RefusedSignIn(Why.TOO_MANY, user_id, 429, "too many attempts", hint=hint, headers=headers)

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False


def cookie_name(options: ApiOptions) -> str:
    """`__Host-` binds the cookie to this host and to TLS; without TLS browsers refuse the prefix."""
    return f"__Host-{COOKIE}" if options.https else COOKIE


async def session_of(connection: HTTPConnection) -> Session | None:
    """The session of a request or socket, from its cookie."""
    services = connection.app.state.services
    session: Session | None = await services.sessions.look_up(connection.cookies.get(cookie_name(services.options)))
    return session


async def require_session(
    request: Request,
    _described: Annotated[str | None, Security(APIKeyCookie(name=COOKIE, scheme_name="session", auto_error=False))],
) -> Session:
    """The session, if its role may use this route: 401 without a session, 403 without the right.

    The right comes from `access.ROUTES`; a route that is not in the table is closed to everybody.
    """
    session = await session_of(request)
    if session is None:
        raise ApiError(401, "not signed in", hint="POST /api/session")
    needed = ROUTES.get((request.method, request.scope["route"].path))
    if needed is None or not session.scope.may(needed):
        raise ApiError(403, "not allowed", where=session.role, hint="ask an administrator for another role")
    viewers.work_for(session.scope.viewer)
    return session


SessionDep = Annotated[Session, Depends(require_session)]


def _session(
    token_hash: bytes, expires_us: int, account: Account, begun_us: int, how: str | None
) -> Session | None:  # fmt: skip
    role = _role(account.role)
    if role is None:
        return None
    return Session(
        token_hash, expires_us, account.user_id, account.email, account.name, role, account.clinic, account.clinic_id,
        begun_us=begun_us, how=how, language=account.language,
    )  # fmt: skip


def _wrong(account: Account | None) -> RefusedSignIn:
    """One answer to all of these; the record tells them apart."""
    if account is None:
        why = Why.UNKNOWN_NAME
    elif account.disabled:
        why = Why.DISABLED
    else:
        why = Why.NO_ROLE if _role(account.role) is None else Why.WRONG_PASSWORD
    user_id = None if account is None else account.user_id
    hint = "check both; the account may also be disabled"
    return RefusedSignIn(why, user_id, 401, "wrong e-mail or password", hint=hint, kind="wrong-credentials")


def _role(word: str) -> Role | None:
    # A role this version does not know (written by a newer one) may do nothing, so it has no session here.
    return _ROLES.get(word)


def code_hash(code: str) -> bytes:
    """Of a kiosk's code, however it was typed: spaces, hyphens and the case of letters do not count."""
    return _hash("".join(letter for letter in code.upper() if letter.isalnum()))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
