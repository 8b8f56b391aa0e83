"""What screens are told of prescriptions and of a look at the past, in the described form."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from alerts import own_levels, ruleset
from clinician_api.prescribing import models, views
from clinician_api.treatments.what_if import WhatIfAlert, WhatIfAnswer, WhatIfChange, WhatIfRule
from store.prescriptions import Step
from telemetry.care import Limits, Prescribed, TargetWeight
from tests.evaluation.test_prescribing import PATIENT, PROPOSAL

RULES = ruleset.load()
ONE, TWO = views.Reader(1, signs=True), views.Reader(2, signs=True)


def alert(priority: Any) -> WhatIfAlert:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    return WhatIfAlert(treatment_id="1", time=at, until=at, priority=priority, reason="above 300 mmHg")


def rule(name: str, **lists: Any) -> WhatIfRule:
    side = {"rule_version": "1", "alerts": 3, "evaluated_hours": 4.0}
    empty: dict[str, Any] = {"gone": [], "added": [], "changed": []}
    return WhatIfRule.model_validate({"rule": name, "title": name, "old": side, "new": side, **empty, **lists})


def test_a_prescription_is_as_described_and_every_range_holds_the_rules_own() -> None:
    view = views.prescription_view(RULES, 1, PATIENT, [PROPOSAL], ONE, 25)
    found = models.Prescription.model_validate(view)
    assert found.waiting is not None
    assert (found.waiting.yours, found.waiting.may_sign, found.past) == (True, False, [])
    for one in found.rules:
        for level in one.levels:
            assert all(level.low <= usual <= level.high for usual in level.usual), (one.rule, level.name)
    assert {one.rule for one in found.rules} == own_levels.rules(RULES).keys()
    other = models.Prescription.model_validate(views.prescription_view(RULES, 1, PATIENT, [PROPOSAL], TWO, 200))
    assert (other.waiting, other.past[0].state, other.past[0].yours) == (None, "expired", False)
    assert not other.past[0].may_sign


def test_what_waits_is_to_be_signed_by_who_may_and_has_not_proposed_it() -> None:
    told = [views.proposal_view(PROPOSAL, one, 25)["may_sign"] for one in (ONE, TWO, views.Reader(2, signs=False))]
    assert told == [False, True, False]


def test_high_ones_that_are_gone_or_less_are_missed() -> None:
    lower = WhatIfChange(old=alert("high"), new=alert("medium"))
    higher = WhatIfChange(old=alert("medium"), new=alert("high"))
    many = [alert("high"), *[alert("medium")] * 30]
    answer = WhatIfAnswer.model_validate({
        "treatments": 2, "hours": 8.0, "alerts": {"old": 34, "new": 3}, "not_judged": ["R33"],
        "rules": [rule("R13", gone=many, changed=[lower, higher]), rule("R14"), rule("R15")],
    })  # fmt: skip
    found = models.ReplaySummary.model_validate(views.replay_view(answer, ["R14"]))
    venous, arterial = found.rules
    assert (found.missed_high, len(venous.missed_high), venous.gone_count, len(venous.gone)) == (2, 2, 31, views.LISTED)
    assert (venous.changed_count, arterial.rule) == (2, "R14")


def test_a_version_says_what_was_arranged() -> None:
    told = []
    for content in (Limits(rule="R13", limits={"high": 1.0}), Prescribed(item="x", value=None), TargetWeight(kg=70)):
        step = Step(1, content, 1, 2, "user:1", "Dr 1", "why", None, None, None, None)
        found = models.HistoryStep.model_validate(views.step_view(step))
        told.append((found.rule, found.item, found.limits, found.value))
    assert told == [("R13", "", {"high": 1.0}, None), ("", "x", {}, None), ("", "target_weight_kg", {}, 70.0)]
