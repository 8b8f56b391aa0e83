"""Whose screens are closed: many sessions at once, each with a socket of its own, over a database that is far away."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress

import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from clinician_api.live import session_watch
from clinician_api.people.people_data import Kiosk, StoredSession
from clinician_api.settings import COOKIE, ApiOptions
from store import accounts, pool
from telemetry.clock import SystemClock
from tests.clinician_api.conftest import Api, start_api

SCREENS = 300
# What happens to a fifteenth of them each, as the database has it, and to the others nothing.
FATES = {
    "signed out elsewhere": "DELETE FROM session WHERE user_id = ANY (%s)",
    "account closed": "UPDATE user_account SET disabled_at = now() WHERE user_id = ANY (%s)",
    "another role": "UPDATE user_account SET role = 'technician' WHERE user_id = ANY (%s)",
    "another clinic": "UPDATE user_account SET clinic_id = 2 WHERE user_id = ANY (%s)",
    "expired": "UPDATE session SET expires_at = now() WHERE user_id = ANY (%s)",
    "not used": "UPDATE session SET seen_at = now() - interval '2 hours' WHERE user_id = ANY (%s)",
}
EACH = SCREENS // 15
# A question and its answer, on a bad day. One for each of the screens would take fifteen seconds.
AWAY_S = 0.05
WITHIN_S = 5.0


@pytest.fixture
def patient(options: ApiOptions) -> Iterator[Api]:
    """As an installation is: what counts is when it looks by itself."""
    with ExitStack() as stack:
        yield start_api(stack, msgspec.structs.replace(options, recheck_s=ApiOptions(database_url="").recheck_s))


def far_away(api: Api, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Of how many sessions the database was asked, question by question; each takes a while."""
    numbers: list[int] = []
    people = api.services.data.people
    near = people.sessions

    async def far(
        token_hashes: Sequence[bytes], now_us: int, idle_us: int
    ) -> Mapping[bytes, StoredSession | Kiosk]:  # fmt: skip
        numbers.append(len(token_hashes))
        await asyncio.sleep(AWAY_S)
        return await near(token_hashes, now_us, idle_us)

    monkeypatch.setattr(people, "sessions", far)
    return numbers


def token(number: int) -> str:
    return f"token of person {number}"


def signed_in(api: Api, screens: int) -> list[int]:
    """So many people, each with a session; their numbers."""
    now_us = SystemClock().now_us()
    with api.database() as conn, pool.transaction(conn):
        users = [
            accounts.add_user(
                conn,
                email=f"p{number}@x",
                name=f"p{number}",
                role="nurse",
                clinic_id=1,
                password_hash="-",
                now_us=now_us,
            )
            for number in range(screens)
        ]
        for user in users:
            hashed = hashlib.sha256(token(user).encode()).digest()
            conn.execute(
                "INSERT INTO session (token_hash, user_id, created_at, expires_at)"
                " VALUES (%s, %s, now(), now() + interval '1 hour')",
                [hashed, user],
            )  # fmt: skip
    return users


async def closed(screen: ClientConnection) -> tuple[float, int, str]:
    """When, and with which code and reason."""
    with suppress(ConnectionClosed):
        while True:
            await screen.recv()
    return time.monotonic(), screen.close_code or 0, screen.close_reason or ""


async def watched(api: Api, users: Sequence[int], shut_out: Sequence[int]) -> dict[int, tuple[float, int, str]]:
    """Open everybody's screen, let fate come, and see who was closed after how many seconds, and with what words."""
    where = api.url.replace("http", "ws", 1) + "/ws"
    gate = asyncio.Semaphore(20)

    async def opened(user: int) -> ClientConnection:
        headers = {"Cookie": f"{COOKIE}={token(user)}"}
        async with gate:
            screen = await connect(
                where, origin=api.url, additional_headers=headers, proxy=None, compression=None, close_timeout=1
            )  # type: ignore[arg-type]
            await screen.send('{"subscribe": {"units": "all"}}')
            await screen.recv()
            return screen

    screens = await asyncio.gather(*(opened(user) for user in users))
    ends = {user: asyncio.create_task(closed(screen)) for user, screen in zip(users, screens, strict=True)}
    begun_s = time.monotonic()
    with api.database() as conn:
        for place, fate in enumerate(FATES.values()):
            conn.execute(fate.encode(), [list(shut_out[place * EACH : (place + 1) * EACH])])
    await asyncio.wait([ends[user] for user in shut_out], timeout=WITHIN_S)
    seen = {user: task.result() for user, task in ends.items() if task.done()}
    for task in ends.values():
        task.cancel()
    await asyncio.gather(*(screen.close() for screen in screens))
    return {user: (at_s - begun_s, code, reason) for user, (at_s, code, reason) in seen.items()}


def test_of_three_hundred_screens_those_shut_out_are_dark_in_five_seconds_and_no_other(
    patient: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    api, asked = patient, far_away(patient, monkeypatch)
    users = signed_in(api, SCREENS)
    shut_out = users[:: SCREENS // (EACH * len(FATES))][: EACH * len(FATES)]
    gone = asyncio.run(watched(api, users, shut_out))
    assert sorted(gone) == sorted(shut_out)
    assert {(code, reason) for _, code, reason in gone.values()} == {(1008, "session ended")}
    assert max(after_s for after_s, _, _ in gone.values()) <= WITHIN_S
    # A look may fall between the last to come and the first to be shut out.
    assert max(asked) > SCREENS / 2, "together, not one after the other"


def test_more_than_one_question_holds_are_asked_about_in_several(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = far_away(api, monkeypatch)
    monkeypatch.setattr(session_watch, "AT_ONCE", 2)
    users = signed_in(api, 5)
    assert sorted(asyncio.run(watched(api, users, users[4:]))) == users[4:]
    assert max(asked) == 2
