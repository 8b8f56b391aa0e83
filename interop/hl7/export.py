"""A treatment's record as messages, in the order of what they tell: a file that a receiver can be fed with by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isfinite

from interop.hl7 import pcd01, pcd04
from interop.hl7.header import Head, Route, Whose
from interop.hl7.pcd01 import Course, Shown
from interop.hl7.pcd04 import Said, Step
from store.treatment_record import MINUTE_US, TreatmentRecord
from telemetry.signals import BY_NAME


@dataclass(frozen=True, slots=True)
class Rules:
    """What rules are called, and which are about equipment."""

    title: Callable[[str], str]
    is_technical: Callable[[str], bool]


def messages(
    record: TreatmentRecord, rules: Rules, control_id: Callable[[], str], now_us: int, *, names: bool
) -> list[str]:  # fmt: skip
    """Each minute's means, each step of each alert, what it came to. `control_id` gives a new one at each call."""
    made = [*_minutes(record, control_id, now_us, names), *_alerts(record, rules, control_id, now_us, names)]
    return [text for _, text in sorted(made, key=lambda pair: pair[0])] + _totals(record, control_id, now_us, names)


def _minutes(
    record: TreatmentRecord, control_id: Callable[[], str], now_us: int, names: bool
) -> Iterator[tuple[int, str]]:
    found = record.found
    count = max((len(values) for values in record.courses.values()), default=0)
    for minute in range(count):
        at_us = found.treatment.start_us + minute * MINUTE_US
        shown = [
            Shown(BY_NAME[name], float(values[minute]), at_us)
            for name, values in record.courses.items()
            if isfinite(values[minute])
        ]
        if shown:
            course = Course(found.treatment_id, at_us, at_us + MINUTE_US)
            yield at_us, pcd01.readings(Head(Route(), control_id(), now_us), _whose(record, names), course, shown)


def _alerts(
    record: TreatmentRecord, rules: Rules, control_id: Callable[[], str], now_us: int, names: bool
) -> Iterator[tuple[int, str]]:
    for alert in record.alerts:
        before: Said | None = None
        at_us = alert.since_us
        for event in record.events[alert.alert_id]:
            step = Step(
                alert.alert_id, alert.rule, rules.title(alert.rule), event.state, event.priority, alert.since_us,
                event.time_us, event.reason if event.actor is None else "", event.inputs,
                rules.is_technical(alert.rule),
            )  # fmt: skip
            # By two clocks, the samples' and the server's: no step is told before the one it follows.
            at_us = max(at_us, event.time_us)
            phase = pcd04.phase_of(before, step)
            if phase is not None:
                before = Said(event.state, event.priority)
                head = Head(Route(), control_id(), now_us)
                yield at_us, pcd04.alert(head, _whose(record, names), step, phase)


def _totals(record: TreatmentRecord, control_id: Callable[[], str], now_us: int, names: bool) -> list[str]:
    found = record.found
    if found.summary is None or found.treatment.end_us is None:
        return []
    course = Course(found.treatment_id, found.treatment.start_us, found.treatment.end_us)
    head = Head(Route(), control_id(), now_us)
    return [pcd01.totals(head, _whose(record, names), course, found.summary.summary, corrected=False)]


def _whose(record: TreatmentRecord, names: bool) -> Whose:
    found = record.found
    return Whose(found.unit, found.patient_id, found.patient if names else None)
