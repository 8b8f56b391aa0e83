"""What a treatment will have reached at its end, or has reached, against its goal.

Three ways to the end: *as it is*; *on at this rate* (volume + rate × time left); *on as so far* (value × whole time ÷
time gone), which means something from half time on. Limits are in per cent of the goal, in the value's unit, or both.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal

import msgspec
import numpy as np

from alerts import reasons, schema
from alerts.detectors.base import Bools, Codes, Group, Sight
from alerts.detectors.own import Own, names
from alerts.inputs import Columns, Round, Rows
from alerts.records import Context
from alerts.schema import CONTEXT_LABELS, Delays, Head, Rule, Rung
from alerts.table import Field, Table

GRID: Final = 10_000.0  # as `limit`'s: 1.26 in float32 is not below nine tenths of 1.4
_HOUR_MIN: Final = 60.0


class Input(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is held against the goal.

    Attributes:
        rate: signal, per hour: the value goes on at this rate. elapsed: signal, min: it goes on as so far.
        remaining: signal, min; goes with either.
        goal: signal that is the goal, as set on the machine. goal_from: context value that is.
    """

    signal: str
    rate: str | None = None
    elapsed: str | None = None
    remaining: str | None = None
    goal: str | None = None
    goal_from: str | None = None


class Level(Delays, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far beyond the goal; `deadband` is in per cent of the goal.

    Attributes:
        above_percent, below_percent: of the goal; exactly one.
        above: in the value's unit. whichever: "less" or "more" of it and `above_percent`; they go together.
    """

    above_percent: float | None = None
    above: float | None = None
    whichever: Literal["less", "more"] | None = None
    below_percent: float | None = None


class ProjectionFile(Head, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule file of this detector."""

    input: Input
    level: list[Level]


def compile_rule(spec: ProjectionFile, version: str) -> Rule:
    """The rule of a file; ValueError says what is wrong with it."""
    source = spec.input
    if (source.goal is None) == (source.goal_from is None):
        raise ValueError("input: either goal or goal_from")
    if source.rate and source.elapsed:
        raise ValueError("input: either rate or elapsed")
    if bool(source.remaining) != bool(source.rate or source.elapsed):
        raise ValueError("input: remaining goes with rate or elapsed")
    rungs = tuple(map(_rung, spec.level))
    inputs = (source.signal, source.rate, source.elapsed, source.remaining, source.goal)
    keys = (source.goal_from,) if source.goal_from else ()
    return Rule(spec, version, tuple(name for name in inputs if name), (), keys, rungs)


def _rung(level: Level) -> Rung:
    if (level.above_percent is None) == (level.below_percent is None):
        raise ValueError(f"level {level.priority}: either above_percent or below_percent")
    if (level.above is None) != (level.whichever is None) or (level.above is not None and level.above_percent is None):
        raise ValueError(f"level {level.priority}: above and whichever go with above_percent")
    percent = level.above_percent if level.above_percent is not None else level.below_percent
    assert percent is not None
    if not percent >= 0.0 or not 0.0 <= level.deadband <= percent:
        raise ValueError("deadband: at least 0, at most the per cent of the limit")
    more = () if level.above is None else (("above", level.above),)
    return replace(schema.rung(level, percent, "below" if level.above_percent is None else "above"), more=more)


class Projection:
    """All projection rules at once."""

    per_treatment: tuple[str, ...] = ()

    def __init__(self, group: Group, columns: Columns) -> None:
        self._group = group
        self._specs = [_spec(rule).input for rule in group.rules]
        self._levels = [level for rule in group.rules for level in _spec(rule).level]
        self._value = np.array([columns.place(spec.signal) for spec in self._specs], np.intp)
        self._rate = _some(columns, [spec.rate for spec in self._specs])
        self._elapsed = _some(columns, [spec.elapsed for spec in self._specs])
        self._remaining = _some(columns, [spec.remaining for spec in self._specs])
        self._goal = _some(columns, [spec.goal for spec in self._specs])
        self._sign = np.array([-1.0 if rung.beyond == "below" else 1.0 for _, rung in group.rungs])
        self._percent = Own("projection.percent", group, [rung.limit for _, rung in group.rungs], names(group))
        amounts = [np.nan if level.above is None else level.above for level in self._levels]
        self._amount = Own("projection.amount", group, amounts, names(group, "above"))
        self._less = np.array([level.whichever == "less" for level in self._levels])
        self._more = np.array([level.whichever == "more" for level in self._levels])
        self._dead = np.array([rung.deadband / 100.0 for _, rung in group.rungs])
        goal = Field("projection.goal", "f8", np.nan, group.rule_labels, given=True)
        self.fields: tuple[Field, ...] = (goal, *self._percent.fields, *self._amount.fields)

    def evaluate(self, now: Round, table: Table, breach: Bools, clear: Bools, why: Codes) -> None:
        """Breach beyond the limit, clear once back by the deadband; a code before half time."""
        values = now.values
        end = values[:, self._value].astype(np.float64)
        goal = table["projection.goal"][now.at].copy()
        at, column = self._goal
        goal[:, at] = values[:, column]
        left = np.zeros(end.shape)
        at, column = self._remaining
        left[:, at] = values[:, column]
        at, column = self._rate
        end[:, at] += values[:, column] * (left[:, at] / _HOUR_MIN)
        at, column = self._elapsed
        gone = values[:, column].astype(np.float64)
        early = (gone < left[:, at]) | (gone <= 0.0)
        end[:, at] *= (gone + left[:, at]) / np.where(early, np.nan, gone)
        if early.any():
            mine = self._group.indexes[at]
            why[:, mine] = np.maximum(why[:, mine], early * np.uint8(reasons.BEFORE_HALF_TIME))
        goal, end = goal[:, self._group.rule_of_rung], end[:, self._group.rule_of_rung]
        beyond = np.rint((end - goal) * self._sign * GRID)
        limit = self._limits(table, now.at, goal)
        np.greater(beyond, np.rint(limit * GRID), out=breach)
        np.less_equal(beyond, np.rint((limit - self._dead * goal) * GRID), out=clear)

    def _limits(
        self, table: Table, at: Rows, goal: np.typing.NDArray[np.float64]
    ) -> np.typing.NDArray[np.float64]:  # fmt: skip
        # The less of a share and an amount, or the more of them: an amount that is not given must not decide.
        amount = self._amount.of(table, at)
        share = self._percent.of(table, at) / 100.0 * goal
        return np.clip(share, np.where(self._more, amount, -np.inf), np.where(self._less, amount, np.inf))

    def set_context(self, table: Table, row: int, context: Context) -> None:
        """The goal, where it is prescribed, and the patient's own limits."""
        self._percent.set_context(table, row, context)
        self._amount.set_context(table, row, context)
        for position, spec in enumerate(self._specs):
            value = schema.context_value(context, spec.goal_from) if spec.goal_from else None
            table["projection.goal"][row, position] = np.nan if value is None else value

    def see(self, table: Table, row: int, position: int, rung: int | None, _now_us: int) -> Sight:
        """The value, what it is made of, and how far it is from the goal."""
        spec = self._specs[position]
        read = dict(zip(self._group.rules[position].inputs, self._inputs(table, row, position), strict=True))
        goal = read[spec.goal] if spec.goal else float(table["projection.goal"][row, position])
        end, said = _end(spec, read)
        inputs = {**read, "value": end}
        if spec.goal_from:
            inputs[spec.goal_from] = goal
        unit = schema.unit(spec.signal)
        name = schema.label(spec.goal).lower() if spec.goal else CONTEXT_LABELS[spec.goal_from or ""][0]
        off = f"{schema.quantity(abs(end - goal), unit)} {'below' if end < goal else 'above'}"
        said = f"{said}, {off} the {name} of {schema.quantity(goal, unit)}"
        if rung is None:
            return Sight(said, inputs)
        column = self._group.column(position, rung)
        limit = float(self._limits(table, slice(row, row + 1), np.full((1, len(self._sign)), goal))[0, column])
        allowed = f"{schema.quantity(limit, unit)} {self._group.rules[position].rungs[rung].beyond} it"
        if np.rint((end - goal) * self._sign[column] * GRID) > np.rint(limit * GRID):
            return Sight(f"{said}, more than {allowed}", inputs, limit)
        return Sight(f"{said}, no longer more than {allowed}, not clear yet", inputs, limit, holds=False)

    def _inputs(self, table: Table, row: int, position: int) -> list[float]:
        columns = [self._value[position]]
        for at, column in (self._rate, self._elapsed, self._remaining, self._goal):
            columns += column[at == position].tolist()
        return [float(table["input.value"][row, column]) for column in columns]


def _end(spec: Input, read: dict[str, float]) -> tuple[float, str]:
    """The value at the end of the treatment, and in words what it is made of."""
    value, unit, name = read[spec.signal], schema.unit(spec.signal), schema.label(spec.signal)
    so_far = schema.quantity(value, unit)
    left = read[spec.remaining] if spec.remaining else 0.0
    more = f"{schema.quantity(left, 'min')} left"
    if spec.rate:
        rate = read[spec.rate]
        end = value + rate * left / _HOUR_MIN
        made_of = f"{so_far} so far, {schema.quantity(rate, schema.unit(spec.rate))}, {more}"
    elif spec.elapsed:
        gone = read[spec.elapsed]
        end = value * (gone + left) / gone if gone > 0.0 else float("nan")
        made_of = f"{so_far} in {schema.quantity(gone, 'min')}, {more}"
    else:
        return value, f"{name} {so_far}"
    return end, f"{name} at the end {schema.quantity(end, unit)} ({made_of})"


def _some(columns: Columns, names: list[str | None]) -> tuple[np.typing.NDArray[np.intp], np.typing.NDArray[np.intp]]:
    # Positions of the rules that have such an input, and its column.
    having = [(i, columns.place(name)) for i, name in enumerate(names) if name]
    return np.array([i for i, _ in having], np.intp), np.array([column for _, column in having], np.intp)


def _spec(rule: Rule) -> ProjectionFile:
    assert isinstance(rule.spec, ProjectionFile)
    return rule.spec
