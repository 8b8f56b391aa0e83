"""Everything that hangs on one database connection: the shards it locks, their units, the rules' memory of them.

A session that loses its connection has lost its locks, and with them the right to write. Its memory goes on judging
(`ingest.outage`); the next session starts from what the database says.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from alerts.engine import Engine
from alerts.records import Context
from alerts.ruleset import Ruleset
from evaluation import alerting
from evaluation.alerting import Key, Standing
from evaluation.contexts import contexts
from ingest import restore, revoked
from ingest.admission import KnownUnit
from ingest.ranges import RangeSet
from ingest.reception import Desk
from ingest.treatment_book import TreatmentBook
from ingest.units import NEVER_US, Unit
from store import alert_log, pool, received, registry, shard_locks
from store.engine_state import EngineState
from store.pool import Connection, answered_within

log = logging.getLogger(__name__)

# The worker asks the database something every second. When nothing comes for this long (half as long within a
# transaction) it hangs, and its shards become free. Until then nobody's rules run on them, so it is as short as what a
# healthy process can be kept from answering by: taking up 500 units' minutes (docs/decisions/0016).
IDLE_S: Final = 10.0
# A name the registry does not know is asked for again after this, and so many names a second in all.
ASK_AGAIN_S: Final = 5.0
ASKS_PER_S: Final = 20.0
# A database that takes longer over one question is left; reading everything of many shards takes longer by its nature.
ANSWER_S: Final = 5.0
LOAD_S: Final = 120.0


def connect(url: str) -> Connection:
    """A connection for a session; StoreError when there is none to be had."""
    return pool.connect(url, name="homehd ingest", idle_s=IDLE_S)


class Session:
    """The state of one ingest process while its connection stands.

    Attributes:
        writer: who it is to the database.
        owned: shards this connection holds the locks of.
        units: units of these shards by name, in the rule engine too; `by_row` by their place in it.
        alerts: those that are not over, by unit id and rule.
        book: the treatments of these units.
    """

    def __init__(self, conn: Connection, wanted: frozenset[int], ruleset: Ruleset, now: Callable[[], float]) -> None:
        self.conn = conn
        self.writer = shard_locks.writer(conn)
        self.ruleset = ruleset
        self._wanted = wanted
        self._now = now
        self._mine_first, self._mine_until_s = wanted, now()
        self._asked: dict[str, float] = {}
        self._asks, self._asks_at = ASKS_PER_S, now()
        self._at_us = 0  # server time of the last look at what holds for patients
        self._forget()

    @property
    def stands(self) -> bool:
        """Whether the connection is of use, and its locks are held: an error within a transaction does not end it."""
        return pool.is_idle(self.conn)

    def close(self) -> None:
        """Give up connection and locks."""
        self.conn.close()

    def _forget(self) -> None:
        self.owned: frozenset[int] = frozenset()
        self.engine = Engine(self.ruleset)
        self.units: dict[str, Unit] = {}
        self.by_row: dict[int, Unit] = {}
        self.others: dict[str, KnownUnit] = {}
        self.alerts: dict[Key, Standing] = {}
        self.book = TreatmentBook()

    def reload(self, now_us: int) -> None:
        """After a transaction that failed: what is in memory ran ahead, so take it all from the database again.

        StoreError when that cannot be done now; memory is then as it was.
        """
        before = dict(vars(self))
        self._forget()
        try:
            self._load(before["owned"], now_us)
        except BaseException:
            vars(self).update(before)
            raise

    def leave_to_others(self, mine: frozenset[int], for_s: float) -> None:
        """Take no other shards than `mine` for so long."""
        self._mine_first, self._mine_until_s = mine & self._wanted, self._now() + for_s

    def take_shards(self, now_us: int) -> frozenset[int]:
        """Try for the shards we want and lack; those that came, with all that belongs to them loaded."""
        wanted = self._wanted if self._now() >= self._mine_until_s else self._mine_first
        lacking = wanted - self.owned
        if not lacking:
            return frozenset()
        with answered_within(self.conn, ANSWER_S, "take shards"):
            gained = frozenset(shard_locks.take(self.conn, lacking)) - self.owned
        if gained:
            self._load(gained, now_us)
            log.info("shards taken", extra={"fields": {"shards": len(gained), "units": len(self.units)}})
        if gained != lacking:
            self._free_hung()
        return gained

    def _free_hung(self) -> None:
        with answered_within(self.conn, ANSWER_S, "look for ingests that hang"):
            hung = shard_locks.free_hung(self.conn, IDLE_S)
        if hung:
            log.error("cut off an ingest that hangs", extra={"fields": {"sessions": hung}})

    def refresh(self, now_us: int) -> None:
        """Learn of new and revoked units, of changed prescriptions and of what begins to hold."""
        self._asked.clear()
        self._at_us = now_us
        with answered_within(self.conn, ANSWER_S, "look for changes"):
            self._register(registry.units_of_shards(self.conn, sorted(self.owned)))
            self._close_revoked(now_us)

    def heed_revocations(self, now_us: int) -> None:
        """Let go of units that were revoked since the last look; cheap, for it is asked every second."""
        with answered_within(self.conn, ANSWER_S, "look for revoked units"):
            gone = registry.revoked_names(self.conn, sorted(self.owned)) & self.units.keys()
            if gone:
                self._register(registry.units_by_name(self.conn, sorted(gone)).values())
                self._close_revoked(now_us)

    def desk(self) -> Desk:
        """What intake asks us."""
        return Desk(self.owned, self._find, self._held, self._admits)

    def latches(self, rule: str) -> bool:
        """Whether an alert of this rule latches; one of a rule that is no more does not."""
        return any(known.latch for known in self.ruleset.rules if known.id == rule)

    def state(self, unit: Unit) -> EngineState:
        """What the rules remember of a unit, to be saved."""
        return EngineState(unit.newest_us, self.engine.snapshot(unit.row))

    def remember(self, unit: Unit, state: bytes) -> None:
        """Take up a state; what holds of the patient now holds from the next reading on."""
        self.engine.restore(unit.row, state)
        self.engine.set_context(unit.row, unit.context)

    def saved(self, states: Mapping[Unit, EngineState], now_us: int) -> None:
        """These have been committed."""
        for unit, state in states.items():
            unit.saved_us, unit.origin = now_us, state.fingerprint

    def _load(self, shards: Iterable[int], now_us: int) -> None:
        shards = frozenset(shards)
        self._at_us = now_us
        try:
            with answered_within(self.conn, LOAD_S, "load shards"):
                fresh = self._register(registry.units_of_shards(self.conn, sorted(shards)))
                self._load_units(fresh, shards, now_us)
        except BaseException:
            for unit in [unit for unit in self.units.values() if unit.known.shard in shards]:
                del self.units[unit.known.name], self.by_row[unit.row]  # half known is worse than unknown
            raise

    def _load_units(self, fresh: list[Unit], shards: frozenset[int], now_us: int) -> None:
        by_id = {unit.known.unit_id: unit for unit in fresh}
        for (unit_id, epoch), ranges in received.load_units(self.conn, sorted(by_id)).items():
            by_id[unit_id].hold(epoch, RangeSet(ranges))
        restore.restore(self.conn, self.engine, fresh, now_us)
        for unit in fresh:
            # Not before: what was changed of a patient meanwhile would be judged on readings of which nothing is told.
            self.engine.set_context(unit.row, unit.context)
        self.book.load(self.conn, sorted(by_id), shards)
        for state in alert_log.open_alerts(self.conn, sorted(by_id)):
            if stands := alerting.standing(state, self.latches(state.rule)):
                self.alerts[state.unit_id, state.rule] = stands
        self.owned |= shards
        self._close_revoked(now_us)

    def _close_revoked(self, now_us: int) -> None:
        ids = {known.unit_id for known in self.others.values() if known.revoked and known.shard in self.owned}
        revoked.close_alerts(self.conn, sorted(ids), self.ruleset, now_us)
        self.alerts = {key: standing for key, standing in self.alerts.items() if key[0] not in ids}

    def _register(self, units: Iterable[registry.Unit]) -> list[Unit]:
        """Take note of registry entries; the units that were not known before."""
        fresh: list[Unit] = []
        for entry in units:
            known = KnownUnit(entry.unit_id, entry.name, entry.shard, entry.revoked_us is not None)
            unit = self.units.get(entry.name)
            if known.revoked:
                self._let_go(known)
            elif unit is None:
                self.others.pop(entry.name, None)
                unit = Unit(known, self.engine.register(entry.name))
                self.units[entry.name] = self.by_row[unit.row] = unit
                fresh.append(unit)
        self._set_contexts()
        return fresh

    def _let_go(self, known: KnownUnit) -> None:
        unit = self.units.pop(known.name, None)
        if unit is not None:
            del self.by_row[unit.row]
        self.others[known.name] = known

    def _set_contexts(self) -> None:
        by_id = {unit.known.unit_id: unit for unit in self.units.values()}
        for unit_id, context in contexts(self.conn, sorted(by_id), self._at_us).items():
            unit = by_id.pop(unit_id)
            if context != unit.context:
                self._set_context(unit, context)
        for unit in by_id.values():
            if unit.context != Context():
                self._set_context(unit, Context())

    def _set_context(self, unit: Unit, context: Context) -> None:
        unit.context = context
        self.engine.set_context(unit.row, context)
        unit.saved_us = NEVER_US  # what comes from now on is judged by another: it goes with the next snapshot

    def _find(self, name: str) -> Unit | KnownUnit | None:
        found = self.units.get(name) or self.others.get(name)
        return found or self._ask(name)

    def _ask(self, name: str) -> Unit | KnownUnit | None:
        now_s = self._now()
        self._asks = min(ASKS_PER_S, self._asks + (now_s - self._asks_at) * ASKS_PER_S)
        self._asks_at = now_s
        if self._asks < 1 or now_s < self._asked.get(name, now_s):
            return None
        self._asks -= 1
        self._asked[name] = now_s + ASK_AGAIN_S
        with answered_within(self.conn, ANSWER_S, "look for a unit"):
            entry = registry.units_by_name(self.conn, [name]).get(name)
            if entry is not None and entry.shard in self.owned:
                self._register([entry])
        if entry is None:
            return None
        if entry.shard not in self.owned:
            self.others[name] = KnownUnit(entry.unit_id, name, entry.shard, entry.revoked_us is not None)
        return self.units.get(name) or self.others.get(name)

    def _admits(self, unit: Unit, epoch: str) -> bool:
        if epoch not in unit.held:
            if not unit.epochs.take(self._now()):
                return False
            self._held(unit, epoch)
        return True

    def _held(self, unit: Unit, epoch: str) -> RangeSet:
        ranges = unit.held.get(epoch)
        if ranges is None:
            with answered_within(self.conn, ANSWER_S, "look for what is stored"):
                ranges = RangeSet(received.load(self.conn, unit.known.unit_id, epoch))
            unit.hold(epoch, ranges)
        else:
            unit.held.move_to_end(epoch)
        return ranges
