"""Readings beyond a limit, counted as readings and not as seconds (`detectors.cuff`): blood pressure."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from alerts import schema
from alerts.detectors import cuff, symptom
from alerts.detectors.base import Bools, Codes, Group, Sight
from alerts.detectors.before import Doubles, Limits, Split, plain
from alerts.detectors.news import News
from alerts.detectors.own import Own, names
from alerts.inputs import Columns, Round
from alerts.records import Context
from alerts.schema import Delays, Head, Rule, Rung
from alerts.table import Field, Table

_COUNT_MAX: Final = 200


class Level(Delays, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`below`, `below_by` or `at_least`; with `symptom_within_s` also another level's breach with a symptom so recent.

    Attributes:
        other_at_least, other_deadband: as `at_least` and `deadband`, for the other value of the reading; either does.
    """

    below: float | None = None
    below_by: Split | None = None
    at_least: float | None = None
    other_at_least: float | None = None
    other_deadband: float = 0.0
    on_readings: int = 1
    off_readings: int = 1
    symptom_within_s: float = 0.0

    @property
    def limit(self) -> Split:
        """The limit, split or not."""
        if self.below_by is not None:
            return self.below_by
        limit = self.below if self.at_least is None else self.at_least
        assert limit is not None
        return plain(limit)


class ReadingFile(Head, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule file of this detector."""

    input: cuff.Input
    level: list[Level]


def compile_rule(spec: ReadingFile, version: str) -> Rule:
    """The rule of a file; ValueError says what is wrong with it."""
    spec.input.check()
    for level in spec.level:
        if sum(x is not None for x in (level.below, level.below_by, level.at_least)) != 1:
            raise ValueError(f"level {level.priority}: either below, below_by or at_least")
        if level.below_by is not None:
            level.below_by.check()
        if (level.other_at_least is not None) > (level.at_least is not None and spec.input.other is not None):
            raise ValueError("other_at_least: goes with at_least, and with an other value of the reading")
        if level.symptom_within_s and level.at_least is not None:
            raise ValueError("symptom_within_s: goes with below")
        if level.other_deadband < 0:
            raise ValueError("other_deadband: at least 0")
    return Rule(spec, version, spec.input.inputs, tuple(spec.input.fresh_by), (), tuple(map(_rung, spec.level)))


def _rung(level: Level) -> Rung:
    split = (level.below_by.under, level.below_by.otherwise) if level.below_by else ()
    rung = schema.rung(level, np.nan if split else level.limit.under, _side(level))
    more = () if level.other_at_least is None else (("other_at_least", level.other_at_least),)
    return replace(rung, split=split, more=more)


def _side(level: Level) -> str:
    return "below" if level.at_least is None else "at or above"


class Reading:
    """All reading rules at once."""

    def __init__(self, group: Group, columns: Columns) -> None:
        self._group = group
        self._specs = [_spec(rule) for rule in group.rules]
        levels = [level for spec in self._specs for level in spec.level]
        self._cuff = cuff.Cuff("reading", group, columns, [spec.input for spec in self._specs])
        self._limits = Limits("reading", group, [level.limit for level in levels], names(group))
        self._up = np.array([level.at_least is not None for level in levels])
        other = [np.nan if x.other_at_least is None else x.other_at_least for x in levels]
        self._other = Own("reading.other_limit", group, other, names(group, "other_at_least"))
        self._looks_at_other = bool(np.isfinite(other).any())
        self._other_deadband = np.array([x.other_deadband for x in levels])
        self._deadband = np.array([x.deadband for x in levels])
        self._on = np.array([x.on_readings for x in levels], np.uint8)
        self._off = np.array([x.off_readings for x in levels], np.uint8)
        self._symptom_us = np.array([round(x.symptom_within_s * 1e6) for x in levels], np.int64)
        rungs = group.rung_labels
        own = (
            Field("reading.breaches", "u1", 0, rungs),
            Field("reading.backs", "u1", 0, rungs),
            Field("reading.breach", "?", False, rungs),
            Field("reading.clear", "?", False, rungs),
        )
        known = (*self._limits.fields, *self._other.fields)
        self._news = News("reading", known)
        self.fields: tuple[Field, ...] = (*self._cuff.fields, *own, *self._news.fields, *known)
        self.per_treatment = (*self._cuff.per_treatment, *(field.name for field in own))

    def evaluate(self, now: Round, table: Table, breach: Bools, clear: Bools, why: Codes) -> None:
        """Breach after enough readings in breach, clear after enough readings back by the deadband."""
        fresh = self._cuff.take(now, table)
        # Between readings nothing changes but by a symptom: the last judgement stands.
        at = np.flatnonzero(fresh.any(axis=1) | symptom.told(now, table) | self._news.has(table, now.at))
        if len(at):
            self._judge(now.only(at), table, fresh[at])
            self._news.judged(table, now.at)
        breach[...] = table["reading.breach"][now.at]
        clear[...] = table["reading.clear"][now.at]
        known = np.logical_or.reduceat(breach, self._group.starts, axis=1)
        codes = self._cuff.codes(now, table, known)
        own = why[:, self._group.own]
        why[:, self._group.own] = np.maximum(own, codes)

    def _judge(self, now: Round, table: Table, fresh: Bools) -> None:
        rungs = self._group.rule_of_rung
        value = self._cuff.get(table, "value", now)[:, rungs]
        limit = self._limits.of(table, now.at)
        low = value < limit
        off = np.where(self._up, value >= limit, low)
        back = np.where(self._up, value <= limit - self._deadband, value >= limit + self._deadband)
        self._look_at_other(now, table, off, back)
        off |= self._with_symptom(now, table, off)
        back &= ~off
        self._count(table["reading.breaches"], now, off, fresh[:, rungs])
        self._count(table["reading.backs"], now, back, fresh[:, rungs])
        table["reading.breach"][now.at] = off & (table["reading.breaches"][now.at] >= self._on)
        table["reading.clear"][now.at] = back & (table["reading.backs"][now.at] >= self._off)

    def _look_at_other(self, now: Round, table: Table, off: Bools, back: Bools) -> None:
        if not self._looks_at_other:
            return
        limit = self._other.of(table, now.at)
        other = self._cuff.get(table, "other", now)[:, self._group.rule_of_rung]
        off |= other >= limit  # NaN is not
        back &= np.isnan(limit) | (other <= limit - self._other_deadband)

    def _with_symptom(self, now: Round, table: Table, off: Bools) -> Bools:
        any_off = np.logical_or.reduceat(off, self._group.starts, axis=1)[:, self._group.rule_of_rung]
        return any_off & symptom.within(now, table, self._symptom_us)

    def _count(self, counts: npt.NDArray[np.uint8], now: Round, holds: Bools, fresh: Bools) -> None:
        before = counts[now.at]
        more = np.minimum(before + (fresh & holds), _COUNT_MAX).astype(np.uint8)
        # What holds without a new reading (a symptom told in between) counts as one.
        counts[now.at] = np.where(holds, np.maximum(more, 1), 0)

    def set_context(self, table: Table, row: int, context: Context) -> None:
        """The baseline, and the patient's own limits."""
        self._news.take_up(table, row, lambda: self._take_up(table, row, context))

    def _take_up(self, table: Table, row: int, context: Context) -> None:
        self._limits.set_context(table, row, context)
        self._other.set_context(table, row, context)

    def see(self, table: Table, row: int, position: int, rung: int | None, _now_us: int) -> Sight:
        """The reading, its limit, and the baseline the limit came from."""
        spec = self._specs[position]
        inputs = self._cuff.seen(table, row, position)
        said, unit = self._cuff.said(inputs), schema.unit(spec.input.signal)
        if rung is None:
            return Sight(f"{said}, within limits", inputs)
        column = self._group.column(position, rung)
        limit, value = self._limit_of(table, row, column), inputs[spec.input.signal]
        level = spec.level[rung]
        if level.at_least is not None:
            return self._see_above(table, row, column, level, Sight(said, inputs, limit))
        if value < limit:
            return Sight(f"{said}, below {self._reference(table, row, position, column, inputs)}", inputs, limit)
        if int(table["reading.breaches"][row, column]):
            other = self._breached(table, row, position, value)
            minutes = schema.number(level.symptom_within_s / 60.0)
            below = self._reference(table, row, position, other, inputs)
            limit = self._limit_of(table, row, other)
            return Sight(f"{said} with a symptom in the last {minutes} min, below {below}", inputs, limit)
        no_longer = f"{said}, no longer below {schema.quantity(limit, unit)}, not clear yet"
        return Sight(no_longer, inputs, limit, holds=False)

    def _see_above(self, table: Table, row: int, column: int, level: Level, sight: Sight) -> Sight:
        spec = self._specs[self._group.rule_of_rung[column]].input
        assert sight.limit is not None
        limits, more = schema.number(sight.limit), {}
        if level.other_at_least is not None:
            more["other_at_least"] = self._other.at(table, row, column)
            limits = f"{limits}/{schema.number(more['other_at_least'])}"
        limits = f"{limits} {schema.unit(spec.signal)} ({spec.definition})"
        if int(table["reading.breaches"][row, column]) < level.on_readings:
            return replace(sight, text=f"{sight.text}, no longer at {limits}, not clear yet", holds=False, more=more)
        times = f" in {level.on_readings} readings" if level.on_readings > 1 else ""
        return replace(sight, text=f"{sight.text}, at or above {limits}{times}", more=more)

    def _reference(self, table: Table, row: int, position: int, column: int, inputs: dict[str, float]) -> str:
        # The limit, the definition it is from, and the baseline that chose it, which goes with the inputs.
        spec = self._specs[position]
        unit = schema.unit(spec.input.signal)
        words = f"{schema.quantity(self._limit_of(table, row, column), unit)} ({spec.input.definition}"
        if spec.level[column - self._group.column(position, 0)].below_by is None:
            return f"{words})"
        return f"{words}; {self._limits.before.words(table, row, column, unit, inputs)})"

    def _breached(self, table: Table, row: int, position: int, value: float) -> int:
        # The level a symptom made worse: the one of the rule with the highest limit that the value is below.
        start = self._group.column(position, 0)
        columns = range(start, start + len(self._group.rules[position].rungs))
        return max(columns, key=lambda column: (value < (limit := self._limit_of(table, row, column)), limit))

    def _limit_of(self, table: Table, row: int, column: int) -> float:
        limits: Doubles = self._limits.of(table, slice(row, row + 1))
        return float(limits[0, column])


def _spec(rule: Rule) -> ReadingFile:
    assert isinstance(rule.spec, ReadingFile)
    return rule.spec
