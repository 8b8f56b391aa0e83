"""Pressure in the vascular access, as a share of arterial pressure: it rises when the outflow narrows."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.adequacy.ranges import check, check_as
from alerts.out_of_range import NotEvaluable, OutOfRange

STATIC_POSITIVE_ABOVE = 0.5
VAPR_POSITIVE_ABOVE = 0.55
# Frinak's conditions: (quantity, more than, unit). At or below, the ratio says nothing.
_VAPR_NEEDS = (("MAP", 75.0, "mmHg"), ("Qb", 200.0, "mL/min"), ("VDP", 20.0, "mmHg"))


@dataclass(frozen=True, slots=True)
class StaticPressure:
    """Equivalent intra-access pressure in mmHg (`value`), its `ratio` to MAP, and whether that is above 0.5."""

    value: float
    ratio: float
    positive: bool


@dataclass(frozen=True, slots=True)
class PressureRatio:
    """Venous access pressure ratio (`value`), and whether it is above 0.55. `evaluable` is always true here:
    what cannot be evaluated is an error."""

    value: float
    evaluable: bool
    positive: bool


@dataclass(frozen=True, slots=True)
class Detectability:
    """By how many mmHg a slipped needle would cross a static limit (`value`; 0 or less: never)."""

    value: float
    detectable: bool


def mean_pressure(systolic: float, diastolic: float) -> float:
    """Mean arterial pressure in mmHg: (SBP + 2 DBP)/3.

    `systolic`, `diastolic` 30…300 mmHg, diastolic ≤ systolic. Source: convention [M].
    """
    check("MAP", systolic=systolic, diastolic=diastolic)
    if diastolic > systolic:
        raise OutOfRange("MAP", "diastolic", diastolic, f"at most the systolic pressure, {systolic:g} mmHg")
    return diastolic + (systolic - diastolic) / 3.0  # as written above, and exact where both are equal


def static_pressure(pressure: float, height_cm: float, mean_pressure: float) -> StaticPressure:
    """Equivalent intra-access pressure in mmHg: eIAP = P + 0.35 H + 3.4; eIAP/MAP above 0.5 is positive.

    `pressure` in the venous chamber with the pump off, the line clamped before the chamber, after 30 s, −50…300 mmHg;
    `height_cm` from the chair's arm up to the chamber, 0…100; `mean_pressure` 30…300 mmHg. A pressure in the access
    below zero is no answer. Source: KDOQI tables [C].
    """
    name = "eIAP"
    check(name, static_pressure=pressure, chamber_height_cm=height_cm, mean_pressure=mean_pressure)
    value = pressure + 0.35 * height_cm + 3.4
    if value < 0:
        raise OutOfRange(name, "eIAP", value, "at least 0 mmHg: check the pressure and the height")
    ratio = _rounded(value / mean_pressure)
    return StaticPressure(_rounded(value), ratio, ratio > STATIC_POSITIVE_ABOVE)


def venous_ratio(vdp: float, vdp0: float, mean_pressure: float, qb: float) -> PressureRatio:
    """Venous access pressure ratio: (VDP − VDP0)/MAP; above 0.55 is positive, in three treatments running (R30).

    `vdp` venous pressure with the pump running, −100…500 mmHg; `vdp0` what needle and line alone would show at this
    blood flow, 0…500 mmHg and at most VDP (`needle_calibration`); `mean_pressure` 30…300 mmHg; `qb` 0…700 mL/min.
    `NotEvaluable` unless MAP > 75, Qb > 200 and VDP > 20. Source: Frinak 2002 [C].
    """
    name = "VAPR"
    check(name, venous_pressure=vdp, vdp0=vdp0, mean_pressure=mean_pressure, qb=qb)
    for (what, least, unit), value in zip(_VAPR_NEEDS, (mean_pressure, qb, vdp), strict=True):
        if value <= least:
            raise NotEvaluable(name, what, value, f"more than {least:g} {unit}, or the ratio cannot be evaluated")
    if vdp0 > vdp:
        raise OutOfRange(name, "vdp0", vdp0, f"at most VDP, {vdp:g} mmHg: is this the needle it was calibrated with?")
    ratio = _rounded((vdp - vdp0) / mean_pressure)
    return PressureRatio(ratio, True, ratio > VAPR_POSITIVE_ABOVE)


def needle_detectability(intra_access: float, venous: float, limit: float) -> Detectability:
    """Whether a static lower limit can see a slipped venous needle: only if intra-access pressure > Pven − limit.

    The needle takes the intra-access pressure with it, and nothing else. `intra_access` 0…300, `venous` pressure and
    its lower `limit` −100…500 mmHg, the limit below the pressure. Source: PubMed 24341865 [C].
    """
    name = "needle detectability"
    check(name, intra_access=intra_access, venous_pressure=venous)
    check_as(name, "limit", "venous_pressure", limit)
    if limit >= venous:
        raise OutOfRange(name, "limit", limit, f"below the venous pressure, {venous:g} mmHg")
    margin = _rounded(intra_access - (venous - limit))
    return Detectability(margin, margin > 0)


def _rounded(value: float) -> float:
    """Far below what can be measured, so that exactly at a limit is never a hair above it."""
    return round(value, 9)
