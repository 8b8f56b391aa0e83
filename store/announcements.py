"""What is told to listeners as it is committed: that something happened to alerts, notices, shelves or deliveries."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum

from psycopg import sql

from store.errors import translate
from store.pool import AsyncConnection, aconnect


class Topic(StrEnum):
    """Of what the number of an announcement is; also the name of the database's channel."""

    ALERT = "alert_event"
    NOTICE = "notice_event"
    SHELVING = "shelving_event"
    DELIVERY = "delivery"


@dataclass(frozen=True, slots=True)
class Announcement:
    """Something that was committed: the number of an event, or of a new delivery."""

    topic: Topic
    number: int


@asynccontextmanager
async def listen(url: str) -> AsyncIterator[AsyncIterator[list[Announcement]]]:
    """What is committed from the moment the block is entered, as it comes; StoreError when the connection is lost.

    Take a snapshot after entering and nothing is missed. What was committed while nobody listened is in the tables.
    """
    with translate("listen for alerts"):
        conn = await aconnect(url, name="homehd alert feed")
        try:
            for topic in Topic:
                await conn.execute(sql.SQL("LISTEN {}").format(sql.Identifier(topic)))
            # The generator holds the connection's lock, so it ends before the connection does.
            async with aclosing(_announcements(conn)) as announcements:
                yield announcements
        finally:
            await conn.close()


async def _announcements(conn: AsyncConnection) -> AsyncGenerator[list[Announcement], None]:
    with translate("listen for alerts"):
        while True:
            # One at least, and what has come while the last ones were worked at: a storm is read in few questions.
            notifications = [notification async for notification in conn.notifies(stop_after=1)]
            yield [Announcement(Topic(one.channel), int(one.payload)) for one in notifications]
