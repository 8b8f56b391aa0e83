"""Cases as data for rules between treatments: a patient's past in, expected findings at given hours out."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Final

import msgspec

from alerts.between.review import Finding, Recorded, review
from alerts.between.ruleset import Rule
from alerts.between.words import HOUR_US, MINUTE_US
from telemetry import settings
from telemetry.alarms import FindingState, Priority
from telemetry.care import Access, Arranged, Content, Limits, Measured, Measurement, Schedule, TargetWeight
from telemetry.past import Past, PastTreatment
from telemetry.treatment import EndKnown

# Hour 0: a Monday.
ORIGIN_US: Final = 1_772_409_600_000_000  # 2026-03-02T00:00:00Z
_FIELDS: Final = {field.name for field in fields(PastTreatment)}


class Told(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Treatments alike, one every `every_h` hours from `at` on.

    Attributes:
        minutes: how long each lasts. values: further fields of `PastTreatment`; what is not there is not known.
        wobble: added to a value of the first, taken from the second, and so on: no two evenings are alike.
        appears: hour at which they are first heard of, where that is later than they begin (a backlog).
    """

    at: float
    minutes: float = 240
    count: int = 1
    every_h: float = 48
    end_known: EndKnown = EndKnown.MACHINE
    values: dict[str, float] = {}
    wobble: dict[str, float] = {}
    appears: float | None = None
    revision: int = 1


class Value(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A measurement taken at hour `at`, entered then or at `entered`."""

    what: Measured
    value: float
    at: float
    entered: float | None = None


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is arranged from hour `since` on."""

    since: float = -10_000
    schedule: Schedule | None = None
    access: Access | None = None
    target_kg: float | None = None
    limits: dict[str, float] | None = None


class Expected(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the rule has found last by hour `at`. `findings`: how many it has recorded by then, if it matters."""

    at: float
    state: FindingState
    priority: Priority | None = None
    says: str = ""
    findings: int | None = None


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One story. `kind`: firing, not quite, gap, stuck, unit mistake, clearing, own limits, late, …."""

    name: str
    kind: str
    expect: list[Expected]
    treatment: list[Told] = []
    measured: list[Value] = []
    plan: list[Plan] = []
    target_weight_kg: float | None = None
    heard: float | None = None
    bound: float = -10_000


class CaseFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The cases of one rule; `plan` holds in every case before its own."""

    rule: str
    case: list[Case]
    plan: list[Plan] = []


def load(path: Path) -> CaseFile:
    """A case file; SettingsError names file and line."""
    return settings.load(CaseFile, path)


def run(file: CaseFile, case: Case, rules: tuple[Rule, ...]) -> list[str]:
    """What is not as the case expects, one sentence each; empty = passed."""
    (rule,) = [one for one in rules if one.id == file.rule]
    known: dict[tuple[str, str, str], Recorded] = {}
    last: Finding | None = None
    told, wrong = 0, []
    for expected in case.expect:
        now_us = _us(expected.at)
        for found in review([rule], past_of(file, case, now_us), known).findings:
            told += 1
            key = (found.rule, found.rule_version, found.about)
            known[key] = Recorded(found.basis, found.state, found.priority, found.time_us, told)
            last = found
        if text := _compare(expected, last, told):
            wrong.append(f"at {expected.at:g} h: {text}")
    return wrong


def past_of(file: CaseFile, case: Case, now_us: int) -> Past:
    """The patient as known at a moment of the story."""
    measured = [
        Measurement(number, one.what, one.value, _us(one.at))
        for number, one in enumerate(sorted(case.measured, key=_entered), start=1)
        if _entered(one) <= (now_us - ORIGIN_US) / HOUR_US
    ]
    treatments = sorted(_treatments(case, now_us), key=lambda one: one.start_us)
    return Past(
        now_us=now_us,
        bound_us=_us(case.bound),
        treatments=tuple(replace(one, treatment_id=i) for i, one in enumerate(treatments, start=1)),
        arranged=tuple(one for plan in [*file.plan, *case.plan] for one in _arranged(file.rule, plan)),
        measured=tuple(measured),
        target_weight_kg=case.target_weight_kg,
        heard_us=now_us if case.heard is None else _us(case.heard),
    )


def _treatments(case: Case, now_us: int) -> list[PastTreatment]:
    found = []
    for told in case.treatment:
        for i in range(told.count):
            start_us = _us(told.at + i * told.every_h)
            end_us = start_us + round(told.minutes * MINUTE_US)
            if start_us > now_us or (told.appears is not None and _us(told.appears) > now_us):
                continue
            sign = 1 if i % 2 == 0 else -1
            values: dict[str, Any] = {"treated_min": told.minutes, **told.values}
            values |= {name: values[name] + sign * by for name, by in told.wobble.items()}
            if unknown := values.keys() - _FIELDS:
                raise ValueError(f"{case.name}: a treatment has no {sorted(unknown)[0]}")
            if end_us > now_us:
                found.append(PastTreatment(0, told.revision, start_us))
            else:
                found.append(
                    PastTreatment(0, told.revision, start_us, end_us, told.end_known, summarised=True, **values)
                )
    return found


def _arranged(rule: str, plan: Plan) -> list[Arranged]:
    target = None if plan.target_kg is None else TargetWeight(kg=plan.target_kg)
    limits = None if plan.limits is None else Limits(rule=rule, limits=plan.limits)
    contents: list[Content | None] = [plan.schedule, plan.access, target, limits]
    return [Arranged(_us(plan.since), content) for content in contents if content is not None]


def _entered(value: Value) -> float:
    return value.at if value.entered is None else value.entered


def _us(hours: float) -> int:
    return ORIGIN_US + round(hours * HOUR_US)


def _compare(expected: Expected, last: Finding | None, told: int) -> str:
    if last is None:
        return f"nothing found yet, expected {expected.state}"
    same = last.state is expected.state and last.priority is expected.priority and expected.says in last.reason
    if same and expected.findings in (None, told):
        return ""
    wanted = " ".join(filter(None, [expected.state, expected.priority, expected.says]))
    return f"{last.state} {last.priority or ''} ({last.reason}), {told} found, expected {wanted}"
