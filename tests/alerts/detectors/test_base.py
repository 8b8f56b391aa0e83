"""Groups of rules and their columns."""

from __future__ import annotations

from alerts.detectors.base import Group, build_columns
from tests.alerts.building import RULES


def test_a_group_knows_its_columns() -> None:
    rules = [rule for rule in RULES.rules if rule.id in ("R13", "R18")]
    group = Group(rules, 4, 20)
    assert group.indexes.tolist() == [4, 5]
    assert group.columns == slice(20, 25)
    assert group.rule_of_rung.tolist() == [0, 0, 1, 1, 1]
    assert group.column(1, 2) == 4
    assert group.rung_labels[4] == f"R18 {RULES.rule('R18').version} 2"
    assert group.rule_labels == tuple(f"{r.id} {r.version}" for r in rules)


def test_columns_hold_what_all_rules_look_at() -> None:
    names = build_columns(RULES.rules).names
    assert {"venous_pressure", "systolic", "diastolic", "blood_flow", "pump_running"} <= set(names)
    assert "online_ektv" not in names
