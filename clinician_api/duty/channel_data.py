"""What the API asks of the store about a person's own channels: the part of `clinician_api.data` for those.

Another person's channel does not exist here: nothing is ever looked for but among the asking person's own.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from clinician_api.duty.channel_views import endpoint_of, fingerprint
from store import audit, notice_answers, own_channels, pool, push_key
from store.audit import Deed
from store.own_channels import BY_PEOPLE, REMOVED, REPLACED, OwnChannel
from store.pool import AsyncConnection

# A channel that its receiver called gone is shown for so long, for its owner to see why nothing comes any more.
GONE_SHOWN_US: Final = 30 * 24 * 3600 * 1_000_000
# A phone, a tablet and a computer or two, at work and at home: whoever has more has forgotten some.
MOST: Final = 10


class Refused(StrEnum):
    """Why something was not done to a channel."""

    UNKNOWN = "no such channel"
    SCREEN = "screens belong to the account"
    BUSY = "a test is on its way already"
    TOO_MANY = "too many devices"
    OTHER_KEY = "subscribed to another key"
    NOT_SET_UP = "web push is not set up"


class ChannelData:
    """Beside `Data`, on a pool of its own outside the second wall. Every method may raise StoreError (503)."""

    def __init__(self, opened: Callable[[], pool.Pool]) -> None:
        self._opened = opened

    async def all(self, user_id: int) -> tuple[int, list[OwnChannel]]:
        """The database's time in µs since 1970, and a person's channels: in use, or gone by their receiver's word."""
        async with self._opened().connection() as conn:
            now_us = await notice_answers.database_us(conn)
            return now_us, await _shown(conn, user_id, now_us)

    async def push_key(self) -> str:
        """The public key that browsers subscribe to; empty where web push is not set up."""
        async with self._opened().connection() as conn:
            return await push_key.current(conn)

    async def add_push(
        self, user_id: int, address: str, host: str, *, key: str, label: str, language: str | None, replaces: str | None
    ) -> OwnChannel | Refused:
        """A browser's subscription for `key`; the channel there is where it is known. One it replaces is used no more.

        What is not said (`label` empty, no `language`) and the tier are as they were of the one replaced.
        Refused: NOT_SET_UP, OTHER_KEY, TOO_MANY.
        """
        async with self._opened().transaction() as conn:
            current = await push_key.current(conn)
            if key != current:
                return Refused.OTHER_KEY if current else Refused.NOT_SET_UP
            await own_channels.lock_person(conn, user_id)
            now_us = await notice_answers.database_us(conn)
            pushes = [one for one in await own_channels.of(conn, user_id, now_us) if one.kind == "web push"]
            pushes = [one for one in pushes if one.disabled_us is None]
            known = next((one for one in pushes if one.address == address), None)
            if known is not None:
                return known
            gone = [one for one in pushes if _gives_way(one, address, replaces)]
            if len(pushes) - len(gone) >= MOST:
                return Refused.TOO_MANY
            for one in gone:
                await own_channels.disable(conn, one.channel_id, REPLACED, now_us)
                await _write_down(conn, now_us, user_id, "remove channel", one.channel_id)
            before = gone[-1] if gone else None
            number = await own_channels.add(
                conn, user_id, address, host=host, label=label or (before.label if before else host),
                tier=before.tier if before else 1, language=language or (before.language if before else "en"),
                now_us=now_us,
            )  # fmt: skip
            await _write_down(conn, now_us, user_id, "add channel", number)
            return next(o for o in await own_channels.of(conn, user_id, now_us) if o.channel_id == number)

    async def test(self, user_id: int, channel_id: int) -> Refused | None:
        """Queue a test page for the notifier. Refused: UNKNOWN, SCREEN, BUSY."""
        async with self._opened().transaction() as conn:
            await own_channels.lock_person(conn, user_id)
            now_us = await notice_answers.database_us(conn)
            found = await _in_use(conn, user_id, channel_id, now_us)
            if isinstance(found, Refused):
                return found
            if found.test is not None and found.test.waiting:
                return Refused.BUSY
            await own_channels.queue_test(conn, channel_id, now_us)
            await _write_down(conn, now_us, user_id, "test channel", channel_id)
            return None

    async def remove(self, user_id: int, channel_id: int) -> bool | Refused:
        """Use it no more; whether others are reached by the same address. Refused: UNKNOWN, SCREEN."""
        async with self._opened().transaction() as conn:
            await own_channels.lock_person(conn, user_id)
            now_us = await notice_answers.database_us(conn)
            found = await _in_use(conn, user_id, channel_id, now_us)
            if isinstance(found, Refused):
                return found
            await own_channels.disable(conn, channel_id, REMOVED, now_us)
            await _write_down(conn, now_us, user_id, "remove channel", channel_id)
            return await own_channels.is_of_others(conn, channel_id)

    async def speak(self, user_id: int, language: str) -> None:
        """In which language pages, pushes and messages speak to a person from now on: en or zh."""
        async with self._opened().transaction() as conn:
            await own_channels.lock_person(conn, user_id)
            now_us = await notice_answers.database_us(conn)
            await own_channels.speak(conn, user_id, language)
            who = audit.person(user_id)
            await audit.aappend(conn, Deed(now_us, who, "change language", who, {"language": language}))


async def _shown(conn: AsyncConnection, user_id: int, now_us: int) -> list[OwnChannel]:
    found = await own_channels.of(conn, user_id, now_us - GONE_SHOWN_US)
    return [one for one in found if one.disabled_us is None or one.disabled_why not in BY_PEOPLE]


async def _in_use(conn: AsyncConnection, user_id: int, channel_id: int, now_us: int) -> OwnChannel | Refused:
    found = next((one for one in await own_channels.of(conn, user_id, now_us) if one.channel_id == channel_id), None)
    if found is None or found.disabled_us is not None:
        return Refused.UNKNOWN
    return Refused.SCREEN if found.kind == "screen" else found


def _gives_way(one: OwnChannel, address: str, replaces: str | None) -> bool:
    """Whether a new subscription takes the place of this one: the same endpoint with new keys, or named as replaced."""
    endpoint = endpoint_of(one.address)
    return fingerprint(endpoint) == replaces or endpoint == endpoint_of(address)


async def _write_down(conn: AsyncConnection, now_us: int, user_id: int, action: str, channel_id: int) -> None:
    who = audit.person(user_id)
    await audit.aappend(conn, Deed(now_us, who, action, who, {"channel": channel_id}))
