"""What keeps the room true beside the requests: live frames, alert notifications, the store, the sessions.

Each feed says whether it works (a link of the room), so that a screen never takes a standstill for calm.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Mapping
from types import TracebackType
from typing import Any, Final

import msgspec

from clinician_api.data import StoredAlert, Topic
from clinician_api.live import paging, session_watch
from clinician_api.live.live_feed import LiveFeed
from clinician_api.live.signs import Signs
from clinician_api.people.sessions import OVERDUE_AT_ONCE
from clinician_api.services import Services, learn_sights
from evaluation.links import IngestWatch, LinkTrouble
from store.viewers import EVERYTHING, work_for, working_for
from telemetry.errors import HomehdError
from telemetry.messages import LiveReading

log = logging.getLogger(__name__)

SYNC_S: Final = 2.0
SIGHTS_S: Final = 1.0
AT_ONCE: Final = 500  # alerts read before something else has its turn
FINDINGS_S: Final = 5.0
LOOKS_S: Final = 1.0
LOOKS_AT_ONCE: Final = 200  # rows of the record in one transaction
# Whether a walk along the chain of the record is due; after a start others come first.
WALK_LOOK_S: Final = 600.0
# How late the record may have it that a session is over by itself.
OVERDUE_S: Final = 60.0
RETRY_S: Final = 1.0
# Ingest writes its heartbeat every 2 s.
INGEST_LIMIT_S: Final = 6.0
# It sends an empty live frame every second, but when its database stands still it waits 5 s for it in silence, before
# it goes on without. That is no standstill of the screens.
LIVE_LIMIT_S: Final = 7.0
# A shard whose frames say that nothing can be saved sends one every second. When nothing has come for so long although
# ingest works, nobody speaks for it any more.
UNHEARD_S: Final = 5.0
# A store that was not read for so many looks stands still: whatever it last said may no longer be so. By then ingest
# has said that it goes on without.
MISSED_SYNCS: Final = 4
WATCH_S: Final = 0.5
# Troubles of ingest in which nothing is stored at all.
STANDSTILLS: Final = (LinkTrouble.SILENT, LinkTrouble.DATABASE)


class Feeds:
    """Runs as long as the application: `async with Feeds(services): …`."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._tasks: list[asyncio.Task[None]] = []
        self._ingest = IngestWatch(INGEST_LIMIT_S)
        self._ingest_trouble: LinkTrouble | None = LinkTrouble.SILENT
        self._live_heard_s = float("-inf")
        self._synced_s = float("-inf")
        self._duty_read_s = float("-inf")
        self._listens = False
        self._look_now = asyncio.Event()
        self._sights_now = asyncio.Event()
        self._live: LiveFeed | None = None
        self._signs = Signs(services)

    async def __aenter__(self) -> Feeds:
        """Open the store (StoreError when it is not there), read what is so now, start every feed."""
        await self._services.data.open()
        with working_for(EVERYTHING):
            await learn_sights(self._services)
            await self._read_store(with_readings=True)
            with contextlib.suppress(HomehdError):  # the wall says "unknown", which is no reason to stay dark
                await self._read_duty()
        self._services.pump.publish()
        loop = asyncio.get_running_loop()

        def wake() -> None:
            loop.call_soon_threadsafe(self._take_live)

        self._live = LiveFeed(self._services.options.broker_url, wake)
        self._live.start()
        for work in (
            self._services.pump.run,
            self._sync,
            self._look_back,
            self._watch_findings,
            self._watch_duty,
            self._signs.tell,
            self._watch_sessions,
            self._end_overdue,
            self._watch_sights,
            self._watch_alerts,
            self._serve_screens,
            self._watch_links,
            self._write_looks,
            self._walk_record,
        ):
            self._tasks.append(asyncio.create_task(_for_ever(work), name=work.__qualname__))
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Stop every feed and close the store."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._live is not None:
            await asyncio.to_thread(self._live.stop)
        self._services.refusals.tell_all()
        with contextlib.suppress(HomehdError):
            await self._write_waiting_looks()
        await self._services.data.close()

    # Live frames

    def _take_live(self) -> None:
        services = self._services
        assert self._live is not None
        batch = self._live.take()
        services.metrics.live_frames.inc(batch.frames)
        services.metrics.live_frames_bad.inc(batch.bad)
        if not batch.frames:
            return
        now_us = services.clock.now_us()
        self._live_heard_s = services.clock.monotonic_s()
        self._set_link("live_feed", None)
        for reading in (not_from_the_future(heard, now_us) for heard in batch.readings.values()):
            if services.room.put_reading(reading):
                services.metrics.live_delay.observe(max(0.0, (now_us - reading.received_us) / 1e6))
        for status, heard_us in batch.statuses.values():
            services.room.put_heard(status, heard_us)
        for shard, said in batch.saving.items():
            services.room.put_saving(shard, said, services.data.title, self._live_heard_s)
        if services.room.unsaved.unsettled:
            self._look_now.set()

    # What works

    async def _watch_links(self) -> None:
        while True:
            self._judge_links()
            await asyncio.sleep(WATCH_S)

    def _judge_links(self) -> None:
        """By what was heard and by when the store last answered: who waits for a database that stands still is late."""
        assert self._live is not None
        room, now_s = self._services.room, self._services.clock.monotonic_s()
        heard = now_s - self._live_heard_s <= LIVE_LIMIT_S and self._live.connected
        answers = now_s - self._synced_s <= MISSED_SYNCS * SYNC_S
        trouble = self._ingest_trouble if answers else LinkTrouble.DATABASE
        if now_s - self._duty_read_s > MISSED_SYNCS * SYNC_S:
            room.duty.put(None)
        if trouble not in STANDSTILLS:
            room.unsaved.forget_unheard(now_s, UNHEARD_S)
        room.take_back(now_s)
        unsaved_us = room.unsaved.since_us(now_s, LIVE_LIMIT_S) if heard else None
        told = unsaved_us is not None and room.unsaved.tells_all(now_s, LIVE_LIMIT_S)
        self._set_link("live_feed", None if heard else LinkTrouble.SILENT)
        self._set_link("ingest", trouble if unsaved_us is None else LinkTrouble.UNSAVED, unsaved_us)
        self._set_link("alert_feed", None if told or (answers and self._listens) else LinkTrouble.DATABASE)

    # The store, again and again: what a feed missed is seen here, and what has no feed

    async def _sync(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SYNC_S):
                    await self._look_now.wait()
            self._look_now.clear()
            # Without live frames the stored readings are the next best: seconds old instead of none.
            await self._read_store(with_readings=not self._services.room.is_alive("live_feed"))

    async def _read_store(self, *, with_readings: bool) -> None:
        data, room = self._services.data, self._services.room
        began_s = self._services.clock.monotonic_s()
        room.set_directory(await data.directory())
        names, now_us = room.names(), self._services.clock.now_us()
        for view, heard_us in await data.statuses(list(names)):
            room.put_stored_status(view, heard_us)
        if with_readings:
            for reading in await data.latest(names, now_us):
                room.put_reading(not_from_the_future(reading, now_us))
        await self._reconcile_alerts(await data.open_versions())
        beats, clock = await data.ingest_beats(), self._services.clock
        self._synced_s = clock.monotonic_s()
        self._ingest_trouble = self._ingest.look(beats, clock.now_us(), self._synced_s)
        room.settle(began_s, works=self._ingest_trouble not in STANDSTILLS)

    async def _look_back(self) -> None:
        """Once, after a start: what the tiles' last minutes were. Beside the rest: thousands of homes take a while."""
        data, room = self._services.data, self._services.room
        names, now_us = room.names(), self._services.clock.now_us()
        for unit_id, step, low, high in await data.recent_extremes(list(names), now_us):
            room.sparks.put(names[unit_id], step, low, high)
        room.resynchronise()
        await asyncio.Event().wait()

    async def _watch_findings(self) -> None:
        while True:
            data, room = self._services.data, self._services.room
            for unit, rules in (await data.not_evaluated(room.names())).items():
                room.put_not_evaluated(unit, rules)
            await asyncio.sleep(FINDINGS_S)

    # Who is on call: nothing announces it, and a hand-over comes by time alone

    async def _watch_duty(self) -> None:
        while True:
            await asyncio.sleep(SYNC_S)
            await self._read_duty()

    async def _read_duty(self) -> None:
        services = self._services
        services.room.duty.put(await services.data.duty.read(services.clock.now_us()))
        self._duty_read_s = services.clock.monotonic_s()

    async def _reconcile_alerts(self, open_now: Mapping[str, int]) -> None:
        """What a lost announcement or a restart has left: only what stands differently is read."""
        missed = sorted(self._services.room.alerts.missed(open_now))
        for start in range(0, len(missed), AT_ONCE):
            some = missed[start : start + AT_ONCE]
            for alert in await self._services.data.alerts_by_id(some, self._services.clock.now_us()):
                self._tell(alert)

    # Alerts and what becomes of them, as it is recorded

    async def _watch_alerts(self) -> None:
        try:
            async with self._services.data.announcements() as announcements:
                # What was recorded while nobody listened comes with the next look at the store.
                self._listens = True
                self._services.screens.look_up_all()
                async for batch in announcements:
                    for announcement in batch:
                        if announcement.topic is Topic.DELIVERY:
                            self._services.screens.announce(announcement.number)
                            # Whoever is asked about a patient sees that patient when the page is opened.
                            self._sights_now.set()
                    now_us = self._services.clock.now_us()
                    for alert in await self._services.data.changed_alerts(batch, now_us):
                        self._tell(alert)
        finally:
            self._listens = False

    def _tell(self, alert: StoredAlert) -> None:
        self._services.room.alerts.put(alert.view, alert.version, alert.whose)

    # Pages on screens

    async def _serve_screens(self) -> None:
        await paging.serve(self._services.screens, self._services.data.notices)

    # Who looked at whom, and who was refused

    async def _write_looks(self) -> None:
        while True:
            await asyncio.sleep(LOOKS_S)
            await self._write_waiting_looks()

    async def _write_waiting_looks(self) -> None:
        services = self._services
        services.refusals.settle(services.clock.monotonic_s())
        waiting = services.looks.take()
        try:
            # The record has one writer at a time: whoever acknowledges something waits no longer than for so many.
            while waiting:
                await services.data.record.write_down(waiting[:LOOKS_AT_ONCE])
                services.metrics.looks_written.inc(len(waiting[:LOOKS_AT_ONCE]))
                del waiting[:LOOKS_AT_ONCE]
        finally:
            services.looks.give_back(waiting)
            services.metrics.looks_lost.set(services.looks.lost)

    # Whether the record still holds: once a day, by whichever instance comes first

    async def _walk_record(self) -> None:
        while True:
            await asyncio.sleep(WALK_LOOK_S)
            await self._services.data.audit.walk_when_due(self._services.clock)

    # Sessions: logged out elsewhere, expired, account disabled, role or clinic changed

    async def _watch_sessions(self) -> None:
        await session_watch.watch(self._services)

    async def _end_overdue(self) -> None:
        while True:
            # In pieces, as looks are written; another server may be at it, too.
            if await self._services.sessions.end_overdue() < OVERDUE_AT_ONCE:
                await asyncio.sleep(OVERDUE_S)

    # Whose patients are whose: teams, duty, what people are asked, broken glasses

    async def _watch_sights(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SIGHTS_S):
                    await self._sights_now.wait()
            self._sights_now.clear()
            await learn_sights(self._services)

    def _set_link(self, name: str, trouble: LinkTrouble | None, since_us: int | None = None) -> None:
        services = self._services
        services.metrics.link_up.labels(name).set(trouble is None)
        now_us = services.clock.now_us()
        # Another server's clock may be ahead of ours.
        if services.room.set_link(name, trouble, now_us if since_us is None else min(since_us, now_us)):
            if trouble is None:
                log.info("link works", extra={"fields": {"link": name}})
            else:
                log.warning("link lost", extra={"fields": {"link": name, "reason": trouble}})


async def _for_ever(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run again what fails: a database that is away for an hour must not end a feed."""
    # The room is of all clinics; what of it a screen is told is its scope's business.
    work_for(EVERYTHING)
    while True:
        try:
            await work()
        except HomehdError as error:
            log.warning("feed failed", extra={"fields": {"feed": work.__name__, "error": error.line()}})
        except Exception:
            log.exception("feed broke", extra={"fields": {"feed": work.__name__}})
        await asyncio.sleep(RETRY_S)


def not_from_the_future(live: LiveReading, now_us: int) -> LiveReading:
    """The reading, received now at the latest.

    One stamped later, by an ingest whose clock was ahead or by a stranger at the broker, would stay "0 s old" and keep
    every honest reading of its unit off the screens until that moment comes.
    """
    return live if live.received_us <= now_us else msgspec.structs.replace(live, received_us=now_us)
