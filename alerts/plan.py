"""A ruleset laid out for the engine: one column per rule, one per level (rung), and the vectors that go with them."""

from __future__ import annotations

from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from alerts import reasons
from alerts.detectors.base import Detector, Group, build_columns
from alerts.detectors.flag import Flag
from alerts.detectors.sensor import Sensor
from alerts.detectors.stale import Stale
from alerts.ruleset import DETECTORS, Ruleset
from alerts.schema import CONTEXT_KEYS, Rule
from alerts.table import NEVER, Field
from telemetry.alarms import Priority
from telemetry.treatment import Phase

_T = TypeVar("_T")
ENDLESS: Final = np.int64(1 << 62)
PHASES: Final = len(Phase)
RANKED: Final[tuple[Priority | None, ...]] = (None, Priority.LOW, Priority.MEDIUM, Priority.HIGH)


class Plan:
    """What does not change while the engine runs.

    Attributes:
        rules: in column order. labels: their identities. columns: the signals they look at.
        flow: column of the blood flow.
        groups, detectors: by detector name, in order of evaluation. flag, sensor, stale: those with more to them.
        rule_of_rung, rank, on_us, off_us: per rung. starts: first rung of each rule.
        max_gap_us, blank_us, cause: per rule. flow_step: mL/min. phase_why: code per [phase or AT_REST, rule].
        inputs: per input position, (rules that have one there, its column, code by `alerts.inputs` code).
        inhibits: [inhibiting rules, rules]; inhibitors: their indexes; softly: which of them only in what is shown.
        causes: cause group names.
    """

    def __init__(self, ruleset: Ruleset) -> None:
        self.rules = ruleset.rules
        self.columns = build_columns(self.rules)
        self.flow = self.columns.place("blood_flow")
        self.groups: dict[str, Group] = {}
        self.detectors: dict[str, Detector] = {}
        self._place_detectors()
        self.flag = self._one("flag", Flag)
        self.sensor = self._one("sensor", Sensor)
        self.stale = self._one("stale", Stale)
        rungs = [(i, rung) for i, rule in enumerate(self.rules) for rung in rule.rungs]
        self.rule_of_rung = np.array([i for i, _ in rungs], np.intp)
        self.rank = np.array([rung.priority.rank for _, rung in rungs], np.uint8)
        self.on_us = np.array([rung.on_us for _, rung in rungs], np.int64)
        self.off_us = np.array([rung.off_us for _, rung in rungs], np.int64)
        self.starts = np.searchsorted(self.rule_of_rung, np.arange(len(self.rules)))
        self.max_gap_us = np.array([_max_gap_us(rule) for rule in self.rules], np.int64)
        self.shortest_gap_us = int(self.max_gap_us.min())
        self.blank_us = np.array([round(rule.spec.blank_s * 1e6) for rule in self.rules], np.int64)
        self.longest_blank_us = int(self.blank_us.max())
        self.flow_step = np.float32(max(rule.spec.blank_flow_step_ml_min for rule in self.rules))
        codes = [[_phase_code(rule, phase) for rule in self.rules] for phase in (*Phase, None)]
        self.phase_why = np.array(codes, np.uint8)
        self.causes = tuple(sorted({rule.spec.cause for rule in self.rules}))
        self.cause = np.array([self.causes.index(rule.spec.cause) for rule in self.rules], np.intp)
        self.of_cause = self.cause[:, None] == np.arange(len(self.causes))
        self.inputs = [self._input_slot(slot) for slot in range(reasons.MAX_INPUTS)]
        self.inputs = [slot for slot in self.inputs if len(slot[0])]
        self.inhibitors = np.array([i for i, rule in enumerate(self.rules) if rule.spec.inhibits], np.intp)
        self.softly = np.array([self.rules[i].spec.inhibits_softly for i in self.inhibitors], np.bool_)
        self.inhibits = np.array(
            [[rule.id in self.rules[i].spec.inhibits for rule in self.rules] for i in self.inhibitors], np.bool_
        ).reshape(len(self.inhibitors), len(self.rules))

    def _place_detectors(self) -> None:
        first_rule = first_rung = 0
        for name, kind in DETECTORS.items():
            rules = [rule for rule in self.rules if rule.spec.detector == name]
            if rules:
                group = Group(rules, first_rule, first_rung)
                self.groups[name] = group
                self.detectors[name] = kind.detector(group, self.columns)
                first_rule += len(rules)
                first_rung += len(group.rungs)

    def _one(self, name: str, kind: type[_T]) -> _T | None:
        found = self.detectors.get(name)
        return found if isinstance(found, kind) else None

    def _input_slot(self, slot: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.uint8]]:
        having = [
            (i, self.columns.place(rule.inputs[slot]))
            for i, rule in enumerate(self.rules)
            if slot < len(rule.inputs) and not DETECTORS[rule.spec.detector].own_inputs
        ]
        codes = np.array([0, reasons.MISSING + slot, reasons.INVALID + slot, reasons.SENSOR + slot], np.uint8)
        return np.array([i for i, _ in having], np.intp), np.array([c for _, c in having], np.intp), codes

    def fields(self) -> list[Field]:
        """Every array of the engine's table."""
        rules = tuple(f"{rule.id} {rule.version}" for rule in self.rules)
        rungs = tuple(f"{r.id} {r.version} {n}" for r in self.rules for n in range(len(r.rungs)))
        needed = np.array([context_code(rule, 0) if rule.context else 0 for rule in self.rules], np.uint8)
        own = [
            Field("unit.time", "i8", NEVER),
            Field("unit.seen", "i8", NEVER),
            Field("unit.known_phase", "u1", Phase.UNKNOWN),
            Field("unit.still", "i8", NEVER),
            Field("unit.pump", "f4", np.nan),
            Field("unit.flow", "f4", np.nan),
            Field("unit.flow_changed", "i8", -int(ENDLESS)),
            Field("unit.stagger", "u2", 0, saved=False),
            Field("unit.symptom", "i8", NEVER),
            Field("input.value", "f4", np.nan, self.columns.names),
            Field("rung.state", "u1", 0, rungs),
            Field("rung.since", "i8", NEVER, rungs),
            Field("rule.why", "u1", reasons.NO_DATA, rules),
            Field("rule.state", "u1", 3, rules),
            Field("rule.rank", "u1", 0, rules),
            Field("rule.said", "u1", reasons.NO_DATA, rules),
            Field("rule.since", "i8", NEVER, rules),
            Field("rule.context", "u1", needed, rules, given=True),
            Field("rule.blocked", "u1", 0, rules, saved=False),
            Field("rule.veiled", "u1", 0, rules, saved=False),
            Field("cause.high", "u1", 0, self.causes, (2,), saved=False),
        ]
        return own + [field for detector in self.detectors.values() for field in detector.fields]

    @property
    def per_treatment(self) -> tuple[str, ...]:
        """Fields that start fresh with every treatment."""
        own = ("unit.pump", "unit.flow", "unit.flow_changed")
        return own + tuple(name for detector in self.detectors.values() for name in detector.per_treatment)


def context_code(rule: Rule, position: int) -> int:
    """The code that says the rule's context value at `position` is not known."""
    return reasons.CONTEXT + CONTEXT_KEYS.index(rule.context[position])


def _phase_code(rule: Rule, phase: Phase | None) -> int:
    # A stale rule goes by the last known phase, which its detector looks at.
    if phase in rule.phases or rule.spec.detector == "stale":
        return reasons.EVALUATED
    if phase is None:
        return reasons.NO_TREATMENT
    return reasons.UNKNOWN_PHASE if phase is Phase.UNKNOWN else reasons.NOT_IN_PHASE


def _max_gap_us(rule: Rule) -> int:
    looks_back = DETECTORS[rule.spec.detector].needs_time or any(rung.on_us for rung in rule.rungs)
    return round(rule.spec.max_gap_s * 1e6) if looks_back else int(ENDLESS)
