"""Why a treatment wants a person's eyes: review by exception. Pure.

A treatment without a reason is unremarkable: everything asked here was known of it, and within its limit. What is not
known is a reason itself, so that no lack of data passes for a good treatment. Limits are those of the rules that ask
the same live or between treatments; where there is no such rule they are ours [D].
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from alerts.between.words import count, quantity
from evaluation.alarm_spans import MachineAlarms, machine_alarms
from store.sign_offs import AlertOf, Evidence
from telemetry.alarms import Priority
from telemetry.treatment import EndKnown

# Raise it when a limit or a question below changes: it is kept with every signature.
VERSION: Final = "1.0.0"

# R29: of the prescribed single-pool Kt/V.
DOSE_PERCENT: Final = 90.0
# R25, low.
SHORT_MIN: Final = 10.0
# R27, low, either way; beyond the second, one of the weights is none in kg.
OFF_TARGET_KG: Final = 1.0
IMPLAUSIBLE_KG: Final = 15.0
# R07, medium.
RATE_ML_KG_H: Final = 13.0
# R01, R03, R06.
NADIR_MMHG: Final = 90.0
NADIR_HIGH_MMHG: Final = 100.0
HIGH_BEFORE_MMHG: Final = 160.0
FALL_MMHG: Final = 30.0
SYSTOLIC_MMHG: Final = 180.0
DIASTOLIC_MMHG: Final = 110.0
# [D] Minutes that nobody saw, and minutes in which rules were blind. R22: how long a machine alarm stands unanswered.
UNSEEN_MIN: Final = 5.0
BLIND_MIN: Final = 10.0
ALARMS: Final = 5
SAFETY_S: Final = 60.0
OTHER_S: Final = 180.0

# While an alert of these stands, rules have nothing to go by: needle rules blind, no telemetry, a sensor not believed.
BLINDING: Final = ("R12", "R33", "R34")
_UNSEEN_ENDS: Final = frozenset({EndKnown.MACHINE_LOST, EndKnown.CLOCK_LIMIT})


class ReasonCode(StrEnum):
    """Kinds of reason; these words are stored and are filters of the queue."""

    ALERTS = "alerts"
    DOSE = "dose"
    SHORTENED = "shortened"
    TARGET_WEIGHT = "target weight"
    ULTRAFILTRATION_RATE = "ultrafiltration rate"
    LOW_PRESSURE = "low blood pressure"
    PRESSURE_FELL = "blood pressure fell"
    HIGH_PRESSURE = "high blood pressure"
    GAPS = "gaps"
    RULES_BLIND = "rules blind"
    MACHINE_ALARMS = "machine alarms"
    NOT_JUDGED = "not judged"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason, with what it stands on.

    Attributes:
        about: of NOT_JUDGED, what could not be; else empty. why: what was missing.
        text: in English, with numbers. inputs, limits: the numbers.
    """

    code: ReasonCode
    text: str
    inputs: Mapping[str, float] = field(default_factory=dict)
    limits: Mapping[str, float] = field(default_factory=dict)
    about: str = ""
    why: str = ""


def judge(one: Evidence) -> list[Reason]:
    """All reasons, in a fixed order; none: unremarkable."""
    found = one.found
    if found.treatment.end_us is None:
        return [_missing("treatment", "it goes on")]
    reasons = list(_alerts(one.alerts))
    if not one.unit_seen:
        reasons.append(_missing("alerts", "another clinic has the unit now"))
    if found.patient_id is None:
        reasons.append(_missing("patient", "nobody is known to have been treated"))
    if found.summary is None:
        reasons.append(_missing("summary", "what it came to has not been computed"))
    else:
        if not found.summary.is_current:
            reasons.append(_missing("summary", "late readings have come since it was computed"))
        for ask in (_dose, _time, _weight, _rate, _pressure, _gaps):
            reasons += ask(one)
    return [*reasons, *_blind(one), *_machine(one)]


def _missing(about: str, why: str, **inputs: float) -> Reason:
    return Reason(ReasonCode.NOT_JUDGED, f"Not judged: {about} – {why}", inputs, {}, about, why)


def _alerts(alerts: tuple[AlertOf, ...]) -> Iterator[Reason]:
    high = sum(one.priority is Priority.HIGH for one in alerts)
    medium = sum(one.priority is Priority.MEDIUM for one in alerts)
    late = sum(one.late for one in alerts if one.priority is not Priority.LOW)
    if high or medium:
        told = [count(n, f"{name}-priority alert") for n, name in ((high, "high"), (medium, "medium")) if n]
        more = f", {late} of them found afterwards" if late else ""
        yield Reason(ReasonCode.ALERTS, f"{' and '.join(told)}{more}", {"high": high, "medium": medium, "late": late})


