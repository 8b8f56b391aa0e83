from __future__ import annotations

from random import Random

import pytest

from bench import rules_cases
from bench.rules_cases import LABELS
from simulators.scenario import build


def test_one_seed_is_one_treatment_and_another_is_another() -> None:
    assert rules_cases.draw(1, LABELS[0]) == rules_cases.draw(1, LABELS[0])
    assert rules_cases.draw(1, LABELS[0]).scenario.patient != rules_cases.draw(2, LABELS[0]).scenario.patient


@pytest.mark.parametrize("label", LABELS, ids=lambda label: label.name)
def test_a_fault_begins_when_its_label_says_and_nothing_else_happens_then(label: rules_cases.Label) -> None:
    own = {type(fault) for fault in label.draw(Random(0))[0]}
    for seed in range(40):
        case = rules_cases.draw(seed, label)
        machine = build(case.scenario, seed)
        begins = case.onset_s - machine.onset_s
        at_onset = [f for f in case.scenario.fault if abs(f.after_s - begins) < 1e-6]
        assert bool(at_onset) == bool(own) and {type(f) for f in at_onset} <= own
        others = [f for f in case.scenario.fault if f.after_s < begins - 1e-6]
        assert all(f.after_s <= begins - 120.0 for f in others)


def test_who_has_no_fault_is_inside_the_rules_limits_as_prescribed() -> None:
    for seed in range(200):
        case = rules_cases.draw(seed, None)
        machine, patient = case.scenario.machine, case.scenario.patient
        hours = machine["treatment_minutes"] / 60
        assert machine["ultrafiltration_ml"] / hours / patient["target_weight_kg"] < 9.7
        assert patient["systolic_mmhg"] < 170 and case.context.prescribed_spktv
        assert case.onset_s == float("inf") and case.is_heard(1000.0)


def test_an_uplink_that_is_down_is_not_heard_for_as_long_as_it_lasts() -> None:
    case = rules_cases.draw(1, next(label for label in LABELS if label.name == "uplink down"))
    heard = [case.is_heard(case.onset_s + after) for after in (-1, 0, 299, 300)]
    assert heard == [True, False, False, True]
