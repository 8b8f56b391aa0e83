"""A value that rises or falls steadily: the slope of its Theil–Sen line, where Mann–Kendall says it is no chance.

Looked at once a bucket (`detectors.buckets`), over its points of the last `window_s` and the present reading; between
two looks the last one stands. Only points count at which every steady signal was where it is now, so that a change of
blood flow or ultrafiltration is no trend, and a short stop of the pump costs no more than its own points.

A rule may look for a trend in several signals. One that is found tells, whatever is known of the others; that none is
there can be said only where all could be looked at.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from alerts import reasons, schema
from alerts.detectors.base import Bools, Codes, Group, Sight
from alerts.detectors.buckets import BUCKET_S, LONGEST_S, Buckets, Floats, Turned
from alerts.detectors.own import Own, names
from alerts.inputs import Columns, Round
from alerts.records import Context
from alerts.rounds import row_numbers
from alerts.schema import Delays, Head, Rule
from alerts.statistics import mann_kendall, theil_sen
from alerts.table import Field, Table

GRID: Final = 10_000.0  # as `limit`'s: slopes are compared on a grid of 1/10 000
_PER_HOUR: Final = 3600.0 / BUCKET_S
_SIDES: Final = {"above": "above", "at_least": "at or above", "below": "below", "at_most": "at or below"}
_COUNT_MAX: Final = 200


class Steady(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A signal that has to be where it is now for a point to count.

    Attributes:
        percent: may differ by so much of its present value, and in any case by `by`, in its unit.
    """

    signal: str
    percent: float
    by: float = 0.0


