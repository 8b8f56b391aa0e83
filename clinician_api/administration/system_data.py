"""What the API asks about the system itself: once in five seconds, however many pages are open."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import Final

from store import pool, system
from store.errors import StoreError
from store.system import System

FRESH_S: Final = 5.0


class SystemData:
    """Beside `Data`, on connections of its own, so that a database without a free one shows as what it is."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._asking = asyncio.Lock()
        self._read: tuple[float, System | None] = (float("-inf"), None)

    async def read(self, now_s: float) -> System | None:
        """What the database says of the system; None when it does not answer."""
        async with self._asking:
            if now_s - self._read[0] >= FRESH_S:
                self._read = (now_s, await asyncio.to_thread(self._ask))
            return self._read[1]

    def _ask(self) -> System | None:
        try:
            with closing(pool.connect(self._url, name="homehd api system")) as conn:
                return system.read(conn)
        except StoreError:
            return None
