"""Readings whose line will fall below a limit soon: the Theil–Sen line through the last ones, where Mann–Kendall says
that they fall more steadily than by chance (hypotension, pre-warning).

Looked at with every new reading (`detectors.cuff`), over those of the last `window_s`, ten at most: so many have an
exact test.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from alerts import reasons, schema
from alerts.detectors import cuff
from alerts.detectors.base import Bools, Codes, Group, Sight
from alerts.detectors.before import Doubles, Limits, Split
from alerts.inputs import Columns, Round
from alerts.records import Context
from alerts.rounds import row_numbers
from alerts.schema import Delays, Head, Rule
from alerts.statistics import mann_kendall, theil_sen
from alerts.table import Array, Field, Table

_KEPT: Final = mann_kendall.EXACT_UP_TO


class Input(cuff.Input, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Over which readings, and how far ahead.

    Attributes:
        window_s: readings older than this are left out. min_readings: with fewer nothing is said, 3…10.
        ahead_s: so far ahead the line is looked at. p_at_most: one-sided Mann–Kendall p for a fall.
    """

    window_s: float
    min_readings: int
    ahead_s: float
    p_at_most: float


class Level(Delays, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`below_by`: the limit; `limit_of`: "<rule> <priority>" whose own limit of the patient goes before it."""

    below_by: Split
    limit_of: str


class ForecastFile(Head, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule file of this detector."""

    input: Input
    level: list[Level]


def compile_rule(spec: ForecastFile, version: str) -> Rule:
    """The rule of a file; ValueError says what is wrong with it."""
    spec.input.check()
    if spec.input.other is not None:
        raise ValueError("other: a forecast is of one value")
    if not 3 <= spec.input.min_readings <= _KEPT:
        raise ValueError(f"min_readings: 3…{_KEPT}")
    if spec.input.window_s <= 0 or spec.input.ahead_s <= 0:
        raise ValueError("window_s: above 0, and ahead_s too")
    if not 0 < spec.input.p_at_most < 1:
        raise ValueError("p_at_most: between 0 and 1")
    for level in spec.level:
        level.below_by.check()
        if level.deadband:
            raise ValueError("deadband: a forecast is over when the line no longer falls")
    rungs = tuple(schema.rung(level, np.nan, "below") for level in spec.level)
    return Rule(spec, version, spec.input.inputs, tuple(spec.input.fresh_by), (), rungs)


class Forecast:
    """All forecast rules at once."""

    def __init__(self, group: Group, columns: Columns) -> None:
        self._group = group
        self._specs = [_spec(rule) for rule in group.rules]
        levels = [level for spec in self._specs for level in spec.level]
        self._cuff = cuff.Cuff("forecast", group, columns, [spec.input for spec in self._specs])
        self._limits = Limits(
            "forecast", group, [level.below_by for level in levels], [level.limit_of for level in levels]
        )
        self._min_readings = np.array([spec.input.min_readings for spec in self._specs])
        rules, rungs = group.rule_labels, group.rung_labels
        own = (
            # One more than the second, 0 = none: up to 2106.
            Field("forecast.second", "u4", 0, rules, (_KEPT,)),
            Field("forecast.reading", "f4", np.nan, rules, (_KEPT,)),
            Field("forecast.count", "u1", 0, rules),
            Field("forecast.slope", "f4", np.nan, rules),
            Field("forecast.end", "f4", np.nan, rules),
            Field("forecast.p", "f4", np.nan, rules),
            Field("forecast.breach", "?", False, rungs),
        )
        self.fields: tuple[Field, ...] = (*self._cuff.fields, *own, *self._limits.fields)
        self.per_treatment = (*self._cuff.per_treatment, *(field.name for field in own))

    def evaluate(self, now: Round, table: Table, breach: Bools, clear: Bools, why: Codes) -> None:
        """Breach where the line will cross the limit soon, clear where it does not fall."""
        fresh = self._cuff.take(now, table)
        for position in np.flatnonzero(fresh.any(axis=0)):
            self._look(now, table, int(position), np.flatnonzero(fresh[:, position]))
        breach[...] = table["forecast.breach"][now.at]
        clear[...] = (table["forecast.slope"][now.at] >= 0)[:, self._group.rule_of_rung]
        codes = self._cuff.codes(now, table, np.ones(fresh.shape, np.bool_))
        few = (codes == reasons.EVALUATED) & (table["forecast.count"][now.at] < self._min_readings)
        codes[few] = reasons.TOO_FEW
        own = why[:, self._group.own]
        why[:, self._group.own] = np.maximum(own, codes)

    def _look(self, now: Round, table: Table, position: int, at: npt.NDArray[np.intp]) -> None:
        spec, rows = self._specs[position].input, row_numbers(now.at)[at]
        second = now.time[at] // 1_000_000 + 1
        seconds = _pushed(table["forecast.second"], rows, position, second)
        value = self._cuff.get(table, "value", now)[at, position]
        readings = _pushed(table["forecast.reading"], rows, position, value)
        ages = seconds.astype(np.float64) - second[:, None]
        ages[(seconds == 0) | (ages < -spec.window_s)] = np.nan
        lines = theil_sen.fit(ages, readings)
        enough = lines.count >= spec.min_readings
        slope = np.where(enough, lines.slope, np.nan)
        end = lines.intercept + slope * spec.ahead_s
        mine = self._group.rule_of_rung == position
        limit = self._limits.of(table, rows)[:, mine]
        # What is below it already does not cross it: another rule tells that.
        soon = (slope < 0)[:, None] & (end[:, None] < limit) & (value[:, None] >= limit)
        p = np.full(len(rows), np.nan)
        asked = soon.any(axis=1)
        if asked.any():
            p[asked] = mann_kendall.trends(np.where(np.isnan(ages), np.nan, readings)[asked]).p_falling
        table["forecast.count"][rows, position] = lines.count
        table["forecast.slope"][rows, position] = slope * 3600.0
        table["forecast.end"][rows, position] = end
        table["forecast.p"][rows, position] = p
        table["forecast.breach"][np.ix_(rows, mine)] = soon & (p <= spec.p_at_most)[:, None]

    def set_context(self, table: Table, row: int, context: Context) -> None:
        """The baseline, and the patient's own limits."""
        self._limits.set_context(table, row, context)

    def see(self, table: Table, row: int, position: int, rung: int | None, _now_us: int) -> Sight:
        """The reading, where its line goes, and the limit."""
        spec = self._specs[position].input
        inputs = self._cuff.seen(table, row, position)
        said, unit = self._cuff.said(inputs), schema.unit(spec.signal)
        slope, end = (float(table[f"forecast.{name}"][row, position]) for name in ("slope", "end"))
        count = int(table["forecast.count"][row, position])
        inputs |= {f"{spec.signal}_slope_per_h": slope, f"{spec.signal}_ahead": end, "readings": float(count)}
        moves = f"{'falling' if slope < 0 else 'rising'} by {schema.quantity(abs(slope), unit)}/h in {count} readings"
        ahead = f"{schema.quantity(end, unit)} in {schema.number(spec.ahead_s / 60.0)} min"
        said = f"{said}, {moves}, {ahead}"
        if rung is None:
            return Sight(said, inputs)
        column = self._group.column(position, rung)
        limits: Doubles = self._limits.of(table, slice(row, row + 1))
        limit = float(limits[0, column])
        if not table["forecast.breach"][row, column]:
            return Sight(f"{said}, not clear yet", inputs, limit, holds=False)
        inputs["p"] = p = float(table["forecast.p"][row, position])
        words = self._limits.before.words(table, row, column, unit, inputs)
        below = f"below {schema.quantity(limit, unit)} ({spec.definition}; {words})"
        return Sight(f"{said}, {below}, Mann–Kendall p {p:.2g}", inputs, limit)


def _pushed(kept: Array, rows: npt.NDArray[np.intp], position: int, newest: Array) -> Array:
    # The last ones with the newest behind them, [rows, _KEPT].
    pushed = np.concatenate((kept[rows, position, 1:], newest[:, None].astype(kept.dtype)), axis=1)
    kept[rows, position] = pushed
    return pushed


def _spec(rule: Rule) -> ForecastFile:
    assert isinstance(rule.spec, ForecastFile)
    return rule.spec
