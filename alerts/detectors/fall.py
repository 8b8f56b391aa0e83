"""Readings that have fallen from what they were before the treatment, with a symptom or without one (hypotension).

The mean pressure, (systolic + 2 · diastolic) / 3, is held against that of the first reading of the treatment: nobody
tells one from before. Systolic and mean pressure each do; that neither has fallen needs both.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal

import numpy as np

from alerts import schema
from alerts.detectors import cuff, symptom
from alerts.detectors.base import Bools, Codes, Group, Sight
from alerts.detectors.before import Before, Doubles, check_baseline
from alerts.detectors.news import News
from alerts.detectors.own import Own, names
from alerts.inputs import Columns, Round
from alerts.records import Context
from alerts.schema import Delays, Head, Rule, Rung
from alerts.table import NEVER, Field, Table

_EPSILON: Final = 1e-3  # 118.2 − 98.2 in float32 is a little less than 20


class Input(cuff.Input, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`baseline`: the context value that `signal` has fallen from."""

    baseline: str


class Level(Delays, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far it has fallen; clear once it has fallen less than `fall` − `deadband`.

    Attributes:
        fall: at least so much, in the signal's unit. mean_fall: or the mean pressure so much, with an `other`.
        below: and the value is below this.
        symptom: "with" one told less than `symptom_within_s` ago, or "without" any so long before the reading or since.
        stays: to the end of the treatment.
    """

    fall: float
    mean_fall: float | None = None
    below: float | None = None
    symptom: Literal["with", "without"]
    symptom_within_s: float
    stays: bool = False


class FallFile(Head, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule file of this detector."""

    input: Input
    level: list[Level]


def compile_rule(spec: FallFile, version: str) -> Rule:
    """The rule of a file; ValueError says what is wrong with it."""
    spec.input.check()
    check_baseline(spec.input.baseline)
    for level in spec.level:
        if not 0 <= level.deadband < level.fall:
            raise ValueError("deadband: less than the fall")
        if (level.mean_fall is not None) != (spec.input.other is not None):
            raise ValueError("mean_fall: goes with an other value of the reading")
        if level.symptom_within_s <= 0:
            raise ValueError("symptom_within_s: above 0")
    return Rule(spec, version, spec.input.inputs, tuple(spec.input.fresh_by), (), tuple(map(_rung, spec.level)))


def _rung(level: Level) -> Rung:
    more = (("mean_fall", level.mean_fall), ("below", level.below))
    given = tuple((key, number) for key, number in more if number is not None)
    return replace(schema.rung(level, level.fall, "at least"), more=given)


class Fall:
    """All fall rules at once."""

    def __init__(self, group: Group, columns: Columns) -> None:
        self._group = group
        self._specs = [_spec(rule) for rule in group.rules]
        levels = self._levels = [level for spec in self._specs for level in spec.level]
        self._cuff = cuff.Cuff("fall", group, columns, [spec.input for spec in self._specs])
        self._before = Before("fall", group, [self._specs[position].input.baseline for position, _ in group.rungs])
        mean_fall = [np.nan if x.mean_fall is None else x.mean_fall for x in levels]
        below = [np.inf if x.below is None else x.below for x in levels]
        self._fall = Own("fall.limit", group, [level.fall for level in levels], names(group))
        self._mean_fall = Own("fall.mean_limit", group, mean_fall, names(group, "mean_fall"))
        self._below = Own("fall.below", group, below, names(group, "below"))
        self._deadband = np.array([level.deadband for level in levels])
        self._with = np.array([level.symptom == "with" for level in levels])
        self._within_us = np.array([round(level.symptom_within_s * 1e6) for level in levels], np.int64)
        self._stays = np.array([level.stays for level in levels])
        rungs = group.rung_labels
        own = (
            Field("fall.first_mean", "f8", np.nan, group.rule_labels),
            Field("fall.known", "?", False, rungs),
            Field("fall.breach", "?", False, rungs),
            Field("fall.clear", "?", False, rungs),
        )
        known = (*self._before.fields, *self._fall.fields, *self._mean_fall.fields, *self._below.fields)
        self._news = News("fall", known)
        self.fields: tuple[Field, ...] = (*self._cuff.fields, *own, *self._news.fields, *known)
        self.per_treatment = (*self._cuff.per_treatment, *(field.name for field in own))

    def evaluate(self, now: Round, table: Table, breach: Bools, clear: Bools, why: Codes) -> None:
        """Breach while the last reading has fallen and the symptoms are as the level asks."""
        fresh = self._cuff.take(now, table)
        at = np.flatnonzero(fresh.any(axis=1) | symptom.told(now, table) | self._news.has(table, now.at))
        if len(at):
            self._judge(now.only(at), table)
            self._news.judged(table, now.at)
        breach[...] = table["fall.breach"][now.at]
        clear[...] = table["fall.clear"][now.at]
        known = np.logical_or.reduceat(table["fall.known"][now.at], self._group.starts, axis=1)
        own = why[:, self._group.own]
        why[:, self._group.own] = np.maximum(own, self._cuff.codes(now, table, known))

    def _judge(self, now: Round, table: Table) -> None:
        rungs = self._group.rule_of_rung
        value = self._cuff.get(table, "value", now)[:, rungs]
        fall = self._before.of(table, now.at) - value
        # NaN, where no mean pressure is asked for or known, has not fallen.
        enough = self._fall.of(table, now.at) - _EPSILON
        mean_enough = self._mean_fall.of(table, now.at) - _EPSILON
        fallen = (fall >= enough) | (self._mean_falls(now, table)[:, rungs] >= mean_enough)
        breach = fallen & (value < self._below.of(table, now.at)) & self._symptoms(now, table)
        table["fall.known"][now.at] = fallen
        table["fall.breach"][now.at] = breach
        table["fall.clear"][now.at] = (fall < enough - self._deadband) & ~fallen & ~self._stays

    def _mean_falls(self, now: Round, table: Table) -> Doubles:
        mean = _mean(self._cuff.get(table, "value", now), self._cuff.get(table, "other", now))
        first = table["fall.first_mean"][now.at]
        first = np.where(np.isnan(first), mean, first)
        table["fall.first_mean"][now.at] = first
        return np.asarray(first - mean)

    def _symptoms(self, now: Round, table: Table) -> Bools:
        at = table["unit.symptom"][now.at][:, None]
        counted = self._cuff.get(table, "counted", now)[:, self._group.rule_of_rung]
        silent = (at == NEVER) | (at < counted - self._within_us)
        return np.where(self._with, symptom.within(now, table, self._within_us), silent)

    def set_context(self, table: Table, row: int, context: Context) -> None:
        """The pressure of before the treatment, and the patient's own limits."""
        self._news.take_up(table, row, lambda: self._take_up(table, row, context))

    def _take_up(self, table: Table, row: int, context: Context) -> None:
        self._before.set_context(table, row, context)
        for number in (self._fall, self._mean_fall, self._below):
            number.set_context(table, row, context)

    def see(self, table: Table, row: int, position: int, rung: int | None, _now_us: int) -> Sight:
        """The reading, and how far it has fallen from what."""
        spec = self._specs[position].input
        inputs = self._cuff.seen(table, row, position)
        unit, value = schema.unit(spec.signal), inputs[spec.signal]
        column = self._group.column(position, rung or 0)
        said = self._cuff.said(inputs)
        words = self._before.words(table, row, column, unit, inputs)
        said = f"{said}, {_apart(inputs[spec.baseline] - value, unit)} {words}"
        if spec.other is not None:
            first, mean = float(table["fall.first_mean"][row, position]), float(_mean(value, inputs[spec.other]))
            if np.isfinite(first - mean):
                inputs |= {"mean_pressure": mean, "mean_pressure_first": first}
                fall = f"{_apart(first - mean, unit)} the first one of {schema.quantity(first, unit)}"
                said = f"{said}, mean pressure {fall}"
        if rung is None:
            return Sight(said, inputs)
        level, limit = self._levels[column], self._fall.at(table, row, column)
        more = {"mean_fall": self._mean_fall.at(table, row, column), "below": self._below.at(table, row, column)}
        if not table["fall.breach"][row, column]:
            stays = "stays to the end of the treatment" if level.stays else "not clear yet"
            return Sight(f"{said}, {stays}", inputs, limit, holds=False, more=more)
        minutes = schema.number(level.symptom_within_s / 60.0)
        felt = f"with a symptom in the last {minutes} min" if level.symptom == "with" else "no symptom told"
        return Sight(f"{said}, {felt} ({spec.definition})", inputs, limit, more=more)


def _mean(systolic: Doubles | float, diastolic: Doubles | float) -> Doubles:
    return np.asarray((systolic + 2.0 * np.asarray(diastolic)) / 3.0)


def _apart(fall: float, unit: str) -> str:
    return f"{schema.quantity(abs(fall), unit)} {'above' if fall < 0 else 'below'}"


def _spec(rule: Rule) -> FallFile:
    assert isinstance(rule.spec, FallFile)
    return rule.spec
