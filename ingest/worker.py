"""The one thread that writes: drains the inbox, runs cycles, keeps time, starts over when the database fails.

When the database is away nothing is acknowledged, the messages of the cycle that failed are kept and run again, newer
ones wait in the inbox, and what does not fit there its agents send again.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import Final, Protocol

from alerts.ruleset import Ruleset
from ingest.conflicts import CopyBox
from ingest.fairness import share_out
from ingest.inbox import Inbox, Message
from ingest.isolation import Isolation
from ingest.metrics import Metrics
from ingest.pipeline import Pipeline
from ingest.session import Session
from store import heartbeat, migrate
from store.errors import StoreError
from telemetry import wire
from telemetry.clock import Clock
from telemetry.steady_clock import SteadyClock

log = logging.getLogger(__name__)

# Bounds of one cycle: some 70 000 rows of 24 signals at 60 a message, so that a transaction stays under a second.
CYCLE_MESSAGES: Final = 5_000
CYCLE_BYTES: Final = 8 * 1024 * 1024
# Cycles begin this far apart, or when so much waits that a larger one would be no cheaper. So a lone message is stored
# at once, a busy fleet's in handfuls, and nobody sees 100 ms.
CYCLE_S: Final = 0.1
ENOUGH_MESSAGES: Final = 2_000
WAIT_S: Final = 0.1
TICK_S: Final = 1.0
BEAT_S: Final = 2.0
SHARDS_S: Final = 1.0
REFRESH_S: Final = 15.0
# A home that was revoked a second ago is taken for one that may still speak for this long.
REVOKED_S: Final = 1.0
FIRST_DELAY_S: Final = 0.25
LAST_DELAY_S: Final = 5.0
# At the end what has already arrived is still stored, for at most this long.
DRAIN_S: Final = 5.0


class Outlet(Protocol):
    """Where acknowledgements and live frames go, and who must know which shards are ours."""

    @property
    def trouble(self) -> str:
        """What keeps us from hearing our shards; empty when all is well."""

    def own(self, shards: frozenset[int]) -> None:
        """Receive exactly these shards' messages from now on."""

    def publish(self, topic: str, payload: bytes) -> None:
        """Send, or drop when there is nobody to send to."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a worker needs to know."""

    database_url: str
    shards: frozenset[int]
    ruleset: Ruleset
    instance: str


