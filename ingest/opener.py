"""Gets a session: at once at the start, on a thread of its own while ingest goes on without a database."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from typing import Final

from alerts.ruleset import Ruleset
from ingest.session import ANSWER_S, Session, connect
from store import heartbeat, migrate, room, shard_locks
from store.errors import StoreError, Trouble
from store.pool import answered_within
from store.vital_signs import VitalSigns
from telemetry.clock import Clock

log = logging.getLogger(__name__)

FIRST_DELAY_S: Final = 0.25
LAST_DELAY_S: Final = 5.0
# How long the server may need to see to it that a cut connection of ours is gone. Shards that are not free then have
# another owner.
GHOST_S: Final = 5.0
# Shards that were not ours before an outage are left so long to whoever had them: it holds what it has found meanwhile.
GRACE_S: Final = 10.0
LOOK_S: Final = 0.1
JOIN_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Settings:
    """What a worker needs to know."""

    database_url: str
    shards: frozenset[int]
    ruleset: Ruleset
    instance: str
    signs: VitalSigns = field(default_factory=VitalSigns)


class Opener:
    """One attempt after the other, ever further apart, until there is a session.

    Attributes:
        delay_s: before the next attempt. It does not fall back by itself: a database that is lost again right after it
            came back is not asked to hand out everything twice a second.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._ready: Session | None = None
        self._guard = threading.Lock()
        self.delay_s = FIRST_DELAY_S

    def open(self, before: Session | None = None, trouble: Trouble | None = None) -> Session:
        """A session with what shards are free; StoreError when it cannot be had now.

        `before`: the one that was lost, for `trouble`. Where its connection stands it is used again, locks and all.
        """
        settings = self._settings
        stands = before is not None and before.stands
        conn = before.conn if before is not None and stands else connect(settings.database_url)
        try:
            session = Session(conn, settings.shards, settings.ruleset, self._clock.monotonic_s)
            hoped: frozenset[int] = frozenset()
            # A server may let us in and then stand still: this is the only thread that looks for another.
            with answered_within(conn, ANSWER_S, "ask whether the database is well"):
                migrate.check(conn)
                if before is not None:
                    if not stands and shard_locks.end(conn, before.writer):
                        hoped = before.owned  # as soon as that one is gone
                    self._try_writing(session, before, trouble)
            if before is not None:
                session.leave_to_others(before.owned, GRACE_S)
            self._take_shards(session, hoped)
        except BaseException:
            if not stands:
                conn.close()
            raise
        return session

    def begin(self, before: Session, trouble: Trouble) -> None:
        """Start to try."""
        arguments = before, trouble, self._stop
        self._thread = threading.Thread(target=self._run, args=arguments, name="opener", daemon=True)
        self._thread.start()

    def take(self) -> Session | None:
        """The session, once there is one; it is the caller's from then on."""
        with self._guard:
            session, self._ready = self._ready, None
        return session

    def calm(self) -> None:
        """All has been well for a while."""
        self.delay_s = FIRST_DELAY_S

    def stop(self) -> None:
        """End. An attempt that hangs is left to the end of the process."""
        with self._guard:
            self._stop.set()
        if self._thread is not None:
            self._thread.join(JOIN_S)
        self._stop = threading.Event()
        if (session := self.take()) is not None:
            session.close()

    def _run(self, before: Session, trouble: Trouble, stop: threading.Event) -> None:
        told = ""
        while not stop.wait(self.delay_s):
            self.delay_s = min(self.delay_s * 2, LAST_DELAY_S)
            try:
                session = self.open(before, trouble)
            except StoreError as error:
                if error.trouble is Trouble.READ_ONLY:
                    before.close()  # the one that can be written to is another server by now
                if error.line() != told:
                    told = error.line()
                    log.warning("database not back", extra={"fields": {"error": told}})
            except Exception:
                log.exception("database not back")
            else:
                with self._guard:
                    if not stop.is_set():
                        self._ready = session
                        return
                session.close()  # nobody waits for it any more

    def _try_writing(self, session: Session, before: Session, trouble: Trouble | None) -> None:
        # A database that cannot write need not be asked to read everything to us. For the words: store/heartbeat.py.
        detail = {
            "shards": len(before.owned), "units": len(before.units), "queue": 0, "storing": "every message fails",
            **self._settings.signs.detail(),
        }  # fmt: skip
        heartbeat.beat(session.conn, "ingest", self._settings.instance, self._clock.now_us(), detail)
        if trouble is Trouble.FULL:
            room.check(session.conn)

    def _take_shards(self, session: Session, hoped: frozenset[int]) -> None:
        until_s = self._clock.monotonic_s() + GHOST_S
        session.take_shards(self._clock.now_us())
        while hoped - session.owned and self._clock.monotonic_s() < until_s and not self._stop.wait(LOOK_S):
            session.take_shards(self._clock.now_us())
