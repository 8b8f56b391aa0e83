"""What ingest does besides cycles, each so often: shards, revocations, changes in the registry, its sign of life."""

from __future__ import annotations

from typing import Final

from ingest.inbox import Inbox
from ingest.isolation import Isolation
from ingest.metrics import Metrics
from ingest.session import ANSWER_S, Session
from ingest.telling import Outlet
from store import heartbeat, partitions
from store.pool import answered_within
from store.vital_signs import VitalSigns
from telemetry.clock import Clock

BEAT_S: Final = 2.0
SHARDS_S: Final = 1.0
REFRESH_S: Final = 15.0
# A home that was revoked a second ago is taken for one that may still speak for this long.
REVOKED_S: Final = 1.0
# Tomorrow's partition is tried for so often until midnight: whoever reads for hours is in the way of a few tries only.
PARTITIONS_S: Final = 600.0


class Timetable:
    """When what was done last. Pure: time is handed in."""

    def __init__(self) -> None:
        self._done: dict[str, float] = {}

    def is_due(self, what: str, every_s: float, now_s: float) -> bool:
        """Whether `every_s` have passed since it was last due; then it counts as done."""
        if now_s - self._done.get(what, float("-inf")) < every_s:
            return False
        self._done[what] = now_s
        return True


class House:
    """Keeps a session in step with the database."""

    def __init__(
        self, instance: str, isolation: Isolation, inbox: Inbox, outlet: Outlet, clock: Clock, metrics: Metrics,
        signs: VitalSigns,
    ) -> None:  # fmt: skip
        self._instance = instance
        self._isolation = isolation
        self._inbox = inbox
        self._outlet = outlet
        self._clock = clock
        self._metrics = metrics
        self._signs = signs
        self._timetable = Timetable()

    def move_in(self, session: Session) -> None:
        """A session has begun: everything is due, and its shards are to be heard."""
        self._timetable = Timetable()
        self._announce(session)

    def keep(self, session: Session) -> bool:
        """Do what is due; whether the database has taken our sign of life. StoreError when it is lost."""
        now_s, now_us = self._clock.monotonic_s(), self._clock.now_us()
        due = self._timetable.is_due
        if due("shards", SHARDS_S, now_s) and session.take_shards(now_us):
            self._announce(session)
        if due("revoked", REVOKED_S, now_s):
            session.heed_revocations(now_us)
        if due("refresh", REFRESH_S, now_s):
            session.refresh(now_us)
            self._metrics.units.set(len(session.units))
        if due("partitions", PARTITIONS_S, now_s):
            with answered_within(session.conn, ANSWER_S, "make tomorrow's partition"):
                partitions.prepare(session.conn, now_us)
        if not due("beat", BEAT_S, now_s):
            return False
        self._metrics.clocks.set(sum(unit.clock_off for unit in session.units.values()))
        with answered_within(session.conn, ANSWER_S, "tell that we live"):
            heartbeat.beat(session.conn, "ingest", self._instance, now_us, self._detail(session))
        return True

    def _detail(self, session: Session) -> dict[str, object]:
        # What these words mean to others: store/heartbeat.py.
        detail: dict[str, object] = {
            "shards": len(session.owned), "units": len(session.units), "queue": len(self._inbox),
            **self._signs.detail(),
        }  # fmt: skip
        if not self._isolation.stores:
            detail["storing"] = "every message fails"
        if not self._isolation.judges_silence:
            detail["silence"] = "not judged"
        if trouble := self._outlet.trouble:
            detail["broker"] = trouble
        return detail

    def _announce(self, session: Session) -> None:
        self._outlet.own(session.owned)
        self._metrics.shards.set(len(session.owned))
        self._metrics.units.set(len(session.units))
