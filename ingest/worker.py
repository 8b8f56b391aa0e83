"""The one thread that writes: drains the inbox, runs cycles, and goes on without the database when that fails.

While nothing can be saved nothing is acknowledged. Messages are judged and let go, but for the first of them, which are
kept and stored as soon as something can be: most failures are over in a second. What is let go its agents send again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import Final

from ingest.conflicts import CopyBox
from ingest.fairness import share_out
from ingest.housekeeping import House, Timetable
from ingest.inbox import Inbox, Message
from ingest.isolation import Isolation
from ingest.kept import MOST_BYTES, MOST_MESSAGES, Kept
from ingest.metrics import Metrics
from ingest.opener import Opener, Settings
from ingest.operations_alarm import AFTER_S, CALM_S, OperationsAlarm
from ingest.outage import Outage
from ingest.pipeline import Pipeline
from ingest.session import ANSWER_S, Session
from ingest.settlement import Settlement
from ingest.telling import Outlet, Teller
from ingest.told import Told
from store import operations
from store.errors import StoreError, Trouble
from store.pool import answered_within
from telemetry import topics
from telemetry.clock import Clock
from telemetry.steady_clock import SteadyClock

log = logging.getLogger(__name__)

# Cycles begin this far apart, or when so much waits that a larger one would be no cheaper. So a lone message is stored
# at once, a busy fleet's in handfuls, and nobody sees 100 ms.
CYCLE_S: Final = 0.1
ENOUGH_MESSAGES: Final = 2_000
WAIT_S: Final = 0.1
TICK_S: Final = 1.0
# At the end what has already arrived is still stored, for at most this long.
DRAIN_S: Final = 5.0


class Worker:
    """Runs on the thread that calls `run`."""

    def __init__(self, settings: Settings, inbox: Inbox, outlet: Outlet, clock: Clock, metrics: Metrics) -> None:
        self._inbox = inbox
        self._outlet = outlet
        self._clock = clock
        self._metrics = metrics
        self._pipeline = Pipeline(clock, metrics, inbox)
        self._isolation = Isolation(self._pipeline, clock, metrics)
        self._house = House(settings.instance, self._isolation, inbox, outlet, clock, metrics, settings.signs)
        self._teller = Teller(outlet, self._pipeline, clock, metrics)
        self._opener = Opener(settings, clock)
        self._alarm = OperationsAlarm(settings.instance)
        self._timetable = Timetable()
        self._kept = Kept()
        self._outage: Outage | None = None
        self._followed = 0
        self.session: Session | None = None  # None while nothing can be saved
        self.committed_s = clock.monotonic_s()  # when the database last answered
        self._began_s = self._resumed_s = self.committed_s  # when the last cycle began, the database came back
        self._committed_us = clock.now_us()
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

    @property
    def unsaved_s(self) -> float:
        """For how long nothing has been saved, once that is worth an alarm; else 0. May be asked for on any thread."""
        passed_s = self._clock.monotonic_s() - self.committed_s
        return passed_s if self._outage is not None and passed_s >= AFTER_S else 0.0

    @property
    def trouble(self) -> str:
        """The database's last answer, in a person's words, while nothing can be saved; else empty."""
        return self._alarm.cause if self.unsaved_s else ""

    def open(self) -> None:
        """Connect, check the schema, take what shards are free; StoreError when that cannot be done now."""
        self.session = self._opener.open()
        self._house.move_in(self.session)

    def run(self, stop: threading.Event) -> None:
        """Work until `stop`, then store what has arrived, tell it, and let go of the shards."""
        while not stop.is_set():
            self._inbox.wait(ENOUGH_MESSAGES, self.step())
        try:
            self._drain()
        except StoreError as error:
            self._lost(error)
        self.close()

    def close(self) -> None:
        """Let go of the connection and with it of the shards."""
        self._opener.stop()
        outage, self._outage = self._outage, None
        if outage is not None:
            outage.memory.close()
            if len(outage.unsaved):
                fields = {"alerts": len(outage.unsaved)}
                log.error("stopped with alerts that are on no record", extra={"fields": fields})
        if self.session is not None:
            self.session.close()
            self.session = None

    def step(self, wait_s: float = WAIT_S) -> float:
        """One round, with the database or without; how long the next one is to wait."""
        try:
            return self.turn(wait_s) if self._outage is None else self._turn_without(self._outage, wait_s)
        except StoreError as error:
            self._lost(error)
            return 0.0

    def turn(self, wait_s: float = WAIT_S) -> float:
        """One cycle, after waiting up to `wait_s` for messages; how long the next one is to wait.

        StoreError when the database is lost: the messages are kept.
        """
        session = self.session
        assert session is not None
        began_s = self._began_s = self._clock.monotonic_s()
        if self._clock_was_set():
            # What every unit was last heard at is in the old time: nobody has been silent since then.
            session.reload(self._clock.now_us())
        messages = self._next(wait_s)
        tick_us = self._tick_us()
        if messages or tick_us is not None:
            self._isolation.process(session, messages, tick_us=tick_us)
        if messages:
            self._committed()
            self._kept.went_through(len(messages))
        if self._house.keep(session):
            self._committed()
        self._write_alarm(session)
        self._teller.tell(session.owned)
        return self._rest_s(began_s) if messages else 0.0

    def _turn_without(self, outage: Outage, wait_s: float) -> float:
        began_s = self._clock.monotonic_s()
        if self._clock_was_set():
            outage.nobody_was_silent(self._clock.now_us())
        messages = self._arrived(MOST_MESSAGES, MOST_BYTES, wait_s)
        self._judge(outage, messages, self._tick_us())
        self._kept.offer(messages)
        self._metrics.kept.set(len(self._kept.messages))
        if (session := self._opener.take()) is not None:
            self._resume(outage, session)
        elif self.unsaved_s:
            self._alarm.lasts(self._committed_us)
            self._teller.tell_unsaved(outage, self._committed_us)
        return self._rest_s(began_s) if messages else 0.0

    def _lost(self, error: StoreError) -> None:
        """Nothing can be saved: go on with what is in memory, and look for a session meanwhile."""
        session, self.session = self.session, None
        assert session is not None
        self.resets += 1
        fields = {"error": error.line(), "kept": len(self._kept.messages)}
        log.error("database lost", extra={"fields": fields})
        self._metrics.resets.labels(str(error.trouble)).inc()
        self._metrics.shards.set(0)
        self._alarm.cause = error.line()
        self._kept.failed()
        if not session.stands or error.trouble is Trouble.READ_ONLY:
            session.close()  # of a server that has become a standby no connection is of use
        if self._outage is None:
            if self._stood_still():
                self._committed()
            ahead, self._pipeline.ahead = self._pipeline.ahead, None
            outage = self._outage = Outage(session, ahead)
            if ahead is not None:
                self._pipeline.show(ahead.told)
            # What the failed cycle had judged is known by now; it may not have got to all of them.
            self._judge(outage, self._kept.messages, None)
        self._opener.begin(session, error.trouble)

    def _stood_still(self) -> bool:
        """Whether it was this process that did not run, and not the database that did not answer."""
        idle_s, busy_s = self._began_s - self.committed_s, self._clock.monotonic_s() - self._began_s
        return idle_s > AFTER_S or busy_s > 2 * ANSWER_S

    def _resume(self, outage: Outage, session: Session) -> None:
        """The database is back: save what was found, then go on as ever."""
        self.session = session
        settlement = Settlement(outage, self._pipeline, self._metrics)
        try:
            settlement.settle(session, self._clock.now_us())
        finally:
            self._alarm.saved += settlement.saved
            self._alarm.given_up += settlement.given_up
        # A box's last word of its state is saved; one that was kept from before must not take its place.
        said = [said.unit.known for said in outage.unsaved.statuses.values()]
        self._kept.forget({topics.home(known.shard, known.name, "status") for known in said})
        self._outage = None
        self._committed()
        self._resumed_s = self.committed_s
        self._alarm.over(self._committed_us, self.committed_s)
        self._teller.all_is_saved()
        self._metrics.unsaved_alerts.set(0)
        self._metrics.kept.set(0)
        self._house.move_in(session)

    def _judge(self, outage: Outage, messages: list[Message], tick_us: int | None) -> None:
        for intake in outage.judge(messages, self._clock.now_us(), tick_us):
            self._pipeline.show(Told(intake))
        self._metrics.unsaved_alerts.set(len(outage.unsaved))

    def _write_alarm(self, session: Session, *, at_once: bool = False) -> None:
        now_s = self._clock.monotonic_s()
        event = self._alarm.event(now_s, at_once=at_once)
        if event is not None:
            with answered_within(session.conn, ANSWER_S, "write an alarm down"):
                operations.add(session.conn, event)
            self._alarm.written(event)
        if now_s - self._resumed_s >= CALM_S:
            self._opener.calm()

    def _drain(self) -> None:
        session = self.session
        if session is None:
            return
        until_s = self._clock.monotonic_s() + DRAIN_S
        self._outlet.own(frozenset())
        self._write_alarm(session, at_once=True)
        while self._clock.monotonic_s() < until_s and (messages := self._next(0)):
            self._isolation.process(session, messages)
            self._kept.went_through(len(messages))
        self._teller.tell(session.owned, everything=True)

    def _next(self, wait_s: float) -> Sequence[Message]:
        """What the next cycle takes: what is kept before what has come since."""
        if not self._kept.messages:
            self._kept.messages = self._arrived(self._kept.most, self._kept.most_bytes, wait_s)
        return self._kept.portion()

    def _arrived(self, most: int, most_bytes: int, wait_s: float) -> list[Message]:
        """What has arrived, less what a home that floods has too much of."""
        taken, surplus = share_out(self._inbox.drain(most, most_bytes, wait_s))
        self._metrics.surplus.inc(surplus)
        return taken

    def _tick_us(self) -> int | None:
        """Until when silence is to be judged now: not beyond what has been read of what arrived."""
        if not self._timetable.is_due("tick", TICK_S, self._clock.monotonic_s()):
            return None
        now_us, oldest_us = self._clock.now_us(), self._inbox.oldest_us()
        return now_us if oldest_us is None else min(oldest_us, now_us)

    def _committed(self) -> None:
        self.committed_s, self._committed_us = self._clock.monotonic_s(), self._clock.now_us()

    def _clock_was_set(self) -> bool:
        if not isinstance(self._clock, SteadyClock) or self._clock.followed == self._followed:
            return False
        self._followed = self._clock.followed
        return True

    def _rest_s(self, began_s: float) -> float:
        return max(0.0, CYCLE_S - (self._clock.monotonic_s() - began_s))
