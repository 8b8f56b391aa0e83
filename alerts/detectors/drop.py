"""A value below the median of its own last minute, while another stays steady (needle dislodgement, static).

*More than half of the window's readings lie at least `drop` above the present one* is the same as *the lower median
lies at least `drop` above it*, and needs no sorting.

With the first reading that has dropped, the median is kept as the baseline (`detectors.baseline`): a window that
followed the fallen pressure would call it normal within half a minute. So it is with the first that has risen as much:
a window that followed a line lain upon would call its end a needle. A second fall while the alert stands is told anew
(`detectors.settled`).
"""

from __future__ import annotations

from math import isfinite

import numpy as np

from alerts import reasons, schema
from alerts.delay import QUIET
from alerts.detectors.base import Bools, Codes, Group, Sight
from alerts.detectors.baseline import Baselines, Floats, Kept
from alerts.detectors.reach import EPSILON, Reach, Reaches
from alerts.detectors.settled import Ints, Settled
from alerts.detectors.window import (
    Steadiness,
    Window,
    Windows,
    Words,
    each_rung,
    lower_median,
    most_above,
    most_below,
)
from alerts.inputs import Columns, Round
from alerts.records import Context
from alerts.schema import Delays, Head, Rule
from alerts.table import Field, Table


class Input(Steadiness, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What drops, over which window, and what has to stay steady meanwhile."""

    signal: str


class Level(Delays, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`drop`: at least so far below the median, in the signal's unit."""

    drop: float


class DropFile(Head, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule file of this detector."""

    input: Input
    level: list[Level]


def compile_rule(spec: DropFile, version: str) -> Rule:
    """The rule of a file; ValueError says what is wrong with it."""
    spec.input.check()
    if any(not 0 <= level.deadband < level.drop for level in spec.level):
        raise ValueError("deadband: less than the drop")
    rungs = tuple(schema.rung(level, level.drop, "at least") for level in spec.level)
    return Rule(spec, version, (spec.input.signal, spec.input.steady_signal), (), (), rungs)


class Drop:
    """All drop rules at once."""

    def __init__(self, group: Group, columns: Columns) -> None:
        self._group = group
        self._specs = [_spec(rule).input for rule in group.rules]
        self._value = np.array([columns.place(spec.signal) for spec in self._specs], np.intp)
        self._steady = np.array([columns.place(spec.steady_signal) for spec in self._specs], np.intp)
        self._reaches = Reaches("drop", group)
        self._rungs = each_rung(group)
        self._windows = Windows("drop", group.rule_labels, self._specs)
        self._baselines = Baselines("drop", group, self._specs)
        self._settled = Settled("drop", group, self._windows)
        seen = (*self._windows.fields, *self._baselines.fields, *self._settled.fields)
        self.per_treatment = tuple(field.name for field in seen)
        self.fields: tuple[Field, ...] = (*seen, *self._reaches.fields)

    def evaluate(self, now: Round, table: Table, breach: Bools, clear: Bools, why: Codes) -> None:
        """Breach while the value lies `drop` under its baseline; codes where there is no ground to say."""
        value, flow = now.values[:, self._value], now.values[:, self._steady]
        reach = self._reaches.of(table, now.at)
        window = self._windows.take(now, table, self._baselines.stayed(now, table, value, reach.back))
        own = why[:, self._group.own]
        codes = self._windows.codes(flow, window)
        ground = np.maximum(own, codes) == reasons.EVALUATED
        kept = self._baselines.take(now, table, flow, ground, window.filled)
        standing = self._look(now, table, value, window, reach, breach, clear)
        no_window = ~window.filled
        away = np.zeros(value.shape, np.bool_)
        if kept is not None:
            self._look_back(value, kept, reach, breach, clear)
            back = np.logical_and.reduceat(clear, self._group.starts, axis=1)
            codes[kept.known & ~back & ~kept.alike & ground] = reasons.RELEARNING
            no_window &= ~kept.known
            away = kept.away(back)
        codes[no_window] = reasons.WINDOW_UNFILLED
        own = np.maximum(own, codes)
        why[:, self._group.own] = own
        if len(standing):
            self._look_again(now, table, value, window, standing, reach.least, ground)
        fallen = np.logical_or.reduceat(breach, self._group.starts, axis=1) & (own == reasons.EVALUATED)
        risen = most_below(window.values, value - reach.least, window.held) & (own == reasons.EVALUATED)
        # What is too low for a needle to be seen is nothing to hold a value against.
        risen &= table["rule.veiled"][now.at][:, self._group.own] == 0
        leaves = fallen | risen
        if leaves.any():
            leaves &= np.isnan(table["drop.baseline"][now.at])
            self._baselines.keep(now, table, leaves, lower_median(window.values[leaves], window.held[leaves]), flow)
            self._settled.fell(now, table, fallen)
        self._windows.store(now, table, window, value, flow, away | leaves)

    def _look(
        self, now: Round, table: Table, value: Floats, window: Window, reach: Reach, breach: Bools, clear: Bools
    ) -> Ints:
        rungs = self._rungs
        present, held, values = value[:, rungs], window.held[:, rungs], window.values[:, rungs]
        np.copyto(breach, most_above(values, present + reach.out, held))
        clear[...] = ~breach & ~np.isnan(present)
        # Only what stands can clear.
        at = np.flatnonzero((table["rung.state"][now.at][:, self._group.columns] != QUIET).any(axis=1))
        if len(at):
            clear[at] &= ~most_above(values[at], present[at] + reach.near[at], held[at])
        return at

    def _look_again(
        self, now: Round, table: Table, value: Floats, window: Window, at: Ints, least: Floats, ground: Bools
    ) -> None:
        def is_down(held: Words) -> Bools:
            return most_above(window.values[at], value[at] + least[at], held)

        told = self._settled.look(now, table, window, at, ground, is_down)
        if told is not None:
            self._settled.level(now, table, told, lower_median(window.values[told.at, told.rule], told.held))

    def _look_back(self, value: Floats, kept: Kept, reach: Reach, breach: Bools, clear: Bools) -> None:
        rungs = self._group.rule_of_rung
        known, fall = kept.known[:, rungs], (kept.value - value)[:, rungs]
        np.copyto(breach, fall >= reach.out, where=known)
        # As high as before at a higher flow is not restored: the flow itself raises the pressure.
        np.copyto(clear, (fall < reach.near) & (fall < reach.out) & ~kept.above[:, rungs], where=known)

    def set_context(self, table: Table, row: int, context: Context) -> None:
        """The patient's own limits."""
        self._reaches.set_context(table, row, context)

    def see(self, table: Table, row: int, position: int, rung: int | None, _now_us: int) -> Sight:
        """The value, what it is held against, and the flow."""
        spec = self._specs[position]
        value = float(table["input.value"][row, self._value[position]])
        flow = float(table["input.value"][row, self._steady[position]])
        kept = float(table["drop.baseline"][row, position])
        base = kept if isfinite(kept) else self._windows.median(table, row, position)
        inputs = {spec.signal: value, f"{spec.signal}_median_{spec.window_s}s": base, spec.steady_signal: flow}
        unit = schema.unit(spec.signal)
        said = f"{schema.label(spec.signal)} {schema.quantity(value, unit)}"
        before = f"{schema.quantity(base, unit)} before the fall"
        if rung is None:
            if value > base:
                before = f"{schema.quantity(base, unit)} before the rise"
            against = before if isfinite(kept) else f"its {spec.window_s} s median {schema.quantity(base, unit)}"
            return Sight(f"{said} against {against}", inputs)
        limit, fall = self._reaches.at(table, row, self._group.column(position, rung)), base - value
        if fall >= limit - EPSILON:
            steady = f"{schema.label(spec.steady_signal).lower()} steady at"
            text = f"{said}, {schema.quantity(fall, unit)} below the {before} ({spec.window_s} s median)"
            settled = float(table["drop.settled"][row, position])
            if settled - value >= limit - EPSILON:
                inputs |= {f"{spec.signal}_settled": settled}
                text += f" and {schema.quantity(settled - value, unit)} below the {schema.quantity(settled, unit)}"
                text += " at which it had settled since"
            return Sight(f"{text}, {steady} {schema.quantity(flow, schema.unit(spec.steady_signal))}", inputs, limit)
        if not isfinite(kept):
            return Sight(f"{said}, steady at a new {spec.window_s} s median, not clear yet", inputs, limit, holds=False)
        return Sight(
            f"{said}, no longer {schema.quantity(limit, unit)} below the {before}, not clear yet",
            inputs,
            limit,
            holds=False,
        )


def _spec(rule: Rule) -> DropFile:
    assert isinstance(rule.spec, DropFile)
    return rule.spec
