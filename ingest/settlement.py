"""When the database is back: what was found without it is saved, once, and only where nobody else has gone on.

A unit's findings are saved in one transaction with the rules' memory of it. The snapshot that the database holds tells
what is the case: the one ours grew from, so that all of it is to be saved; the one of a save whose answer got lost, so
that this much is saved already; or another one, of an instance that had the shard meanwhile, so that ours is given up.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from ingest import rows
from ingest.metrics import Metrics
from ingest.outage import Outage
from ingest.pipeline import ANSWER_S, Pipeline
from ingest.session import Session
from ingest.units import Unit
from ingest.unsaved import Attempt
from store import engine_state, unit_status
from store.errors import REFUSALS, StoreError
from store.pool import answered_within, transaction

log = logging.getLogger(__name__)

# Units saved in one transaction, so that each stays well under the time a database has to answer.
UNITS_AT_ONCE: Final = 200


class Settlement:
    """Brings an outage's memory into the session that ends it, on the worker's thread.

    Attributes:
        saved, given_up: steps of alerts; given up where another instance had gone on.
    """

    def __init__(self, outage: Outage, pipeline: Pipeline, metrics: Metrics) -> None:
        self._outage = outage
        self._pipeline = pipeline
        self._metrics = metrics
        self.saved = self.given_up = 0

    def settle(self, session: Session, now_us: int) -> None:
        """Save everything; StoreError when the database is lost over it: what is not saved is tried again."""
        mine = {unit.known.unit_id: unit for unit in self._outage.memory.units.values()}
        self._graft(session)
        theirs = {unit.known.unit_id: unit for unit in session.units.values()}
        changed = self._outage.unsaved.units()
        for at in range(0, len(changed), UNITS_AT_ONCE):
            some = changed[at : at + UNITS_AT_ONCE]
            self._save_or_halve(session, [(mine[unit_id], theirs[unit_id]) for unit_id in some], now_us)
        statuses = [said for unit_id, said in self._outage.unsaved.statuses.items() if unit_id in theirs]
        with answered_within(session.conn, ANSWER_S, "save statuses"):
            unit_status.save(session.conn, rows.status_rows(statuses))

    def _graft(self, session: Session) -> None:
        """Give the new session what the old one knows better; drop what is not ours any more."""
        outage = self._outage
        outage.memory.owned &= session.owned
        for mine in list(outage.memory.units.values()):
            unit_id = mine.known.unit_id
            theirs = session.units.get(mine.known.name)
            attempt = outage.unsaved.attempts.pop(unit_id, None)
            if theirs is not None and attempt is not None and theirs.origin == attempt.fingerprint:
                mine.origin = theirs.origin
                self._count("saved", outage.unsaved.settled(unit_id, attempt.steps))
            if theirs is None or theirs.origin != mine.origin:
                self._give_up(mine)
                del outage.memory.units[mine.known.name], outage.memory.by_row[mine.row]
                continue
            # Also where the snapshot is ours to the last reading: it may be ahead of the rows that are stored.
            theirs.judged, theirs.clocks, theirs.clock_off = mine.judged, mine.clocks, mine.clock_off
            if mine.newest_us > theirs.newest_us or outage.unsaved.steps(unit_id):
                session.remember(theirs, outage.memory.engine.snapshot(mine.row))
                theirs.newest_us = max(mine.newest_us, theirs.newest_us)

    def _give_up(self, mine: Unit) -> None:
        steps = self._outage.unsaved.settled(mine.known.unit_id)
        self._count("given up", steps)
        if steps:
            fields = {"unit": mine.known.name, "steps": steps}
            log.warning("unsaved findings given up: another instance has gone on", extra={"fields": fields})

    def _save_or_halve(self, session: Session, units: Sequence[tuple[Unit, Unit]], now_us: int) -> None:
        """One unit whose findings the database will not have must not keep everybody else's from being saved."""
        try:
            self._save(session, units, now_us)
        except StoreError as error:
            if error.trouble not in REFUSALS:
                raise
            if len(units) > 1:
                middle = len(units) // 2
                self._save_or_halve(session, units[:middle], now_us)
                self._save_or_halve(session, units[middle:], now_us)
            else:
                log.error("findings refused", extra={"fields": {"unit": units[0][0].known.name, "error": error.line()}})
                self._give_up_memory(session, *units[0])

    def _give_up_memory(self, session: Session, mine: Unit, theirs: Unit) -> None:
        self._count("given up", self._outage.unsaved.settled(mine.known.unit_id))
        with answered_within(session.conn, ANSWER_S, "look what the rules knew"):
            states = engine_state.load(session.conn, [theirs.known.unit_id])
        for state in states.values():
            session.remember(theirs, state.state)  # what is found again is then told again

    def _save(self, session: Session, units: Sequence[tuple[Unit, Unit]], now_us: int) -> None:
        unsaved = self._outage.unsaved
        found = [one for mine, _ in units for one in unsaved.steps(mine.known.unit_id)]
        states = {theirs: session.state(theirs) for _, theirs in units}
        for unit, state in states.items():
            unit_id = unit.known.unit_id
            unsaved.attempts[unit_id] = Attempt(state.fingerprint, len(unsaved.steps(unit_id)))
        with answered_within(session.conn, ANSWER_S, "save what was found"), transaction(session.conn):
            alerts = self._pipeline.add_alerts(session, found, now_us)
            engine_state.save(session.conn, {unit.known.unit_id: state for unit, state in states.items()})
        session.alerts = alerts
        session.saved(states, now_us)
        for mine, theirs in units:
            mine.origin = theirs.origin
            self._count("saved", unsaved.settled(mine.known.unit_id))

    def _count(self, outcome: str, steps: int) -> None:
        if outcome == "saved":
            self.saved += steps
        else:
            self.given_up += steps
        self._metrics.unsaved.labels(outcome).inc(steps)
