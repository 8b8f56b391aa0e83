"""What two ways of judging come to, as lines for a person: the sum first, then each rule with what is gone and new."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from homehd.names import shown


def lines(told: dict[str, Any], instead: str) -> Iterator[str]:
    """Of `evaluation.what_if.as_object`. `instead`: what is tried, in words.

    Rules without an alert and with an answer for as long as before are left out.
    """
    alerts = told["alerts"]
    yield (
        f"{instead}: {_count(alerts['new'], 'alert')} instead of {alerts['old']}"
        f" in {_count(told['treatments'], 'treatment')}, {told['hours']:g} h"
    )
    for rule in told["rules"]:
        if _is_telling(rule):
            yield from _rule(rule)
    if told["not_judged"]:
        yield f"not judged, because nobody is silent in what is stored: {', '.join(told['not_judged'])}"


def _is_telling(rule: dict[str, Any]) -> bool:
    old, new = rule["old"], rule["new"]
    if not old or not new:
        return True
    return bool(old["alerts"] or new["alerts"] or old["evaluated_hours"] != new["evaluated_hours"])


def _rule(rule: dict[str, Any]) -> Iterator[str]:
    old, new = rule["old"], rule["new"]
    yield f"{rule['rule']}\t{rule['title']}\t{_side(old)} → {_side(new)}"
    for alert in rule["gone"]:
        yield _alert("gone", alert, alert["priority"])
    for alert in rule["added"]:
        yield _alert("new", alert, alert["priority"])
    for change in rule["changed"]:
        yield _alert("changed", change["new"], f"{change['old']['priority']} → {change['new']['priority']}")


def _side(side: dict[str, Any] | None) -> str:
    if side is None:
        return "no such rule"
    return f"{_count(side['alerts'], 'alert')} (evaluated {side['evaluated_hours']:g} h)"


def _alert(kind: str, alert: dict[str, Any], priority: str) -> str:
    time: datetime = alert["time"]
    where = f"treatment {alert['treatment_id']}"
    return f"  {kind}\t{time:%Y-%m-%dT%H:%M:%SZ}\t{where}\t{priority}\t{shown(alert['reason'])}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
