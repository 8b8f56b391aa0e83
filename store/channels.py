"""Ways to reach a person. Addresses may hold secrets: whoever shows or logs one masks it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from store.pool import AsyncConnection, Connection
from store.queries import arun, run
from store.values import storable_text


@dataclass(frozen=True, slots=True)
class Channel:
    """One of a person's.

    Attributes:
        kind: "screen" (wherever they are signed in), "web push" or "apprise"; `address` says where, in its own way.
        host: whose trouble is shared by all such addresses.
        tier: 1: used at once; 2: where the first gave no receipt, or when time is short.
        tested_us: when a test last went all the way. disabled_us: since when it is not used, for `disabled_why`.
    """

    channel_id: int
    user_id: int
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


def add(
    conn: Connection,
    user_id: int,
    kind: str,
    address: str,
    *,
    host: str,
    label: str,
    tier: int,
    language: str,
    now_us: int,
) -> int:
    """A new channel's number; StoreError (CONFLICT) when the person has it already."""
    parameters = {
        "user": user_id, "kind": kind, "address": storable_text(address, 4000),
        "host": storable_text(host, 100), "label": storable_text(label, 100),
        "tier": tier, "language": language, "now": now_us,
    }  # fmt: skip
    return int(run(conn, "add_channel", parameters).fetchall()[0][0])


def of(conn: Connection, user_ids: Sequence[int]) -> list[Channel]:
    """All of these people's, also those no longer in use."""
    return [Channel(*row) for row in run(conn, "channels_of", {"users": list(user_ids)})]


def disable(conn: Connection, channel_id: int, why: str, now_us: int) -> None:
    """Use it no more; a second time changes nothing."""
    run(conn, "disable_channel", {"channel": channel_id, "why": storable_text(why, 500), "now": now_us})


def disable_of_delivery(conn: Connection, delivery_id: int, why: str, now_us: int) -> None:
    """Use the channel of a delivery no more: its service says that it is gone for good."""
    why = storable_text(why, 500) or "gone"
    run(conn, "disable_channel_of_delivery", {"delivery": delivery_id, "why": why, "now": now_us})


def last_tested(conn: Connection) -> dict[int, int]:
    """When a test last went all the way to any channel in use of a person: user id -> µs since 1970."""
    return {row[0]: row[1] for row in run(conn, "last_tested")}


async def alast_tested(conn: AsyncConnection) -> dict[int, int]:
    """The same for the API."""
    return {row[0]: row[1] async for row in await arun(conn, "last_tested")}


def note_tested(conn: Connection, channel_id: int, now_us: int) -> None:
    """A test has gone all the way to it."""
    run(conn, "note_channel_tested", {"channel": channel_id, "now": now_us})


def note_tested_of_delivery(conn: Connection, delivery_id: int, now_us: int) -> None:
    """A person's own test has gone all the way to the channel of this delivery; of any other nothing is noted."""
    run(conn, "note_tested_of_delivery", {"delivery": delivery_id, "now": now_us})
