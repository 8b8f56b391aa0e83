"""A value below the median of its own last minute, while another stays steady (needle dislodgement, static).

*More than half of the window's readings lie at least `drop` above the present one* is the same as *the lower median
lies at least `drop` above it*, and needs no sorting. The window has one place per second and holds the last reading
of that second, so that it covers the same time at any rate of reading; the present second is not part of it.

With the first reading that has dropped, the median is kept as the baseline (`detectors.baseline`): a window that
followed the fallen pressure would call it normal within half a minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from alerts import reasons, schema
from alerts.detectors.base import Bools, Codes, Group, Sight
from alerts.detectors.baseline import Baselines, Floats, Kept
from alerts.inputs import Columns, Round
from alerts.records import Context
from alerts.rounds import row_numbers
from alerts.schema import Delays, Head, Rule
from alerts.table import Field, Table

PLACES: Final = 64  # seconds a window can reach back, and one more; a power of two
_EPSILON: Final = np.float32(1e-3)  # 130.1 − 110.1 in float32 is a little less than 20
_ORIGIN: Final = 1 << 31  # seconds fit an int32 from 1970 to 2106
_LONG_AGO: Final = -(1 << 31)


class Input(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What drops, over which window, and what has to stay steady meanwhile.

    Attributes:
        window_s: at most 62. min_readings, min_span_s: what a window must hold and how far back it must reach.
        steady_percent, steady_share: this share of the steady signal's readings within this much of the present one.
        relearn_s: so long after a blood-flow change or a pump restart the baseline of an active alert is given up.
    """

    signal: str
    window_s: int = 60
    min_readings: int = 6
    min_span_s: int = 30
    steady_signal: str
    steady_percent: float
    steady_share: float = 0.9
    relearn_s: float = 300.0


