"""What keeps the room true beside the requests: live frames, alert notifications, the store, the sessions.

Each feed says whether it works (a link of the room), so that a screen never takes a standstill for calm.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Final

from clinician_api.data import StoredAlert
from clinician_api.live_feed import LiveFeed
from clinician_api.pulse import Pulse
from clinician_api.services import Services
from telemetry.errors import HomehdError

log = logging.getLogger(__name__)

SYNC_S: Final = 2.0
FINDINGS_S: Final = 5.0
RETRY_S: Final = 1.0
# Ingest writes its heartbeat every 2 s and an empty live frame every second.
INGEST_LIMIT_S: Final = 6.0
LIVE_LIMIT_S: Final = 4.0


class Feeds:
    """Runs as long as the application: `async with Feeds(services): …`."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._tasks: list[asyncio.Task[None]] = []
        self._ingest = Pulse(INGEST_LIMIT_S)
        self._live_heard_s = float("-inf")
        self._live: LiveFeed | None = None

    async def __aenter__(self) -> Feeds:
        """Open the store (StoreError when it is not there), read what is so now, start every feed."""
        await self._services.data.open()
        await self._read_store(with_readings=True)
        self._services.pump.publish()
        loop = asyncio.get_running_loop()

        def wake() -> None:
            loop.call_soon_threadsafe(self._take_live)

        self._live = LiveFeed(self._services.options.broker_url, wake)
        self._live.start()
        for work in (
            self._services.pump.run,
            self._sync,
            self._watch_findings,
            self._watch_sessions,
            self._watch_alerts,
            self._watch_live,
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
        self._set_link("live_feed", alive=True)
        for reading in batch.readings.values():
            if services.room.put_reading(reading):
                services.metrics.live_delay.observe(max(0.0, (now_us - reading.received_us) / 1e6))
        for status, heard_us in batch.statuses.values():
            services.room.put_heard(status, heard_us)

    async def _watch_live(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            assert self._live is not None
            heard = self._services.clock.monotonic_s() - self._live_heard_s <= LIVE_LIMIT_S
            self._set_link("live_feed", alive=heard and self._live.connected)

    # The store, again and again: what a feed missed is seen here, and what has no feed

    async def _sync(self) -> None:
        while True:
            await asyncio.sleep(SYNC_S)
            try:
                # Without live frames the stored readings are the next best: seconds old instead of none.
                await self._read_store(with_readings=not self._services.room.is_alive("live_feed"))
            except HomehdError:
                self._look_at_ingest(None)
                raise

    async def _read_store(self, *, with_readings: bool) -> None:
        data, room = self._services.data, self._services.room
        room.set_directory(await data.directory())
        names, now_us = room.names(), self._services.clock.now_us()
        for view, heard_us in await data.statuses(list(names)):
            room.put_stored_status(view, heard_us)
        if with_readings:
            for reading in await data.latest(names, now_us):
                room.put_reading(reading)
        await self._reconcile_alerts(await data.alerts(only_open=True, now_us=now_us))
        self._look_at_ingest(await data.ingest_heartbeat())

    async def _watch_findings(self) -> None:
        while True:
            data, room = self._services.data, self._services.room
            for unit, rules in (await data.not_evaluated(room.names())).items():
                room.put_not_evaluated(unit, rules)
            await asyncio.sleep(FINDINGS_S)

    async def _reconcile_alerts(self, open_now: list[StoredAlert]) -> None:
        room = self._services.room
        for alert in open_now:
            self._tell(alert)
        for alert_id in room.open_alert_ids() - {alert.view["alert_id"] for alert in open_now}:
            self._tell(await self._services.data.alert(alert_id))

    def _look_at_ingest(self, mark: int | None) -> None:
        clock = self._services.clock
        self._set_link("ingest", alive=self._ingest.look(mark, clock.now_us(), clock.monotonic_s()))

    # Alerts, as they are recorded

    async def _watch_alerts(self) -> None:
        try:
            async with self._services.data.alert_events_as_recorded() as event_ids:
                # What was recorded while nobody listened comes with the next look at the store.
                self._set_link("alert_feed", alive=True)
                async for event_id in event_ids:
                    self._tell(await self._services.data.alert_of_event(event_id))
        except HomehdError:
            self._set_link("alert_feed", alive=False)
            raise

    def _tell(self, alert: StoredAlert | None) -> None:
        if alert is not None:
            self._services.room.put_alert(alert.view, alert.event_id)

    # Sessions: logged out elsewhere, expired, account disabled, role or clinic changed

    async def _watch_sessions(self) -> None:
        services = self._services
        while True:
            await asyncio.sleep(services.options.recheck_s)
            for token_hash in services.sockets.sessions():
                session = await services.sessions.by_hash(token_hash)
                if session is None or services.sockets.scopes(token_hash) - {session.scope}:
                    services.sockets.close_sessions({token_hash}, "session ended")

    def _set_link(self, name: str, *, alive: bool) -> None:
        services = self._services
        services.metrics.link_up.labels(name).set(alive)
        if services.room.set_link(name, alive, services.clock.now_us()):
            level = logging.INFO if alive else logging.WARNING
            log.log(level, "link works" if alive else "link lost", extra={"fields": {"link": name}})


async def _for_ever(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run again what fails: a database that is away for an hour must not end a feed."""
    while True:
        try:
            await work()
        except HomehdError as error:
            log.warning("feed failed", extra={"fields": {"feed": work.__name__, "error": error.line()}})
        except Exception:
            log.exception("feed broke", extra={"fields": {"feed": work.__name__}})
        await asyncio.sleep(RETRY_S)
