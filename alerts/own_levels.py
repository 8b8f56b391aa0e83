"""Which levels of rules on readings a patient may have limits of their own for, and which numbers those may be.

The detectors take whatever `Context.limits` says; what people enter is asked here before it gets there.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Final

from alerts import ruleset, schema
from alerts.ruleset import Ruleset
from alerts.schema import PUMP_RUNNING, Rule
from telemetry import signals

# Those that look at `Context.limits`.
_DETECTORS: Final = frozenset({"limit", "reading"})
# Further from the rule's own than by this factor is a mistake of unit or of typing [D].
_FACTOR: Final = 2.0


def rules(among: Ruleset | None = None) -> dict[str, Rule]:
    """By id, the rules that have such levels, among those that ship or others."""
    return {
        rule.id: rule
        for rule in (among or ruleset.load()).rules
        if rule.spec.detector in _DETECTORS and PUMP_RUNNING not in rule.inputs and _levels(rule)
    }


def check(rule: Rule, own: Mapping[str, float]) -> None:
    """ValueError naming the level first when the rule has no such one, or the number cannot be its limit."""
    levels = _levels(rule)
    for name, value in own.items():
        if name not in levels:
            raise ValueError(f"{name}: no such level; there are {', '.join(levels)}")
        usual = levels[name]
        if not isfinite(value) or not 1 / _FACTOR <= value / usual <= _FACTOR:
            low, high = sorted((usual / _FACTOR, usual * _FACTOR))
            raise ValueError(f"{name}: {schema.number(low)} to {schema.number(high)}, the rule's own is {usual:g}")
        # Of a ratio to weight or prescription the range of the signal says nothing.
        spec = getattr(rule.spec, "input", None)
        plain = getattr(spec, "divide_by", None) is None and getattr(spec, "percent_of", None) is None
        if plain and not signals.BY_NAME[rule.inputs[0]].accepts(value):
            raise ValueError(f"{name}: outside what {schema.label(rule.inputs[0]).lower()} can be")


def instead(among: Ruleset, wanted: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """`Context.limits` of limits by rule and level; ValueError naming rule and level that cannot be."""
    known = rules(among)
    for name, own in wanted.items():
        if name not in known:
            raise ValueError(f"{name}: rules on readings whose limits can be others: {', '.join(sorted(known))}")
        if not own:
            raise ValueError(f"{name}: no limit given, like high=320")
        try:
            check(known[name], own)
        except ValueError as error:
            raise ValueError(f"{name} {error}") from error
    return {f"{name} {level}": value for name, own in wanted.items() for level, value in own.items()}


def _levels(rule: Rule) -> dict[str, float]:
    """Priority -> limit, of the levels that have one."""
    return {str(rung.priority): rung.limit for rung in rule.rungs if isfinite(rung.limit) and rung.limit != 0.0}