class Worker:
    """Runs on the thread that calls `run`."""

    def __init__(self, settings: Settings, inbox: Inbox, outlet: Outlet, clock: Clock, metrics: Metrics) -> None:
        self._settings = settings
        self._inbox = inbox
        self._outlet = outlet
        self._clock = clock
        self._metrics = metrics
        self._pipeline = Pipeline(clock, metrics)
        self._isolation = Isolation(self._pipeline, clock, metrics)
        self.session: Session | None = None  # None while the database is away
        self._kept: list[Message] = []
        self._done: dict[str, float] = {}
        self._followed = 0
        self.committed_s = clock.monotonic_s()  # when the database last answered
        self.resets = 0  # how often it was lost

    @property
    def judges_silence(self) -> bool:
        """Whether the rules can tell who has fallen silent."""
        return self._isolation.judges_silence

    @property
    def stores(self) -> bool:
        """Whether messages go through."""
        return self._isolation.stores

    @property
    def owned(self) -> frozenset[int]:
        """The shards that are ours now. May be asked for on any thread."""
        session = self.session
        return session.owned if session is not None else frozenset()

    @property
    def copies(self) -> CopyBox:
        """What came again, for a thread that compares it."""
        return self._pipeline.copies

    def open(self) -> None:
        """Connect, check the schema, take what shards are free; StoreError when that cannot be done now."""
        session = Session(
            self._settings.database_url, self._settings.shards, self._settings.ruleset, self._clock.monotonic_s
        )
        try:
            migrate.check(session.conn)
            session.take_shards(self._clock.now_us())
        except BaseException:
            session.close()
            raise
        self.session = session
        self._done.clear()
        self._announce(session)

    def run(self, stop: threading.Event) -> None:
        """Work until `stop`, then store what has arrived, tell it, and let go of the shards."""
        delay_s = FIRST_DELAY_S
        while not stop.is_set():
            try:
                if self.session is None:
                    self.open()
                self._inbox.wait(ENOUGH_MESSAGES, self.turn())
                delay_s = FIRST_DELAY_S
            except StoreError as error:
                self._lost(error)
                stop.wait(delay_s)
                delay_s = min(delay_s * 2, LAST_DELAY_S)
        try:
            self._drain()
        except StoreError as error:
            self._lost(error)
        self.close()

    def close(self) -> None:
        """Let go of the connection and with it of the shards."""
        if self.session is not None:
            self.session.close()
            self.session = None

    def turn(self, wait_s: float = WAIT_S) -> float:
        """One cycle, after waiting up to `wait_s` for messages; how long the next one is to wait.

        StoreError when the database is lost: the messages are kept, and `open` is to be called before the next turn.
        """
        session = self.session
        assert session is not None
        began_s = self._clock.monotonic_s()
        if isinstance(self._clock, SteadyClock) and self._clock.followed != self._followed:
            # What every unit was last heard at is in the old time: nobody has been silent since then.
            self._followed = self._clock.followed
            session.reload(self._clock.now_us())
        messages = self._kept or self._next(wait_s)
        self._kept = messages
        tick = self._is_due("tick", TICK_S)
        if messages or tick:
            self._isolation.process(session, messages, tick=tick)
            self.committed_s = self._clock.monotonic_s()
        self._kept = []
        self._keep_house(session)
        self._tell(session)
        return max(0.0, CYCLE_S - (self._clock.monotonic_s() - began_s)) if messages else 0.0

    def _next(self, wait_s: float) -> list[Message]:
        taken, surplus = share_out(self._inbox.drain(CYCLE_MESSAGES, CYCLE_BYTES, wait_s))
        self._metrics.surplus.inc(surplus)
        return taken

    def _keep_house(self, session: Session) -> None:
        now_us = self._clock.now_us()
        if self._is_due("shards", SHARDS_S) and session.take_shards(now_us):
            self._announce(session)
        if self._is_due("revoked", REVOKED_S):
            session.heed_revocations(now_us)
        if self._is_due("refresh", REFRESH_S):
            session.refresh(now_us)
            self._metrics.units.set(len(session.units))
        if self._is_due("beat", BEAT_S):
            self._metrics.clocks.set(sum(unit.clock_off for unit in session.units.values()))
            heartbeat.beat(session.conn, "ingest", self._settings.instance, now_us, self._detail(session))
            self.committed_s = self._clock.monotonic_s()

    def _detail(self, session: Session) -> dict[str, object]:
        # What these words mean to others: store/heartbeat.py.
        detail: dict[str, object] = {
            "shards": len(session.owned), "units": len(session.units), "queue": len(self._inbox),
        }  # fmt: skip
        if not self.stores:
            detail["storing"] = "every message fails"
        if not self.judges_silence:
            detail["silence"] = "not judged"
        if trouble := self._outlet.trouble:
            detail["broker"] = trouble
        return detail

    def _announce(self, session: Session) -> None:
        self._outlet.own(session.owned)
        self._metrics.shards.set(len(session.owned))
        self._metrics.units.set(len(session.units))

    def _tell(self, session: Session, *, everything: bool = False) -> None:
        now_s = self._clock.monotonic_s()
        for topic, ack in self._pipeline.acks.due(now_s, everything=everything):
            self._outlet.publish(topic, wire.encode(ack))
            self._metrics.acks.inc()
        for topic, frame in self._pipeline.live.due(now_s, self._clock.now_us(), session.owned):
            self._outlet.publish(topic, wire.encode(frame))

    def _lost(self, error: StoreError) -> None:
        self.resets += 1
        log.error("database lost", extra={"fields": {"error": error.line(), "kept": len(self._kept)}})
        self._metrics.resets.labels(str(error.trouble)).inc()
        self.close()
        self._metrics.shards.set(0)

    def _drain(self) -> None:
        session = self.session
        if session is None:
            return
        until_s = self._clock.monotonic_s() + DRAIN_S
        self._outlet.own(frozenset())
        while self._clock.monotonic_s() < until_s:
            messages = self._kept or self._next(0)
            if not messages:
                break
            self._kept = messages
            self._isolation.process(session, messages)
            self._kept = []
        self._tell(session, everything=True)

    def _is_due(self, what: str, every_s: float) -> bool:
        now_s = self._clock.monotonic_s()
        if now_s - self._done.get(what, float("-inf")) < every_s:
            return False
        self._done[what] = now_s
        return True
