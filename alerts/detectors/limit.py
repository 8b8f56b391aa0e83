"""A value beyond a limit: above, below or either side, plain, per context value, or in per cent off one."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import msgspec
import numpy as np

from alerts import schema
from alerts.detectors import own
from alerts.detectors.base import Bools, Codes, Group, Sight
from alerts.inputs import Columns, Round
from alerts.records import Context
from alerts.schema import Delays, Head, Rule, Rung
from alerts.table import Field, Table

# Values are compared on a grid of 1/10 000 of the limit's unit: float32 cannot say 14.35, and 2.500003 % is 2.5 %.
GRID: Final = 10_000.0
_OUTSIDE: Final = "outside"
_SIDES: Final = {
    "above": "above",
    "at_least": "at or above",
    "below": "below",
    "at_most": "at or below",
    "outside": _OUTSIDE,
}


class Input(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is held against the limit: the signal, the signal ÷ a context value, or its deviation from one in %.

    Attributes:
        name, unit: of the quotient, for its sentence.
    """

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
    quotient = spec.input.divide_by is not None
    if (spec.input.name is not None) != quotient or (spec.input.unit is not None) != quotient:
        raise ValueError("input: name and unit go with divide_by")
    return Rule(spec, version, (spec.input.signal,), (), keys, tuple(map(_rung, spec.level)))


def _rung(level: Level) -> Rung:
    sides = [(word, getattr(level, key)) for key, word in _SIDES.items() if getattr(level, key) is not None]
    if len(sides) != 1:
        raise ValueError(f"level {level.priority}: exactly one of {', '.join(_SIDES)}")
    if level.outside is not None and level.limit_from is not None:
        raise ValueError(f"level {level.priority}: limit_from goes with one side only")
    [(word, limit)] = sides
    return replace(schema.rung(level, limit, word), limit_from=level.limit_from or "")


class Limit:
    """All limit rules at once."""

    per_treatment: tuple[str, ...] = ()

    def __init__(self, group: Group, columns: Columns) -> None:
        self._group = group
        self._specs = [_spec(rule) for rule in group.rules]
        self._columns = np.array([columns.place(spec.input.signal) for spec in self._specs], np.intp)
        self._rule_of_rung = group.rule_of_rung
        self._own_names = own.names(group)
        self._sign = np.array([_sign(rung) for _, rung in group.rungs])
        self._outside = np.array([i for i, (_, rung) in enumerate(group.rungs) if rung.beyond == _OUTSIDE], np.intp)
        names, rungs = group.rule_labels, group.rung_labels
        trips = np.array([_trip(rung, rung.limit) for _, rung in group.rungs])
        releases = np.array([_release(rung, rung.limit) for _, rung in group.rungs])
        unknown = np.array([np.nan if rule.context else 0.0 for rule in group.rules])
        self.fields: tuple[Field, ...] = (
            Field("limit.center", "f8", unknown, names, given=True),
            Field("limit.gain", "f8", GRID, names, given=True),
            Field("limit.trip", "f8", trips, rungs, given=True),
            Field("limit.release", "f8", releases, rungs, given=True),
        )

    def evaluate(self, now: Round, table: Table, breach: Bools, clear: Bools, _why: Codes) -> None:
        """Breach beyond the limit, clear once back by the deadband; NaN is neither."""
        x = now.values[:, self._columns] - table["limit.center"][now.at]
        x *= table["limit.gain"][now.at]
        np.rint(x, out=x)
        z = x[:, self._rule_of_rung]
        z *= self._sign
        # One level, one delay: from one side straight to the other it has been outside all the time.
        z[:, self._outside] = np.abs(z[:, self._outside])
        np.greater(z, table["limit.trip"][now.at], out=breach)
        np.less_equal(z, table["limit.release"][now.at], out=clear)

    def set_context(self, table: Table, row: int, context: Context) -> None:
        """Centre and gain from weight and prescription; limits from the dialyser and the patient's own."""
        for position, spec in enumerate(self._specs):
            center, gain = _affine(spec.input, context)
            table["limit.center"][row, position] = center
            table["limit.gain"][row, position] = gain
        for column, (_, rung) in enumerate(self._group.rungs):
            limit = _own_limit(self._own_names[column], rung, context)
            table["limit.trip"][row, column] = _trip(rung, limit)
            table["limit.release"][row, column] = _release(rung, limit)

    def see(self, table: Table, row: int, position: int, rung: int | None, _now_us: int) -> Sight:
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
        said, unit = _said(spec.input, raw, value, inputs)
        if rung is None:
            return Sight(spec.words.within if spec.words else f"{said}, within limits", inputs)
        data = self._group.rules[position].rungs[rung]
        trip = float(table["limit.trip"][row, self._group.column(position, rung)])
        limit = _sign(data) * (trip + _inclusive(data)) / GRID
        # Outside: the deviation is told with its side, so the limit is one number.
        past = f"{'more than' if data.beyond == _OUTSIDE else data.beyond} {schema.quantity(limit, unit)}"
        z = np.rint((raw - center) * gain) * _sign(data)
        if not (abs(z) if data.beyond == _OUTSIDE else z) > trip:
            not_clear = f"{said}, no longer {past}, not clear yet"
            return Sight(f"{spec.words.within}, not clear yet" if spec.words else not_clear, inputs, limit, holds=False)
        return Sight(spec.words.beyond if spec.words else f"{said}, {past}", inputs, limit)


