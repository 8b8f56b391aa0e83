"""A value beyond a limit: above, below or either side, plain, per context value, or in per cent off one."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import msgspec
import numpy as np

from alerts import schema
from alerts.detectors.base import Bools, Codes, Group, Sight
from alerts.inputs import Columns, Round
from alerts.records import Context
from alerts.schema import Delays, Head, Lane, Rule
from alerts.table import Field, Table

# Values are compared on a grid of 1/10 000 of the limit's unit: float32 cannot say 14.35, and 2.500003 % is 2.5 %.
GRID: Final = 10_000.0
_SIDES: Final = {"above": "above", "at_least": "at or above", "below": "below", "at_most": "at or below"}


class Input(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is held against the limit: the signal, the signal ÷ a context value, or its deviation from one in %."""

    signal: str
    divide_by: str | None = None
    percent_of: str | None = None
    name: str | None = None
    unit: str | None = None


class Level(Delays, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Exactly one side; `outside` = x means above +x or below −x; `limit_from` = a context value that replaces it."""

    above: float | None = None
    at_least: float | None = None
    below: float | None = None
    at_most: float | None = None
    outside: float | None = None
    limit_from: str | None = None


class Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sentences for values that are better said than numbered."""

    beyond: str
    within: str


class LimitFile(Head, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule file of this detector."""

    input: Input
    level: list[Level]
    words: Words | None = None


def compile_rule(spec: LimitFile, version: str) -> Rule:
    """The rule of a file; ValueError says what is wrong with it."""
    keys = tuple(key for key in (spec.input.divide_by, spec.input.percent_of) if key is not None)
    if len(keys) > 1:
        raise ValueError("input: either divide_by or percent_of")
    lanes = tuple(lane for level in spec.level for lane in _lanes(level))
    return Rule(spec, version, (spec.input.signal,), (), keys, lanes)


def _lanes(level: Level) -> list[Lane]:
    sides = [(word, getattr(level, key)) for key, word in _SIDES.items() if getattr(level, key) is not None]
    two_sided = level.outside is not None
    if level.outside is not None:
        sides += [("above", level.outside), ("below", -level.outside)]
    if len(sides) != 1 + two_sided:
        raise ValueError(f"level {level.priority}: exactly one of {', '.join(_SIDES)}, outside")
    if two_sided and level.limit_from is not None:
        raise ValueError(f"level {level.priority}: limit_from goes with one side only")
    lanes = [schema.lane(level, limit, word) for word, limit in sides]
    return [replace(lane, limit_from=level.limit_from or "", mirrored=two_sided) for lane in lanes]


class Limit:
    """All limit rules at once."""

    per_treatment: tuple[str, ...] = ()

    def __init__(self, group: Group, columns: Columns) -> None:
        self._group = group
        self._specs = [_spec(rule) for rule in group.rules]
        self._columns = np.array([columns.place(spec.input.signal) for spec in self._specs], np.intp)
        self._rule_of_lane = group.rule_of_lane
        self._sign = np.array([_sign(lane) for _, lane in group.lanes])
        names, lanes = group.rule_labels, group.lane_labels
        trips = np.array([_trip(lane, lane.limit) for _, lane in group.lanes])
        releases = np.array([_release(lane, lane.limit) for _, lane in group.lanes])
        unknown = np.array([np.nan if rule.context else 0.0 for rule in group.rules])
        self.fields: tuple[Field, ...] = (
            Field("limit.center", "f8", unknown, names, saved=False),
            Field("limit.gain", "f8", GRID, names, saved=False),
            Field("limit.trip", "f8", trips, lanes, saved=False),
            Field("limit.release", "f8", releases, lanes, saved=False),
        )

    def evaluate(self, now: Round, table: Table, breach: Bools, clear: Bools, _why: Codes) -> None:
        """Breach beyond the limit, clear once back by the deadband; NaN is neither."""
        x = now.values[:, self._columns] - table["limit.center"][now.at]
        x *= table["limit.gain"][now.at]
        np.rint(x, out=x)
        z = x[:, self._rule_of_lane]
        z *= self._sign
        np.greater(z, table["limit.trip"][now.at], out=breach)
        np.less_equal(z, table["limit.release"][now.at], out=clear)

    def set_context(self, table: Table, row: int, context: Context) -> None:
        """Centre and gain from weight and prescription; limits from the dialyser and the patient's own."""
        for position, spec in enumerate(self._specs):
            center, gain = _affine(spec.input, context)
            table["limit.center"][row, position] = center
            table["limit.gain"][row, position] = gain
        for column, (position, lane) in enumerate(self._group.lanes):
            limit = _own_limit(self._group.rules[position], lane, context)
            table["limit.trip"][row, column] = _trip(lane, limit)
            table["limit.release"][row, column] = _release(lane, limit)

    def see(self, table: Table, row: int, position: int, lane: int | None, _now_us: int) -> Sight:
        """The value, and the limit it is beyond."""
        spec = self._specs[position]
        raw = float(table["input.value"][row, self._columns[position]])
        center, gain = float(table["limit.center"][row, position]), float(table["limit.gain"][row, position])
        value = (raw - center) * gain / GRID
        inputs = {spec.input.signal: raw}
        if spec.input.divide_by is not None:
            inputs |= {spec.input.divide_by: GRID / gain, "value": value}
        if spec.input.percent_of is not None:
            inputs |= {spec.input.percent_of: center, "value": value}
        name = spec.input.name or schema.label(spec.input.signal)
        unit = spec.input.unit if spec.input.unit is not None else schema.unit(spec.input.signal)
        said = f"{name} {schema.quantity(value, unit)}"
        if lane is None:
            return Sight(spec.words.within if spec.words else f"{said}, within limits", inputs)
        data = self._group.rules[position].lanes[lane]
        trip = float(table["limit.trip"][row, self._group.column(position, lane)])
        limit = _sign(data) * (trip + _inclusive(data)) / GRID
        if not np.rint((raw - center) * gain) * _sign(data) > trip:
            not_clear = f"{said}, no longer {data.beyond} {schema.quantity(limit, unit)}, not clear yet"
            return Sight(f"{spec.words.within}, not clear yet" if spec.words else not_clear, inputs, limit, holds=False)
        beyond = f"{said}, {data.beyond} {schema.quantity(limit, unit)}"
        return Sight(spec.words.beyond if spec.words else beyond, inputs, limit)


def _spec(rule: Rule) -> LimitFile:
    assert isinstance(rule.spec, LimitFile)
    return rule.spec


def _affine(source: Input, context: Context) -> tuple[float, float]:
    if source.divide_by is not None:
        divisor = schema.context_value(context, source.divide_by)
        return (np.nan, GRID) if divisor is None else (0.0, GRID / divisor)
    if source.percent_of is not None:
        center = schema.context_value(context, source.percent_of)
        return (np.nan, GRID) if center is None else (center, GRID * 100.0 / center)
    return 0.0, GRID


def _own_limit(rule: Rule, lane: Lane, context: Context) -> float:
    own = context.limits.get(f"{rule.id} {lane.priority}")
    if own is not None and np.isfinite(own):
        return float(np.copysign(own, lane.limit)) if lane.mirrored else own
    given = schema.context_value(context, lane.limit_from) if lane.limit_from else None
    return lane.limit if given is None else given


def _sign(lane: Lane) -> float:
    return -1.0 if "below" in lane.beyond else 1.0


def _inclusive(lane: Lane) -> float:
    return 0.5 if lane.beyond.startswith("at") else 0.0


def _trip(lane: Lane, limit: float) -> float:
    return float(np.rint(limit * _sign(lane) * GRID)) - _inclusive(lane)


def _release(lane: Lane, limit: float) -> float:
    if lane.deadband == 0.0:
        return _trip(lane, limit)
    return _trip(lane, limit) + _inclusive(lane) - float(np.rint(lane.deadband * GRID))
