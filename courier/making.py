"""One turn of making messages for a destination: what happened, and what is measured, into its outbox.

What a message was made of is taken away, or noted as told, in the transaction that queues it: nothing is told twice and
nothing is left out, wherever this process ends.
"""

from __future__ import annotations

import secrets
from typing import Final

from alerts import ruleset
from alerts.between import ruleset as between_rules
from courier.destinations import Destination
from courier.metrics import Metrics
from interop.hl7 import pcd01, pcd04
from interop.hl7.header import Head, Whose
from interop.hl7.pcd01 import Course, Shown
from interop.hl7.pcd04 import Said, Step
from store import hl7_outbox, hl7_sources
from store.hl7_outbox import ALERTS, READINGS, NewMessage, Now
from store.hl7_sources import AlertStep, ReadingsDue, TotalsDue
from store.pool import AsyncConnection, atransaction
from telemetry.alarms import ConditionState, Priority

LOOK_S: Final = 0.5
AT_ONCE: Final = 100
# Above so many messages that wait (some 60 MB), readings are left out, which is told; alerts and totals never are.
MOST_WAITING: Final = 20_000
# Readings of a span are told once it is over; what is stored a little late is told with the next.
OVERLAP_US: Final = 15_000_000
LONGEST_SPAN_US: Final = 900_000_000
SWEEP_EVERY_S: Final = 600.0
# Cause groups of rules about equipment, not about the patient.
_TECHNICAL: Final = frozenset({"telemetry", "sensor", "water"})


class Titles:
    """What rules are called, and which are about equipment."""

    def __init__(self) -> None:
        specs = [rule.spec for rule in ruleset.load().rules] + [rule.spec for rule in between_rules.load()]
        self._title = {spec.id: spec.title for spec in specs}
        self._technical = {spec.id for spec in specs if spec.cause in _TECHNICAL}

    def title(self, rule: str) -> str:
        """In English; the number itself of a rule that is gone."""
        return self._title.get(rule, rule)

    def is_technical(self, rule: str) -> bool:
        """Whether it is about equipment."""
        return rule in self._technical