class Level(Delays, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`drop`: at least so far below the median, in the signal's unit."""

    drop: float


class DropFile(Head, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule file of this detector."""

    input: Input
    level: list[Level]


def compile_rule(spec: DropFile, version: str) -> Rule:
    """The rule of a file; ValueError says what is wrong with it."""
    if not 1 <= spec.input.min_span_s < spec.input.window_s <= PLACES - 2:
        raise ValueError(f"input: 1 ≤ min_span_s < window_s ≤ {PLACES - 2}")
    if any(not 0 <= level.deadband < level.drop for level in spec.level):
        raise ValueError("deadband: less than the drop")
    rungs = tuple(schema.rung(level, level.drop, "at least") for level in spec.level)
    return Rule(spec, version, (spec.input.signal, spec.input.steady_signal), (), (), rungs)


@dataclass(slots=True)
class _Window:
    """The last minute of every rule's signal: [n, rules, places].

    Attributes:
        values, steady: the signal and the steady one. inside: places within the window. held: those with a value.
        count: values in the window. filled: whether it holds enough of them, far enough back: [n, rules].
    """

    values: Floats
    steady: Floats
    inside: Bools
    held: Bools
    count: npt.NDArray[np.intp]
    filled: Bools


class Drop:
    """All drop rules at once."""

    def __init__(self, group: Group, columns: Columns) -> None:
        self._group = group
        self._specs = [_spec(rule).input for rule in group.rules]
        self._value = np.array([columns.place(spec.signal) for spec in self._specs], np.intp)
        self._steady = np.array([columns.place(spec.steady_signal) for spec in self._specs], np.intp)
        self._window_s = np.array([spec.window_s for spec in self._specs], np.int32)[:, None]
        self._min_span_s = np.array([spec.min_span_s for spec in self._specs], np.int32)[:, None]
        self._min_readings = np.array([spec.min_readings for spec in self._specs])
        self._tolerance = np.array([spec.steady_percent / 100.0 for spec in self._specs], np.float32)
        self._share = np.array([spec.steady_share for spec in self._specs])
        self._drop = np.array([rung.limit for _, rung in group.rungs], np.float32) - _EPSILON
        self._near = np.array([rung.limit - rung.deadband for _, rung in group.rungs], np.float32) + _EPSILON
        self._baselines = Baselines(
            group, self._tolerance, [spec.window_s for spec in self._specs], [spec.relearn_s for spec in self._specs]
        )
        self.fields: tuple[Field, ...] = (
            Field("drop.second", "i4", _LONG_AGO, None, (PLACES,)),
            Field("drop.window", "f4", np.nan, group.rule_labels, (PLACES,)),
            Field("drop.steady", "f4", np.nan, group.rule_labels, (PLACES,)),
            *self._baselines.fields,
        )
        self.per_treatment = tuple(field.name for field in self.fields)

    def evaluate(self, now: Round, table: Table, breach: Bools, clear: Bools, why: Codes) -> None:
        """Breach while the value lies `drop` under its baseline; codes where there is no ground to say."""
        second = (now.time // 1_000_000 - _ORIGIN).astype(np.int32)
        value, flow = now.values[:, self._value], now.values[:, self._steady]
        window = self._window(now, table, second)
        own = why[:, self._group.indexes]
        codes = self._unsteady(flow, window)
        codes[flow <= 0.0] = reasons.PUMP_STOPPED
        ground = np.maximum(own, codes) == reasons.EVALUATED
        kept = self._baselines.take(now, table, flow, ground, window.filled)
        self._look(value, window, breach, clear)
        no_window = ~window.filled
        leave_out = np.zeros(value.shape, np.bool_)
        if kept is not None:
            self._look_back(value, kept, breach, clear)
            fallen = kept.known & ~np.logical_and.reduceat(clear, self._group.starts, axis=1)
            codes[fallen & ~kept.alike & ground] = reasons.RELEARNING
            no_window &= ~kept.known
            # What is read while the value is down is not what it normally is.
            leave_out = fallen & ~kept.learning
        codes[no_window] = reasons.WINDOW_UNFILLED
        own = np.maximum(own, codes)
        why[:, self._group.indexes] = own
        begins = np.logical_or.reduceat(breach, self._group.starts, axis=1) & (own == reasons.EVALUATED)
        if begins.any():
            begins &= np.isnan(table["drop.baseline"][now.at])
            self._baselines.keep(now, table, begins, window.values, window.held, flow)
        self._store(now, table, second, np.where(leave_out | begins, np.float32(np.nan), value), flow)

    def _window(self, now: Round, table: Table, second: npt.NDArray[np.int32]) -> _Window:
        ages = (second[:, None] - table["drop.second"][now.at])[:, None, :]
        values = table["drop.window"][now.at]
        inside = (ages >= 1) & (ages <= self._window_s)
        held = inside & ~np.isnan(values)
        count = held.sum(axis=2)
        filled = (count >= self._min_readings) & (held & (ages >= self._min_span_s)).any(axis=2)
        return _Window(values, table["drop.steady"][now.at], inside, held, count, filled)

    def _look(self, value: Floats, window: _Window, breach: Bools, clear: Bools) -> None:
        rungs = self._group.rule_of_rung
        half = window.count[:, rungs]
        present, held, values = value[:, rungs], window.held[:, rungs, :], window.values[:, rungs, :]
        breach[...] = 2 * (held & (values >= (present + self._drop)[:, :, None])).sum(axis=2) > half
        low = 2 * (held & (values >= (present + self._near)[:, :, None])).sum(axis=2) > half
        clear[...] = ~low & ~breach & ~np.isnan(present)

    def _look_back(self, value: Floats, kept: Kept, breach: Bools, clear: Bools) -> None:
        rungs = self._group.rule_of_rung
        known, fall = kept.known[:, rungs], (kept.value - value)[:, rungs]
        np.copyto(breach, fall >= self._drop, where=known)
        # As high as before at a higher flow is not restored: the flow itself raises the pressure.
        np.copyto(clear, (fall < self._near) & (fall < self._drop) & ~kept.above[:, rungs], where=known)

    def _unsteady(self, flow: Floats, window: _Window) -> Codes:
        off = np.abs(window.steady - flow[:, :, None])
        room = (flow * self._tolerance)[:, :, None]
        far, near = window.inside & (off > room), window.inside & (off <= room)
        count = near.sum(axis=2)
        # Not count * (1 - 0.9) ≥ …: 54 of 60 is nine tenths, and 1 - 0.9 is less than 0.1.
        share = count >= (count + far.sum(axis=2)) * self._share - 1e-9
        return np.where(share, reasons.EVALUATED, reasons.UNSTEADY).astype(np.uint8)

    def _store(self, now: Round, table: Table, second: npt.NDArray[np.int32], value: Floats, flow: Floats) -> None:
        place = second & (PLACES - 1)
        rows = row_numbers(now.at)
        table["drop.second"][rows, place] = second
        table["drop.window"][rows, :, place] = value
        table["drop.steady"][rows, :, place] = flow

    def set_context(self, _table: Table, _row: int, _context: Context) -> None:
        """Nothing here depends on the patient."""

    def see(self, table: Table, row: int, position: int, rung: int | None, _now_us: int) -> Sight:
        """The value, what it is held against, and the flow."""
        spec = self._specs[position]
        value = float(table["input.value"][row, self._value[position]])
        flow = float(table["input.value"][row, self._steady[position]])
        kept = float(table["drop.baseline"][row, position])
        base = kept if isfinite(kept) else self._median(table, row, position)
        inputs = {spec.signal: value, f"{spec.signal}_median_{spec.window_s}s": base, spec.steady_signal: flow}
        unit = schema.unit(spec.signal)
        said = f"{schema.label(spec.signal)} {schema.quantity(value, unit)}"
        before = f"{schema.quantity(base, unit)} before the fall"
        if rung is None:
            against = before if isfinite(kept) else f"its {spec.window_s} s median {schema.quantity(base, unit)}"
            return Sight(f"{said} against {against}", inputs)
        limit, fall = self._group.rules[position].rungs[rung].limit, base - value
        if fall >= limit - _EPSILON:
            steady = f"{schema.label(spec.steady_signal).lower()} steady at"
            text = f"{said}, {schema.quantity(fall, unit)} below the {before} ({spec.window_s} s median), {steady}"
            return Sight(f"{text} {schema.quantity(flow, schema.unit(spec.steady_signal))}", inputs, limit)
        if not isfinite(kept):
            return Sight(f"{said}, steady at a new {spec.window_s} s median, not clear yet", inputs, limit, holds=False)
        return Sight(
            f"{said}, no longer {schema.quantity(limit, unit)} below the {before}, not clear yet",
            inputs,
            limit,
            holds=False,
        )

    def _median(self, table: Table, row: int, position: int) -> float:
        seconds = table["drop.second"][row]
        ages = int(seconds.max()) - seconds.astype(np.int64)
        window = table["drop.window"][row, position]
        held = np.sort(window[(ages >= 1) & (ages <= self._specs[position].window_s) & ~np.isnan(window)])
        return float(held[(len(held) - 1) // 2]) if len(held) else float("nan")


def _spec(rule: Rule) -> DropFile:
    assert isinstance(rule.spec, DropFile)
    return rule.spec
