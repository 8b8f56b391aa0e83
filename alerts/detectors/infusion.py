"""A pump that stands though its drug is prescribed, and the time at which it is to be stopped has not come."""

from __future__ import annotations

import msgspec
import numpy as np

from alerts import schema
from alerts.detectors.base import Bools, Codes, Group, Sight
from alerts.inputs import Columns, Round
from alerts.records import Context
from alerts.schema import Delays, Head, Rule
from alerts.table import Field, Table


class Input(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The pump's rate, the minutes the treatment has left, and the context values both are held against.

    Attributes:
        prescribed: context value, the rate that is prescribed; 0 = none is, so a pump that stands is right.
        stop_before: context value, so many minutes before the end the pump is to be stopped.
    """

    signal: str
    remaining: str
    prescribed: str
    stop_before: str


class InfusionFile(Head, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule file of this detector."""

    input: Input
    level: list[Delays]


def compile_rule(spec: InfusionFile, version: str) -> Rule:
    """The rule of a file; ValueError says what is wrong with it."""
    if any(level.deadband for level in spec.level):
        raise ValueError("deadband: a pump runs or stands")
    rungs = tuple(schema.rung(level, 0.0, "at") for level in spec.level)
    source = spec.input
    return Rule(spec, version, (source.signal, source.remaining), (), (source.prescribed, source.stop_before), rungs)


class Infusion:
    """All infusion rules at once."""

    per_treatment: tuple[str, ...] = ()

    def __init__(self, group: Group, columns: Columns) -> None:
        self._group = group
        self._specs = [_spec(rule).input for rule in group.rules]
        self._rate = np.array([columns.place(spec.signal) for spec in self._specs], np.intp)
        self._left = np.array([columns.place(spec.remaining) for spec in self._specs], np.intp)
        self.fields: tuple[Field, ...] = (
            Field("infusion.prescribed", "f4", np.nan, group.rule_labels, given=True),
            Field("infusion.stop_before", "f4", np.nan, group.rule_labels, given=True),
        )

    def evaluate(self, now: Round, table: Table, breach: Bools, clear: Bools, _why: Codes) -> None:
        """Breach while the pump stands and should run; clear while it runs or need not."""
        rate, left = now.values[:, self._rate], now.values[:, self._left]
        due = (table["infusion.prescribed"][now.at] > 0.0) & (left > table["infusion.stop_before"][now.at])
        stands = (rate <= 0.0) & due
        known = ~(np.isnan(rate) | np.isnan(left))
        breach[...] = stands[:, self._group.rule_of_rung]
        clear[...] = (known & ~stands)[:, self._group.rule_of_rung]

    def set_context(self, table: Table, row: int, context: Context) -> None:
        """What is prescribed, and when it is to be stopped."""
        for position, spec in enumerate(self._specs):
            for field, key in (("prescribed", spec.prescribed), ("stop_before", spec.stop_before)):
                value = schema.context_value(context, key)
                table[f"infusion.{field}"][row, position] = np.nan if value is None else value

    def see(self, table: Table, row: int, position: int, rung: int | None, _now_us: int) -> Sight:
        """The rate, what is prescribed, and how far the planned stop is away."""
        spec = self._specs[position]
        rate = float(table["input.value"][row, self._rate[position]])
        left = float(table["input.value"][row, self._left[position]])
        prescribed = float(table["infusion.prescribed"][row, position])
        stop = float(table["infusion.stop_before"][row, position])
        inputs = {spec.signal: rate, spec.remaining: left, spec.prescribed: prescribed, spec.stop_before: stop}
        unit, drug = schema.unit(spec.signal), schema.label(spec.signal)
        said = f"{drug} {schema.quantity(rate, unit)}, {schema.quantity(prescribed, unit)} prescribed"
        if not prescribed > 0.0:
            return Sight(f"{drug} {schema.quantity(rate, unit)}, none prescribed", inputs)
        if left <= stop:
            planned = f"planned to stop {schema.quantity(stop, 'min')} before the end"
            return Sight(f"{said}, {planned}", inputs, holds=False)
        if rung is None or rate > 0.0:
            return Sight(said, inputs, holds=False)
        return Sight(f"{said} until {schema.quantity(stop, 'min')} before the end, {_left(left)}", inputs, 0.0)


def _left(minutes: float) -> str:
    return f"{schema.quantity(minutes, 'min')} left"


def _spec(rule: Rule) -> InfusionFile:
    assert isinstance(rule.spec, InfusionFile)
    return rule.spec