class Making:
    """For one destination."""

    def __init__(
        self, destination: Destination, titles: Titles, metrics: Metrics, now: Now = hl7_outbox.now_us
    ) -> None:  # fmt: skip
        self._now = now
        self._for = destination
        self._titles = titles
        self._metrics = metrics
        self._swept_us = 0

    async def turn(self, conn: AsyncConnection) -> float:
        """Queue what is to be told now; how long to wait until the next turn (s). StoreError: nothing has changed."""
        async with atransaction(conn, "make HL7 messages"):
            now_us = await self._now(conn)
            busy = await self._alerts(conn, now_us) if self._for.alerts else False
            if self._for.every_s is not None:
                busy |= await self._readings(conn, now_us)
                busy |= await self._totals(conn, now_us)
            if now_us - self._swept_us > SWEEP_EVERY_S * 1e6:
                await hl7_outbox.sweep(conn, now_us)
                self._swept_us = now_us
        return 0.0 if busy else LOOK_S

    async def _alerts(self, conn: AsyncConnection, now_us: int) -> bool:
        steps = await hl7_sources.alert_steps(conn, self._for.name, AT_ONCE)
        told: dict[int, Said] = {}
        made = []
        for step in steps:
            before = told.get(step.alert_id) or _said(step)
            message = self._step(step, before, now_us)
            if message is not None:
                made.append(message)
                told[step.alert_id] = Said(ConditionState(step.state), Priority(step.priority))
        await self._queue(conn, made, now_us)
        await hl7_sources.steps_are_told(conn, self._for.name, [step.event_id for step in steps])
        return len(steps) == AT_ONCE

    def _step(self, step: AlertStep, before: Said | None, now_us: int) -> NewMessage | None:
        told = Step(
            step.alert_id, step.rule, self._titles.title(step.rule), ConditionState(step.state),
            Priority(step.priority), step.since_us, step.time_us, step.reason, step.inputs,
            self._titles.is_technical(step.rule), step.again,
        )  # fmt: skip
        phase = pcd04.phase_of(before, told)
        rises = phase not in (None, pcd04.Phase.END, pcd04.Phase.RESET)
        # A finding that came too late to page anybody must not ring elsewhere either; that an alert is over is told.
        if phase is None or not step.is_theirs or (step.late and rises):
            return None
        head = self._head(now_us)
        body = pcd04.alert(head, self._whose(step.unit, step.patient_id, step.patient), told, phase)
        return NewMessage(
            head.control_id, f"alert event {step.event_id}", ALERTS, body, step.alert_id, step.state, step.priority
        )

    async def _readings(self, conn: AsyncConnection, now_us: int) -> bool:
        name = self._for.name
        due = await hl7_sources.readings_due(conn, name, now_us, AT_ONCE)
        if due and await hl7_outbox.is_full(conn, name, MOST_WAITING):
            await hl7_outbox.left_out(conn, name, len(due), now_us)
            self._metrics.left_out.labels(name).inc(len(due))
        else:
            made = [one for treatment in due if (one := await self._course(conn, treatment, now_us)) is not None]
            await self._queue(conn, made, now_us)
        await hl7_sources.readings_are_told(conn, name, {one.treatment_id: one.until_us for one in due})
        return len(due) == AT_ONCE

    async def _course(self, conn: AsyncConnection, due: ReadingsDue, now_us: int) -> NewMessage | None:
        told_us = due.until_us - (self._for.every_s or 0) * 1_000_000 - 1 if due.told_us is None else due.told_us
        start_us = max(due.start_us - 1, due.until_us - LONGEST_SPAN_US, told_us - OVERLAP_US)
        values = await hl7_sources.last_values(conn, due.unit_id, start_us, due.until_us, told_us)
        if not values:
            return None  # that nothing is measured is an alert's to say
        head = self._head(now_us)
        course = Course(due.treatment_id, max(due.start_us, told_us), due.until_us)
        shown = [Shown(one.signal, one.value, one.time_us) for one in values]
        body = pcd01.readings(head, self._whose(due.unit, due.patient_id, due.patient), course, shown)
        return NewMessage(head.control_id, f"readings {due.treatment_id} {due.until_us}", READINGS, body)

    async def _totals(self, conn: AsyncConnection, now_us: int) -> bool:
        due = await hl7_sources.totals_due(conn, self._for.name, now_us, AT_ONCE)
        made, told = [], {}
        for one in due:
            kept = one.found.summary
            if kept is not None:
                made.append(self._total(one, kept.computed_us, now_us))
                told[one.found.treatment_id] = kept.computed_us
        await self._queue(conn, made, now_us)
        await hl7_sources.totals_are_told(conn, self._for.name, told)
        return len(due) == AT_ONCE

    def _total(self, due: TotalsDue, computed_us: int, now_us: int) -> NewMessage:
        found, kept = due.found, due.found.summary
        assert kept is not None
        start_us, end_us = found.treatment.start_us, found.treatment.end_us
        head = self._head(now_us)
        course = Course(found.treatment_id, start_us, start_us if end_us is None else end_us)
        whose = self._whose(found.unit, found.patient_id, found.patient)
        body = pcd01.totals(head, whose, course, kept.summary, corrected=due.again)
        return NewMessage(head.control_id, f"totals {found.treatment_id} {computed_us}", READINGS, body)

    async def _queue(self, conn: AsyncConnection, made: list[NewMessage], now_us: int) -> None:
        await hl7_outbox.queue(conn, self._for.name, made, now_us)
        for one in made:
            self._metrics.queued.labels(self._for.name, "alerts" if one.lane == ALERTS else "readings").inc()

    def _head(self, now_us: int) -> Head:
        return Head(self._for.route, secrets.token_hex(10), now_us)

    def _whose(self, unit: str, patient_id: int | None, patient: str | None) -> Whose:
        return Whose(unit, patient_id, patient if self._for.names else None)


def _said(step: AlertStep) -> Said | None:
    if step.told_state is None or step.told_priority is None:
        return None
    return Said(ConditionState(step.told_state), Priority(step.told_priority))
