"""Keeps the broker to what the database says of revoked units, and sees for itself that it does.

Nothing is remembered across a start: whatever the database calls revoked is put out again, once. So it does not matter
where a predecessor died, nor how many guards there are. A box whose unit has another one by now is put out for every
revocation since a day before the start: its session may be older than the other box's certificate. Which of the two
holds the session cannot be seen; the other box comes back by itself.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from registrar import broker_probe, eviction
from registrar.authority import Authority
from registrar.broker_probe import Doors
from registrar.broker_reload import reloader
from registrar.canaries import PROBE_NAME, Canaries
from registrar.eviction import Home
from registrar.revocation import DAY_US, CrlFile
from store import pool, registry
from store.errors import StoreError
from store.pool import Connection
from telemetry import broker_address, broker_tls
from telemetry.broker_address import BrokerAddress
from telemetry.clock import Clock
from telemetry.errors import HomehdError

log = logging.getLogger(__name__)

# At most so many ids are held at once, each with a thread of its own; of a longer list the newest come first.
BATCH: Final = 64
# The broker obeys a reload within a fraction of a second when it is not busy.
OBEYS_S: Final = 5.0
TRY_S: Final = 0.25
# Somebody else may reload the broker too, and a reload that fails opens its doors.
CHECK_S: Final = 60.0
CHECK_AGAIN_S: Final = 5.0
EVERY_S: Final = 2.0
# A turn with a broker that hangs at every step of it takes a minute.
SILENT_S: Final = 120.0


_Revocation = tuple[str, bool, int]  # unit, for good, when


def _revocation(home: Home) -> _Revocation:
    return home.unit, home.for_good, home.revoked_us


def _is_in(done: Mapping[str, _Revocation], home: Home) -> bool:
    """Whether this revocation of the unit, or a newer one, was carried out."""
    return home.unit in done and done[home.unit] >= _revocation(home)


class BrokerGuard:
    """Give it a thread and a connection of its own: a turn in which it puts somebody out takes ten seconds.

    Attributes:
        crl: the revocation list; nobody else may write it, or the broker could read an older one than we think.
        trouble: what is wrong with the broker, empty when it does what it should.
        waiting: revoked homes that are not yet known to be out.
    """

    def __init__(
        self,
        crl: CrlFile,
        canaries: Canaries,
        reload: Callable[[], None],
        doors: Doors,
        clock: Clock,
        hold_s: float = eviction.HOLD_S,
    ) -> None:
        self.crl = crl
        self._canaries = canaries
        self._reload = reload
        self._doors = doors
        self._clock = clock
        self._hold_s = hold_s
        # From the start on, not from now: what could not be carried out for a day is still owed.
        self._since_us = clock.now_us() - DAY_US
        self._listed: frozenset[_Revocation] | None = None  # what the newest canary stands for
        self._out: dict[str, _Revocation] = {}  # by unit, the newest one that was carried out
        self._tried: dict[str, _Revocation] = {}  # and at a broker that was not trusted
        self._checked_s = float("-inf")
        self._failed: dict[str, str] = {}
        self._turned_s = clock.monotonic_s()
        self.trouble = ""
        self.waiting: tuple[Home, ...] = ()

    @classmethod
    def of(
        cls,
        authority: Authority,
        folder: Path,
        crl: Path,
        reload: str,
        homes_url: str,
        services: BrokerAddress,
        clock: Clock,
    ) -> BrokerGuard:
        """As the settings have it: the authority's folder, the list's file, how the broker is told, its two doors."""
        doors = Doors(broker_address.parse(homes_url, named="HOMEHD_HOMES_BROKER"), services)
        return cls(CrlFile(authority, crl), Canaries(authority, folder), reloader(reload), doors, clock)

    def run(self, database_url: str, stop: threading.Event) -> None:
        """Take turns until `stop`; a database that is away is waited for."""
        while not stop.is_set():
            try:
                with pool.connect(database_url, name="homehd broker guard") as conn:
                    while not stop.is_set():
                        self.turn(conn)
                        stop.wait(EVERY_S)
            except StoreError as error:
                self._note(error.line())
            except Exception as error:
                # A guard that has ended guards nothing, and nobody would hear of it.
                log.exception("broker guard failed")
                self._note(f"the guard failed: {type(error).__name__}: {error}")
            stop.wait(EVERY_S)

    @property
    def health(self) -> str:
        """Why revoked homes may not be out, or empty."""
        silent_s = self._clock.monotonic_s() - self._turned_s
        if silent_s > SILENT_S:
            return f"its guard has done nothing for {silent_s:.0f} s"
        failed = len(self._failed)
        return self.trouble or (f"{failed} revoked homes are not out" if failed else "")

    def turn(self, conn: Connection) -> None:
        """Write the list, have it read, look whether it is obeyed, put out who is still in. StoreError only."""
        now_us = self._clock.now_us()
        revoked = [Home(*found) for found in registry.revoked_homes(conn, now_us - DAY_US, self._since_us)]
        listed = {home.unit for home in revoked}
        self._out = {unit: done for unit, done in self._out.items() if unit in listed}
        self._tried = {unit: done for unit, done in self._tried.items() if unit in listed}
        self.waiting = tuple(home for home in revoked if not _is_in(self._out, home))
        try:
            changed = self._list(conn, frozenset(map(_revocation, revoked)), now_us)
            if changed or self._is_due():
                self._note(self._check(conn, now_us, patient=changed))
            # Those that would not go keep no other from being put out.
            self._put_out(tuple(sorted(self._due(), key=lambda home: home.unit in self._failed)[:BATCH]))
        except StoreError:
            raise
        except HomehdError as error:
            self._note(error.line())
        self._turned_s = self._clock.monotonic_s()

    def _is_due(self) -> bool:
        every_s = CHECK_AGAIN_S if self.trouble else CHECK_S
        return self._clock.monotonic_s() - self._checked_s >= every_s

    def _due(self) -> list[Home]:
        # A broker that lets the old box in again lets it in again for ever: once now, and once when it is mended. In
        # between the new box is left alone.
        return [home for home in self.waiting if not (self.trouble and home.replaced and _is_in(self._tried, home))]

    def _list(self, conn: Connection, revoked: frozenset[_Revocation], now_us: int) -> bool:
        if self._listed != revoked:
            self._canaries.renew(conn, now_us)
            self._listed = revoked
        if self.trouble and self._is_due():
            self._checked_s = self._clock.monotonic_s()
            self.crl.written_us = 0  # whatever is wrong with the file as it is
        written = self.crl.refresh(conn, now_us)
        if written:
            self._reload()
        return written

    def _check(self, conn: Connection, now_us: int, *, patient: bool) -> str:
        """Why the broker cannot be trusted, or empty."""
        self._checked_s = self._clock.monotonic_s()
        try:
            if not self._is_obeyed(OBEYS_S if patient else 0):
                return "the broker lets a revoked certificate in: has it read its revocation list?"
            if broker_probe.overhears(self._doors, self._canaries.good(conn, now_us), PROBE_NAME):
                return "the broker lets a home hear another: has it read its access list?"
        except OSError as error:
            return f"the broker cannot be checked: {broker_tls.in_words(error, now_us)}"
        return ""

    def _is_obeyed(self, seconds: float) -> bool:
        pause = threading.Event()
        until_s = self._clock.monotonic_s() + seconds
        while broker_probe.lets_in(self._doors.homes, self._canaries.revoked()):
            if self._clock.monotonic_s() >= until_s:
                return False
            pause.wait(TRY_S)
        return True

    def _put_out(self, homes: tuple[Home, ...]) -> None:
        failed = self._failed
        if homes:
            failed = failed | self._carry_out(homes)
        self.waiting = tuple(home for home in self.waiting if not _is_in(self._out, home))
        waiting = {home.unit for home in self.waiting}
        self._failed = {unit: why for unit, why in failed.items() if unit in waiting}

    def _carry_out(self, homes: tuple[Home, ...]) -> dict[str, str]:
        """What went wrong, by unit."""
        failed = eviction.evict(self._doors.services, homes, self._hold_s)
        for home in homes:
            if home in failed:
                if failed[home] != self._failed.get(home.unit):
                    fields = {"unit": home.unit, "reason": failed[home]}
                    log.error("revoked unit is not out", extra={"fields": fields})
            elif self.trouble and home.replaced:
                self._tried[home.unit] = _revocation(home)
            else:
                self._out[home.unit] = _revocation(home)
                log.info("revoked unit is out", extra={"fields": {"unit": home.unit, "replaced": home.replaced}})
        return {home.unit: why for home, why in failed.items()}

    def _note(self, trouble: str) -> None:
        if trouble and trouble != self.trouble:
            log.error("broker not trusted", extra={"fields": {"reason": trouble}})
        elif self.trouble and not trouble:
            log.info("broker does what it should", extra={"fields": {"before": self.trouble}})
        self.trouble = trouble