def _dose(one: Evidence) -> Iterator[Reason]:
    assert one.found.summary is not None
    dose, prescribed = one.found.summary.summary.spktv, one.prescribed_spktv
    if prescribed is None or prescribed <= 0:
        yield _missing("dose", "no Kt/V is prescribed")
    elif dose is None:
        yield _missing("dose", "the machine measured no Kt/V")
    elif (percent := round(100 * dose / prescribed, 2)) < DOSE_PERCENT:
        text = (
            f"spKt/V {quantity(dose, '', 2)}, {quantity(percent, '%', 0)} of {quantity(prescribed, '', 2)} prescribed"
        )
        inputs = {"spktv": dose, "prescribed": prescribed, "percent": percent}
        yield Reason(
            ReasonCode.DOSE, f"{text}; less than {quantity(DOSE_PERCENT, '%')}", inputs, {"percent": DOSE_PERCENT}
        )


def _time(one: Evidence) -> Iterator[Reason]:
    assert one.found.summary is not None
    summary = one.found.summary.summary
    if one.found.treatment.end_known in _UNSEEN_ENDS:
        yield _missing("duration", "its end was not seen")
        return
    if one.planned_min is None:
        yield _missing("duration", "no treatment time is prescribed")
        return
    # The shorter counts, as for R25: what was seen, and what the machine's own clock says.
    treated = min(summary.treated_s / 60, summary.machine_time_min or summary.treated_s / 60)
    short = round(one.planned_min - treated, 2)
    if short >= SHORT_MIN:
        said = f"{quantity(treated, 'min', 0)} of {quantity(one.planned_min, 'min', 0)} prescribed"
        text = f"Ended {quantity(short, 'min', 0)} early: {said}; {quantity(SHORT_MIN, 'min')} or more"
        inputs = {"treated_min": round(treated, 2), "planned_min": one.planned_min, "short_min": short}
        yield Reason(ReasonCode.SHORTENED, text, inputs, {"short_min": SHORT_MIN})


def _weight(one: Evidence) -> Iterator[Reason]:
    after, target = one.weight_after_kg, one.target_kg
    if target is None:
        yield _missing("weight", "no target weight is prescribed")
        return
    if after is None:
        yield _missing("weight", "nobody was weighed afterwards")
        return
    off = round(after - target, 3)
    inputs = {"weight_kg": after, "target_kg": target, "off_kg": off}
    if abs(off) > IMPLAUSIBLE_KG:
        yield _missing("weight", "the weight is implausible", **inputs)
    elif abs(off) > OFF_TARGET_KG:
        side = "above" if off > 0 else "below"
        said = f"{quantity(after, 'kg')} afterwards, {quantity(abs(off), 'kg')} {side} the target of"
        text = f"{said} {quantity(target, 'kg')}; more than {quantity(OFF_TARGET_KG, 'kg')}"
        yield Reason(ReasonCode.TARGET_WEIGHT, text, inputs, {"off_kg": OFF_TARGET_KG})


def _rate(one: Evidence) -> Iterator[Reason]:
    assert one.found.summary is not None
    summary = one.found.summary.summary
    removed, hours = summary.volume_removed_ml, summary.treated_s / 3600
    # The weight afterwards; where nobody was weighed, the target: that it was reached is judged apart.
    weight = one.weight_after_kg or one.target_kg
    if removed is None or hours <= 0 or not weight:
        why = "no volume was measured" if removed is None else "no weight is known"
        yield _missing("ultrafiltration rate", why if hours > 0 else "it has no duration")
    elif (rate := round(removed / hours / weight, 3)) > RATE_ML_KG_H:
        said = f"{quantity(rate, 'mL/kg/h')}: {quantity(removed, 'mL', 0)} in {quantity(hours, 'h', 2)} at"
        text = f"Ultrafiltration {said} {quantity(weight, 'kg')}; more than {quantity(RATE_ML_KG_H, 'mL/kg/h')}"
        inputs = {"rate_ml_kg_h": rate, "removed_ml": removed, "hours": round(hours, 3), "weight_kg": weight}
        yield Reason(ReasonCode.ULTRAFILTRATION_RATE, text, inputs, {"rate_ml_kg_h": RATE_ML_KG_H})


