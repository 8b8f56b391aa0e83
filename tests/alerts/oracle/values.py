"""The reference's values: which can be read, which a rule lacks, and whether one is beyond a limit."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite, isnan, nan

from telemetry.alarms import SAFETY
from telemetry.signals import BY_NAME
from tests.alerts.oracle.rules import SECOND, Level, Patient, Rule

ABSENT, IMPLAUSIBLE, DOUBTED = " not measured", " implausible", ": sensor implausible or flat"
GAP = "a gap of"
CONTEXT = {
    "target_weight_kg": ("no target weight", 10, 300),
    "prescribed_conductivity_ms_cm": ("no prescribed conductivity", 10, 18),
    "transmembrane_limit_mmhg": ("", 1, 700),
}

Values = Mapping[str, float | str]
"""A value, or what is wrong with it."""


def checked(name: str, value: float, marked: bool) -> float | str:
    if marked:
        return IMPLAUSIBLE
    if isnan(value):
        return ABSENT
    low, high = BY_NAME[name].plausible or (value, value)
    return value if isfinite(value) and low <= value <= high else IMPLAUSIBLE


def pump_of(values: Values) -> float:
    """1 running, 0 stopped, NaN not known: what either says, and stopped before running."""
    flow, said = values["blood_flow"], values["blood_pump_running"]
    known = [float(value > 0) for value in (flow, said) if not isinstance(value, str)]
    return min(known, default=nan)


def matches(name: str, level: Level) -> bool:
    return name in level.alarms or ("safety" if name in SAFETY else "other") in level.alarms


def known(patient: Patient, key: str) -> float | None:
    value: float | None = getattr(patient, key)
    _, low, high = CONTEXT[key]
    return value if value is not None and low <= value <= high else None


def inputs(rule: Rule, values: Values, doubted: set[str]) -> str:
    if rule.kind == "sensor":
        watched = {level.subject for level in rule.levels}
        return "none of its signals" if all(values[name] == ABSENT for name in watched) else ""
    said: dict[str, str] = {}
    for name in rule.signals:  # of two with the same fault, the second is named
        fault = values[name]
        if not isinstance(fault, str):
            fault = DOUBTED if name in doubted else ""
        said[fault] = label(name) + fault
    order = (DOUBTED, IMPLAUSIBLE, ABSENT)
    return next((said[fault] for fault in order if fault in said), "")


def label(name: str) -> str:
    return "blood pump" if name == "pump_running" else BY_NAME[name].label.lower()


def gapped(rule: Rule, gap: int) -> str:
    return GAP if rule.looks_back and gap > rule.max_gap * SECOND else ""


def ground(rule: Rule, values: Values) -> str:
    flow = values["blood_flow"]
    return "flow is too low" if not isinstance(flow, str) and flow < rule.flow_at_least else ""


def limit(patient: Patient, rule: Rule, level: Level, value: float) -> tuple[bool, bool]:
    if rule.divide_by:
        value /= known(patient, rule.divide_by) or nan
    if rule.percent_of:
        value = (value / (known(patient, rule.percent_of) or nan) - 1) * 100
    limit = patient.limits.get(f"{rule.id} {level.priority}", nan)
    if isnan(limit):
        own = known(patient, level.limit_from) if level.limit_from else None
        limit = level.limit if own is None else own
    if isnan(value):
        return False, False
    x, edge, back = round(value * 10_000), round(limit * 10_000), round(level.deadband * 10_000)
    if level.side == "outside":
        x, edge = abs(x), abs(edge)
    if level.side in ("below", "at_most"):
        x, edge = -x, -edge
    breach = x >= edge if level.side.startswith("at") else x > edge
    return breach, not breach and x <= edge - back
