"""Clearance that the machine measures by itself, and the dose it adds up to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alerts.adequacy.ranges import check, check_as
from alerts.out_of_range import OutOfRange
from telemetry.units import MILLILITRES_PER_LITRE

# Less of a step than this is within what conductivity cells can tell apart [D].
SMALLEST_STEP_MS_CM = 0.1


@dataclass(frozen=True, slots=True)
class Dose:
    """Kt/V by clearance.

    Attributes:
        value: projected to the end of the treatment; with no time left, what was delivered.
        delivered: up to now.
    """

    value: float
    delivered: float


def ionic_dialysance(ci1: float, ci2: float, co1: float, co2: float, qd: float, qf: float) -> float:
    """Ionic dialysance in mL/min: (1 − (Co1 − Co2)/(Ci1 − Ci2)) (Qd + Qf).

    `ci1`, `ci2`: dialysate conductivity at the inlet before and after a step, `co1`, `co2`: at the outlet; mS/cm,
    10…18, the step at least 0.1. `qd` dialysate flow 1…1000 and `qf` ultrafiltration (with substitution) 0…400 mL/min.
    The outlet follows by a share between 0 and 1 of the step. Source: Goldau/Gagel [C].
    """
    name = "ionic dialysance"
    for what, value in (("ci1", ci1), ("ci2", ci2), ("co1", co1), ("co2", co2)):
        check_as(name, what, "conductivity", value)
    check(name, qd=qd, qf=qf)
    step = ci1 - ci2
    if abs(step) < SMALLEST_STEP_MS_CM - 1e-9:  # 14.1 − 14.0 is a little less than 0.1
        raise OutOfRange(name, "ci1 − ci2", step, f"a step of at least {SMALLEST_STEP_MS_CM} mS/cm")
    share = (co1 - co2) / step
    if not 0.0 <= share <= 1.0:
        raise OutOfRange(name, "(co1 − co2)/(ci1 − ci2)", share, "0 to 1: are inlet and outlet exchanged?")
    return (1.0 - share) * (qd + qf)


def online_dose(
    clearances_ml_min: Sequence[float], minutes: Sequence[float], volume_l: float, minutes_left: float = 0.0
) -> Dose:
    """Kt/V from measured clearances: Σ K dt / V; the projection adds K_last × time left / V.

    `clearances_ml_min` 0…1000, each for its own share of `minutes` (0…1440 in all); `volume_l` 5…100. A clearance
    that is not known is not zero: it cannot be left out of the sum, and NaN is refused. Source: definition.
    """
    name = "online Kt/V"
    check(name, volume_l=volume_l)
    check_as(name, "minutes left", "minutes", minutes_left)
    if not clearances_ml_min or len(clearances_ml_min) != len(minutes):
        raise OutOfRange(
            name, "number of minutes", len(minutes), f"one for each of {len(clearances_ml_min)} clearances"
        )
    for clearance, dt in zip(clearances_ml_min, minutes, strict=True):
        check(name, clearance=clearance, minutes=dt)
    check_as(name, "minutes in all", "minutes", sum(minutes) + minutes_left)
    millilitres = sum(clearance * dt for clearance, dt in zip(clearances_ml_min, minutes, strict=True))
    volume_ml = volume_l * MILLILITRES_PER_LITRE
    return Dose((millilitres + clearances_ml_min[-1] * minutes_left) / volume_ml, millilitres / volume_ml)
