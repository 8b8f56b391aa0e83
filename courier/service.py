"""`homehd hl7`: for every destination a post that makes messages and one that sends them, and the health port."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from courier.destinations import Destination
from courier.line import Line
from courier.making import Making, Titles
from courier.metrics import Metrics
from courier.posts import Post
from courier.sending import Sending
from store import heartbeat, hl7_destinations, migrate, notices, pool, vital_signs
from store.pool import ANSWER_S, Connection, answered_within
from store.vital_signs import VitalSigns
from telemetry.clock import Clock
from telemetry.errors import HomehdError, SettingsError
from telemetry.health_port import HealthPort

log = logging.getLogger(__name__)

SERVICE: Final = "hl7"
BEAT_S: Final = 2.0
# The database is asked every two seconds: silence for this long is a fault.
STALE_S: Final = 10.0
# What is on its way may end, within the ten seconds a service has.
LAST_S: Final = 7.0


@dataclass(frozen=True, slots=True)
class Hl7Options:
    """What `homehd hl7` is told. `health_port`: 0 = any free one, named in the log."""

    database_url: str
    destinations: Sequence[Destination]
    health_port: int = 0


def run(options: Hl7Options, clock: Clock, stop: threading.Event) -> None:
    """Tell other systems until `stop`. Several may run at once, with the same settings: one works, the others stand by.

    SettingsError when there is nobody to tell; StoreError when the database is not ours or not there at the start;
    HomehdError when the health port cannot be had, or TLS files do not serve. Later troubles are logged, counted, and
    waited out.
    """
    if not options.destinations:
        raise SettingsError(
            "start", "no destination", hint="HOMEHD_HL7='NAME=mllp://host:port', docs/operations/hl7.md"
        )
    for one in options.destinations:
        one.tls_context()
    with pool.connect(options.database_url, name="homehd hl7") as conn:
        migrate.check(conn)
        wanted = [one.wanted for one in options.destinations]
        gone = hl7_destinations.enter(conn, wanted, notices.database_us(conn))
    if gone:
        log.warning("no longer told as HL7", extra={"fields": {"destinations": ", ".join(gone)}})
    metrics = Metrics([one.name for one in options.destinations])
    titles = Titles()
    sendings = [Sending(one, Line(one), metrics) for one in options.destinations]
    posts = [
        *(
            _post(options, one, f"make {one.name}", Making(one, titles, metrics), metrics)
            for one in options.destinations
        ),
        *(
            _post(options, one, f"send {one.name}", sending, metrics)
            for one, sending in zip(options.destinations, sendings, strict=True)
        ),
    ]
    pulse = Pulse(options.database_url, posts, clock, metrics)
    health = HealthPort(options.health_port, metrics.page, pulse.health, named="hl7_health_port")
    beating = threading.Thread(target=pulse.run, args=(stop,), name="pulse", daemon=True)
    try:
        beating.start()
        fields = {"health_port": health.port, "destinations": ", ".join(map(str, options.destinations))}
        log.info("hl7 ready", extra={"fields": fields})
        asyncio.run(_work(posts, sendings, stop))
    finally:
        stop.set()
        beating.join(LAST_S)
        health.stop()
    log.info("hl7 stopped")


class Pulse:
    """Signs of life, and the figures of what waits, on a thread of its own."""

    def __init__(self, url: str, posts: Sequence[Post], clock: Clock, metrics: Metrics) -> None:
        self._url = url
        self._posts = posts
        self._clock = clock
        self._metrics = metrics
        self._instance, self._signs = vital_signs.new_instance(), VitalSigns(clock=clock)
        self._answered_s = clock.monotonic_s()
        self._lines: dict[str, str] = {}
        metrics.silent_s.set_function(lambda: clock.monotonic_s() - self._answered_s)

    def run(self, stop: threading.Event) -> None:
        """Until `stop`; a database that does not answer is waited for."""
        conn: Connection | None = None
        while not stop.wait(BEAT_S if conn else 0.0):
            try:
                conn = conn or pool.connect(self._url, name="homehd hl7 pulse")
                with answered_within(conn, ANSWER_S, "show signs of life"):
                    self.beat(conn)
            except HomehdError as error:
                log.warning("no sign of life", extra={"fields": {"why": error.line()}})
                if conn:
                    conn.close()
                conn = None
                stop.wait(BEAT_S)
        if conn:
            conn.close()

    def beat(self, conn: Connection) -> None:
        """One sign of life. StoreError when the database does not take it."""
        now_us = notices.database_us(conn)
        held = sum(post.held for post in self._posts)
        heartbeat.beat(conn, SERVICE, self._instance, now_us, {**self._signs.detail(), "posts": held})
        standing = hl7_destinations.standing(conn)
        self._metrics.show(standing, now_us)
        self._metrics.posts.set(held)
        self._lines = {one.name: _line(one) for one in standing}
        self._answered_s = self._clock.monotonic_s()

    def health(self) -> tuple[bool, dict[str, object]]:
        """Well while the database answers and no work fails; that a receiver does not answer is no fault of ours."""
        silent_s = self._clock.monotonic_s() - self._answered_s
        troubles = sorted({post.trouble for post in self._posts if post.trouble})
        answers = silent_s < STALE_S
        detail: dict[str, object] = {"database": "answers" if answers else f"silent for {silent_s:.0f} s"}
        return answers and not troubles, detail | {"work": "; ".join(troubles) or "goes on", **self._lines}


def _line(one: hl7_destinations.Standing) -> str:
    if one.stopped_us is not None:
        return f"stopped: it refused message {one.stopped_by} ({one.stopped_why})"
    parked = f", {one.parked} parked" if one.parked else ""
    return f"{one.waiting} waiting{parked}"


def _post(options: Hl7Options, one: Destination, name: str, work: Making | Sending, metrics: Metrics) -> Post:
    return Post(options.database_url, name, work, metrics.failures.labels(one.name).inc)


async def _work(posts: Sequence[Post], sendings: Sequence[Sending], stop: threading.Event) -> None:
    done = asyncio.Event()
    tasks = [asyncio.create_task(post.keep(done)) for post in posts]
    while not stop.is_set():
        await asyncio.sleep(0.1)
    done.set()
    _, late = await asyncio.wait(tasks, timeout=LAST_S)
    for task in late:
        task.cancel()
    for task in late:
        with suppress(asyncio.CancelledError):
            await task
    for sending in sendings:
        await sending.close()
