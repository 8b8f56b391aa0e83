"""Accounts and sessions below HTTP: what is stored, what it costs, what ends it."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import AsyncIterator, Sequence
from typing import Literal

import pytest
import pytest_asyncio
from argon2 import PasswordHasher

from clinician_api.access import Role
from clinician_api.data import Data
from clinician_api.people.people_data import Origin, PeopleData
from clinician_api.people.refusals import RefusedSignIn
from clinician_api.people.sessions import PARALLEL_CHECKS, UNASKED_S, Session, Sessions, cookie_name
from clinician_api.settings import ApiOptions
from clinician_api.web.errors import ApiError
from store import accounts, pool
from store.errors import StoreError, Trouble
from telemetry.clock import ManualClock
from tests.clinician_api.conftest import HASHER, PASSWORD

EMAIL = "nora@example.org"


async def log_in(sessions: Sessions, email: str, password: str, address: str) -> tuple[str, Session]:
    """The right password, where nothing else is needed."""
    account = await sessions.check_password(email, password, address)
    return await sessions.begin(account, Origin("password", address, ""))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest_asyncio.fixture
async def sessions(options: ApiOptions, clock: ManualClock) -> AsyncIterator[Sessions]:
    with pool.connect(options.database_url) as conn:
        accounts.add_user(
            conn, email=EMAIL, name="Nora", role="nurse", clinic_id=None, password_hash=HASHER.hash(PASSWORD),
            now_us=clock.now_us(),
        )  # fmt: skip
    data = Data(options)
    await data.open()
    yield Sessions(options, clock, data, HASHER)
    await data.close()


async def test_a_session_lives_its_hours_and_not_a_second_longer(sessions: Sessions, clock: ManualClock) -> None:
    token, session = await log_in(sessions, EMAIL, PASSWORD, "here")
    assert session.token_hash == hashlib.sha256(token.encode()).digest()
    assert session.role is Role.NURSE
    for _ in range(15):
        clock.advance(48 * 60 - 1)
        assert await sessions.look_up(token) == session
    clock.advance(15)
    assert await sessions.look_up(token) is None


async def test_a_session_that_nobody_uses_ends_and_one_that_is_used_does_not(
    sessions: Sessions, clock: ManualClock
) -> None:
    token, session = await log_in(sessions, EMAIL, PASSWORD, "here")
    clock.advance(59 * 60)
    # What an open socket is checked with is use, too: somebody has the page before them.
    assert await sessions.checked(session.token_hash) == session
    clock.advance(59 * 60)
    assert await sessions.look_up(token) == session
    clock.advance(60 * 60)
    assert await sessions.look_up(token) is None
    clock.advance(-60)
    assert await sessions.look_up(token) is not None, "by the minute, and by what is stored"


@pytest.mark.parametrize("token", [None, "", "x", "x" * 1000, "\0", "é" * 40])
async def test_what_is_no_token_is_no_session(sessions: Sessions, token: str | None) -> None:
    assert await sessions.look_up(token) is None


async def test_a_stored_hash_that_is_none_lets_nobody_in(sessions: Sessions, options: ApiOptions) -> None:
    with pool.connect(options.database_url) as conn:
        conn.execute("UPDATE user_account SET password_hash = 'disabled by hand'")
    with pytest.raises(ApiError) as caught:
        await log_in(sessions, EMAIL, PASSWORD, "here")
    assert caught.value.status == 401


async def test_the_limit_opens_again_with_time(sessions: Sessions, clock: ManualClock) -> None:
    statuses = []
    for _ in range(12):
        with pytest.raises(ApiError) as caught:
            await log_in(sessions, EMAIL, "wrong", "here")
        statuses.append(caught.value.status)
    assert statuses == [401] * 10 + [429] * 2
    clock.advance(301)
    token, _ = await log_in(sessions, EMAIL, PASSWORD, "here")
    assert await sessions.look_up(token)


async def test_passwords_are_checked_few_at_a_time(options: ApiOptions, sessions: Sessions, clock: ManualClock) -> None:
    busy, most, guard = 0, 0, threading.Lock()

    class Counting(PasswordHasher):
        def verify(self, stored: str | bytes, password: str | bytes) -> Literal[True]:
            nonlocal busy, most
            with guard:
                busy += 1
                most = max(most, busy)
            threading.Event().wait(0.02)
            with guard:
                busy -= 1
            return super().verify(stored, password)

    hasher = Counting(time_cost=1, memory_cost=8, parallelism=1)
    several = Sessions(options, clock, sessions._data, hasher)
    asked = [several.check_password(f"{number}@example.org", "x", f"from {number}") for number in range(8)]
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert {type(result) for result in results} == {RefusedSignIn}
    assert most <= PARALLEL_CHECKS


def test_the_cookie_is_bound_to_the_host_where_browsers_allow_it() -> None:
    assert cookie_name(ApiOptions(database_url="")) == "homehd_session"
    assert cookie_name(ApiOptions(database_url="", allowed_origins=("https://x",))) == "__Host-homehd_session"


async def test_guessing_at_an_account_does_not_shut_its_owner_out(sessions: Sessions) -> None:
    for _ in range(12):
        with pytest.raises(ApiError):
            await log_in(sessions, EMAIL, "wrong", "stranger")
    token, _ = await log_in(sessions, EMAIL, PASSWORD, "owner")
    assert await sessions.look_up(token)


async def test_while_the_database_cannot_be_asked_a_session_counts_as_last_checked(
    sessions: Sessions, clock: ManualClock, options: ApiOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, session = await log_in(sessions, EMAIL, PASSWORD, "here")
    unseen, _ = await log_in(sessions, EMAIL, PASSWORD, "there")
    left, leaving = await log_in(sessions, EMAIL, PASSWORD, "elsewhere")
    assert await sessions.look_up(token) == session
    assert await sessions.look_up(left) == leaving
    await sessions._data.close()  # nobody answers any more
    monkeypatch.setattr(Data, "_open", property(closed))
    assert await sessions.look_up(token) == session
    for other in (unseen, "made-up"):
        with pytest.raises(StoreError):
            await sessions.look_up(other)
    with pytest.raises(StoreError):
        await sessions.end(leaving.token_hash)
    with pytest.raises(StoreError):
        await sessions.look_up(left)
    with pytest.raises(StoreError):
        await log_in(sessions, EMAIL, PASSWORD, "here")
    clock.advance(options.trust_s)
    assert await sessions.look_up(token) == session
    clock.advance(1)
    with pytest.raises(StoreError):
        await sessions.look_up(token)


def closed(_data: Data) -> pool.Pool:
    raise StoreError("read from the database", "", trouble=Trouble.UNAVAILABLE)


async def test_a_database_that_is_away_is_not_waited_for_by_everybody(
    sessions: Sessions, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, session = await log_in(sessions, EMAIL, PASSWORD, "here")
    await sessions.look_up(token)
    asked: list[float] = []

    async def unanswered(_data: PeopleData, _hashes: Sequence[bytes], _now_us: int, _idle_us: int) -> None:
        asked.append(clock.monotonic_s())
        raise StoreError("read from the database", "", trouble=Trouble.UNAVAILABLE)

    with monkeypatch.context() as away:
        away.setattr(PeopleData, "sessions", unanswered)
        for _ in range(3):
            assert await sessions.look_up(token) == session
        assert len(asked) == 1
        with pytest.raises(StoreError):
            await sessions.look_up("of whom nothing is known")
        clock.advance(UNASKED_S)
        assert await sessions.look_up(token) == session
        assert len(asked) == 3
    clock.advance(UNASKED_S)
    with pool.connect(sessions._data._url) as conn:
        conn.execute("UPDATE user_account SET disabled_at = now()")
    assert await sessions.look_up(token) is None, "it answers again, and is asked"


async def test_one_that_has_ended_is_not_trusted_afterwards(sessions: Sessions) -> None:
    token, session = await log_in(sessions, EMAIL, PASSWORD, "here")
    await sessions.look_up(token)
    assert sessions.trusted(session.token_hash) == session
    with pool.connect(sessions._data._url) as conn:
        conn.execute("UPDATE user_account SET disabled_at = now()")
    assert await sessions.look_up(token) is None
    assert sessions.trusted(session.token_hash) is None
