"""A post: one work for one destination, done by one process at a time, whichever holds its lock.

The lock is the database session's that does the work: when a process dies, its session does, and who stands by goes on.
One that hangs loses its session after `IDLE_S`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from store import hl7_outbox, pool
from store.pool import AsyncConnection, atransaction
from telemetry.errors import HomehdError

log = logging.getLogger(__name__)

# Longer than an answer may be waited for (30 s), with a connection and the database's own time.
IDLE_S: Final = 60.0
STAND_BY_S: Final = 1.0
AFTER_FAILURE_S: Final = 2.0


class Work(Protocol):
    """What is done at a post, turn by turn."""

    async def turn(self, conn: AsyncConnection) -> float:
        """Do what there is to do; how long to wait then (s)."""


class Post:
    """One of them, for as long as its task runs."""

    def __init__(self, url: str, name: str, work: Work, failed: Callable[[], object]) -> None:
        self._url = url
        self._name = name
        self._work = work
        self._failed = failed
        self.held = False
        self.trouble = ""

    async def keep(self, stop: asyncio.Event, pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Do the work whenever the post is ours, until `stop`. Whatever fails is told, and begun anew."""
        while not stop.is_set():
            try:
                await self._sit(stop, pause)
            except HomehdError as error:
                await self._anew(error.line(), pause)
            except Exception as error:  # a mistake of ours: the next time may go better
                log.exception("HL7 work failed", extra={"fields": {"post": self._name}})
                await self._anew(type(error).__name__, pause)

    async def _sit(self, stop: asyncio.Event, pause: Callable[[float], Awaitable[None]]) -> None:
        conn = await pool.aconnect(self._url, name="homehd hl7", idle_s=IDLE_S)
        try:
            while not stop.is_set():
                if not self.held:
                    async with atransaction(conn, "take up HL7 work"):
                        self.held = await hl7_outbox.hold(conn, self._name)
                    if not self.held:
                        self.trouble = ""
                        await pause(STAND_BY_S)
                        continue
                    log.info("HL7 work taken up", extra={"fields": {"post": self._name}})
                wait_s = await self._work.turn(conn)
                self.trouble = ""
                await pause(wait_s)
        finally:
            self.held = False
            await conn.close()

    async def _anew(self, why: str, pause: Callable[[float], Awaitable[None]]) -> None:
        if why != self.trouble:
            log.error("HL7 work interrupted", extra={"fields": {"post": self._name, "why": why}})
        self.trouble = why
        self._failed()
        await pause(AFTER_FAILURE_S)