def _pressure(one: Evidence) -> Iterator[Reason]:
    assert one.found.summary is not None
    signals = one.found.summary.summary.signals
    systolic, diastolic, before = signals.get("systolic"), signals.get("diastolic"), one.systolic_before
    if systolic is None:
        yield _missing("blood pressure", "it was not measured")
        return
    lowest = systolic.minimum
    limit = NADIR_HIGH_MMHG if before is not None and before >= HIGH_BEFORE_MMHG else NADIR_MMHG
    known = {} if before is None else {"before": before}
    if lowest < limit:
        text = f"Systolic pressure down to {quantity(lowest, 'mmHg', 0)}; below {quantity(limit, 'mmHg')}"
        yield Reason(ReasonCode.LOW_PRESSURE, text, {"systolic": lowest, **known}, {"systolic": limit})
    elif before is not None and before - lowest >= FALL_MMHG and lowest < NADIR_HIGH_MMHG:
        fell = f"Systolic pressure fell by {quantity(before - lowest, 'mmHg', 0)} to {quantity(lowest, 'mmHg', 0)}"
        text = f"{fell}; {quantity(FALL_MMHG, 'mmHg')} or more, to below {quantity(NADIR_HIGH_MMHG, 'mmHg')}"
        inputs = {"systolic": lowest, "before": before, "fall": before - lowest}
        yield Reason(ReasonCode.PRESSURE_FELL, text, inputs, {"fall": FALL_MMHG, "systolic": NADIR_HIGH_MMHG})
    highest, highest_diastolic = systolic.maximum, diastolic.maximum if diastolic else None
    if highest >= SYSTOLIC_MMHG or (highest_diastolic or 0) >= DIASTOLIC_MMHG:
        shown = "–" if highest_diastolic is None else quantity(highest_diastolic, "", 0)
        said = f"Blood pressure up to {quantity(highest, '', 0)} systolic, {shown} diastolic"
        inputs = {"systolic": highest, **({} if highest_diastolic is None else {"diastolic": highest_diastolic})}
        limits = {"systolic": SYSTOLIC_MMHG, "diastolic": DIASTOLIC_MMHG}
        text = f"{said}; {quantity(SYSTOLIC_MMHG, '')} or {quantity(DIASTOLIC_MMHG, 'mmHg')} and more"
        yield Reason(ReasonCode.HIGH_PRESSURE, text, inputs, limits)


def _gaps(one: Evidence) -> Iterator[Reason]:
    assert one.found.summary is not None
    summary = one.found.summary.summary
    unseen = round(summary.unseen_s / 60, 2)
    if summary.readings == 0:
        yield _missing("readings", "none are stored")
    if unseen >= UNSEEN_MIN:
        text = f"{quantity(unseen, 'min', 0)} without data; {quantity(UNSEEN_MIN, 'min')} or more"
        inputs = {"unseen_min": unseen, "treated_min": round(summary.treated_s / 60, 2)}
        yield Reason(ReasonCode.GAPS, text, inputs, {"unseen_min": UNSEEN_MIN})


def _blind(one: Evidence) -> Iterator[Reason]:
    end_us = one.found.treatment.end_us
    assert end_us is not None
    spans = [
        (alert.since_us, min(end_us if alert.until_us is None else alert.until_us, end_us))
        for alert in one.alerts
        if alert.rule in BLINDING
    ]
    minutes = round(_covered_us(spans) / 60e6, 2)
    if minutes >= BLIND_MIN:
        rules = ", ".join(sorted({alert.rule for alert in one.alerts if alert.rule in BLINDING}))
        text = f"Rules not evaluated for {quantity(minutes, 'min', 0)} ({rules}); {quantity(BLIND_MIN, 'min')} or more"
        yield Reason(ReasonCode.RULES_BLIND, text, {"blind_min": minutes}, {"blind_min": BLIND_MIN})


def _covered_us(spans: list[tuple[int, int]]) -> int:
    """Time in any of them."""
    total, reached = 0, 0
    for start_us, end_us in sorted(spans):
        total += max(0, end_us - max(start_us, reached))
        reached = max(reached, end_us)
    return total


def _machine(one: Evidence) -> Iterator[Reason]:
    end_us = one.found.treatment.end_us
    assert end_us is not None
    alarms = MachineAlarms(machine_alarms(one.alarms, end_us))
    if alarms.count >= ALARMS or alarms.safety_s >= SAFETY_S or alarms.other_s >= OTHER_S:
        safety, other = quantity(alarms.safety_s, "s", 0), quantity(alarms.other_s, "s", 0)
        said = f"{count(alarms.count, 'machine alarm')}; a safety alarm stood {safety}, another {other} at longest"
        text = f"{said}; {ALARMS}, {quantity(SAFETY_S, 's')} or {quantity(OTHER_S, 's')} and more"
        inputs = {"alarms": alarms.count, "safety_s": alarms.safety_s, "other_s": alarms.other_s}
        yield Reason(
            ReasonCode.MACHINE_ALARMS, text, inputs, {"alarms": ALARMS, "safety_s": SAFETY_S, "other_s": OTHER_S}
        )
