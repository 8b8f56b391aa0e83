"""What the API asks of the store about teams and broken glasses: a part of `clinician_api.data`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from alerts.rota.local_time import UnknownZone
from alerts.rota.roster import rotas_of
from alerts.rota.shifts import shifts
from clinician_api.duty.duty_data import DutyData
from clinician_api.teams.sight_book import SightBook
from store import break_glass, pool, sights, teams
from store.break_glass import Glass
from store.pool import Connection
from store.teams import Team
from store.viewers import EVERYTHING, working_for
from telemetry.rota import Audience, Book

T = TypeVar("T")


class TeamData:
    """Beside `Data`, on its pool. Every method may raise StoreError, which becomes a 503."""

    def __init__(self, opened: Callable[[], pool.Pool], duty: DutyData) -> None:
        self._opened = opened
        self._duty = duty
        self.book = SightBook()

    async def read_sights(self, now_us: int) -> bool:
        """Learn who sees whom now, of all clinics; True when that is a change."""
        with working_for(EVERYTHING):
            async with self._opened().connection() as conn:
                found = await sights.read(conn, now_us)
            on_duty = {}
            if found.by_team:
                rotas, _, _ = await self._duty.everything(now_us)
                on_duty = {clinic_id: on_duty_of(rotas, clinic_id, now_us) for clinic_id in found.by_team}
        return self.book.put(found, on_duty)

    async def teams(self, now_us: int) -> list[Team]:
        """Every team, with those of its patients whom the task's viewer sees."""
        async with self._opened().connection() as conn:
            return await teams.aall_of(conn, now_us)

    async def glasses(self, glass_id: int | None = None) -> list[Glass]:
        """What was opened to patients whom the task's viewer sees."""
        async with self._opened().connection() as conn:
            return await break_glass.all_of(conn, glass_id)

    async def own_glass(self, glass_id: int) -> Glass:
        """What was just opened, whoever sees it."""
        with working_for(EVERYTHING):
            return (await self.glasses(glass_id))[0]

    async def change(self, work: Callable[[Connection], T]) -> T:
        """Do something of `store.teams` or `store.break_glass` as a whole, with the owner's rights, in a thread."""

        def whole(conn: Connection) -> T:
            with pool.transaction(conn):
                return work(conn)

        return await self._duty.change(whole)


def on_duty_of(book: Book, clinic_id: int, now_us: int) -> frozenset[int]:
    """Who has a clinical shift of a clinic now, of whatever line; nobody of a rota whose zone is not known here."""
    found = set()
    for rota in rotas_of(book, clinic_id, Audience.CLINICAL):
        try:
            found |= {one.user_id for one in shifts(rota, now_us, now_us + 1) if one.user_id is not None}
        except UnknownZone:
            continue
    return frozenset(found)
