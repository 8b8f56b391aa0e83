"""Many treatments at once through the engine and through the naive set: part of `bench.rules`.

Virtual time: machines are stepped by one second, their readings are the rows of one `Samples`, silence is told by
`tick` of the same second. Values are rounded as machines' protocols round them; alarms are told as in PCD-04.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from alerts.engine import Engine
from alerts.records import Samples, Transition
from alerts.ruleset import Ruleset
from bench.rules_cases import Case
from bench.rules_naive import LIMITS, Naive
from simulators.hl7_alarms import AlarmTeller
from simulators.machine import Machine
from simulators.scenario import build
from telemetry import signals
from telemetry.alarms import EVENT_BY_NAME, SAFETY, FindingState, Priority
from telemetry.clock import MICROSECONDS
from telemetry.messages import Event, EventKind
from telemetry.treatment import Phase

_EPOCH_US: Final = 1_750_000_000 * MICROSECONDS
_AFTERWARDS_S: Final = 60  # of readings once the treatment is over
# Smallest step of a value on the wire; a whole unit where nothing is said.
_STEPS: Final = {
    "dialysate_temperature": 0.1, "dialysate_conductivity": 0.1, "ultrafiltration_rate": 10.0,
    "ultrafiltration_volume": 10.0, "ultrafiltration_target": 10.0, "heparin_rate": 0.1, "heparin_total": 0.1,
    "blood_processed": 0.1, "relative_blood_volume": 0.1, "online_spktv": 0.01, "treatment_elapsed": 1 / 60,
    "treatment_remaining": 1 / 60, "ultrafiltration_time_left": 1 / 60,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Alert:
    """`by` is a rule's id or a naive limit's name; `at_s` is the machine's time."""

    by: str
    priority: str
    at_s: int


@dataclass(slots=True)
class Outcome:
    """What one treatment gave.

    Attributes:
        treated_s: seconds in the phase of treatment, as far as heard.
        everyday: (what happened that is no fault, from, until), s.
        really_low: the true systolic pressure, without the cuff's error, fell below the limit of hypotension.
    """

    group: str
    onset_s: float
    until_s: float
    rules_of_it: frozenset[str]
    naive_of_it: frozenset[str]
    everyday: tuple[tuple[str, float, float], ...] = ()
    treated_s: int = 0
    really_low: bool = False
    rules: list[Alert] = field(default_factory=list)
    naive: list[Alert] = field(default_factory=list)


def run(cases: Sequence[Case], ruleset: Ruleset) -> list[Outcome]:
    """Every case from switching on to a minute after the treatment."""
    return _Ward(cases, ruleset).run()


class _Ward:
    def __init__(self, cases: Sequence[Case], ruleset: Ruleset) -> None:
        self._cases = cases
        self._machines = [build(case.scenario, case.seed) for case in cases]
        self._tellers = [AlarmTeller() for _ in cases]
        self._standing: list[set[tuple[str, str]]] = [set() for _ in cases]
        self._over_s = [0] * len(cases)
        self._engine = Engine(ruleset, len(cases))
        for index, case in enumerate(cases):
            row = self._engine.register(f"case {case.group} {case.seed}")
            assert row == index
            self._engine.set_context(row, case.context)
        self._naive = Naive([c.context for c in cases], [c.low_mmhg for c in cases])
        self._ranks: dict[tuple[int, str], int] = {}
        self._outcomes = [_outcome(case) for case in cases]
        self._names = [s.name for s in signals.CATALOGUE]
        self._steps = np.array([_STEPS.get(name, 1.0) for name in self._names])

    def run(self) -> list[Outcome]:
        now_s, running = 0, list(range(len(self._cases)))
        while running:
            now_s += 1
            self._second(now_s, running)
            running = [index for index in running if self._over_s[index] < _AFTERWARDS_S]
        return self._outcomes

    def _second(self, now_s: int, running: Sequence[int]) -> None:
        rows, phases, values, events = [], [], [], []
        alarms = []
        time_us = _EPOCH_US + now_s * MICROSECONDS
        for index in running:
            machine, outcome = self._machines[index], self._outcomes[index]
            machine.step(1.0)
            phase = machine.phase
            if phase is Phase.TX:
                outcome.treated_s += 1
                if not outcome.really_low and now_s % 15 == 0:
                    outcome.really_low = machine.patient.pressure.systolic < self._cases[index].low_mmhg
            elif outcome.treated_s:
                self._over_s[index] += 1
            if not machine.answers or not self._cases[index].is_heard(now_s):
                continue
            rows.append(index)
            phases.append(int(phase))
            shown = machine.values
            values.append([shown.get(name, np.nan) for name in self._names])
            events += self._news(index, machine, now_s, time_us)
            alarms.append(_kinds(self._standing[index]))
        if rows:
            taken = np.array(values)
            taken = (np.round(taken / self._steps) * self._steps).astype(np.float32)
            at, phase_of = np.array(rows, np.int32), np.array(phases, np.uint8)
            times = np.full(len(rows), time_us, np.int64)
            told = self._engine.evaluate(
                Samples(at, times, phase_of, taken, np.zeros(len(rows), np.uint64), times, events)
            )
            self._note(told, now_s)
            crossed = self._naive.step(now_s, at.astype(np.intp), phase_of, taken, np.array(alarms))
        else:
            none = np.zeros(0, np.intp)
            shape = (0, signals.COUNT)
            crossed = self._naive.step(
                now_s, none, np.zeros(0, np.uint8), np.zeros(shape, np.float32), np.zeros((0, 2), np.bool_)
            )
        self._note([t for t in self._engine.tick(time_us) if self._over_s[t.row] < _AFTERWARDS_S], now_s)
        for row, limit in crossed:
            if self._over_s[row] < _AFTERWARDS_S:
                self._outcomes[row].naive.append(Alert(LIMITS[limit].name, LIMITS[limit].priority, now_s))

    def _news(self, index: int, machine: Machine, now_s: int, time_us: int) -> list[tuple[int, Event]]:
        standing = self._standing[index]
        if not standing and not machine.guard.conditions:
            return []
        events = []
        for said in self._tellers[index].due(machine, float(now_s)):
            active = said.phase != "end"
            (standing.add if active else standing.discard)((said.event, said.signal))
            code = EVENT_BY_NAME[said.event].code
            events.append((
                index, Event(0, time_us, 0, 0, EventKind.ALARM, said.event, code, active, said.signal)
            ))  # fmt: skip
        return events

    def _note(self, told: Sequence[Transition], now_s: int) -> None:
        # An alert: a rule becomes active, or active at a higher priority than before, or finds it once more.
        for transition in told:
            key = (transition.row, transition.rule)
            active = transition.state is FindingState.ACTIVE
            rank = Priority(transition.priority).rank if active and transition.priority else 0
            if rank > self._ranks.get(key, 0) or transition.again:
                alert = Alert(transition.rule, str(transition.priority), now_s)
                self._outcomes[transition.row].rules.append(alert)
            self._ranks[key] = rank


def _kinds(standing: set[tuple[str, str]]) -> tuple[bool, bool]:
    safety = any(event in SAFETY for event, _ in standing)
    return safety, any(event not in SAFETY for event, _ in standing)


def _outcome(case: Case) -> Outcome:
    label, nobody = case.label, frozenset[str]()
    rules, naive = (label.rules, label.naive) if label else (nobody, nobody)
    return Outcome(case.group, case.onset_s, case.until_s, rules, naive, case.everyday)
