"""Sensors not to be believed: a value outside its plausible range, or one that does not move while the pump runs."""

from __future__ import annotations

from dataclasses import replace
from math import inf, isfinite
from typing import Final

import numpy as np
import numpy.typing as npt

from alerts import reasons, schema
from alerts.detectors.base import Bools, Codes, Group, Sight
from alerts.inputs import DOUBTED, IMPLAUSIBLE, MISSING, Columns, Round
from alerts.records import Context
from alerts.schema import Delays, Head, Rule, Rung
from alerts.table import NEVER, Field, Table
from telemetry import signals

FLAT: Final = "flat"
OUTSIDE: Final = "implausible"
_ACTIVE: Final = 2
# By `alerts.inputs` code: only a value that is there and plausible says that a sensor is well again.
_CLEAR: Final = np.array([True, False, False, True])


class Level(Delays, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which signals are watched for what.

    Attributes:
        implausible: signals watched for values outside the catalogue's plausible range.
        flat: signals that never stand still by nature; watched for the same value for `flat_for_s`.
    """

    implausible: list[str]
    flat: list[str]
    flat_for_s: float = 120.0


class SensorFile(Head, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule file of this detector."""

    level: list[Level]


def compile_rule(spec: SensorFile, version: str) -> Rule:
    """The rule of a file; ValueError says what is wrong with it."""
    if len(spec.level) != 1:
        raise ValueError("exactly one level")
    level = spec.level[0]
    base = schema.rung(level, float("nan"), OUTSIDE)
    rungs = [replace(base, subject=name) for name in level.implausible]
    rungs += [replace(base, subject=name, beyond=FLAT) for name in level.flat]
    return Rule(spec, version, (), tuple(dict.fromkeys(level.implausible + level.flat)), (), tuple(rungs))


class Sensor:
    """All sensor rules at once."""

    per_treatment: tuple[str, ...] = ()

    def __init__(self, group: Group, columns: Columns) -> None:
        self._group = group
        rungs = group.rungs
        self._columns = np.array([columns.place(rung.subject) for _, rung in rungs], np.intp)
        self._flat = np.array([i for i, (_, rung) in enumerate(rungs) if rung.beyond == FLAT], np.intp)
        self._flat_columns = self._columns[self._flat]
        self._flat_us = np.array([_flat_us(group.rules[rungs[i][0]]) for i in self._flat], np.int64)
        gaps = np.array([rule.spec.max_gap_s * 1e6 for rule in group.rules])
        self._max_gap = gaps[group.rule_of_rung[self._flat]].astype(np.int64)
        self._starts = np.array([group.column(i, 0) for i in range(len(group.rules))], np.intp)
        # One row per rung with a one at its signal's column: active rungs @ this = doubted signals.
        self._doubts = np.zeros((len(rungs), len(columns.names)), np.float32)
        self._doubts[np.arange(len(rungs)), self._columns] = 1.0
        flat_labels = tuple(group.rung_labels[i] for i in self._flat)
        self.fields: tuple[Field, ...] = (
            Field("sensor.value", "f4", np.nan, flat_labels),
            Field("sensor.since", "i8", NEVER, flat_labels),
            Field("sensor.doubted", "u1", 0, columns.names),
        )

    def evaluate(self, now: Round, table: Table, breach: Bools, clear: Bools, why: Codes) -> None:
        """Breach per watched signal; a signal that is not there is neither in breach nor clear."""
        code = now.codes[:, self._columns]
        missing = code == MISSING
        np.equal(code, IMPLAUSIBLE, out=breach)
        unmoved = self._unmoved(now, table)
        breach[:, self._flat] = unmoved & (now.values[:, -1:] == 1.0)
        clear[...] = _CLEAR[code]
        # Only moving again makes it well: a pump that stops does not.
        clear[:, self._flat] &= ~unmoved
        if missing.any():
            nothing = np.logical_and.reduceat(missing, self._starts, axis=1)
            own = why[:, self._group.own]
            nothing &= own < reasons.MISSING  # said before a gap: what is lost goes before what cannot be judged now
            why[:, self._group.own] = np.where(nothing, np.uint8(reasons.NOTHING_MEASURED), own)

    def _unmoved(self, now: Round, table: Table) -> Bools:
        value = now.values[:, self._flat_columns]
        moved = (value != table["sensor.value"][now.at]) | (now.gap[:, None] > self._max_gap)
        since = np.where(moved, now.time[:, None], table["sensor.since"][now.at])
        table["sensor.value"][now.at] = value
        table["sensor.since"][now.at] = since
        return np.asarray(now.time[:, None] - since >= self._flat_us)

    def doubt(self, table: Table, rows: npt.NDArray[np.intp]) -> None:
        """Write down which signals of these units other rules must not use, from what is active now."""
        active = (table["rung.state"][rows, self._group.columns] == _ACTIVE).astype(np.float32)
        table["sensor.doubted"][rows] = (active @ self._doubts > 0.0) * np.uint8(DOUBTED)

    def set_context(self, _table: Table, _row: int, _context: Context) -> None:
        """Nothing here depends on the patient."""

    def see(self, table: Table, row: int, position: int, rung: int | None, _now_us: int) -> Sight:
        """Which sensors, and what is wrong with them."""
        if rung is None:
            return Sight("All watched sensors plausible and moving")
        rule = self._group.rules[position]
        states = table["rung.state"][row, self._group.columns]
        level = states[self._group.column(position, rung)]
        inputs: dict[str, float] = {}
        parts: list[str] = []
        timed = True
        for number, each in enumerate(rule.rungs):
            column = self._group.column(position, number)
            if states[column] == level:
                inputs[each.subject] = float(table["input.value"][row, self._columns[column]])
                parts.append(_said(each, inputs[each.subject], rule))
                timed &= each.beyond == FLAT
        return Sight("; ".join(parts), inputs, timed=timed)


def _said(rung: Rung, value: float, rule: Rule) -> str:
    name = schema.label(rung.subject)
    if rung.beyond == OUTSIDE:
        low, high = signals.BY_NAME[rung.subject].plausible or (-inf, inf)
        unit = schema.unit(rung.subject)
        return f"{name} not readable or outside {schema.number(low)} … {schema.quantity(high, unit)}"
    seconds = _flat_us(rule) / 1e6
    if not isfinite(value):
        return f"{name} stuck for more than {schema.number(seconds)} s before it was lost"
    said = schema.quantity(value, schema.unit(rung.subject))
    return f"{name} stuck at {said} for more than {schema.number(seconds)} s while the blood pump runs"


def _flat_us(rule: Rule) -> int:
    assert isinstance(rule.spec, SensorFile)
    return round(rule.spec.level[0].flat_for_s * 1e6)
