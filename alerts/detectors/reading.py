"""Values that are measured now and then and repeated on the wire in between: blood pressure.

A rule of this kind counts *readings*, not seconds. A new reading is one that differs from the last (in any of
`fresh_by`), that comes after the value was absent, or after more than a minute from a machine that does not repeat its
readings, or the same value `repeat_after_s` later (the wire does not say when the cuff was inflated). Between readings
the last one stands, up to `max_age_s`; if a machine that repeats its last reading with every sample stops doing so, it
is missing at once.
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from alerts import reasons, schema
from alerts.detectors.base import Bools, Codes, Group, Sight
from alerts.inputs import MISSING, Columns, Round
from alerts.records import Context
from alerts.schema import Delays, Head, Rule
from alerts.table import NEVER, Field, Table
from telemetry.treatment import Phase

_TX: Final = int(Phase.TX)
_REPEATED_WITHIN_US: Final = 60_000_000  # samples further apart do not show that a machine repeats its reading
_COUNT_MAX: Final = 200
_FRESH: Final = 3
# By `alerts.inputs` code; a value that is merely absent is no news (see above).
_CODES: Final = np.array([reasons.EVALUATED, reasons.EVALUATED, reasons.INVALID, reasons.SENSOR], np.uint8)


class Input(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The value, and what tells a new reading of it from a repeated one (at most three signals).

    Attributes:
        definition: name of the clinical definition the limits are from; goes with every alert.
        repeat_after_s: longer than any interval of the cuff, or one reading repeated would count as two.
    """

    signal: str
    definition: str
    fresh_by: list[str]
    repeat_after_s: float = 1800.0
    max_age_s: float = 3600.0


