"""Messages to other systems, from queued to settled. What is sent is what stands here, however often it is sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from store.pool import AsyncConnection
from store.queries import arun
from store.values import storable_text

# The first lock key of this service: "HHD7".
LOCK_CLASS: Final = 0x48484437
ALERTS, READINGS = 0, 1  # lanes: alerts first
KEPT_US: Final = 7 * 86_400_000_000

# What the time is, by the database of a connection (microseconds since 1970 UTC).
Now = Callable[[AsyncConnection], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to be queued.

    Attributes:
        about: what it was made of; of one that is there already nothing is queued.
        alert_id, state, priority: of an alert's step, as it is told.
    """

    control_id: str
    about: str
    lane: int
    body: str
    alert_id: int | None = None
    state: str | None = None
    priority: str | None = None


@dataclass(frozen=True, slots=True)
class NextMessage:
    """What goes next to a destination. `refused`: how often the receiver said that it could not, for now."""

    message_id: int
    control_id: str
    body: str
    attempts: int
    refused: int
    next_try_us: int | None


async def now_us(conn: AsyncConnection) -> int:
    """The database's time."""
    row = await (await arun(conn, "hl7_now")).fetchone()
    assert row is not None
    return int(row[0])


async def hold(conn: AsyncConnection, post: str) -> bool:
    """Whether this session has this work from now on. It keeps it until it ends; ask once, or it is held twice."""
    row = await (await arun(conn, "hl7_hold", {"class": LOCK_CLASS, "post": post})).fetchone()
    return row is not None and bool(row[0])


async def queue(conn: AsyncConnection, name: str, new: Sequence[NewMessage], at_us: int) -> None:
    """Put messages at the end of their lanes, in this order."""
    if not new:
        return
    columns = {
        "controls": [one.control_id for one in new], "abouts": [one.about for one in new],
        "lanes": [one.lane for one in new], "alerts": [one.alert_id for one in new],
        "states": [one.state for one in new], "priorities": [one.priority for one in new],
        "bodies": [storable_text(one.body, 1_000_000) for one in new],
    }  # fmt: skip
    await arun(conn, "queue_hl7_messages", {"name": name, "now": at_us, **columns})


async def is_full(conn: AsyncConnection, name: str, most: int) -> bool:
    """Whether so many messages wait for a destination."""
    row = await (await arun(conn, "hl7_is_full", {"name": name, "most": most})).fetchone()
    return row is not None and bool(row[0])


async def left_out(conn: AsyncConnection, name: str, count: int, at_us: int) -> None:
    """Note that so many readings were not queued."""
    await arun(conn, "hl7_left_out", {"name": name, "count": count, "now": at_us})


async def next_message(conn: AsyncConnection, name: str) -> NextMessage | None:
    """What goes next; None: nothing waits, or the destination is stopped or no longer told."""
    row = await (await arun(conn, "hl7_next", {"name": name})).fetchone()
    return None if row is None else NextMessage(*row)


async def trying(conn: AsyncConnection, message_id: int, at_us: int) -> bool:
    """Note that a message is about to be sent; False: it is no longer to be."""
    parameters = {"message": message_id, "now": at_us}
    return await (await arun(conn, "hl7_trying", parameters)).fetchone() is not None


async def delivered(conn: AsyncConnection, message_id: int, answer: str, at_us: int) -> None:
    """The receiver has it."""
    parameters = {"message": message_id, "answer": storable_text(answer, 500), "now": at_us}
    await arun(conn, "hl7_delivered", parameters)


async def again(conn: AsyncConnection, message_id: int, answer: str, next_us: int, *, refused: bool) -> None:
    """It is sent again at `next_us`. `refused`: the receiver said that it could not; else nothing is known of it."""
    parameters = {
        "message": message_id, "answer": storable_text(answer, 500), "next": next_us, "refused": int(refused),
    }  # fmt: skip
    await arun(conn, "hl7_again", parameters)


async def park(conn: AsyncConnection, message_id: int, answer: str) -> None:
    """It is not sent until somebody says so; what is behind it goes on."""
    await arun(conn, "hl7_park", {"message": message_id, "answer": storable_text(answer, 500)})


async def stop(conn: AsyncConnection, name: str, message_id: int, answer: str, why: str, at_us: int) -> None:
    """Send nothing more to a destination until somebody says so; the message goes on waiting. `why`: not empty."""
    parameters = {"name": name, "message": message_id, "answer": storable_text(answer, 500), "why": why, "now": at_us}
    await arun(conn, "hl7_stop", parameters)


async def sweep(conn: AsyncConnection, at_us: int, limit: int = 5000) -> None:
    """Forget what was settled a week ago, at most so many messages at once."""
    await arun(conn, "sweep_hl7_messages", {"before": at_us - KEPT_US, "limit": limit})
    await arun(conn, "sweep_hl7_treatments", {"before": at_us})
