"""Sum and difference of two pressures both out of their windows (needle dislodgement, pair).

What moves both pressures alike (an arm, a fall of blood pressure) leaves the difference; what moves them apart by as
much (more viscous blood) leaves the sum. One pressure that moves alone moves both. A needle that is out lets the venous
pressure fall or the arterial one rise towards that of the room: either way the difference falls, while a kinked line or
a cough raises it. So *out* is: sum off by `window` to either side, and difference down by as much.

Both are held against the lower median of before, kept from the first reading that is out, or whose difference is up by
as much (`detectors.baseline`). Out once more while the alert stands is told anew (`detectors.settled`).
"""

from __future__ import annotations

from math import isfinite
from typing import Final

import numpy as np

from alerts import reasons, schema
from alerts.delay import QUIET
from alerts.detectors.base import Bools, Codes, Group, Sight
from alerts.detectors.baseline import Baselines, Floats, Kept
from alerts.detectors.reach import EPSILON, Reach, Reaches
from alerts.detectors.settled import Ints, Settled
from alerts.detectors.window import (
    PLACES,
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
from alerts.rounds import row_numbers
from alerts.schema import Delays, Head, Rule
from alerts.table import Field, Table

_SUM: Final = "pair.sum"
_KEPT_SUM: Final = "pair.baseline_of_sum"  # means something where a baseline is kept


class Input(Steadiness, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The two pressures, over which window, and what has to stay steady meanwhile.

    Attributes:
        signal: the one after the blood pump (venous). other_signal: the one before it (arterial).
    """

    signal: str
    other_signal: str


class Level(Delays, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`window`: how far from the median sum and difference have to be, in the signals' unit."""

    window: float


class PairFile(Head, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule file of this detector."""

    input: Input
    level: list[Level]


def compile_rule(spec: PairFile, version: str) -> Rule:
    """The rule of a file; ValueError says what is wrong with it."""
    spec.input.check()
    if spec.input.signal == spec.input.other_signal:
        raise ValueError("other_signal: not the same signal twice")
    if any(not 0 <= level.deadband < level.window for level in spec.level):
        raise ValueError("deadband: less than the window")
    rungs = tuple(schema.rung(level, level.window, "out of") for level in spec.level)
    return Rule(spec, version, (spec.input.signal, spec.input.other_signal, spec.input.steady_signal), (), (), rungs)


class Pair:
    """All pair rules at once."""

    def __init__(self, group: Group, columns: Columns) -> None:
        self._group = group
        self._specs = [_spec(rule).input for rule in group.rules]
        self._one = np.array([columns.place(spec.signal) for spec in self._specs], np.intp)
        self._other = np.array([columns.place(spec.other_signal) for spec in self._specs], np.intp)
        self._steady = np.array([columns.place(spec.steady_signal) for spec in self._specs], np.intp)
        self._reaches = Reaches("pair", group)
        self._rungs = each_rung(group)
        # The difference's window is the detector's; the sum has the same places, for it is known when the other is.
        self._windows = Windows("pair", group.rule_labels, self._specs)
        self._baselines = Baselines("pair", group, self._specs)
        self._settled = Settled("pair", group, self._windows)
        seen = (
            *self._windows.fields,
            Field(_SUM, "f4", np.nan, group.rule_labels, (PLACES,)),
            Field(_KEPT_SUM, "f4", np.nan, group.rule_labels),
            *self._baselines.fields,
            *self._settled.fields,
        )
        self.per_treatment = tuple(field.name for field in seen)
        self.fields: tuple[Field, ...] = (*seen, *self._reaches.fields)

    def evaluate(self, now: Round, table: Table, breach: Bools, clear: Bools, why: Codes) -> None:
        """Breach while sum and difference are out of their windows; codes where there is no ground to say."""
        one, other = now.values[:, self._one], now.values[:, self._other]
        total, difference, flow = one + other, one - other, now.values[:, self._steady]
        reach = self._reaches.of(table, now.at)
        window = self._windows.take(now, table, self._baselines.stayed(now, table, difference, reach.back))
        own = why[:, self._group.own]
        codes = self._windows.codes(flow, window)
        ground = np.maximum(own, codes) == reasons.EVALUATED
        kept = self._baselines.take(now, table, flow, ground, window.filled)
        standing = self._look(now, table, total, difference, window, reach, breach, clear)
        no_window = ~window.filled
        away = np.zeros(flow.shape, np.bool_)
        if kept is not None:
            self._look_back(total, difference, kept, table[_KEPT_SUM][now.at], reach, breach, clear)
            back = np.logical_and.reduceat(clear, self._group.starts, axis=1)
            codes[kept.known & ~back & ~kept.alike & ground] = reasons.RELEARNING
            no_window &= ~kept.known
            away = kept.away(back)
        codes[no_window] = reasons.WINDOW_UNFILLED
        own = np.maximum(own, codes)
        why[:, self._group.own] = own
        if len(standing):
            self._look_again(now, table, total, difference, window, standing, reach.least, ground)
        out = np.logical_or.reduceat(breach, self._group.starts, axis=1) & (own == reasons.EVALUATED)
        risen = most_below(window.values, difference - reach.least, window.held) & (own == reasons.EVALUATED)
        # What is too low for a needle to be seen is nothing to hold a value against.
        risen &= table["rule.veiled"][now.at][:, self._group.own] == 0
        leaves = out | risen
        if leaves.any():
            leaves &= np.isnan(table["pair.baseline"][now.at])
            self._keep(now, table, leaves, window, flow)
            self._settled.fell(now, table, out)
        self._windows.store(now, table, window, difference, flow, away | leaves)
        table[_SUM][row_numbers(now.at), :, window.place] = total

    def _keep(self, now: Round, table: Table, leaves: Bools, window: Window, flow: Floats) -> None:
        held = window.held[leaves]
        self._baselines.keep(now, table, leaves, lower_median(window.values[leaves], held), flow)
        at, rule = np.nonzero(leaves)
        row = row_numbers(now.at)[at]
        table[_KEPT_SUM][row, rule] = lower_median(table[_SUM][row, rule], held)

    def _look(
        self,
        now: Round,
        table: Table,
        total: Floats,
        difference: Floats,
        window: Window,
        reach: Reach,
        breach: Bools,
        clear: Bools,
    ) -> Ints:
        # The difference alone decides for nearly every reading; the sum is looked at where it is down.
        rungs = self._rungs
        held, values = window.held[:, rungs], window.values[:, rungs]
        present = difference[:, rungs]
        np.copyto(breach, most_above(values, present + reach.out, held))
        clear[...] = ~breach & ~np.isnan(present)
        standing = (table["rung.state"][now.at][:, self._group.columns] != QUIET).any(axis=1)
        at = np.flatnonzero(breach.any(axis=1) | standing)
        if len(at) == 0:
            return at
        sums, sum_now, out = table[_SUM][row_numbers(now.at)[at]][:, rungs], total[at][:, rungs], reach.out[at]
        apart = most_above(sums, sum_now + out, held[at]) | ~most_above(sums, sum_now - out, held[at])
        breach[at] &= apart
        near = most_above(values[at], present[at] + reach.near[at], held[at])
        clear[at] = ~breach[at] & ~near & ~np.isnan(present[at])
        return np.flatnonzero(standing)

    def _look_again(
        self,
        now: Round,
        table: Table,
        total: Floats,
        difference: Floats,
        window: Window,
        at: Ints,
        least: Floats,
        ground: Bools,
    ) -> None:
        values, sums, out = window.values[at], table[_SUM][row_numbers(now.at)[at]], least[at]

        def is_down(held: Words) -> Bools:
            apart = most_above(sums, total[at] + out, held) | most_below(sums, total[at] - out, held)
            return most_above(values, difference[at] + out, held) & apart

        told = self._settled.look(now, table, window, at, ground, is_down)
        if told is not None:
            self._settled.level(now, table, told, lower_median(window.values[told.at, told.rule], told.held))

    def _look_back(
        self,
        total: Floats,
        difference: Floats,
        kept: Kept,
        kept_sum: Floats,
        reach: Reach,
        breach: Bools,
        clear: Bools,
    ) -> None:
        rungs = self._group.rule_of_rung
        known, fall = kept.known[:, rungs], (kept.value - difference)[:, rungs]
        apart = np.abs(kept_sum - total)[:, rungs]
        np.copyto(breach, (fall >= reach.out) & (apart >= reach.out), where=known)
        # Over when the difference is back: a raised arm on top of it must not bring the sum back and hide the needle.
        np.copyto(clear, (fall < reach.near) & (fall < reach.out) & ~kept.above[:, rungs], where=known)

    def set_context(self, table: Table, row: int, context: Context) -> None:
        """The patient's own limits."""
        self._reaches.set_context(table, row, context)

    def see(self, table: Table, row: int, position: int, rung: int | None, _now_us: int) -> Sight:
        """Both pressures, and how far sum and difference are from what they were."""
        spec = self._specs[position]
        one = float(table["input.value"][row, self._one[position]])
        other = float(table["input.value"][row, self._other[position]])
        flow = float(table["input.value"][row, self._steady[position]])
        kept = isfinite(float(table["pair.baseline"][row, position]))
        of_difference, of_sum = self._references(table, row, position, kept=kept)
        inputs = {
            spec.signal: one, spec.other_signal: other, spec.steady_signal: flow,
            "sum": one + other, f"sum_median_{spec.window_s}s": of_sum,
            "difference": one - other, f"difference_median_{spec.window_s}s": of_difference,
        }  # fmt: skip
        unit = schema.unit(spec.signal)
        said = f"{schema.label(spec.signal)} {schema.quantity(one, unit)}, "
        said += f"{schema.label(spec.other_signal).lower()} {schema.quantity(other, unit)}"
        moved = f"their sum is {_moved(one + other - of_sum, unit)} and their difference "
        moved += f"{_moved(one - other - of_difference, unit)} against {'before' if kept else 'the last minute'}"
        if rung is None:
            return Sight(f"{said}: {moved}", inputs)
        limit = self._reaches.at(table, row, self._group.column(position, rung))
        fall, apart = of_difference - (one - other), abs(one + other - of_sum)
        if min(fall, apart) >= limit - EPSILON:
            settled, again = float(table["pair.settled"][row, position]), ""
            more = settled - (one - other)
            if more >= limit - EPSILON:
                inputs |= {"difference_settled": settled}
                again = f", the difference {schema.quantity(more, unit)} below where it had settled since"
            return Sight(f"{said}: {moved}, both out of ± {schema.quantity(limit, unit)}{again}", inputs, limit)
        return Sight(f"{said}: {moved}, not clear yet", inputs, limit, holds=False)

    def _references(self, table: Table, row: int, position: int, *, kept: bool) -> tuple[float, float]:
        if kept:
            return float(table["pair.baseline"][row, position]), float(table[_KEPT_SUM][row, position])
        median = self._windows.median
        return median(table, row, position), median(table, row, position, _SUM)


def _moved(by: float, unit: str) -> str:
    return f"{schema.quantity(abs(by), unit)} {'down' if by < 0 else 'up'}"


def _spec(rule: Rule) -> PairFile:
    assert isinstance(rule.spec, PairFile)
    return rule.spec
