"""A review: what all rules find of one patient now, less what is on record already.

A treatment is judged once by each version of a rule, and again only when something about it has changed: rows that came
late, a weight entered afterwards. What a version finds on first sight of a patient is about the newest treatment alone:
a new version does not raise last year's alerts again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from alerts.between.ruleset import Rule, numbers
from alerts.between.schema import Numbers, Verdict
from telemetry.alarms import FindingState, Priority
from telemetry.care import DAY_US
from telemetry.past import Past, PastTreatment

# Treatments further back are history: what comes of them so late is looked up, not told.
LOOK_BACK: Final = 30
# A weight may be entered so long after the end of a treatment and still be about it.
_ENTERED_US: Final = DAY_US // 2


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is on record of a rule's version about something.

    Attributes:
        basis: what it was found from. time_us: when that was.
        number: rises with each finding recorded; the highest of a rule is what it found last.
    """

    basis: str
    state: FindingState
    priority: Priority | None
    time_us: int
    number: int


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule finds, ready to be recorded.

    Attributes:
        limits: those that held for this patient at that time. newest: whether nothing newer is known for the rule.
        again: whether people are to see it though they have seen the rule's alert before.
    """

    rule: str
    rule_version: str
    about: str
    basis: str
    time_us: int
    state: FindingState
    priority: Priority | None
    reason: str
    inputs: Mapping[str, float]
    limits: Mapping[str, float]
    newest: bool
    again: bool


Known = Mapping[tuple[str, str, str], Recorded]
"""By rule, version and what it is about."""


@dataclass(frozen=True, slots=True)
class Review:
    """Findings that are new or changed, of each rule in order of time; when time alone may change one (None: never)."""

    findings: tuple[Finding, ...]
    next_us: int | None


def review(rules: Iterable[Rule], past: Past, known: Known) -> Review:
    """Ask all rules about one patient. ValueError when limits of the patient's own cannot be."""
    findings: list[Finding] = []
    turns: list[int] = []
    for rule in rules:
        if rule.judge.of_patient is not None:
            found, next_us = _of_patient(rule, past, known)
            findings += found
            turns += [next_us] if next_us is not None else []
        else:
            findings += _of_treatments(rule, past, known)
    return Review(tuple(findings), min(turns, default=None))


def _of_patient(rule: Rule, past: Past, known: Known) -> tuple[list[Finding], int | None]:
    assert rule.judge.of_patient is not None
    # The limits that hold are those of the time it is about, and that comes with the verdict.
    limits = rule.limits
    verdict = rule.judge.of_patient(limits, past)
    own = past.own_limits(rule.id, verdict.time_us)
    if own:
        limits = rule.limits_of(own)
        verdict = rule.judge.of_patient(limits, past)
    before = known.get((rule.id, rule.version, verdict.about))
    found = _finding(rule, limits, verdict, verdict.about, before, newest=True)
    if before is not None and (before.state, before.priority) == (found.state, found.priority):
        latest = max((one for key, one in known.items() if key[:2] == (rule.id, rule.version)), key=_number)
        if latest is before:
            return [], verdict.next_us
    return [found], verdict.next_us


def _of_treatments(rule: Rule, past: Past, known: Known) -> list[Finding]:
    ready = [i for i, one in enumerate(past.treatments) if _is_ready(rule, one)][-LOOK_BACK:]
    if not ready:
        return []
    recorded = [one.time_us for key, one in known.items() if key[:2] == (rule.id, rule.version)]
    first_us = min(recorded, default=past.treatments[ready[-1]].start_us)
    changed = []
    for at in ready[:-1]:
        before = known.get((rule.id, rule.version, past.treatments[at].about))
        stands = before is not None and before.basis == basis(past, past.treatments[at])
        if past.treatments[at].start_us >= first_us and not stands:
            changed.append(_judged(rule, past, at, before, newest=False))
    before = known.get((rule.id, rule.version, past.treatments[ready[-1]].about))
    stands = before is not None and before.basis == basis(past, past.treatments[ready[-1]])
    # With something older that has changed the newest has the last word again.
    if changed or not stands:
        return [*changed, _judged(rule, past, ready[-1], before, newest=True)]
    if before is not None and before.state is FindingState.NOT_EVALUATED:
        # What was lacking may have been arranged since, with a moment that lies before.
        newest = _judged(rule, past, ready[-1], before, newest=True)
        return [newest] if newest.state is not FindingState.NOT_EVALUATED else []
    return []


def _is_ready(rule: Rule, treatment: PastTreatment) -> bool:
    return rule.judge.at_start or (treatment.end_us is not None and treatment.summarised)


def _judged(rule: Rule, past: Past, at: int, before: Recorded | None, *, newest: bool) -> Finding:
    assert rule.judge.of_treatment is not None
    treatment = past.treatments[at]
    limits = rule.limits_of(past.own_limits(rule.id, treatment.start_us))
    verdict = rule.judge.of_treatment(limits, past, at).about(treatment.about, treatment.start_us)
    return _finding(rule, limits, verdict, basis(past, treatment), before, newest=newest)


def _finding(
    rule: Rule, limits: Numbers, verdict: Verdict, found_from: str, before: Recorded | None, *, newest: bool
) -> Finding:
    told = before is not None and before.state is FindingState.ACTIVE
    return Finding(
        rule=rule.id,
        rule_version=rule.version,
        about=verdict.about,
        basis=found_from,
        time_us=verdict.time_us,
        state=verdict.state,
        priority=verdict.priority,
        reason=verdict.reason,
        inputs=verdict.inputs,
        limits=numbers(limits),
        newest=newest,
        again=rule.spec.each and not told,
    )


def basis(past: Past, treatment: PastTreatment) -> str:
    """What a verdict on a treatment stands on: another one, and it is judged again.

    Not the prescription as it is now: a change of that is about treatments to come.
    """
    entered = [
        one.number
        for one in past.measured
        if treatment.end_us is None or one.taken_us <= treatment.end_us + _ENTERED_US
    ]
    return f"{treatment.revision}/{int(treatment.summarised)}/{max(entered, default=0)}"


def _number(one: Recorded) -> int:
    return one.number
