"""One cycle: messages → admission → rules → one transaction → what to tell agents and screens.

Memory runs ahead of the database between admission and commit. When the transaction fails for what is in it, the caller
throws that memory away (`Session.reload`) and runs the same messages again. When it fails because the database is not
well, the caller goes on with that memory (`ingest.outage`), and with what it is `ahead` by. Either way a commit whose
answer got lost is found out: the rows are there, the messages are duplicates, and are acknowledged.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from alerts.records import Transition
from evaluation import alerting
from evaluation.alerting import Found, Key, Standing
from ingest import rows
from ingest.acks import AckBook
from ingest.admission import Reason
from ingest.ahead import Ahead
from ingest.conflicts import CopyBox, copied
from ingest.inbox import Inbox, Message
from ingest.intake import Intake, take
from ingest.judging import arrived_us, ask_rules
from ingest.live import LiveBook
from ingest.metrics import Metrics
from ingest.outcasts import Budget, Outcast
from ingest.ranges import Range
from ingest.session import Session
from ingest.sightings import seen
from ingest.told import Told
from ingest.treatment_book import Turns
from ingest.units import NEVER_US, Unit
from store import (
    alert_log,
    engine_state,
    machine_events,
    minutes,
    partitions,
    quarantine,
    readings,
    received,
    unit_status,
)
from store.alert_log import AlertEventRow
from store.engine_state import EngineState
from store.pool import answered_within, transaction
from store.readings import ReadingColumns
from telemetry.clock import Clock
from telemetry.messages import Flag, Lane

log = logging.getLogger(__name__)

# A unit's rule state is saved this often even when nothing happens; spread out, so that a fleet does not save at once.
SAVE_EVERY_US: Final = 45_000_000
SAVE_SPREAD_US: Final = 15_000_000
# A database that takes longer over one transaction is left: rules must not wait for it.
ANSWER_S: Final = 5.0


@dataclass(slots=True)
class Changes:
    """What one transaction writes, and what is told when it has.

    Attributes:
        found: in order. kept: outcasts that go into quarantine.
        states: rule state that is saved, by unit.
        turns: what the treatments make of it.
    """

    intake: Intake
    readings: ReadingColumns
    held: dict[received.Key, list[Range]]
    found: list[Found]
    kept: list[Outcast]
    states: dict[Unit, EngineState]
    turns: Turns
    told: Told

    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (self.intake.parts or self.intake.statuses or self.found or self.kept or self.turns)


class Pipeline:
    """Cycles, one after the other, on the worker's thread. `acks` and `live` hold what is to be told,
    `copies` what came again and is to be compared. What waits in `inbox` is decoded while the database is at work.

    Attributes:
        ahead: what memory holds and the database may not, after a transaction that failed; None once it is reloaded.
    """

    def __init__(self, clock: Clock, metrics: Metrics, inbox: Inbox) -> None:
        self._clock = clock
        self._metrics = metrics
        self._ahead = Ahead(inbox)
        self._budget = Budget()
        self.acks = AckBook()
        self.live = LiveBook()
        self.copies = CopyBox()
        self.ahead: Changes | None = None

    def cycle(
        self, session: Session, messages: Sequence[Message], *, tick_us: int | None = None, unjudged: bool = False
    ) -> None:
        """Take in `messages`, let the rules see them (and silence until `tick_us`), commit, note what is to be told.

        `unjudged` keeps them from the rules, and says so in the rows as for late ones. StoreError, RulesFailure, or any
        other exception of a poisonous message: nothing was committed, as far as is known, and `session` is to be
        reloaded, or done without (`ahead`).
        """
        started_s, now_us = self._clock.monotonic_s(), self._clock.now_us()
        intake = take(messages, session.desk())
        if unjudged:
            intake.hide()
        changes = self._judge(session, intake, now_us, tick_us)
        if not changes.is_empty():
            self._commit(session, changes, now_us)
            self._metrics.cycle_s.observe(self._clock.monotonic_s() - started_s)
        self._tell(changes)
        self._count(messages, changes)

    def set_aside(self, session: Session, outcast: Outcast) -> None:
        """Put a single message that cannot be stored into quarantine, and tell its agent."""
        now_us = self._clock.now_us()
        changes = self._judge(session, Intake(outcasts=[outcast]), now_us, None)
        if changes.kept:
            self._commit(session, changes, now_us)
        self._tell(changes)
        self._count([outcast.message], changes)

    def _judge(self, session: Session, intake: Intake, now_us: int, tick_us: int | None) -> Changes:
        arrived = arrived_us(intake)
        transitions = ask_rules(session.engine, session.by_row, intake, arrived, tick_us)
        found = [Found(session.by_row[t.row].known.unit_id, t, now_us) for t in transitions]
        now_s = self._clock.monotonic_s()
        turns = session.book.note(seen(intake, arrived))
        if tick_us is not None:
            session.book.overdue(now_us, turns)
        return Changes(
            intake=intake,
            readings=rows.reading_columns(intake, arrived),
            held=rows.fresh_ranges(intake),
            found=found,
            kept=[outcast for outcast in intake.outcasts if self._budget.take(outcast.unit, now_s)],
            states={unit: session.state(unit) for unit in _to_save(session, intake, transitions, now_us)},
            turns=turns,
            told=Told(intake),
        )

    def _commit(self, session: Session, changes: Changes, now_us: int) -> None:
        self.ahead = changes
        started_s = self._clock.monotonic_s()
        meanwhile = self._ahead.begin(changes.told.prepare)
        with answered_within(session.conn, ANSWER_S, "store a cycle"), session.conn.meanwhile(meanwhile):
            alerts = self._write(session, changes, now_us)
        self.ahead = None
        session.alerts = alerts
        session.saved(changes.states, now_us)
        for unit in changes.intake.units:
            unit.trim()
        self._metrics.commit_s.observe(self._clock.monotonic_s() - started_s)

    def _write(self, session: Session, changes: Changes, now_us: int) -> dict[Key, Standing]:
        conn, intake = session.conn, changes.intake
        if len(changes.readings):
            partitions.ensure_partitions(conn, changes.readings.time_us, now_us)
        with transaction(conn, "store a cycle"):
            readings.copy_readings(conn, changes.readings)
            minutes.note(conn, changes.readings.time_us, changes.readings.flags, now_us)
            machine_events.add_extras(conn, rows.extras(intake))
            machine_events.add_events(conn, rows.event_rows(intake))
            received.add(conn, changes.held)
            unit_status.save(conn, rows.status_rows(intake.statuses))
            quarantine.add(conn, [rows.quarantine_row(outcast) for outcast in changes.kept])
            alerts = self.add_alerts(session, changes.found, now_us)
            session.book.save(conn, [unit.known.unit_id for unit in changes.states])
            session.book.settle(conn, changes.turns, now_us)
            engine_state.save(conn, {unit.known.unit_id: state for unit, state in changes.states.items()})
        return alerts

    def add_alerts(self, session: Session, found: Sequence[Found], now_us: int) -> dict[Key, Standing]:
        """Write what was found, within a transaction; the alerts that stand once it is committed."""
        if not found:
            return session.alerts
        # A person may have acknowledged since: what stands is what the locked rows say.
        keys = {one.key for one in found}
        touched = {key: session.alerts[key] for key in keys if key in session.alerts}
        locked = alert_log.lock(session.conn, [standing.alert_id for standing in touched.values()])
        before = dict(session.alerts)
        for key, known in touched.items():
            state = locked.get(known.alert_id)
            now = alerting.standing(state, session.latches(state.rule)) if state else None
            if now:
                before[key] = now
            else:
                del before[key]
        ids = iter(alert_log.reserve_ids(session.conn, len(found)))
        events, after = alerting.steps(found, before, session.latches, ids)
        alert_log.append(session.conn, events, now_us)
        _log_alerts(session, events)
        return after

    def _tell(self, changes: Changes) -> None:
        intake, now_s = changes.intake, self._clock.monotonic_s()
        self.copies.put(copied(intake))
        for part, ranges in changes.told.answered:
            urgent = part.batch.lane is Lane.BACKFILL or part.sifted.duplicates > 0
            self.acks.stored(part.topic.shard, part.topic.unit, part.batch.epoch, ranges, now_s, urgent)
        for outcast in changes.kept:
            if (told := outcast.refused) is not None:
                self.acks.refused(told.shard, told.unit, told.epoch, told.ranges, str(outcast.reason), now_s)
        self.show(changes.told)

    def show(self, told: Told) -> None:
        """Note for the screens what is newest in an intake."""
        for shard, reading in told.readings:
            self.live.reading(shard, reading)
        for said in told.intake.statuses:
            # Screens take what a live frame says for news; what the broker had kept reaches them by way of the store.
            if not said.retained:
                self.live.status(said.unit.known.shard, said.status)

    def _count(self, messages: Sequence[Message], changes: Changes) -> None:
        intake, metrics = changes.intake, self._metrics
        late = int(np.count_nonzero(intake.rows.flags & np.uint8(Flag.LATE)))
        metrics.messages.inc(len(messages))
        metrics.outcomes.labels(Reason.ACCEPT).inc(len(intake.rows) + len(intake.events) - late)
        metrics.outcomes.labels(Reason.LATE).inc(late)
        metrics.outcomes.labels(Reason.IMPOSSIBLE_TIME).inc(intake.impossible)
        metrics.outcomes.labels(Reason.DUPLICATE).inc(sum(part.sifted.duplicates for part in intake.parts))
        if messages:
            metrics.age_s.observe((self._clock.now_us() - messages[0].received_us) / 1e6)
        for one in changes.found:
            metrics.transitions.labels(one.transition.state).inc()
        for outcast in intake.outcasts:
            metrics.quarantined.labels(outcast.reason).inc()
        for outcast in changes.kept:
            fields = {"topic": outcast.message.topic, "reason": str(outcast.reason), "detail": outcast.detail}
            log.warning("message quarantined", extra={"fields": fields})
        if intake.impossible:
            names = sorted({part.unit.known.name for part in intake.parts})
            log.warning("impossible times", extra={"fields": {"rows": intake.impossible, "among": names[:10]}})
        for unit, offset_us in intake.clocks:
            clock = {"unit": unit.known.name, "offset_s": round(offset_us / 1e6, 1)}
            log.warning("clock off" if unit.clock_off else "clock right again", extra={"fields": clock})


def _to_save(session: Session, intake: Intake, transitions: Sequence[Transition], now_us: int) -> list[Unit]:
    chosen = {t.row: session.by_row[t.row] for t in transitions}
    for index, _ in intake.events:
        # No event lies behind a snapshot: then replaying the readings behind it is enough (see `restore`).
        chosen[intake.parts[index].unit.row] = intake.parts[index].unit
    for unit in intake.units:
        spread = unit.known.unit_id * 7919 % SAVE_SPREAD_US
        if now_us - unit.saved_us >= SAVE_EVERY_US + spread:
            chosen[unit.row] = unit
    return [unit for unit in chosen.values() if unit.newest_us > NEVER_US]


def _log_alerts(session: Session, events: Sequence[AlertEventRow]) -> None:
    names = {unit.known.unit_id: name for name, unit in session.units.items()}
    for event in events:
        fields = {"alert": event.alert_id, "unit": names.get(event.unit_id), "rule": event.rule}
        log.info("alert", extra={"fields": {**fields, "state": str(event.state), "priority": str(event.priority)}})
