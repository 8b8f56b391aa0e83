"""Which numbers of rules on readings a patient may have of their own, and which those may be.

The detectors take whatever `Context.limits` says (`detectors.own`); what people enter is checked here before that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Final

from alerts import ruleset, schema
from alerts.ruleset import Ruleset
from alerts.schema import PUMP_RUNNING, Rule
from telemetry import signals

# Those that take up numbers of the patient's own.
_DETECTORS: Final = frozenset({"limit", "drop", "pair", "blind", "trend", "projection", "reading", "fall"})
# Of these the limit is a value of the signal itself: it is one that the signal can have.
_OF_VALUES: Final = frozenset({"limit", "blind", "reading"})
# Further from the rule's own than by this factor is a mistake of unit or of typing [D].
_FACTOR: Final = 2.0
# Why a rule of another detector has none.
_WHY_NOT: Final = {
    "infusion": "it goes by what is prescribed: prescribed_heparin_ml_h, heparin_stop_min",
    "forecast": "it takes the limit of the rule it looks ahead to",
    "flag": "an alarm of the machine stands or does not: there is no number",
    "sensor": "what a sensor can read is the same for everybody",
    "stale": "silence is the line's and not the patient's",
    "limit": "it stands on time alone",
}


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a level.

    Attributes:
        usual: the rule's; two where it depends on a baseline. more_than: the deadband of its level.
        signal: whose values it is held against, "" where it is a share, a fall or a slope.
    """

    usual: tuple[float, ...]
    more_than: float = 0.0
    signal: str = ""

    @property
    def span(self) -> tuple[float, float]:
        """Between which the patient's own is."""
        ends = [usual * factor for usual in self.usual for factor in (1 / _FACTOR, _FACTOR)]
        return min(ends), max(ends)


def rules(among: Ruleset | None = None) -> dict[str, Rule]:
    """By id, the rules that have such numbers, among those that ship or others."""
    return {rule.id: rule for rule in (among or ruleset.load()).rules if numbers(rule)}


def numbers(rule: Rule) -> dict[str, Number]:
    """By name, what of a rule can be a patient's own: "high", or "medium_mean_fall" for a further one of the level."""
    if rule.spec.detector not in _DETECTORS or PUMP_RUNNING in rule.inputs:
        return {}
    found: list[tuple[str, Number]] = []
    for place, rung in enumerate(rule.rungs):
        usual = rung.split or (rung.limit,)
        main = Number(usual, rung.deadband, signal_of(rule))
        further = [(key, Number((value,), signal=signal_of(rule, key))) for key, value in rung.more]
        found += [(rule.own_name(place, key), number) for key, number in [("", main), *further]]
    # Two levels of one name cannot be told apart.
    count = Counter(name for name, _ in found)
    return {
        name.removeprefix(f"{rule.id} "): number
        for name, number in found
        if count[name] == 1 and all(isfinite(usual) and usual != 0.0 for usual in number.usual)
    }


def signal_of(rule: Rule, key: str = "") -> str:
    """The signal whose values a rule's limit, or a further number of its level, is held against; "": of none."""
    source = getattr(rule.spec, "input", None)
    worked_out = getattr(source, "divide_by", None) or getattr(source, "percent_of", None)
    if rule.spec.detector not in _OF_VALUES or worked_out:
        return ""
    return rule.inputs[1] if key else rule.inputs[0]


def check(rule: Rule, own: Mapping[str, float]) -> None:
    """ValueError naming what cannot be: no such number of the rule, or one that cannot be its limit."""
    known = numbers(rule)
    for name, value in own.items():
        if name not in known:
            raise ValueError(f"{name}: no such level; there are {', '.join(known)}")
        number = known[name]
        low, high = number.span
        if not low <= value <= high:
            usual = " or ".join(f"{one:g}" for one in number.usual)
            raise ValueError(f"{name}: {schema.number(low)} to {schema.number(high)}, the rule's own is {usual}")
        if abs(value) <= number.more_than:
            raise ValueError(f"{name}: more than {number.more_than:g}, by which it has to come back to be over")
        if number.signal and not signals.BY_NAME[number.signal].accepts(value):
            raise ValueError(f"{name}: outside what {schema.label(number.signal).lower()} can be")


def instead(among: Ruleset, wanted: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """`Context.limits` of limits by rule and level; ValueError naming rule and level that cannot be."""
    known = rules(among)
    for name, own in wanted.items():
        if name not in known:
            raise ValueError(f"{name}: {why_none(among, name)}; others can be of {', '.join(sorted(known))}")
        if not own:
            raise ValueError(f"{name}: no limit given, like high=320")
        try:
            check(known[name], own)
        except ValueError as error:
            raise ValueError(f"{name} {error}") from error
    return {f"{name} {level}": value for name, own in wanted.items() for level, value in own.items()}


def why_none(among: Ruleset, rule_id: str) -> str:
    """Why a rule on readings has no number that could be a patient's own."""
    rule = next((rule for rule in among.rules if rule.id == rule_id), None)
    return "no such rule on readings" if rule is None else _WHY_NOT.get(rule.spec.detector, "it has no limit")
