"""A change of what is prescribed and of own limits: what cannot be, and how much less would be told. Pure.

Compared are what holds now and what would hold. Nothing here knows who asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from math import isfinite
from typing import Final

from alerts import own_levels, schema
from alerts.own_levels import Number
from alerts.prescribing.items import COMPARED, LABELS, RANGES
from alerts.prescribing.reach import HIGHER, REACH
from alerts.ruleset import Ruleset
from alerts.schema import Rule, Rung

Limits = Mapping[str, Mapping[str, float]]
Items = Mapping[str, float | None]

# Prescribed items whose rules tell less the higher they are, and the lower [D].
_LESS_WHEN_HIGHER: Final = frozenset({"target_weight_kg", "transmembrane_limit_mmhg"})
_LESS_WHEN_LOWER: Final = frozenset({"pre_systolic_mmhg", "prescribed_spktv"})
# A step of one: R07 goes by it, and a slip of a digit is rather more than one in twenty [D].
_WEIGHT_STEP: Final = 0.05
# R17's own medium level: the dialysate of yesterday would be an alarm today, or the other way round.
_CONDUCTIVITY_STEP: Final = 0.05
_WEIGHT: Final = "target_weight_kg"
_CONDUCTIVITY: Final = "prescribed_conductivity_ms_cm"
_HEPARIN: Final = "prescribed_heparin_ml_h"
_TRANSMEMBRANE: Final = "transmembrane_limit_mmhg"
# Without them a rule with a vital level is not evaluated: R01, R17. R07 keeps its weight, R15 has its own.
_VITAL: Final = frozenset({"pre_systolic_mmhg", _CONDUCTIVITY})
_LADDER: Final = ("low", "medium", "high")


class Verdict(StrEnum):
    """What a change is; these words are stored. In order: a proposal is the greatest of its changes."""

    HARMLESS = "harmless"
    NARROWING = "narrowing"
    WIDENING = "widening"
    DANGEROUS = "dangerous widening"


class Why(StrEnum):
    """Why it is that; screens have words for each."""

    SAME = "same"  # in effect as before
    MORE = "more is told"
    LESS = "less is told"
    LESS_BEYOND = "less is told than by the rule's own"
    VITAL = "beyond the rule's own at a level that must be told"
    BLIND = "changes when the needle rules are blind"
    BACK = "taken back: its rules are not evaluated"
    OTHER_MEASURE = "rules measure against another value"
    LARGE_STEP = "a large step"
    COMPARED = "what is delivered is compared with it; no rule goes by it"


_ORDER: Final = {verdict: n for n, verdict in enumerate(Verdict)}


@dataclass(frozen=True, slots=True)
class Held:
    """What holds for a patient: own limits by rule and name, prescribed items by name (absent or None: not known).

    earlier: values of an item that a step is held against besides, so that small steps and an empty field add up.
    """

    limits: Limits
    items: Items
    earlier: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to hold instead; None of a limit: the rule's own again, of an item: not known any more."""

    limits: Mapping[str, Mapping[str, float | None]]
    items: Items


@dataclass(frozen=True, slots=True)
class Wrong:
    """A value that cannot be. where: `limits.R13.high` or `items.prescribed_spktv`."""

    where: str
    why: str


@dataclass(frozen=True, slots=True)
class Change:
    """One change, judged. rule: empty of a prescribed item. old, new: None where there is none of the patient's own."""

    rule: str
    name: str
    unit: str
    old: float | None
    new: float | None
    verdict: Verdict
    why: Why
    source: str


def resulting(held: Held, wanted: Wanted) -> dict[str, dict[str, float]]:
    """Own limits of each rule that is changed, as they would hold, all of them."""
    found: dict[str, dict[str, float]] = {}
    for rule, names in wanted.limits.items():
        merged: dict[str, float | None] = {**held.limits.get(rule, {}), **names}
        found[rule] = {name: value for name, value in merged.items() if value is not None}
    return found


def wrong(rules: Ruleset, held: Held, wanted: Wanted) -> list[Wrong]:
    """Everything that cannot be, each at its field; empty: it can."""
    known, found = own_levels.rules(rules), []
    for rule_id, names in wanted.limits.items():
        rule = known.get(rule_id)
        if rule is None:
            found.append(Wrong(f"limits.{rule_id}", own_levels.why_none(rules, rule_id)))
            continue
        mine = [_out_of_range(rule, name, value) for name, value in names.items()]
        found += [one for one in mine if one is not None]
        if not any(mine):
            found += _out_of_order(rule, resulting(held, wanted)[rule_id], names)
    found += [one for item, value in wanted.items.items() if (one := _wrong_item(item, value)) is not None]
    return found


def judge(rules: Ruleset, held: Held, wanted: Wanted) -> list[Change]:
    """Each change with its verdict, in the order of `wanted`; only of what `wrong` has nothing to say to."""
    known = own_levels.rules(rules)
    limits = [
        _limit(rule, name, own_levels.numbers(known[rule])[name], held.limits.get(rule, {}).get(name), value)
        for rule, names in wanted.limits.items()
        for name, value in names.items()
    ]
    return limits + [
        _item(item, held.items.get(item), value, held.earlier.get(item, ())) for item, value in wanted.items.items()
    ]


def verdict(changes: list[Change]) -> Verdict:
    """That of all together: of the greatest."""
    return max((one.verdict for one in changes), key=_ORDER.__getitem__, default=Verdict.HARMLESS)


def needs_second(found: Verdict) -> bool:
    """Whether another person has to sign before it holds."""
    return found is Verdict.DANGEROUS


