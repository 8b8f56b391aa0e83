"""A value below the median of its own last minute, while another stays steady (needle dislodgement, static).

*More than half of the window's readings lie at least `drop` above the present one* is the same as *the lower median
lies at least `drop` above it*, and needs no sorting. The window has one place per second and holds the last reading
of that second, so that it covers the same time at any rate of reading; the present second is not part of it.
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from alerts import reasons, schema
from alerts.detectors.base import Bools, Codes, Group, Sight
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
    """

    signal: str
    window_s: int = 60
    min_readings: int = 6
    min_span_s: int = 30
    steady_signal: str
    steady_percent: float
    steady_share: float = 0.9


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
    lanes = tuple(schema.lane(level, level.drop, "at least") for level in spec.level)
    return Rule(spec, version, (spec.input.signal, spec.input.steady_signal), (), (), lanes)


class Drop:
    """All drop rules at once."""

    per_treatment: tuple[str, ...] = ("drop.second", "drop.window")

    def __init__(self, group: Group, columns: Columns) -> None:
        self._group = group
        self._specs = [_spec(rule).input for rule in group.rules]
        names = sorted({name for spec in self._specs for name in (spec.signal, spec.steady_signal)})
        self._columns = np.array([columns.place(name) for name in names], np.intp)
        self._value = np.array([names.index(spec.signal) for spec in self._specs], np.intp)
        self._steady = np.array([names.index(spec.steady_signal) for spec in self._specs], np.intp)
        self._window_s = np.array([spec.window_s for spec in self._specs], np.int32)[:, None]
        self._min_span_s = np.array([spec.min_span_s for spec in self._specs], np.int32)[:, None]
        self._min_readings = np.array([spec.min_readings for spec in self._specs])
        self._tolerance = np.array([spec.steady_percent / 100.0 for spec in self._specs], np.float32)
        self._share = np.array([spec.steady_share for spec in self._specs])
        self._drop = np.array([lane.limit for _, lane in group.lanes], np.float32) - _EPSILON
        self._deadband = np.array([lane.deadband for _, lane in group.lanes], np.float32)
        self._has_deadband = bool(self._deadband.any())
        self.fields: tuple[Field, ...] = (
            Field("drop.second", "i4", _LONG_AGO, None, (PLACES,)),
            Field("drop.window", "f4", np.nan, tuple(names), (PLACES,)),
        )

    def evaluate(self, now: Round, table: Table, breach: Bools, clear: Bools, why: Codes) -> None:
        """Breach while the value lies `drop` under the median; codes where the window does not allow to say."""
        second = (now.time // 1_000_000 - _ORIGIN).astype(np.int32)
        present = now.values[:, self._columns]
        ages = (second[:, None] - table["drop.second"][now.at])[:, None, :]
        window = table["drop.window"][now.at]
        inside = (ages >= 1) & (ages <= self._window_s)
        values = window[:, self._value, :]
        held = inside & ~np.isnan(values)
        count = held.sum(axis=2)
        self._look(present[:, self._value], values, held, count, breach, clear)
        reaches_back = (held & (ages >= self._min_span_s)).any(axis=2)
        flow = present[:, self._steady]
        codes = self._unsteady(flow, window[:, self._steady, :], inside)
        codes[flow <= 0.0] = reasons.PUMP_STOPPED
        codes[(count < self._min_readings) | ~reaches_back] = reasons.WINDOW_UNFILLED
        why[:, self._group.indexes] = np.maximum(why[:, self._group.indexes], codes)
        self._store(now, table, second, present)

    def _look(
        self,
        present: npt.NDArray[np.float32],
        values: npt.NDArray[np.float32],
        held: Bools,
        count: npt.NDArray[np.intp],
        breach: Bools,
        clear: Bools,
    ) -> None:
        lanes = self._group.rule_of_lane
        half = count[:, lanes]
        level = present[:, lanes] + self._drop
        held, values = held[:, lanes, :], values[:, lanes, :]
        breach[...] = 2 * (held & (values >= level[:, :, None])).sum(axis=2) > half
        low = breach
        if self._has_deadband:
            level -= self._deadband
            low = 2 * (held & (values >= level[:, :, None])).sum(axis=2) > half
        clear[...] = ~low & ~np.isnan(level)

    def _unsteady(self, flow: npt.NDArray[np.float32], window: npt.NDArray[np.float32], inside: Bools) -> Codes:
        off = np.abs(window - flow[:, :, None])
        far = inside & (off > (flow * self._tolerance)[:, :, None])
        near = inside & (off <= (flow * self._tolerance)[:, :, None])
        share = near.sum(axis=2) * (1.0 - self._share) >= far.sum(axis=2) * self._share
        return np.where(share, reasons.EVALUATED, reasons.UNSTEADY).astype(np.uint8)

    def _store(self, now: Round, table: Table, second: npt.NDArray[np.int32], present: npt.NDArray[np.float32]) -> None:
        place = second & (PLACES - 1)
        rows = row_numbers(now.at)
        table["drop.second"][rows, place] = second
        table["drop.window"][rows, :, place] = present

    def set_context(self, _table: Table, _row: int, _context: Context) -> None:
        """Nothing here depends on the patient."""

    def see(self, table: Table, row: int, position: int, lane: int | None, _now_us: int) -> Sight:
        """The value, its median and the flow."""
        spec = self._specs[position]
        value = float(table["input.value"][row, self._columns[self._value[position]]])
        flow = float(table["input.value"][row, self._columns[self._steady[position]]])
        median = self._median(table, row, position)
        inputs = {spec.signal: value, f"{spec.signal}_median_{spec.window_s}s": median, spec.steady_signal: flow}
        name, unit = schema.label(spec.signal), schema.unit(spec.signal)
        against = f"its {spec.window_s} s median {schema.quantity(median, unit)}"
        if lane is None:
            return Sight(f"{name} {schema.quantity(value, unit)} against {against}", inputs)
        limit = self._group.rules[position].lanes[lane].limit
        if not median - value >= limit - _EPSILON:
            return Sight(f"{name} {schema.quantity(value, unit)}, no longer low", inputs, limit, holds=False)
        fallen = schema.quantity(median - value, unit)
        steady = f"{schema.label(spec.steady_signal).lower()} steady at"
        text = f"{name} {schema.quantity(value, unit)}, {fallen} below {against}, {steady}"
        return Sight(f"{text} {schema.quantity(flow, schema.unit(spec.steady_signal))}", inputs, limit)

    def _median(self, table: Table, row: int, position: int) -> float:
        seconds = table["drop.second"][row]
        ages = int(seconds.max()) - seconds.astype(np.int64)
        window = table["drop.window"][row, self._value[position]]
        held = np.sort(window[(ages >= 1) & (ages <= self._specs[position].window_s) & ~np.isnan(window)])
        return float(held[(len(held) - 1) // 2]) if len(held) else float("nan")


def _spec(rule: Rule) -> DropFile:
    assert isinstance(rule.spec, DropFile)
    return rule.spec
