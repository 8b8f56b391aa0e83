"""Stored prescriptions and proposals to what a screen is told. Pure: the time is handed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import msgspec

from alerts import own_levels
from alerts.between import ruleset as between_rules
from alerts.prescribing.changes import Change
from alerts.prescribing.items import LABELS, RANGES
from alerts.prescribing.reach import REACH
from alerts.ruleset import Ruleset
from alerts.schema import Rule
from clinician_api.live.views import View, moment
from clinician_api.prescribing.lines import strip_lines
from clinician_api.treatments.what_if import WhatIfAnswer, WhatIfRule
from evaluation import prescribing
from store.prescriptions import Patient, Proposal, Step
from telemetry import signals
from telemetry.care import Limits, Prescribed, Schedule, TargetWeight
from telemetry.past import Past

# So many alerts of a rule are listed; the counts are of all.
LISTED: Final = 20
_BETWEEN: Final = {rule.id: rule for rule in between_rules.load()}


@dataclass(frozen=True, slots=True)
class Reader:
    """Who is told; `signs`: whether they may sign and reject for this patient what another has proposed."""

    user_id: int
    signs: bool


def prescription_view(
    rules: Ruleset, patient_id: int, patient: Patient, proposals: Sequence[Proposal], reader: Reader, now_us: int
) -> View:
    """A `Prescription`, for this person."""
    held = prescribing.held(patient, now_us)
    schedule = Past(now_us, now_us, arranged=patient.arranged).holding(Schedule, now_us)
    shown = [proposal_view(one, reader, now_us) for one in proposals]
    items = [
        {
            "item": item,
            "unit": LABELS[item][1].partition(" ")[0],
            "value": held.items[item],
            "low": low,
            "high": high,
        }
        for item, (low, high) in RANGES.items()
    ]
    return {
        "patient_id": str(patient_id),
        "patient": patient.name,
        "items": items,
        "treatment_min": None if schedule is None else schedule.duration_min,
        "rules": [
            {"rule": rule.id, "title": rule.title, "levels": _levels(rule, dict(held.limits.get(rule.id, {})))}
            for rule in sorted(own_levels.rules(rules).values(), key=lambda rule: rule.id)
        ],
        "between": [_between(rule, dict(held.limits.get(rule, {}))) for rule in sorted(_BETWEEN)],
        "lines": strip_lines(rules, held),
        "waiting": next((one for one in shown if one["state"] == "waiting"), None),
        "past": [one for one in shown if one["state"] != "waiting"],
    }


def proposal_view(one: Proposal, reader: Reader, now_us: int) -> View:
    """A `ProposalView`."""
    state, yours = prescribing.state(one, now_us), one.user_id == reader.user_id
    return {
        "proposal_id": str(one.proposal_id),
        "patient_id": str(one.patient_id),
        "patient": one.patient,
        "unit": one.unit,
        "proposed_by": one.proposer,
        "yours": yours,
        "may_sign": state == "waiting" and not yours and reader.signs,
        "proposed_at": moment(one.proposed_us),
        "expires_at": moment(one.expires_us),
        "reason": one.reason,
        "verdict": one.verdict,
        "state": state,
        "decided_by": one.decider,
        "decided_at": None if one.decided_us is None else moment(one.decided_us),
        "decided_reason": one.decided_reason,
        "changes": one.changes,
        "replay": one.summary,
    }


def step_view(step: Step) -> View:
    """A `HistoryStep`."""
    content = step.content
    limits: dict[str, float] = content.limits if isinstance(content, Limits) else {}
    value = content.value if isinstance(content, Prescribed) else None
    item = content.item if isinstance(content, Prescribed) else ""
    if isinstance(content, TargetWeight):
        item, value = "target_weight_kg", content.kg
    return {
        "number": str(step.number),
        "rule": content.rule if isinstance(content, Limits) else "",
        "item": item,
        "limits": limits,
        "value": value,
        "since": moment(step.since_us),
        "entered_at": moment(step.entered_us),
        "by": step.name,
        "reason": step.reason,
        "verdict": step.verdict,
        "signed_by": step.signer,
        "signed_at": None if step.signed_us is None else moment(step.signed_us),
    }


def change_views(changes: Sequence[Change]) -> list[View]:
    """`ChangeView`s."""
    return [msgspec.to_builtins(asdict(one)) for one in changes]


def replay_view(answer: WhatIfAnswer, changed: Sequence[str]) -> View:
    """A `ReplaySummary` of rules that say something else, and of those that are changed."""
    rules = [_replayed(one) for one in answer.rules if _differs(one) or one.rule in changed]
    view: dict[str, Any] = {
        "treatments": answer.treatments,
        "hours": answer.hours,
        "old": answer.alerts.old,
        "new": answer.alerts.new,
        "missed_high": sum(len(one["missed_high"]) for one in rules),
        "rules": rules,
        "not_judged": answer.not_judged,
    }
    return view


def _levels(rule: Rule, own: dict[str, float]) -> list[View]:
    found = []
    for name, number in own_levels.numbers(rule).items():
        low, high = number.span
        if number.signal and (plausible := signals.BY_NAME[number.signal].plausible) is not None:
            low, high = max(low, plausible[0]), min(high, plausible[1])
        reach = REACH[rule.id, name]
        level = {"name": name, "priority": name.partition("_")[0], "unit": reach.unit, "usual": list(number.usual)}
        bounds = {"own": own.get(name), "low": low, "high": high}
        told = {"less": reach.less, "vital": reach.vital or reach.either, "source": reach.source}
        found.append({**level, **bounds, **told})
    return found


def _between(rule_id: str, own: dict[str, float]) -> View:
    rule = _BETWEEN[rule_id]
    usual = {name: value for name, value in msgspec.to_builtins(rule.limits).items() if isinstance(value, int | float)}
    limits = [{"name": name, "usual": value, "own": own.get(name)} for name, value in usual.items()]
    return {"rule": rule.id, "title": rule.spec.title, "limits": limits}


def _differs(one: WhatIfRule) -> bool:
    return bool(one.gone or one.added or one.changed)


def _replayed(one: WhatIfRule) -> View:
    missed = [alert for alert in one.gone if alert.priority == "high"]
    missed += [pair.old for pair in one.changed if pair.old.priority == "high" and pair.new.priority != "high"]
    return {
        "rule": one.rule,
        "title": one.title,
        "old": one.old.alerts,
        "new": one.new.alerts,
        "missed_high": [alert.model_dump(mode="json") for alert in missed],
        "gone": [alert.model_dump(mode="json") for alert in one.gone[:LISTED]],
        "added": [alert.model_dump(mode="json") for alert in one.added[:LISTED]],
        "gone_count": len(one.gone),
        "added_count": len(one.added),
        "changed_count": len(one.changed),
    }
