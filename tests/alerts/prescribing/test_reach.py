"""The table of which way less is told: complete, and as the rules themselves breach their limits."""

from __future__ import annotations

import pytest

from alerts import own_levels, ruleset
from alerts.prescribing.reach import HIGHER, LOWER, REACH
from alerts.schema import Rule

RULES = ruleset.load()
KNOWN = own_levels.rules(RULES)
# How far beyond a goal, or below it: counted away from nought, whichever side.
OF_A_GOAL = {("R08", "low"), ("R29", "low")}


def test_every_number_that_can_be_a_patients_own_has_its_row() -> None:
    there = {(rule.id, name) for rule in KNOWN.values() for name in own_levels.numbers(rule)}
    assert there == set(REACH)


def levels(rule: Rule) -> list[tuple[str, str]]:
    prefix = f"{rule.id} "
    return [(rule.own_name(n, "").removeprefix(prefix), rung.beyond) for n, rung in enumerate(rule.rungs)]


@pytest.mark.parametrize("rule", KNOWN.values(), ids=lambda rule: rule.id)
def test_less_is_told_further_the_way_a_level_is_breached(rule: Rule) -> None:
    for name, beyond in levels(rule):
        if (rule.id, name) not in REACH:
            continue
        breached_upwards = beyond in {"above", "at or above", "at least", "outside", "out of"}
        expected = HIGHER if breached_upwards or (rule.id, name) in OF_A_GOAL else LOWER
        assert REACH[rule.id, name].less == expected, name


def test_all_that_is_high_is_vital_and_what_inhibits_needle_rules_is_dangerous_either_way() -> None:
    assert {key for key in REACH if key[1].startswith("high")} <= {key for key, reach in REACH.items() if reach.vital}
    blinding = {rule.id for rule in RULES.rules if {"R10", "R11"} & set(rule.spec.inhibits) and rule.id in KNOWN}
    assert {rule for (rule, _), reach in REACH.items() if reach.either} == blinding == {"R12"}


def test_every_row_says_why_and_in_which_unit() -> None:
    for (rule, _), reach in REACH.items():
        assert reach.source.startswith(rule)
        assert reach.unit
