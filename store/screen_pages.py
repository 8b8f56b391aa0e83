"""What screens and devices are told of deliveries, and what they say to them: the API's side, each in one statement."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from store.pool import AsyncConnection
from store.queries import arun
from store.values import storable_text


@dataclass(frozen=True, slots=True)
class ScreenPage:
    """A delivery to the screens of one person, of a notice that still waits for somebody."""

    delivery_id: int
    user_id: int
    notice_id: int
    priority: str
    queued_us: int


async def announced(conn: AsyncConnection, delivery_ids: Sequence[int]) -> list[ScreenPage]:
    """Those of these new deliveries that are for screens, where nobody has answered meanwhile, in order."""
    rows = await arun(conn, "announced_screen_pages", {"deliveries": list(delivery_ids)})
    return [ScreenPage(*row) async for row in rows]


async def waiting(conn: AsyncConnection, user_ids: Sequence[int], minutes: int) -> list[ScreenPage]:
    """What screens of these people ask and nobody has answered, of the last minutes, in order: also what they had."""
    rows = await arun(conn, "waiting_screen_pages", {"users": list(user_ids), "minutes": minutes})
    return [ScreenPage(*row) async for row in rows]


async def of_receipt(conn: AsyncConnection, receipt: str) -> int | None:
    """The delivery whose device knows this word; None: nobody's."""
    row = await (await arun(conn, "delivery_of_receipt", {"receipt": storable_text(receipt)})).fetchone()
    return None if row is None else int(row[0])


async def advance(
    conn: AsyncConnection, delivery_id: int, state: str, before: Collection[str], detail: str, *,
    user_id: int | None = None,
) -> bool:  # fmt: skip
    """Move a delivery on, if it stands in one of `before`; whether it did. `user_id`: only if it is that person's."""
    parameters = {
        "delivery": delivery_id, "user": user_id, "state": state, "before": list(before),
        "detail": storable_text(detail, 500),
    }  # fmt: skip
    return await (await arun(conn, "advance_delivery", parameters)).fetchone() is not None
