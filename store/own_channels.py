"""A person's own channels, for the API: what there are, a new one, a test of one, one used no more.

`store.channels` has the same for commands and notifiers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from store.pool import AsyncConnection
from store.queries import arun
from store.values import storable_text

# Why a channel is used no more, where people wanted that; any other reason is the receiver's, and worth being told.
REMOVED: Final = "removed by its owner"
REPLACED: Final = "replaced by its browser"
BY_HAND: Final = "removed by hand"
BY_PEOPLE: Final = frozenset({REMOVED, REPLACED, BY_HAND})


@dataclass(frozen=True, slots=True)
class ChannelTest:
    """The newest test of a channel. `waiting`: it is being tried still. `detail`: what the channel said last."""

    delivery_id: int
    state: str
    attempts: int
    queued_us: int
    changed_us: int
    waiting: bool
    detail: str


@dataclass(frozen=True, slots=True)
class OwnChannel:
    """As `store.channels.Channel`, with its newest test (None: there was none)."""

    channel_id: int
    kind: str
    address: str
    host: str
    label: str
    tier: int
    language: str
    created_us: int
    tested_us: int | None
    disabled_us: int | None
    disabled_why: str
    test: ChannelTest | None


async def of(conn: AsyncConnection, user_id: int, gone_since_us: int) -> list[OwnChannel]:
    """A person's, oldest first: those in use, and those whose use ended after `gone_since_us`."""
    rows = await arun(conn, "own_channels", {"user": user_id, "since": gone_since_us})
    return [_channel(row) async for row in rows]


async def lock_person(conn: AsyncConnection, user_id: int) -> None:
    """Whoever else changes this person's channels waits until the transaction ends."""
    await arun(conn, "lock_person", {"user": user_id})


async def add(
    conn: AsyncConnection, user_id: int, address: str, *, host: str, label: str, tier: int, language: str, now_us: int
) -> int:
    """A new web push channel; its number. StoreError (CONFLICT) when the person has it already."""
    parameters = {
        "user": user_id, "kind": "web push", "address": storable_text(address, 4000), "host": storable_text(host, 100),
        "label": storable_text(label, 100), "tier": tier, "language": language, "now": now_us,
    }  # fmt: skip
    return int((await (await arun(conn, "add_channel", parameters)).fetchall())[0][0])


async def disable(conn: AsyncConnection, channel_id: int, why: str, now_us: int) -> None:
    """Use it no more, nor try it; a second time changes nothing."""
    # In the order in which a notifier locks them, too.
    await arun(conn, "withdraw_channel_tests", {"channel": channel_id})
    await arun(conn, "disable_channel", {"channel": channel_id, "why": storable_text(why, 500), "now": now_us})


async def speak(conn: AsyncConnection, user_id: int, language: str) -> None:
    """Speak to this person in a language, en or zh, by whatever they are reached now, and on pages."""
    await arun(conn, "speak_to", {"user": user_id, "language": language})


async def is_of_others(conn: AsyncConnection, channel_id: int) -> bool:
    """Whether others are reached by the same address: two people who share a device."""
    row = await (await arun(conn, "is_address_of_others", {"channel": channel_id})).fetchone()
    return row is not None and bool(row[0])


async def queue_test(conn: AsyncConnection, channel_id: int, now_us: int) -> int | None:
    """A test page for the notifier to send; its delivery. None for a screen, and for what is not in use."""
    row = await (await arun(conn, "queue_channel_test", {"channel": channel_id, "now": now_us})).fetchone()
    return None if row is None else int(row[0])


def _channel(row: tuple[Any, ...]) -> OwnChannel:
    fields: list[Any] = [*row[:11], None if row[11] is None else ChannelTest(*row[11:])]
    return OwnChannel(*fields)
