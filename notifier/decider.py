"""The thread that decides: what is due is routed and escalated, troubles of our own are told, the heart beats."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Final

from evaluation.links import IngestWatch, LinkTrouble, beat_of
from notifier import escalator, lookouts, router, troubles
from notifier.away.takeover import Takeover
from notifier.escalator import WhoIsOnCall
from notifier.lookouts import Lookout
from notifier.metrics import Metrics
from notifier.router import Causes
from notifier.troubles import Trouble
from store import heartbeat, migrate, notice_steps, notices, pool
from store.errors import StoreError
from store.pool import Connection, answered_within
from store.vital_signs import VitalSigns
from telemetry.alarms import Priority
from telemetry.clock import Clock

log = logging.getLogger(__name__)

SERVICE: Final = "notifier"
BEAT_S: Final = 1.0  # claims of one whose heart has not beaten for three are free for others
PAUSE_S: Final = 0.1  # where something is due and cannot be done now
LOOK_S: Final = 1.0  # at most so long between two looks, whatever is said
TROUBLES_S: Final = 5.0
ANSWER_S: Final = 15.0
# However much is due: then there is a look at all else.
WORK_S: Final = 0.5
# Likewise for what was sent while the database was away: it comes first, but people wait for what is new.
SWEEP_S: Final = 1.0
AGAIN_S: Final = 1.0  # after a failure
# As the API's: ingest beats every two seconds.
SILENT_S: Final = 10.0


class Decider:
    """Runs on the thread that calls `run`. Any number, in any number of processes, may run at once.

    `wake` is called when something may have been queued for sending.
    """

    def __init__(
        self, database_url: str, instance: str, causes: Causes, who: WhoIsOnCall, lookouts: Sequence[Lookout],
        wake: Callable[[], None], clock: Clock, metrics: Metrics, takeover: Takeover | None = None,
        signs: VitalSigns | None = None,
    ) -> None:  # fmt: skip
        self._url = database_url
        self._instance = instance
        self._causes = causes
        self._who = who
        self._lookouts = tuple(lookouts)
        self._wake = wake
        self._clock = clock
        self._metrics = metrics
        self._ingest = IngestWatch(SILENT_S)
        self._fault = ""
        self.hears = False  # whether ingest works, so that what happens at home reaches us
        self._beat_s = self._looked_s = float("-inf")
        self.answered_s = float("-inf")
        # Not only answered, but did all that it was asked for: one that is full or read-only answers.
        self.worked_s = clock.monotonic_s()
        self._takeover = takeover
        self._signs = signs or VitalSigns(clock=clock)

    def run(self, stop: threading.Event) -> None:
        """Until `stop`; a database that is away is waited for."""
        while not stop.is_set():
            try:
                with pool.connect(self._url, name=f"homehd {SERVICE}") as conn:
                    migrate.check(conn)
                    notices.listen(conn)
                    self._work(conn, stop)
            except StoreError as error:
                self._metrics.failures.inc()
                log.warning("nobody can be told: no database", extra={"fields": {"error": error.line()}})
            except Exception:
                self._metrics.failures.inc()
                log.exception("nobody can be told")
            if self._takeover is not None:
                self._takeover.lost()
            stop.wait(AGAIN_S)

    def step(self, conn: Connection) -> float:
        """What is due now, or as much as `WORK_S` allows; seconds until something is, at most LOOK_S."""
        with answered_within(conn, ANSWER_S, "decide whom to tell"):
            now_us = notices.database_us(conn)
            self.answered_s = now_s = self._clock.monotonic_s()
            if self._beat(conn):
                self._fault = self._own_fault(conn, now_us, now_s)
            moved = self._decide(conn)
            if now_s - self._looked_s >= TROUBLES_S:
                self._looked_s = now_s
                moved += troubles.settle(conn, self._troubles(conn, now_us), now_us)
            self.answered_s = self._clock.monotonic_s()
            due_us = notice_steps.next_due_us(conn)
            self.worked_s = self._clock.monotonic_s()
        if moved:
            self._wake()
            return 0.0  # there may be more
        if due_us is None:
            return LOOK_S
        # What was due as this look began, and is still, another is at: it is not looked for without a pause.
        return PAUSE_S if due_us <= now_us else min(LOOK_S, (due_us - now_us) / 1e6)

    def _work(self, conn: Connection, stop: threading.Event) -> None:
        while not stop.is_set():
            wait_s = self.step(conn)
            if wait_s > 0 and notices.wait(conn, wait_s):
                self._metrics.woken.inc()

    def _decide(self, conn: Connection) -> int:
        """How many alerts and notices were decided about."""
        moved, hook = 0, None
        if self._takeover is not None:
            hook = self._takeover.hook
            self._sweep(conn, self._takeover)
        began_s = self._clock.monotonic_s()
        while self._clock.monotonic_s() - began_s < WORK_S:
            now_us = notices.database_us(conn)
            routed = router.route(conn, self._causes, now_us, self._fault, hook)
            self._metrics.routed.inc(routed)
            # What is more important than the rest has its pages before the rest is looked at.
            unreported = self._takeover.unreported() if self._takeover is not None else ()
            taken = escalator.advance(conn, self._who, now_us, unreported)
            self._metrics.steps.inc(taken)
            if taken:
                self._wake()
            if not routed and not taken:
                break
            moved += routed + taken
            self._beat(conn)
            self.answered_s = self.worked_s = self._clock.monotonic_s()
        return moved

    def _sweep(self, conn: Connection, takeover: Takeover) -> None:
        began_s = self._clock.monotonic_s()

        def go_on() -> bool:
            self._beat(conn)
            self.answered_s = self.worked_s = self._clock.monotonic_s()
            return self.worked_s - began_s < SWEEP_S

        takeover.sweep(conn, notices.database_us(conn), go_on)

    def _beat(self, conn: Connection) -> bool:
        """Once a second; whether it did."""
        now_s = self._clock.monotonic_s()
        if now_s - self._beat_s < BEAT_S:
            return False
        now_us = notices.database_us(conn)
        heartbeat.beat(conn, SERVICE, self._instance, now_us, self._signs.detail())
        if self._beat_s == float("-inf"):
            heartbeat.sweep(conn, now_us)  # each start has left a row
        self._beat_s = self.answered_s = now_s
        return True

    def _own_fault(self, conn: Connection, now_us: int, now_s: float) -> str:
        beats = [beat_of(beat) for beat in heartbeat.beats(conn, "ingest")]
        trouble = self._ingest.look(beats, now_us, now_s)
        self.hears = trouble is None
        return _FAULTS.get(trouble, "") if trouble is not None else ""

    def _troubles(self, conn: Connection, now_us: int) -> list[Trouble]:
        found = (
            [Trouble("ingest", self._fault, None, "operations", Priority.HIGH, _TELL[self._fault])]
            if self._fault
            else []
        )
        looks = (Lookout(_unreached, ("unreached",)), *self._lookouts)
        return found + lookouts.found(conn, now_us, looks, self._metrics.looks_failed.inc)


def _unreached(conn: Connection, now_us: int) -> list[Trouble]:
    return [
        Trouble(
            "unreached", f"notice {number}", clinic_id, "operations", Priority(priority),
            f"nothing about notice {number} was taken by any channel: reach the people on call another way",
        )
        for number, clinic_id, priority in notices.unreached(conn, now_us)
    ]  # fmt: skip


_FAULTS: Final = {
    LinkTrouble.SILENT: "ingest is silent",
    LinkTrouble.DATABASE: "ingest cannot store",
    LinkTrouble.BROKER: "ingest does not hear the broker",
    LinkTrouble.INCOMPLETE: "some homes have no ingest",
}
_TELL: Final = {
    fault: f"{fault}: no home is judged until it is back. See `homehd doctor`, and the runbook's page on ingest"
    for fault in _FAULTS.values()
}
