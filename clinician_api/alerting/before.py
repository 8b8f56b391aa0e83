"""What a rule had to look at around the time its alert began: which signals, and the limits that are values of them.

Pure. Signals come from the rule itself, numbers from the alert's record: no second list is kept of either.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import isfinite
from typing import Any, Final

import msgspec

from alerts import own_levels, ruleset
from alerts.schema import Rule
from clinician_api.live.views import View, microseconds
from telemetry import signals

BEFORE_US: Final = 600 * 1_000_000
AFTER_US: Final = 300 * 1_000_000
BUCKETS: Final = 450  # of two seconds each


@dataclass(frozen=True, slots=True)
class Reads:
    """What an alert's rule reads.

    Attributes:
        names: signals, those without which it is not evaluated first.
        limits: `LimitLine`s of those.
        in_force: whether the rule is still the one that found the alert. Where it is not, no limit is drawn: what it
            was held against then nobody knows any more.
    """

    names: tuple[str, ...]
    limits: tuple[View, ...]
    in_force: bool


def reads(view: View, rule: Rule | None) -> Reads:
    """Of an `AlertView` and its rule as it is today; None: there is no such rule on readings."""
    recorded = [name for name in view["inputs"] if name in signals.BY_NAME]
    if rule is None:
        return Reads(tuple(recorded), (), in_force=False)
    in_force = rule.version == view["rule_version"]
    named = [*rule.inputs, *rule.watches, *([] if in_force else recorded)]
    names = tuple(dict.fromkeys(name for name in named if name in signals.BY_NAME))
    return Reads(names, tuple(_lines(rule, view["limits"])) if in_force else (), in_force)


def rule_of(view: View) -> Rule | None:
    """The rule of an `AlertView` as it is today."""
    return _rules().get(view["rule"])


def span(view: View) -> tuple[int, int]:
    """From ten minutes before an alert began to five after it, in microseconds."""
    since_us = microseconds(view["since"])
    return since_us - BEFORE_US, since_us + AFTER_US


def answer(view: View, found: Reads, history: bytes) -> bytes:
    """The JSON of an `AlertBefore`; `history` is that of a `History`."""
    return msgspec.json.encode({
        "alert_id": view["alert_id"], "since": view["since"], "rule_in_force": found.in_force,
        "signals": found.names, "limits": found.limits, "history": msgspec.Raw(history),
    })  # fmt: skip


def _lines(rule: Rule, recorded: dict[str, float | None]) -> list[dict[str, Any]]:
    further = dict.fromkeys(key for rung in rule.rungs for key, _ in rung.more)
    both_sides = any(rung.beyond == "outside" for rung in rule.rungs)
    found = []
    for name, key in [("limit", ""), *((key, key) for key in further)]:
        signal, value = own_levels.signal_of(rule, key), recorded.get(name)
        if signal not in signals.BY_NAME or value is None or not isfinite(value):
            continue
        values = (value, -value) if both_sides and name == "limit" else (value,)
        found += [{"signal": signal, "name": name, "value": one} for one in values]
    return found


@cache
def _rules() -> dict[str, Rule]:
    return {rule.id: rule for rule in ruleset.load().rules}
