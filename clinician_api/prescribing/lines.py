"""What holds for a patient as lines on the strips of a screen: in each signal's own scale. Pure.

Only what is a value of the signal alone: what depends on a baseline, a slope or another signal is no line.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Final

from alerts.prescribing import items
from alerts.prescribing.changes import Held
from alerts.ruleset import Ruleset
from alerts.schema import Rule, Rung
from clinician_api.live.views import View, tidy
from telemetry import signals

# Prescribed items that are a value of a signal.
_PRESCRIBED: Final = {
    "prescribed_conductivity_ms_cm": "dialysate_conductivity",
    items.BLOOD_FLOW: "blood_flow",
    items.DIALYSATE_FLOW: "dialysate_flow",
}
# Of these a level's limit alone tells; others have further conditions.
_DETECTORS: Final = frozenset({"limit", "reading"})
_SIDES: Final = {
    "above": ("above",), "at or above": ("above",), "below": ("below",), "at or below": ("below",),
    "outside": ("above", "below"),
}  # fmt: skip


def strip_lines(rules: Ruleset, held: Held) -> list[View]:
    """`StripLine`s: what is prescribed, then the limits of each rule, the patient's own where there is one."""
    prescribed = [
        {"signal": signal, "value": value, "beyond": "", "kind": "prescribed", "priority": None, "rule": ""}
        for item, signal in _PRESCRIBED.items()
        if (value := held.items.get(item)) is not None
    ]
    return prescribed + [line for rule in rules.rules for line in _of_rule(rule, held)]


def _of_rule(rule: Rule, held: Held) -> list[View]:
    signal = rule.inputs[0] if rule.inputs else ""
    if signal not in signals.BY_NAME or rule.spec.detector not in _DETECTORS:
        return []
    own = held.limits.get(rule.id, {})
    lines = []
    for place, rung in enumerate(rule.rungs):
        if rung.split or rung.beyond not in _SIDES:
            continue
        limit, kind = _limit(rule, place, rung, own, held)
        for side in _SIDES[rung.beyond]:
            value = _in_scale(rule, _signed(limit, side) if rung.beyond == "outside" else limit, held)
            if value is not None and isfinite(value):
                told = {"signal": signal, "value": tidy(value), "beyond": side, "kind": kind}
                lines.append({**told, "priority": str(rung.priority), "rule": rule.id})
    return lines


def _limit(rule: Rule, place: int, rung: Rung, own: Mapping[str, float], held: Held) -> tuple[float, str]:
    mine = own.get(rule.own_name(place).removeprefix(f"{rule.id} "))
    if mine is not None:
        return mine, "own"
    arranged = held.items.get(rung.limit_from) if rung.limit_from else None
    return (rung.limit, "usual") if arranged is None else (arranged, "prescribed")


def _signed(limit: float, side: str) -> float:
    return abs(limit) if side == "above" else -abs(limit)


def _in_scale(rule: Rule, limit: float, held: Held) -> float | None:
    """A limit as a value of the signal itself; None where what it is worked out from is not known."""
    source = getattr(rule.spec, "input", None)
    divided, percent = getattr(source, "divide_by", None), getattr(source, "percent_of", None)
    if divided is None and percent is None:
        return limit
    by = held.items.get(str(divided or percent))
    if by is None:
        return None
    return limit * by if divided is not None else by * (1 + limit / 100)
