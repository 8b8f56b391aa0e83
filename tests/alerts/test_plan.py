"""The layout of a ruleset: every column where its rule is."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from alerts import reasons
from alerts.plan import ENDLESS, Plan
from telemetry.treatment import Phase
from tests.alerts.building import RULES, subset

PLAN = Plan(RULES)


def index_of(rule: str) -> int:
    return next(i for i, r in enumerate(PLAN.rules) if r.id == rule)


def test_rungs_stand_under_their_rules() -> None:
    for i, rule in enumerate(PLAN.rules):
        rungs = np.flatnonzero(PLAN.rule_of_rung == i)
        assert rungs[0] == PLAN.starts[i] and len(rungs) == len(rule.rungs)
        assert PLAN.rank[rungs].tolist() == [rung.priority.rank for rung in rule.rungs]
        assert PLAN.on_us[rungs].tolist() == [rung.on_us for rung in rule.rungs]
    for group in PLAN.groups.values():
        assert [PLAN.rules[i] for i in group.indexes] == list(group.rules)
        assert (group.indexes[group.rule_of_rung] == PLAN.rule_of_rung[group.columns]).all()


def test_every_label_is_the_only_one_of_its_kind() -> None:
    fields = PLAN.fields()
    assert len({f.name for f in fields}) == len(fields)
    for field in fields:
        assert field.labels is None or len(set(field.labels)) == len(field.labels), field.name


def test_phases() -> None:
    assert PLAN.phase_why[Phase.TX].tolist() == [0] * len(PLAN.rules)
    assert PLAN.phase_why[Phase.DIS, index_of("R13")] == reasons.NOT_IN_PHASE
    assert PLAN.phase_why[Phase.UNKNOWN, index_of("R13")] == reasons.UNKNOWN_PHASE
    assert PLAN.phase_why[Phase.UNKNOWN, index_of("R34")] == reasons.EVALUATED


def test_a_gap_matters_only_to_rules_that_look_back() -> None:
    assert PLAN.max_gap_us[index_of("R01")] == ENDLESS
    assert PLAN.max_gap_us[index_of("R19")] == ENDLESS
    assert PLAN.max_gap_us[index_of("R10")] == 5_000_000
    assert PLAN.shortest_gap_us == 5_000_000


def test_inhibition() -> None:
    by = PLAN.inhibitors.tolist().index(index_of("R21"))
    assert {PLAN.rules[i].id for i in np.flatnonzero(PLAN.inhibits[by])} == {
        "R10",
        "R11",
        "R12",
        "R13",
        "R14",
        "R15",
        "R16",
    }


def test_parts_that_are_not_there(tmp_path: Path) -> None:
    plan = Plan(subset(tmp_path, "R13"))
    assert (plan.flag, plan.sensor, plan.stale) == (None, None, None)
    assert list(plan.detectors) == ["limit"]
    assert len(plan.inhibitors) == 0
