"""Rules between treatments in words: every limit is said, with its unit."""

from __future__ import annotations

import re

import pytest

from alerts.between import ruleset
from alerts.between.ruleset import Rule
from homehd.safety.between import between_treatments
from telemetry.alarms import Priority

RULES = ruleset.load()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_limit_is_said_and_each_level_has_its_time(rule: Rule) -> None:
    alert = between_treatments(rule)
    text = " ".join([alert.subject, *(level.condition for level in alert.levels)])
    assert set(ruleset.numbers(rule.limits).values()) <= set(map(float, re.findall(r"\d+(?:\.\d+)?", text)))
    assert {level.priority for level in alert.levels} == set(alert.why.respond_within_s)


def test_units_are_those_of_the_names() -> None:
    (rule,) = [rule for rule in RULES if rule.id == "R25"]
    alert = between_treatments(rule)
    assert alert.subject == "Treated for less than planned, by this or more (agree 5 min)"
    assert [(level.priority, level.condition) for level in alert.levels] == [
        (Priority.MEDIUM, "30 min"), (Priority.LOW, "10 min"),
    ]  # fmt: skip
    assert alert.latches is rule.spec.latch
