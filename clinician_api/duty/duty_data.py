"""What the API asks of the store about rotas, load and self-tests: the part of `clinician_api.data` for those."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Final, TypeVar

from alerts.load.figures import MINUTE_US, Stretch
from alerts.load.turns import shift_of
from alerts.rota.coverage import TESTED_WITHIN_US
from clinician_api.duty import duty_views
from clinician_api.live.duty_board import DutySeen
from evaluation import load
from evaluation.load import Handover, Load
from store import channels, pool, rota, selftests
from store import load as stored_load
from store.load import Snapshot
from store.pool import AsyncConnection, Connection
from store.selftests import Run
from store.viewers import EVERYTHING, working_for
from telemetry.rota import Book

_T = TypeVar("_T")

# Of a week with 25 000 alerts the counting takes seconds of a core: one at a time, the others wait so long for it.
WAIT_S: Final = 10.0


class Busy(Exception):
    """Others' figures are being counted."""


class DutyData:
    """Beside `Data`, on its pool. Every method may raise StoreError, which becomes a 503."""

    def __init__(self, opened: Callable[[], pool.Pool], database_url: str) -> None:
        self._opened = opened
        self._url = database_url
        self._counting = asyncio.Lock()
        self._looks = 0
        self._last: tuple[object, DutySeen] = (None, DutySeen({}, {}))

    async def read(self, now_us: int) -> DutySeen:
        """All that screens are told of duty."""
        self._looks += 1
        order = self._looks
        book, tested, run = await self.everything(now_us)
        # Clinics whose calendars reach far take it a second: not on the loop that tells the screens, and not again
        # while nothing has changed. Duty is handed over at full minutes; whatever begins at once is a change.
        asked = (book, tested, run, now_us // MINUTE_US)
        known, seen = self._last
        if asked != known:
            seen = await asyncio.to_thread(duty_views.duty, book, tested, run, now_us)
            self._last = (asked, seen)
        return replace(seen, order=order)

    async def everything(self, now_us: int) -> tuple[Book, frozenset[int], Run | None]:
        """The rotas, the people of whom a channel was seen to work of late, and the last self-test."""
        # Of all clinics, whoever asks: what is told to whom is the views' to say, and the room keeps it for everybody.
        with working_for(EVERYTHING):
            async with self._opened().connection() as conn:
                return await self._everything(conn, now_us)

    async def _everything(self, conn: AsyncConnection, now_us: int) -> tuple[Book, frozenset[int], Run | None]:
        book = await rota.aload(conn, now_us)
        last_tested = await channels.alast_tested(conn)
        run = await selftests.last(conn)
        tested = frozenset(user_id for user_id, at_us in last_tested.items() if at_us >= now_us - TESTED_WITHIN_US)
        return book, tested, run

    async def change(self, work: Callable[[Connection], _T]) -> _T:
        """Do something of `evaluation.rota_changes`, which takes its time and waits for others: in a thread."""

        def done() -> _T:
            with closing(pool.connect(self._url, name="homehd api rota")) as conn:
                return work(conn)

        return await asyncio.to_thread(done)

    async def load(self, clinic_id: int | None, stretch: Stretch, now_us: int) -> tuple[Load, Snapshot, Book]:
        """What alerts asked of people; `clinic_id` None: of all clinics. Busy when others keep it busy for long."""

        def work(conn: Connection) -> tuple[Load, Snapshot, Book]:
            found = stored_load.read(conn, stretch.from_us, stretch.to_us, now_us, clinic_id)
            return load.load(found, stretch), found, rota.load(conn, now_us)

        return await self._counted(work)

    async def handover(self, clinic_id: int | None, now_us: int, *, last: bool) -> tuple[Handover, Snapshot]:
        """What the shift that runs, or the last one, hands over; Busy likewise."""

        def work(conn: Connection) -> tuple[Handover, Snapshot]:
            book = rota.load(conn, now_us)
            stretch = shift_of(book, clinic_id, now_us, last=last)
            found = stored_load.read(conn, stretch.from_us, stretch.to_us, now_us, clinic_id)
            return load.handover(found, stretch, book, clinic_id, now_us), found

        return await self._counted(work)

    async def _counted(self, work: Callable[[Connection], _T]) -> _T:
        try:
            async with asyncio.timeout(WAIT_S):
                await self._counting.acquire()
        except TimeoutError as error:
            raise Busy from error
        try:
            return await self.change(work)
        finally:
            self._counting.release()
