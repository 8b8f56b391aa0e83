"""A patient's past to what a screen is told. Pure; the shapes are those of `clinician_api.trends.models`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from alerts.between import access_pressure, ruleset, weights
from alerts.between.adherence import Adherence, Day, Recent
from alerts.between.plausible import plausible
from alerts.between.ruleset import JUDGES
from alerts.prescribing import items
from clinician_api.live.views import View, moment, tidy
from store.trends import ActiveFinding, Beside, Looked
from telemetry.care import Schedule
from telemetry.past import Past

_RULES: Final = {name: rule for rule in ruleset.load() for name, judge in JUDGES.items() if rule.judge is judge}


def trends_view(
    patient_id: int, looked: Looked, start_us: int, end_us: int, title: Callable[[str], str]
) -> View:  # fmt: skip
    """A `Trends` of start ≤ time < end."""
    past = looked.past
    found = Adherence(past, looked.served, _RULES["missed"], _RULES["shortened"])
    within = [at for at, one in enumerate(past.treatments) if start_us <= one.start_us < end_us]
    recent = found.recent() if end_us > past.now_us else None
    return {
        "server_time": moment(past.now_us),
        "patient": {"patient_id": str(patient_id), "name": looked.patient.name},
        "unit": looked.unit,
        "zone": str(found.zone),
        "start": moment(start_us),
        "end": moment(end_us),
        "recent": None if recent is None else _recent(recent),
        "access_ratio_limit": _ratio_limits(past, past.now_us).ratio,
        "treatments": [_treatment(looked, found, at) for at in within],
        "days": [_day(day) for day in found.days(_date(start_us, found.zone), _date(end_us - 1, found.zone))],
        "findings": [_finding(one, title) for one in looked.findings if start_us <= one.time_us < end_us],
    }


def _treatment(looked: Looked, found: Adherence, at: int) -> View:
    past = looked.past
    one = past.treatments[at]
    beside = looked.beside.get(one.treatment_id, Beside(None, None, None, None, signed=False))
    # What was computed before the treatment changed is not of this one.
    has = one.end_us is not None and one.summarised
    schedule = past.holding(Schedule, one.start_us)
    prescribed = past.prescribed(one.start_us)
    spktv = prescribed.get("prescribed_spktv", looked.patient.entered_with.prescribed_spktv)
    return {
        "treatment_id": str(one.treatment_id),
        "unit": beside.unit,
        "start": moment(one.start_us),
        "end": None if one.end_us is None else moment(one.end_us),
        "course": str(found.treatment(one)),
        "planned_min": schedule.duration_min if schedule else None,
        "treated_min": _number(one.treated_min if has else None),
        "unseen_min": _number(one.unseen_min if has else None),
        "goal_ml": _number(beside.goal_ml if has else None),
        "prescribed_ml": prescribed.get(items.ULTRAFILTRATION),
        "removed_ml": _number(one.removed_ml if has else None),
        "spktv": _number(plausible("online_spktv", one.spktv) if has else None),
        "ektv": _number(plausible("online_ektv", one.ektv) if has else None),
        "prescribed_spktv": spktv,
        "weight_before_kg": _number(weights.before(past, at)),
        "weight_after_kg": _number(weights.after(past, at)),
        "target_weight_kg": past.target_kg(one.start_us),
        "systolic_before": _number(plausible("systolic", one.systolic_before)),
        "systolic_after": _number(plausible("systolic", one.systolic_after)),
        "systolic_low": _number(plausible("systolic", beside.systolic_low) if has else None),
        "diastolic": _number(plausible("diastolic", one.diastolic)),
        "pulse_rate": _number(plausible("pulse_rate", beside.pulse) if has else None),
        "blood_flow": _number(plausible("blood_flow", one.flow)),
        "venous_pressure": _number(plausible("venous_pressure", one.venous)),
        "arterial_pressure": _number(plausible("arterial_pressure", one.arterial)),
        "access_ratio": _number(access_pressure.judge(_ratio_limits(past, one.start_us), past, at).inputs.get("ratio")),
        "signed": beside.signed,
    }


def _ratio_limits(past: Past, time_us: int) -> access_pressure.AccessPressureLimits:
    rule = _RULES["access pressure"]
    try:
        limits = rule.limits_of(past.own_limits(rule.id, time_us))
    except ValueError:
        # What cannot be limits nothing: the ratio is the same without.
        limits = rule.limits
    assert isinstance(limits, access_pressure.AccessPressureLimits)
    return limits


def _day(day: Day) -> View:
    return {
        "date": day.date,
        "state": str(day.state),
        "why": None if day.why is None else str(day.why),
        "planned": None if day.planned_us is None else moment(day.planned_us),
        "treatments": [str(number) for number in day.treatments],
    }


def _recent(counts: Recent) -> View:
    return {
        "since": moment(counts.since_us),
        "planned": counts.planned,
        "missed": counts.missed,
        "unknown": counts.unknown,
        "treated": counts.treated,
        "short": counts.short,
        "unmeasured": counts.unmeasured,
    }


def _finding(one: ActiveFinding, title: Callable[[str], str]) -> View:
    subject, _, number = one.about.partition(" ")
    return {
        "rule": one.rule,
        "title": title(one.rule),
        "priority": str(one.priority),
        "time": moment(one.time_us),
        "treatment_id": number if subject == "treatment" else None,
        "reason": one.reason,
    }


def _number(value: float | None) -> float | None:
    return None if value is None else tidy(value)


def _date(time_us: int, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(time_us // 1_000_000, UTC).astimezone(zone).date()