class Split(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A limit that depends on a baseline: `under` if it is less than `at`, else `otherwise`.

    The baseline is a context value; where it is not known, the first reading of the treatment.
    """

    baseline: str
    at: float
    under: float
    otherwise: float


class Level(Delays, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`below` or `below_by`; with `symptom_within_s`, also any other level's breach with a symptom so recent."""

    below: float | None = None
    below_by: Split | None = None
    on_readings: int = 1
    off_readings: int = 1
    symptom_within_s: float = 0.0


class ReadingFile(Head, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule file of this detector."""

    input: Input
    level: list[Level]


def compile_rule(spec: ReadingFile, version: str) -> Rule:
    """The rule of a file; ValueError says what is wrong with it."""
    if not 1 <= len(spec.input.fresh_by) <= _FRESH:
        raise ValueError(f"input: fresh_by names 1…{_FRESH} signals")
    for level in spec.level:
        if (level.below is None) == (level.below_by is None):
            raise ValueError(f"level {level.priority}: either below or below_by")
        if level.below_by is not None and level.below_by.baseline not in schema.CONTEXT_KEYS:
            raise ValueError(f"level {level.priority}: no context {level.below_by.baseline}")
    rungs = tuple(schema.rung(x, float("nan") if x.below is None else x.below, "below") for x in spec.level)
    return Rule(spec, version, (spec.input.signal,), tuple(spec.input.fresh_by), (), rungs)


class Reading:
    """All reading rules at once."""

    per_treatment: tuple[str, ...] = (
        "reading.last", "reading.present", "reading.repeats", "reading.counted", "reading.changed",
        "reading.first", "reading.value", "reading.breaches", "reading.backs",
        "reading.breach", "reading.clear",
    )  # fmt: skip

    def __init__(self, group: Group, columns: Columns) -> None:
        self._group = group
        self._specs = [_spec(rule) for rule in group.rules]
        levels = [level for spec in self._specs for level in spec.level]
        self._columns = np.array([columns.place(s.input.signal) for s in self._specs], np.intp)
        fresh = [(s.input.fresh_by * _FRESH)[:_FRESH] for s in self._specs]
        self._fresh = np.array([[columns.place(name) for name in names] for names in fresh], np.intp)
        self._repeat_us = np.array([round(s.input.repeat_after_s * 1e6) for s in self._specs], np.int64)
        self._max_age_us = np.array([round(s.input.max_age_s * 1e6) for s in self._specs], np.int64)
        self._below = np.array([np.nan if x.below is None else x.below for x in levels])
        splits = [
            x.below_by or Split(baseline="", at=np.nan, under=x.below or 0.0, otherwise=x.below or 0.0) for x in levels
        ]
        self._split = np.array([s.at for s in splits])
        self._under = np.array([s.under for s in splits])
        self._otherwise = np.array([s.otherwise for s in splits])
        self._deadband = np.array([x.deadband for x in levels])
        self._on = np.array([x.on_readings for x in levels], np.uint8)
        self._off = np.array([x.off_readings for x in levels], np.uint8)
        self._symptom_us = np.array([round(x.symptom_within_s * 1e6) for x in levels], np.int64)
        self._starts = np.array([group.column(i, 0) for i in range(len(group.rules))], np.intp)
        rules, rungs = group.rule_labels, group.rung_labels
        self.fields: tuple[Field, ...] = (
            Field("reading.last", "f4", -1.0, rules, (_FRESH,)),
            Field("reading.present", "?", False, rules),
            Field("reading.repeats", "?", False, rules),
            Field("reading.counted", "i8", NEVER, rules),
            Field("reading.changed", "i8", NEVER, rules),
            Field("reading.first", "f8", np.nan, rules),
            Field("reading.value", "f8", np.nan, rules),
            Field("reading.breaches", "u1", 0, rungs),
            Field("reading.backs", "u1", 0, rungs),
            Field("reading.breach", "?", False, rungs),
            Field("reading.clear", "?", False, rungs),
            Field("reading.baseline", "f8", np.nan, rungs, saved=False),
            Field("reading.own", "f8", np.nan, rungs, saved=False),
        )

    def evaluate(self, now: Round, table: Table, breach: Bools, clear: Bools, why: Codes) -> None:
        """Breach after enough readings in breach, clear after enough readings back by the deadband."""
        fresh = self._take(now, table)
        told = table["unit.symptom"][now.at] > NEVER
        # Between readings nothing changes but by a symptom: the last judgement stands.
        if fresh.any() or told.any():
            self._judge(now, table, fresh)
        breach[...] = table["reading.breach"][now.at]
        clear[...] = table["reading.clear"][now.at]
        own = why[:, self._group.indexes]
        why[:, self._group.indexes] = np.maximum(own, self._codes(now, table))

    def _judge(self, now: Round, table: Table, fresh: Bools) -> None:
        rungs = self._group.rule_of_rung
        value = table["reading.value"][now.at][:, rungs]
        limit = self._limits(table, now.at)
        low = value < limit
        if self._symptom_us.any():
            low |= self._with_symptom(now, table, low)
        back = (value >= limit + self._deadband) & ~low
        self._count(table["reading.breaches"], now, low, fresh[:, rungs])
        self._count(table["reading.backs"], now, back, fresh[:, rungs])
        table["reading.breach"][now.at] = low & (table["reading.breaches"][now.at] >= self._on)
        table["reading.clear"][now.at] = back & (table["reading.backs"][now.at] >= self._off)

    def _take(self, now: Round, table: Table) -> Bools:
        # Notes the present values; True where a new reading has come.
        x = now.values[:, self._columns]
        present = ~np.isnan(x) & (now.phase == _TX)[:, None]
        cuff = now.values[:, self._fresh]
        cuff[np.isnan(cuff)] = -1.0
        before, repeats = table["reading.present"][now.at], table["reading.repeats"][now.at]
        close = (now.gap <= _REPEATED_WITHIN_US)[:, None]
        again = before & (close | repeats)
        changed = present & (~again | (cuff != table["reading.last"][now.at]).any(axis=2))
        counted = table["reading.counted"][now.at]
        fresh = changed | (present & (now.time[:, None] - counted >= self._repeat_us))
        table["reading.repeats"][now.at] = np.where(present & close, before, repeats)
        table["reading.present"][now.at] = present
        if fresh.any():
            first = table["reading.first"][now.at]
            table["reading.first"][now.at] = np.where(fresh & np.isnan(first), x, first)
            table["reading.value"][now.at] = np.where(fresh, x, table["reading.value"][now.at])
            table["reading.last"][now.at] = np.where(fresh[:, :, None], cuff, table["reading.last"][now.at])
            table["reading.changed"][now.at] = np.where(changed, now.time[:, None], table["reading.changed"][now.at])
            table["reading.counted"][now.at] = np.where(fresh, now.time[:, None], counted)
        return np.asarray(fresh)

    def _limits(self, table: Table, at: slice | npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
        first = table["reading.first"][at][:, self._group.rule_of_rung]
        baseline = table["reading.baseline"][at]
        baseline = np.where(np.isnan(baseline), first, baseline)
        own = table["reading.own"][at]
        return np.where(np.isnan(own), np.where(baseline < self._split, self._under, self._otherwise), own)

    def _with_symptom(self, now: Round, table: Table, low: Bools) -> Bools:
        any_low = np.logical_or.reduceat(low, self._starts, axis=1)[:, self._group.rule_of_rung]
        at = table["unit.symptom"][now.at][:, None]
        return np.asarray(any_low & (at > NEVER) & (now.time[:, None] - at < self._symptom_us))

    def _count(self, counts: npt.NDArray[np.uint8], now: Round, holds: Bools, fresh: Bools) -> None:
        before = counts[now.at]
        more = np.minimum(before + (fresh & holds), _COUNT_MAX).astype(np.uint8)
        # What holds without a new reading (a symptom told in between) counts as one.
        counts[now.at] = np.where(holds, np.maximum(more, 1), 0)

    def _codes(self, now: Round, table: Table) -> npt.NDArray[np.uint8]:
        code = now.codes[:, self._columns]
        codes = _CODES[code]
        codes[(code == MISSING) & table["reading.repeats"][now.at]] = reasons.MISSING
        old = now.time[:, None] - table["reading.changed"][now.at] > self._max_age_us
        codes[old] = np.maximum(codes[old], reasons.OLD_READING)
        none = np.isnan(table["reading.value"][now.at])
        codes[none] = np.maximum(codes[none], reasons.NO_READING)
        return codes

    def set_context(self, table: Table, row: int, context: Context) -> None:
        """The baseline, and the patient's own limits."""
        for column, (position, rung) in enumerate(self._group.rungs):
            rule = self._group.rules[position]
            split = self._level(position, column).below_by
            value = schema.context_value(context, split.baseline) if split else None
            table["reading.baseline"][row, column] = np.nan if value is None else value
            own = context.limits.get(f"{rule.id} {rung.priority}", np.nan)
            table["reading.own"][row, column] = own if np.isfinite(own) else np.nan

    def see(self, table: Table, row: int, position: int, rung: int | None, _now_us: int) -> Sight:
        """The reading, its limit, and the baseline the limit came from."""
        spec = self._specs[position]
        name, unit = schema.label(spec.input.signal), schema.unit(spec.input.signal)
        value = float(table["reading.value"][row, position])
        said = f"{name} {schema.quantity(value, unit)}"
        inputs = {spec.input.signal: value}
        if rung is None:
            return Sight(f"{said}, within limits", inputs)
        column = self._group.column(position, rung)
        limit = self._limit_of(table, row, column)
        if value < limit:
            return Sight(f"{said}, below {self._reference(table, row, position, column, inputs)}", inputs, limit)
        if int(table["reading.breaches"][row, column]):
            other = self._breached(table, row, position, value)
            minutes = schema.number(self._level(position, column).symptom_within_s / 60.0)
            below = self._reference(table, row, position, other, inputs)
            limit = self._limit_of(table, row, other)
            return Sight(f"{said} with a symptom in the last {minutes} min, below {below}", inputs, limit)
        no_longer = f"{said}, no longer below {schema.quantity(limit, unit)}, not clear yet"
        return Sight(no_longer, inputs, limit, holds=False)

    def _reference(self, table: Table, row: int, position: int, column: int, inputs: dict[str, float]) -> str:
        # The limit, the definition it is from, and the baseline that chose it, which goes with the inputs.
        spec, split = self._specs[position], self._level(position, column).below_by
        unit = schema.unit(spec.input.signal)
        words = f"{schema.quantity(self._limit_of(table, row, column), unit)} ({spec.input.definition}"
        if split is None:
            return f"{words})"
        given, first = float(table["reading.baseline"][row, column]), float(table["reading.first"][row, position])
        baseline = first if np.isnan(given) else given
        inputs[split.baseline] = baseline
        when = "at the start of" if np.isnan(given) else "before"
        return f"{words}; {schema.quantity(baseline, unit)} {when} the treatment)"

    def _breached(self, table: Table, row: int, position: int, value: float) -> int:
        # The level a symptom made worse: the one of the rule with the highest limit that the value is below.
        start = self._group.column(position, 0)
        columns = range(start, start + len(self._group.rules[position].rungs))
        return max(columns, key=lambda column: (value < (limit := self._limit_of(table, row, column)), limit))

    def _limit_of(self, table: Table, row: int, column: int) -> float:
        return float(self._limits(table, slice(row, row + 1))[0, column])

    def _level(self, position: int, column: int) -> Level:
        return self._specs[position].level[column - self._group.column(position, 0)]


def _spec(rule: Rule) -> ReadingFile:
    assert isinstance(rule.spec, ReadingFile)
    return rule.spec
