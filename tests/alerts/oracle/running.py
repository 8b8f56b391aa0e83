"""The same random series through the reference and through the engine, and where their timelines part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np

from alerts.engine import Engine, Samples, Transition
from alerts.records import Context
from alerts.ruleset import Ruleset
from telemetry import signals
from telemetry.alarms import FindingState
from telemetry.messages import Event, EventKind
from tests.alerts.oracle import series
from tests.alerts.oracle.reference import Unit
from tests.alerts.oracle.rules import Patient, Rule
from tests.alerts.oracle.series import Reading
from tests.alerts.oracle.timers import Told

MOMENTS = 150
# Why an active rule is held; everything else means that its input is lost.
HELD = ("inhibited by", "blood flow changed", "flow is too low")


@dataclass(frozen=True)
class Ward:
    """Patients, and what their machines send at each of the server's times: `sent[unit][moment]`."""

    times: list[int]
    patients: list[Patient]
    sent: list[list[list[Reading]]]


def ward(rules: Sequence[Rule], units: int, seed: int) -> Ward:
    """Random series of this seed."""
    rng = np.random.default_rng(seed)
    times = series.server_times(rng, MOMENTS)
    patients = [series.patient(rng, [rule.id for rule in rules]) for _ in range(units)]
    return Ward(times, patients, [list(series.series(rng, times)) for _ in patients])


def by_reference(rules: tuple[Rule, ...], given: Ward) -> list[Unit]:
    """Every unit after its series, one after the other."""
    reference = [Unit(rules, patient) for patient in given.patients]
    for unit, readings in zip(reference, given.sent, strict=True):
        for now, together in zip(given.times, readings, strict=True):
            unit.tick(now)
            # No event here is younger than the first reading it comes with, so all go before it.
            for event in sorted((e for one in together for e in one.events), key=lambda e: e[0]):
                unit.event(*event)
            for one in together:
                unit.sample(one.time_us, now, one.phase, one.values, one.marked)
    return reference


def by_engine(ruleset: Ruleset, given: Ward) -> list[Transition]:
    """All units at once, moment by moment."""
    engine = Engine(ruleset, len(given.patients))
    for number, patient in enumerate(given.patients):
        engine.set_context(engine.register(f"u{number}"), _context(patient))
    found: list[Transition] = []
    for k, now in enumerate(given.times):
        found += engine.tick(now)
        found += engine.evaluate(_samples([(row, one) for row, sent in enumerate(given.sent) for one in sent[k]], now))
    return found


def disagreements(reference: list[Unit], found: list[Transition]) -> list[str]:
    """Where the timelines of a unit and rule part, one sentence each."""
    by_rule: dict[tuple[int, str], list[Transition]] = {}
    for transition in found:
        by_rule.setdefault((transition.row, transition.rule), []).append(transition)
    pairs = [(row, rule, told) for row, unit in enumerate(reference) for rule, told in unit.told.items()]
    wrong = [(row, rule, _parting(told, by_rule.get((row, rule), []))) for row, rule, told in pairs]
    return [f"unit {row} {rule} {text}" for row, rule, text in wrong if text]


def _context(patient: Patient) -> Context:
    return Context(
        target_weight_kg=patient.target_weight_kg,
        prescribed_conductivity_ms_cm=patient.prescribed_conductivity_ms_cm,
        transmembrane_limit_mmhg=patient.transmembrane_limit_mmhg,
        limits=patient.limits,
    )


def _samples(sent: list[tuple[int, Reading]], now: int) -> Samples:
    values = np.full((len(sent), signals.COUNT), np.nan, np.float32)
    for place, (_, one) in enumerate(sent):
        for name, value in one.values.items():
            values[place, signals.BY_NAME[name].number] = value
    events = [
        (row, Event(0, t, 0, 0, EventKind.ALARM, name, 0, active))
        for row, one in sent
        for t, name, active in one.events
    ]
    return Samples(
        row=np.array([row for row, _ in sent], np.int32),
        time_us=np.array([one.time_us for _, one in sent], np.int64),
        phase=np.array([one.phase for _, one in sent], np.uint8),
        values=values,
        invalid=np.array([sum(1 << signals.BY_NAME[n].number for n in one.marked) for _, one in sent], np.uint64),
        received_us=np.full(len(sent), now, np.int64),
        events=sorted(events, key=lambda pair: pair[1].time_us),
    )


def _parting(told: list[Told], transitions: list[Transition]) -> str:
    """Where a rule's two timelines part, or ""."""
    for mine, its in zip_longest(told, transitions):
        if mine is None or its is None or (its.time_us, its.state, its.priority) != mine[:3] or not _same(mine, its):
            return f"reference {mine}, engine {its and (its.time_us, its.state, its.priority, its.reason)}"
    return ""


def _same(mine: Told, its: Transition) -> bool:
    """Whether the engine says why the rule is not evaluated, and of an active one, whether it is held or has lost."""
    if its.state is FindingState.NOT_EVALUATED:
        return bool(mine[3]) and mine[3] in its.reason
    held = mine[3].startswith(HELD)
    kind = "" if not mine[3] else " stays active – held: " if held else " stays active – input lost: "
    return kind in its.reason and mine[3] in its.reason and bool(kind) is (" stays active – " in its.reason)
