"""A value too low for a fall of it to be seen, at a flow that should raise it (needle rules blind)."""

from __future__ import annotations

import msgspec
import numpy as np

from alerts import reasons, schema
from alerts.detectors.base import Bools, Codes, Group, Sight
from alerts.inputs import Columns, Round
from alerts.records import Context
from alerts.schema import Delays, Head, Rule
from alerts.table import Field, Table


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
        self._limits = np.array([rung.limit for _, rung in group.rungs])
        self._deadbands = np.array([rung.deadband for _, rung in group.rungs], np.float32)
        self.fields: tuple[Field, ...] = (Field("blind.below", "f4", self._limits, group.rung_labels, saved=False),)

    def evaluate(self, now: Round, table: Table, breach: Bools, clear: Bools, why: Codes) -> None:
        """Breach while too low; clear once up by the deadband; a code where the flow is too low to tell."""
        value = now.values[:, self._value][:, self._group.rule_of_rung]
        below = table["blind.below"][now.at]
        np.less(value, below, out=breach)
        np.greater_equal(value, below + self._deadbands, out=clear)
        own = why[:, self._group.own]
        # Said last: a value that is lost as well is more than one that cannot be judged now.
        slow = (now.values[:, self._flow] < self._least) & (own == reasons.EVALUATED)
        why[:, self._group.own] = np.where(slow, np.uint8(reasons.LOW_FLOW), own)

    def set_context(self, table: Table, row: int, context: Context) -> None:
        """The patient's own limits go first."""
        for column, (position, rung) in enumerate(self._group.rungs):
            own = context.limits.get(f"{self._group.rules[position].id} {rung.priority}")
            table["blind.below"][row, column] = rung.limit if own is None or not np.isfinite(own) else own

    def see(self, table: Table, row: int, position: int, rung: int | None, _now_us: int) -> Sight:
        """The value and the flow it is at."""
        spec = self._specs[position]
        value = float(table["input.value"][row, self._value[position]])
        flow = float(table["input.value"][row, self._flow[position]])
        inputs = {spec.signal: value, spec.flow_signal: flow}
        said = f"{schema.label(spec.signal)} {schema.quantity(value, schema.unit(spec.signal))} at "
        said += schema.quantity(flow, schema.unit(spec.flow_signal))
        if rung is None:
            return Sight(f"{said}, high enough for a fall to be seen", inputs)
        limit = float(table["blind.below"][row, self._group.column(position, rung)])
        past = f"below {schema.quantity(limit, schema.unit(spec.signal))}"
        if value < limit:
            return Sight(f"{said}, {past}: a fall could not be seen", inputs, limit)
        return Sight(f"{said}, no longer {past}, not clear yet", inputs, limit, holds=False)


def _spec(rule: Rule) -> BlindFile:
    assert isinstance(rule.spec, BlindFile)
    return rule.spec
