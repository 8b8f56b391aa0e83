"""An alert carries everything of its rule that a person is told of it."""

from __future__ import annotations

import pytest

from alerts.ruleset import Rule
from homehd.safety import conditions
from homehd.safety.alert import in_treatment
from tests.alerts.building import RULES


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.id)
def test_everything_is_the_rules_own(rule: Rule) -> None:
    alert, spec = in_treatment(rule), rule.spec
    assert (alert.id, alert.title, alert.version) == (spec.id, spec.title, rule.version)
    assert (alert.source, alert.mark, alert.action, alert.why) == (
        spec.source, spec.mark, spec.action, spec.rationalisation,
    )  # fmt: skip
    assert (alert.latches, list(alert.inhibits)) == (spec.latch, spec.inhibits)
    assert (alert.subject, list(alert.levels)) == (conditions.subject(rule), list(conditions.levels(rule)))
