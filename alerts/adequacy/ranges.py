"""The range of each quantity a formula may be asked for, in one place.

Design defaults [D]: wide enough for every patient, narrow enough that a mistake of unit or of typing is caught. Where a
signal of the machine is meant, the catalogue's plausible range holds.
"""

from __future__ import annotations

from typing import Final

from alerts.out_of_range import Range
from telemetry import signals


def _of_signal(name: str) -> Range:
    signal = signals.BY_NAME[name]
    if signal.plausible is None:
        raise ValueError(f"{name}: no plausible range in the catalogue")
    return Range(*signal.plausible, signal.ucum)


RANGES: Final[dict[str, Range]] = {
    "pre": Range(0.01, 1000, ""),
    "post": Range(0.01, 1000, ""),
    "hours": Range(0.1, 24, "h"),
    "uf_l": Range(0, 20, "L"),
    "weight_kg": _of_signal("weight_after"),
    "pidi_days": Range(0.5, 14, "d"),
    "spktv": Range(0.01, 5, "1"),
    "ektv": Range(0.01, 5, "1"),
    "per_week": Range(1, 14, "/wk"),
    "uf_week_l": Range(0, 50, "L/wk"),
    "volume_l": Range(5, 100, "L"),
    "kru_ml_min": Range(0, 20, "mL/min"),
    "age": Range(18, 100, "a"),
    "height_cm": Range(120, 230, "cm"),
    "chamber_height_cm": Range(0, 100, "cm"),
    "conductivity": _of_signal("dialysate_conductivity"),
    "qd": Range(1, 1000, "mL/min"),
    "qf": Range(0, 400, "mL/min"),
    "clearance": Range(0, 1000, "mL/min"),
    "minutes": Range(0, 1440, "min"),
    "static_pressure": Range(-50, 300, "mm[Hg]"),
    "venous_pressure": _of_signal("venous_pressure"),
    "intra_access": Range(0, 300, "mm[Hg]"),
    "mean_pressure": _of_signal("mean_pressure"),
    "systolic": _of_signal("systolic"),
    "diastolic": _of_signal("diastolic"),
    "vdp0": Range(0, 500, "mm[Hg]"),
    "qb": _of_signal("blood_flow"),
    "ratio": Range(0.01, 0.99, "1"),
    "uf_ml_min": Range(0, 100, "mL/min"),
    "removed_ml": _of_signal("ultrafiltration_volume"),
    "rate_ml_h": _of_signal("ultrafiltration_rate"),
    "goal_ml": _of_signal("ultrafiltration_target"),
    "slope_percent_h": Range(-100, 100, "%/h"),
}


def check(formula: str, **values: float) -> None:
    """Raise `OutOfRange` for the first value that is not finite or not in the range of its name."""
    for name, value in values.items():
        check_as(formula, name, name, value)


def check_as(formula: str, what: str, name: str, value: float) -> None:
    """As `check`, where a formula calls a quantity `what` that has the range of `name`."""
    RANGES[name].check(formula, what, value)