def _out_of_range(rule: Rule, name: str, value: float | None) -> Wrong | None:
    where = f"limits.{rule.id}.{name}"
    if value is None:
        known = own_levels.numbers(rule)
        return None if name in known else Wrong(where, f"no such level; there are {', '.join(known)}")
    if not isfinite(value):
        return Wrong(where, "no number")
    try:
        own_levels.check(rule, {name: value})
    except ValueError as error:
        return Wrong(where, str(error).partition(": ")[2])
    return None


def _out_of_order(rule: Rule, own: Mapping[str, float], asked: Mapping[str, float | None]) -> list[Wrong]:
    """A lower priority is told before a higher one; what is below is below what is above."""
    numbers = own_levels.numbers(rule)
    upwards = {rule.own_name(n, "").removeprefix(f"{rule.id} "): _is_above(one) for n, one in enumerate(rule.rungs)}
    present = [name for name in _LADDER if name in numbers]
    found = []
    for lower, higher in pairwise(present):
        before, after = (_effective(numbers[name], own.get(name)) for name in (lower, higher))
        if upwards[lower] == upwards[higher]:
            fits = before[1] <= after[0] if upwards[lower] else before[0] >= after[1]
            told = "at most" if upwards[lower] else "at least"
        elif numbers[lower].signal:
            fits, told = before[1] < after[0], "less than"
        else:
            continue  # either side of a goal
        if not fits:
            at = lower if lower in asked else higher
            found.append(Wrong(f"limits.{rule.id}.{at}", f"{lower} has to be {told} {higher}, {_told(after)}"))
    return found


def _is_above(rung: Rung) -> bool:
    return rung.beyond not in ("below", "at or below")


def _told(number: tuple[float, float]) -> str:
    return "which is " + " or ".join(map(schema.number, sorted(set(number))))


def _effective(number: Number, own: float | None) -> tuple[float, float]:
    """The least and the greatest it can be: a rule's own may depend on the patient."""
    return (min(number.usual), max(number.usual)) if own is None else (own, own)


def _limit(rule: str, name: str, number: Number, old: float | None, new: float | None) -> Change:
    reach = REACH[rule, name]
    sign = 1.0 if reach.less == HIGHER else -1.0
    usual = [sign * one for one in number.usual]
    # How late it is told, greater is later. Of two numbers of the rule's own a change is held against the stricter one.
    before = min(usual) if old is None else sign * old
    after = max(usual) if new is None else sign * new
    if old == new:
        after = before
    if reach.either and after != before:
        back = new is None or new in number.usual
        found = (Verdict.NARROWING, Why.MORE) if back else (Verdict.DANGEROUS, Why.BLIND)
    elif after <= before:
        # Of two numbers the stricter one for good is more than before, for some.
        same = old == new or (after == before and len(usual) == 1)
        found = (Verdict.HARMLESS, Why.SAME) if same else (Verdict.NARROWING, Why.MORE)
    elif after <= max(usual):
        found = (Verdict.WIDENING, Why.LESS)
    else:
        found = (Verdict.DANGEROUS, Why.VITAL) if reach.vital else (Verdict.WIDENING, Why.LESS_BEYOND)
    return Change(rule, name, reach.unit, old, new, *found, reach.source)


def _wrong_item(item: str, value: float | None) -> Wrong | None:
    where = f"items.{item}"
    if item not in RANGES:
        return Wrong(where, f"what is prescribed is one of {', '.join(RANGES)}")
    if value is None:
        return Wrong(where, "a weight to be reached is not taken back: enter another") if item == _WEIGHT else None
    low, high = RANGES[item]
    if not isfinite(value) or not low <= value <= high:
        return Wrong(where, f"{low:g} to {high:g} {LABELS[item][1]}".rstrip())
    return None


def _item(item: str, old: float | None, new: float | None, earlier: tuple[float, ...]) -> Change:
    found = _judged_item(item, old, new)
    for one in earlier:
        # A step back towards an earlier value is never held up by it.
        away = old is None or (new is not None and abs(new - one) > abs(old - one))
        besides = _judged_item(item, one, new)
        if old != new and away and _ORDER[besides[0]] > _ORDER[found[0]]:
            found = besides
    return Change("", item, LABELS[item][1].partition(" ")[0], old, new, *found, "docs/operations/prescription.md")


def _judged_item(item: str, old: float | None, new: float | None) -> tuple[Verdict, Why]:
    if old == new:
        return Verdict.HARMLESS, Why.SAME
    if item in COMPARED:
        return Verdict.HARMLESS, Why.COMPARED
    if item == _TRANSMEMBRANE:
        # R15 has a number of its own without it.
        old, new = (_R15 if one is None else one for one in (old, new))
    if new is None:
        return (Verdict.DANGEROUS if item in _VITAL else Verdict.WIDENING), Why.BACK
    if old is None:
        return Verdict.NARROWING, Why.MORE
    step = abs(new - old) / max(old, new)
    if (item == _WEIGHT and new > old and step > _WEIGHT_STEP) or (item == _CONDUCTIVITY and step > _CONDUCTIVITY_STEP):
        return Verdict.DANGEROUS, Why.LARGE_STEP
    if item in _LESS_WHEN_HIGHER | _LESS_WHEN_LOWER:
        less = new > old if item in _LESS_WHEN_HIGHER else new < old
        same = (Verdict.HARMLESS, Why.SAME)
        return same if new == old else (Verdict.WIDENING, Why.LESS) if less else (Verdict.NARROWING, Why.MORE)
    if item == _HEPARIN and new == 0:
        return Verdict.WIDENING, Why.BACK
    return Verdict.HARMLESS, Why.OTHER_MEASURE


_R15: Final = 300.0