class Input(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Over which window, and what has to stay steady.

    Attributes:
        window_s: whole buckets, at most an hour. min_points, min_span_s: what a window must hold and reach over.
    """

    window_s: int
    min_points: int
    min_span_s: int
    steady: list[Steady] = []


class Level(Delays, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Exactly one side: the slope of `signal` in its unit per hour.

    Attributes:
        p_at_most: one-sided Mann–Kendall p for a trend to that side; without it the slope alone decides.
        looks: so many looks in a row have to find it.
    """

    signal: str
    above: float | None = None
    at_least: float | None = None
    below: float | None = None
    at_most: float | None = None
    p_at_most: float | None = None
    looks: int = 1


class TrendFile(Head, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule file of this detector."""

    input: Input
    level: list[Level]


def compile_rule(spec: TrendFile, version: str) -> Rule:
    """The rule of a file; ValueError says what is wrong with it."""
    source = spec.input
    if source.window_s % BUCKET_S or not BUCKET_S <= source.min_span_s <= source.window_s <= LONGEST_S:
        raise ValueError(
            f"window_s: a multiple of {BUCKET_S}, at most {LONGEST_S}; min_span_s from {BUCKET_S} up to it"
        )
    if not 3 <= source.min_points <= source.window_s // BUCKET_S + 1:
        raise ValueError("min_points: at least 3, at most what the window can hold")
    for steady in source.steady:
        if steady.percent < 0 or steady.by < 0:
            raise ValueError("steady: percent and by are at least 0")
    rungs = tuple(replace(schema.rung(level, *_side(level)), subject=level.signal) for level in spec.level)
    inputs = dict.fromkeys([*(level.signal for level in spec.level), *(steady.signal for steady in source.steady)])
    if len(inputs) > reasons.MAX_INPUTS:
        raise ValueError(f"steady: at most {reasons.MAX_INPUTS} signals in a rule")
    return Rule(spec, version, tuple(inputs), (), (), rungs)


def _side(level: Level) -> tuple[float, str]:
    sides = [(getattr(level, key), word) for key, word in _SIDES.items() if getattr(level, key) is not None]
    if len(sides) != 1:
        raise ValueError(f"level {level.priority}: exactly one of {', '.join(_SIDES)}")
    if level.p_at_most is not None and not 0 < level.p_at_most < 1:
        raise ValueError("p_at_most: between 0 and 1")
    if not 1 <= level.looks <= _COUNT_MAX:
        raise ValueError(f"looks: 1…{_COUNT_MAX}")
    return sides[0]


class Trend:
    """All trend rules at once."""

    def __init__(self, group: Group, columns: Columns) -> None:
        self._group = group
        self._specs = [_spec(rule).input for rule in group.rules]
        self._levels = [level for rule in group.rules for level in _spec(rule).level]
        of = tuple(dict.fromkeys(name for rule in group.rules for name in rule.inputs))
        self._columns = np.array([columns.place(name) for name in of], np.intp)
        self._signal = np.array([of.index(level.signal) for level in self._levels], np.intp)
        self._steady = [[(of.index(s.signal), s.percent / 100.0, s.by) for s in spec.steady] for spec in self._specs]
        self._needs = [need for rung in range(len(group.rungs)) for need in self._needs_of(rung, of)]
        self._pumped = np.array([any(of[i] == "blood_flow" for i, *_ in self._steady[p]) for p, _ in group.rungs])
        self._sign = np.array([-1.0 if "below" in rung.beyond else 1.0 for _, rung in group.rungs])
        self._at = np.array([0.5 if rung.beyond.startswith("at") else 0.0 for _, rung in group.rungs])
        self._limit = Own("trend.limit", group, [rung.limit for _, rung in group.rungs], names(group))
        self._deadband = np.array([rung.deadband for _, rung in group.rungs])
        self._p = [level.p_at_most for level in self._levels]
        self._looks = np.array([level.looks for level in self._levels], np.uint8)
        self._flow = columns.place("blood_flow")
        self._buckets = Buckets("trend", of, self._columns)
        rungs = group.rung_labels
        looked = (
            *self._buckets.fields,
            Field("trend.slope", "f4", np.nan, rungs),
            Field("trend.p", "f4", np.nan, rungs),
            Field("trend.found", "u1", 0, rungs),
            Field("trend.clear", "?", False, rungs),
            Field("trend.code", "u1", reasons.WINDOW_UNFILLED, rungs),
            # By which limit: between two looks another may begin to hold.
            Field("trend.by", "f8", self._limit.usual, rungs),
        )
        self.per_treatment = tuple(field.name for field in looked)
        self.fields: tuple[Field, ...] = (*looked, *self._limit.fields)

    def evaluate(self, now: Round, table: Table, breach: Bools, clear: Bools, why: Codes) -> None:
        """Breach where enough looks in a row found a trend, clear where the last found it back by the deadband."""
        turned = self._buckets.take(now, table)
        if turned is not None:
            self._look(now, table, turned)
        codes = self._codes(now, table)
        ground = codes == reasons.EVALUATED
        breach[...] = ground & (table["trend.found"][now.at] >= self._looks)
        clear[...] = ground & table["trend.clear"][now.at]
        starts = self._group.starts
        told = np.logical_or.reduceat(breach, starts, axis=1)
        of_rule = np.where(told, reasons.EVALUATED, np.maximum.reduceat(codes, starts, axis=1)).astype(np.uint8)
        mine = self._group.own
        why[:, mine] = np.maximum(why[:, mine], of_rule)

    def _codes(self, now: Round, table: Table) -> Codes:
        # [n, rungs]: what the last look lacked, or what is lacking now.
        codes = table["trend.code"][now.at].copy()
        stands = now.values[:, self._flow] <= 0.0
        if stands.any():
            codes[stands[:, None] & self._pumped] = reasons.PUMP_STOPPED
        # What is lost goes before what cannot be judged now.
        seen = now.codes[:, self._columns]
        if seen.any():
            for rung, signal, by_code in self._needs:
                lacking = by_code[seen[:, signal]]
                codes[:, rung] = np.where(lacking > 0, lacking, codes[:, rung])
        return codes

    def _needs_of(self, rung: int, names: tuple[str, ...]) -> list[tuple[int, int, Codes]]:
        # What a level needs: its place, that of the signal, and what is said of the signal by `alerts.inputs` code.
        position = int(self._group.rule_of_rung[rung])
        inputs = self._group.rules[position].inputs
        needed = [int(self._signal[rung]), *(signal for signal, *_ in self._steady[position])]
        slots = [inputs.index(names[signal]) for signal in needed]
        said = (reasons.MISSING, reasons.INVALID, reasons.SENSOR)
        codes = [np.array([reasons.EVALUATED, *(code + slot for code in said)], np.uint8) for slot in slots]
        return [(rung, signal, code) for signal, code in zip(needed, codes, strict=True)]

    def _look(self, now: Round, table: Table, turned: Turned) -> None:
        rows = row_numbers(now.at)[turned.at]
        for position, spec in enumerate(self._specs):
            points = turned.points[:, :, -(spec.window_s // BUCKET_S + 1) :]
            near = self._near(position, points)
            for rung in np.flatnonzero(self._group.rule_of_rung == position):
                self._look_at(table, rows, int(rung), points[:, self._signal[rung]], near)

    def _near(self, position: int, points: Floats) -> Bools:
        # [m, points]: where every steady signal is where it is now.
        near = np.ones((len(points), points.shape[2]), np.bool_)
        for signal, share, by in self._steady[position]:
            series = points[:, signal]
            now = np.where(np.isnan(series[:, -1]), series[:, -2], series[:, -1])
            near &= (
                np.abs(series - now[:, None]) <= np.maximum(np.abs(now) * np.float32(share), np.float32(by))[:, None]
            )
        return near

    def _look_at(self, table: Table, rows: npt.NDArray[np.intp], rung: int, series: Floats, near: Bools) -> None:
        spec = self._specs[self._group.rule_of_rung[rung]]
        held = ~np.isnan(series)
        enough, used = _enough(held, spec), _enough(held & near, spec)
        codes = np.where(used, reasons.EVALUATED, np.where(enough, reasons.CHANGED, reasons.WINDOW_UNFILLED))
        slope, p = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
        values = np.where(near, series, np.nan)
        slope[used] = theil_sen.slopes(np.arange(series.shape[1]), values[used]) * _PER_HOUR
        gridded = np.rint(slope * self._sign[rung] * GRID)
        by = self._limit.of(table, rows)[:, rung]
        limit = by * self._sign[rung]
        found = gridded > np.rint(limit * GRID) - self._at[rung]
        p_at_most = self._p[rung]
        if p_at_most is not None and found.any():
            # The costlier half of the question is asked only where the slope says yes.
            test = mann_kendall.trends(values[found])
            p[found] = test.p_rising if self._sign[rung] > 0 else test.p_falling
            found &= p <= p_at_most
        before = table["trend.found"][rows, rung]
        table["trend.found"][rows, rung] = np.where(found, np.minimum(before, _COUNT_MAX - 1) + 1, 0)
        table["trend.clear"][rows, rung] = gridded <= np.rint((limit - self._deadband[rung]) * GRID)
        table["trend.by"][rows, rung] = by
        table["trend.slope"][rows, rung], table["trend.p"][rows, rung] = slope, p
        table["trend.code"][rows, rung] = codes

    def set_context(self, table: Table, row: int, context: Context) -> None:
        """The patient's own limits, for the next look."""
        self._limit.set_context(table, row, context)

    def see(self, table: Table, row: int, position: int, rung: int | None, _now_us: int) -> Sight:
        """The value, and how it moves."""
        first = self._group.column(position, 0)
        minutes = schema.number(self._specs[position].window_s / 60.0)
        if rung is None:
            inputs: dict[str, float] = {}
            said = [self._said(table, row, first + i, inputs) for i in range(len(self._group.rules[position].rungs))]
            return Sight(f"{'; '.join(said)} over the last {minutes} min", inputs)
        column, inputs = first + rung, {}
        said_of = f"{self._said(table, row, column, inputs)} over the last {minutes} min"
        limit = float(table["trend.by"][row, column])
        unit = f"{schema.unit(self._levels[column].signal)}/h"
        if int(table["trend.found"][row, column]) == 0:
            return Sight(f"{said_of}, not clear yet", inputs, limit, holds=False)
        p = float(table["trend.p"][row, column])
        by_chance = ""
        if np.isfinite(p):
            inputs["p"] = p
            by_chance = f" (Mann–Kendall p {p:.2g})"
        return Sight(f"{said_of}{by_chance}, limit {schema.quantity(limit, unit)}", inputs, limit)

    def _said(self, table: Table, row: int, column: int, inputs: dict[str, float]) -> str:
        signal = self._levels[column].signal
        value = float(table["input.value"][row, self._columns[self._signal[column]]])
        slope = float(table["trend.slope"][row, column])
        inputs |= {signal: value, f"{signal}_slope_per_h": slope}
        unit = schema.unit(signal)
        moves = f"{'falling' if slope < 0 else 'rising'} by {schema.quantity(abs(slope), unit)}/h"
        return f"{schema.label(signal)} {schema.quantity(value, unit)}, {moves}"


def _enough(held: Bools, spec: Input) -> Bools:
    # Enough points, far enough apart.
    last = held.shape[1] - 1
    span = last - np.argmax(held[:, ::-1], axis=1) - np.argmax(held, axis=1)
    return np.asarray((np.count_nonzero(held, axis=1) >= spec.min_points) & (span * BUCKET_S >= spec.min_span_s))


def _spec(rule: Rule) -> TrendFile:
    assert isinstance(rule.spec, TrendFile)
    return rule.spec
