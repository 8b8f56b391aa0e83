from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from alerts import ruleset
from alerts.schema import Rule
from clinician_api.alerting import before
from tests.clinician_api.builders import NOW, alert_view

RULES = {rule.id: rule for rule in ruleset.load().rules}


def view_of(rule: Rule, **fields: Any) -> dict[str, Any]:
    return alert_view(rule=rule.id, rule_version=rule.version, **fields)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_signals_are_the_rules_own_and_each_line_is_on_one_of_them(rule: Rule) -> None:
    keys = {"limit", *(key for rung in rule.rungs for key, _ in rung.more)}
    found = before.reads(view_of(rule, limits=dict.fromkeys(keys, 50.0)), rule)
    assert found.in_force
    assert set(found.names) == {*rule.inputs, *rule.watches} - {"pump_running"}
    assert {line["signal"] for line in found.limits} <= set(found.names)


def test_the_limit_is_the_one_on_record_and_not_the_rules() -> None:
    view = view_of(RULES["R13"], limits={"limit": 320.0, "on_delay_s": 5.0, "deadband": 10.0})
    assert before.reads(view, RULES["R13"]).limits == ({"signal": "venous_pressure", "name": "limit", "value": 320.0},)


def test_no_line_for_a_limit_on_another_scale() -> None:
    # R07 is per kilogram, R10 about how far a pressure fell, R17 in percent.
    for rule in (RULES["R07"], RULES["R10"], RULES["R17"]):
        assert before.reads(view_of(rule, limits={"limit": 10.0}), rule).limits == ()


def test_a_limit_on_either_side_of_nought_is_two_lines() -> None:
    rule = replace(RULES["R13"], rungs=tuple(replace(rung, beyond="outside") for rung in RULES["R13"].rungs))
    found = before.reads(view_of(rule, limits={"limit": 250.0}), rule)
    assert [line["value"] for line in found.limits] == [250.0, -250.0]


def test_a_further_limit_is_on_its_own_signal() -> None:
    view = view_of(RULES["R06"], limits={"limit": 180.0, "other_at_least": 110.0, "on_delay_s": 0.0})
    lines = [(line["signal"], line["value"]) for line in before.reads(view, RULES["R06"]).limits]
    assert lines == [("systolic", 180.0), ("diastolic", 110.0)]


def test_of_a_rule_that_has_changed_since_no_limit_and_what_it_saw_too() -> None:
    view = view_of(RULES["R13"], inputs={"blood_flow": 300.0, "rise_mmhg": 3.0}, limits={"limit": 320.0})
    found = before.reads({**view, "rule_version": "0.1.0+00000000"}, RULES["R13"])
    assert (found.in_force, found.limits) == (False, ())
    assert found.names[0] == "venous_pressure"
    assert "blood_flow" in found.names
    assert "rise_mmhg" not in found.names


def test_of_a_rule_that_is_no_more_what_it_saw() -> None:
    view = alert_view(rule="R99", inputs={"venous_pressure": 12.0, "fell_by_mmhg": 40.0})
    assert before.rule_of(view) is None
    assert before.reads(view, None).names == ("venous_pressure",)


def test_ten_minutes_before_and_five_after() -> None:
    assert before.span(alert_view()) == (NOW - 600_000_000, NOW + 300_000_000)


def test_the_history_is_handed_on_as_it_is() -> None:
    found = before.reads(view_of(RULES["R13"], limits={"limit": 250.0}), RULES["R13"])
    said = json.loads(before.answer(alert_view("7"), found, b'{"unit":"u-1"}'))
    assert (said["alert_id"], said["history"], said["limits"][0]["value"]) == ("7", {"unit": "u-1"}, 250.0)