def _spec(rule: Rule) -> LimitFile:
    assert isinstance(rule.spec, LimitFile)
    return rule.spec


def _said(source: Input, raw: float, value: float, inputs: dict[str, float]) -> tuple[str, str]:
    """The value in words, with what it was worked out from, and the limit's unit."""
    unit = schema.unit(source.signal)
    plain = f"{schema.label(source.signal)} {schema.quantity(raw, unit)}"
    if source.percent_of is not None:
        label, unit = schema.CONTEXT_LABELS[source.percent_of]
        side = "below" if value < 0 else "above"
        center = schema.quantity(inputs[source.percent_of], unit)
        return f"{plain}, {schema.quantity(abs(value), '%')} {side} the {label} of {center}", "%"
    if source.divide_by is not None and source.name is not None and source.unit is not None:
        label, divided = schema.CONTEXT_LABELS[source.divide_by]
        by = f"{schema.quantity(inputs[source.divide_by], divided)} {label}"
        return (
            f"{source.name} {schema.quantity(value, source.unit)} ({schema.quantity(raw, unit)} at {by})",
            source.unit,
        )
    return plain, unit


def _affine(source: Input, context: Context) -> tuple[float, float]:
    if source.divide_by is not None:
        divisor = schema.context_value(context, source.divide_by)
        return (np.nan, GRID) if divisor is None else (0.0, GRID / divisor)
    if source.percent_of is not None:
        center = schema.context_value(context, source.percent_of)
        return (np.nan, GRID) if center is None else (center, GRID * 100.0 / center)
    return 0.0, GRID


def _own_limit(name: str, rung: Rung, context: Context) -> float:
    limit = own.number(context, name)
    if limit is not None:
        return abs(limit) if rung.beyond == _OUTSIDE else limit
    given = schema.context_value(context, rung.limit_from) if rung.limit_from else None
    return rung.limit if given is None else given


def _sign(rung: Rung) -> float:
    return -1.0 if "below" in rung.beyond else 1.0


def _inclusive(rung: Rung) -> float:
    return 0.5 if rung.beyond.startswith("at") else 0.0


def _trip(rung: Rung, limit: float) -> float:
    return float(np.rint(limit * _sign(rung) * GRID)) - _inclusive(rung)


def _release(rung: Rung, limit: float) -> float:
    if rung.deadband == 0.0:
        return _trip(rung, limit)
    return _trip(rung, limit) + _inclusive(rung) - float(np.rint(rung.deadband * GRID))
