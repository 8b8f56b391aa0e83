"""Rules between treatments from files: a rule that loads can be judged."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, Final, cast

import msgspec

from alerts.between import (
    access_flow,
    access_pressure,
    drift,
    missed,
    pressure_rise,
    shortened,
    water,
    weekly_dose,
    weight_gain,
    weight_target,
)
from alerts.between.schema import Answer, Head, Numbers, Verdict
from telemetry import settings
from telemetry.alarms import Priority
from telemetry.errors import SettingsError
from telemetry.past import Past

SHIPPED: Final = Path(__file__).parent.parent / "rules_between"


@dataclass(frozen=True, slots=True)
class Judge:
    """A judge: the shape of its limits and the function that says what it finds.

    Exactly one of: of_treatment(limits, past, number of the treatment), of_patient(limits, past).

    Attributes:
        at_start: a treatment is judged from its beginning on; else once it is over and summarised.
    """

    limits: type[Numbers]
    of_treatment: Callable[[Any, Past, int], Answer] | None = None
    of_patient: Callable[[Any, Past], Verdict] | None = None
    at_start: bool = False


# The list of judges.
JUDGES: Final[dict[str, Judge]] = {
    "missed": Judge(missed.MissedLimits, of_patient=missed.judge),
    "shortened": Judge(shortened.ShortenedLimits, of_treatment=shortened.judge),
    "weight gain": Judge(weight_gain.WeightGainLimits, of_treatment=weight_gain.judge, at_start=True),
    "weight target": Judge(weight_target.WeightTargetLimits, of_treatment=weight_target.judge),
    "pressure rise": Judge(pressure_rise.PressureRiseLimits, of_treatment=pressure_rise.judge),
    "weekly dose": Judge(weekly_dose.WeeklyDoseLimits, of_patient=weekly_dose.judge),
    "access pressure": Judge(access_pressure.AccessPressureLimits, of_treatment=access_pressure.judge),
    "access flow": Judge(access_flow.AccessFlowLimits, of_patient=access_flow.judge),
    "drift": Judge(drift.DriftLimits, of_treatment=drift.judge),
    "water": Judge(water.WaterLimits, of_patient=water.judge),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, checked. `version`: the file's semantic version + 8 hex digits of its content's SHA-256."""

    spec: Head
    version: str
    judge: Judge
    limits: Numbers

    @property
    def id(self) -> str:
        """Short name, "R25"."""
        return self.spec.id

    def limits_of(self, own: Mapping[str, float]) -> Numbers:
        """The rule's limits with a patient's own in their place; ValueError for a name or number that cannot be."""
        return with_own(self.limits, own)


def load(folder: Path | None = None) -> tuple[Rule, ...]:
    """The rules in a folder's `*.toml`, or those that ship, by id; SettingsError names file and line."""
    where = folder or SHIPPED
    paths = sorted(where.glob("*.toml"))
    if not paths:
        raise SettingsError("load rules", str(where), hint="no *.toml there")
    found: dict[str, Rule] = {}
    for path in paths:
        rule = _load_rule(path)
        if rule.id in found:
            raise SettingsError("load rules", str(path), hint=f"{rule.id} is there twice")
        found[rule.id] = rule
    return tuple(found[rule_id] for rule_id in sorted(found))


def digest(rules: tuple[Rule, ...]) -> str:
    """Tells a set of rules from every other."""
    return hashlib.sha256(" ".join(f"{rule.id}={rule.version}" for rule in rules).encode()).hexdigest()[:16]


def with_own(limits: Numbers, own: Mapping[str, float]) -> Numbers:
    """Limits with some numbers replaced; ValueError says which cannot be."""
    known = numbers(limits)
    for name, value in own.items():
        if name not in known:
            raise ValueError(f"{name}: no such limit; there are {', '.join(known)}")
        if not isfinite(value):
            raise ValueError(f"{name}: not a number")
    changed = msgspec.structs.replace(limits, **own)
    changed.check()
    return changed


def numbers(limits: Numbers) -> dict[str, float]:
    """The limits that are numbers, as they stand with every finding."""
    return {name: float(value) for name, value in msgspec.structs.asdict(limits).items() if not isinstance(value, str)}


def _load_rule(path: Path) -> Rule:
    data = settings.load_toml(path)
    name = data.get("judge")
    if name not in JUDGES:
        raise SettingsError("load rules", str(path), hint=f"judge is one of {', '.join(JUDGES)}, not {name!r}")
    judge = JUDGES[name]
    spec: Any = settings.load(_file_of(judge), path)
    if not re.fullmatch(r"[A-Z][A-Z0-9]{1,7}", spec.id):
        raise SettingsError("load rules", str(path), hint=f"an id is 2…8 capitals and digits, not {spec.id!r}")
    if not re.fullmatch(r"\d+\.\d+\.\d+", spec.version):
        raise SettingsError("load rules", str(path), hint=f"a version is like 1.0.0, not {spec.version!r}")
    try:
        spec.limits.check()
        spec.rationalisation.check(_priorities(spec.limits) or spec.rationalisation.respond_within_s.keys())
    except ValueError as error:
        raise SettingsError("load rules", str(path), hint=str(error)) from error
    version = f"{spec.version}+{hashlib.sha256(path.read_bytes()).hexdigest()[:8]}"
    return Rule(spec, version, judge, spec.limits)


def _priorities(limits: Numbers) -> set[Priority]:
    """Of the levels that the limits name (`low_min`); none where there is one level, whose name is no limit's."""
    return {priority for priority in Priority for name in numbers(limits) if name.startswith(f"{priority}_")}


def _file_of(judge: Judge) -> type[Head]:
    fields = [("limits", judge.limits)]
    made = msgspec.defstruct("RuleFile", fields, bases=(Head,), frozen=True, kw_only=True, forbid_unknown_fields=True)
    return cast("type[Head]", made)
