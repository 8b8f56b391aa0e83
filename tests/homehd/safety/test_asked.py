"""What the safety file says of an alert that people ask for."""

from __future__ import annotations

from alerts.asked import ruleset
from homehd.safety.asked import asked_for
from telemetry.alarms import Priority


def test_each_priority_stands_once_with_its_phases_the_highest_first() -> None:
    alert = asked_for(ruleset.help_rule())
    levels = [(level.priority, level.condition) for level in alert.levels]
    assert levels == [(Priority.HIGH, "UNKNOWN, PRETX, TX, POSTTX"), (Priority.MEDIUM, "IDL, DIS, SVC")]
    assert (alert.id, alert.latches, alert.inhibits) == ("H01", True, ())
    assert set(alert.why.respond_within_s) == {priority for priority, _ in levels}
