"""A value too low for a fall of it to be seen, at a flow that should raise it (needle rules blind).

Where the needle is calibrated (`alerts.adequacy.needle_calibration`), the value that counts is what is left of it once
needle and line have had their share: no more than that can be lost when the needle slips out.
"""

from __future__ import annotations

from math import nan
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from alerts import reasons, schema
from alerts.adequacy import needle_calibration
from alerts.detectors.base import Bools, Codes, Group, Sight
from alerts.detectors.own import Own, names
from alerts.inputs import Columns, Round
from alerts.out_of_range import OutOfRange
from alerts.records import Context
from alerts.schema import Delays, Head, Rule
from alerts.table import Field, Table

_NEEDLE: Final = "blind.needle"  # a, b, and the flows between which they hold
# A flow set to the highest that was calibrated wavers about it.
_WAVER: Final = 0.05


class Input(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is too low, and from which flow on that means something; below it nothing is said."""

    signal: str
    flow_signal: str
    flow_at_least: float


class Level(Delays, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`below`: too low, in the signal's unit."""

    below: float


class BlindFile(Head, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule file of this detector."""

    input: Input
    level: list[Level]


def compile_rule(spec: BlindFile, version: str) -> Rule:
    """The rule of a file; ValueError says what is wrong with it."""
    if not spec.input.flow_at_least > 0.0:
        raise ValueError("flow_at_least: above 0")
    rungs = tuple(schema.rung(level, level.below, "below") for level in spec.level)
    return Rule(spec, version, (spec.input.signal, spec.input.flow_signal), (), (), rungs)


class Blind:
    """All blind rules at once."""

    per_treatment: tuple[str, ...] = ()

    def __init__(self, group: Group, columns: Columns) -> None:
        self._group = group
        self._specs = [_spec(rule).input for rule in group.rules]
        self._value = np.array([columns.place(spec.signal) for spec in self._specs], np.intp)
        self._flow = np.array([columns.place(spec.flow_signal) for spec in self._specs], np.intp)
        self._least = np.array([spec.flow_at_least for spec in self._specs], np.float32)
        limits = [rung.limit for _, rung in group.rungs]
        self._below = Own("blind.below", group, limits, names(group), "f4")
        self._deadbands = np.array([rung.deadband for _, rung in group.rungs], np.float32)
        self.fields: tuple[Field, ...] = (
            *self._below.fields,
            Field(_NEEDLE, "f4", np.nan, None, (4,), given=True),
        )

    def evaluate(self, now: Round, table: Table, breach: Bools, clear: Bools, why: Codes) -> None:
        """Breach while too low; clear once up by the deadband; a code where the flow is too low to tell."""
        flow, value = now.values[:, self._flow], now.values[:, self._value]
        # What is not known of the needle is passed over.
        least = np.fmin(value, value - _drop(table[_NEEDLE][now.at], flow))[:, self._group.rule_of_rung]
        below = self._below.of(table, now.at)
        np.less(least, below, out=breach)
        np.greater_equal(least, below + self._deadbands, out=clear)
        own = why[:, self._group.own]
        # Said last: a value that is lost as well is more than one that cannot be judged now.
        slow = (flow < self._least) & (own == reasons.EVALUATED)
        why[:, self._group.own] = np.where(slow, np.uint8(reasons.LOW_FLOW), own)

    def set_context(self, table: Table, row: int, context: Context) -> None:
        """The patient's own limits go first; the needle as it is calibrated."""
        table[_NEEDLE][row] = _coefficients(context.needle)
        self._below.set_context(table, row, context)

    def see(self, table: Table, row: int, position: int, rung: int | None, _now_us: int) -> Sight:
        """The value and the flow it is at."""
        spec = self._specs[position]
        value = float(table["input.value"][row, self._value[position]])
        flow = float(table["input.value"][row, self._flow[position]])
        inputs = {spec.signal: value, spec.flow_signal: flow}
        unit = schema.unit(spec.signal)
        said = f"{schema.label(spec.signal)} {schema.quantity(value, unit)} at "
        said += schema.quantity(flow, schema.unit(spec.flow_signal))
        drop = float(_drop(table[_NEEDLE][row][None], np.array([[flow]], np.float32))[0, 0])
        if drop > 0.0:
            inputs |= {"needle_pressure": drop, "access_pressure": value - drop}
            said += f", {schema.quantity(value - drop, unit)} of it of the access and {schema.quantity(drop, unit)} "
            said += "of needle and line"
            value -= drop
        if rung is None:
            return Sight(f"{said}, high enough for a fall to be seen", inputs)
        limit = self._below.at(table, row, self._group.column(position, rung))
        past = f"below {schema.quantity(limit, unit)}"
        if value < limit:
            return Sight(f"{said}, {past}: a fall could not be seen", inputs, limit)
        return Sight(f"{said}, no longer {past}, not clear yet", inputs, limit, holds=False)


def _coefficients(needle: tuple[tuple[float, float], ...]) -> tuple[float, float, float, float]:
    """a, b, and the flows between which the curve holds; NaN where there is none."""
    if not needle:
        return nan, nan, nan, nan
    flows, pressures = zip(*needle, strict=True)
    try:
        fitted = needle_calibration.vdp0(max(flows), flows, pressures)
    except OutOfRange:
        return nan, nan, nan, nan
    return fitted.a, fitted.b, min(flows) * (1.0 - _WAVER), max(flows) * (1.0 + _WAVER)


def _drop(needle: npt.NDArray[np.float32], flow: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """What needle and line take at these flows, mmHg, [n, rules]; NaN beyond the flows that were measured."""
    a, b, low, high = (needle[:, place, None] for place in range(4))
    inside = (flow >= low) & (flow <= high)
    return np.where(inside, np.maximum(flow * (a + b * flow), 0.0), np.float32(np.nan)).astype(np.float32)


def _spec(rule: Rule) -> BlindFile:
    assert isinstance(rule.spec, BlindFile)
    return rule.spec
