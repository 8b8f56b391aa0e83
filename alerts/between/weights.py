"""Which weight belongs to which treatment: one entered by people goes before what the machine was told."""

from __future__ import annotations

from typing import Final

from alerts.between.words import HOUR_US
from telemetry.care import Measured
from telemetry.past import Past

# A weight entered for a moment this long before the beginning or after it is the one before; likewise the end's.
_FAR_US: Final = 6 * HOUR_US
_NEAR_US: Final = 1 * HOUR_US


def before(past: Past, at: int) -> float | None:
    """Weight before treatment number `at`, kg."""
    treatment = past.treatments[at]
    entered = _entered(past, Measured.WEIGHT_BEFORE, treatment.start_us - _FAR_US, treatment.start_us + _NEAR_US)
    return treatment.weight_before_kg if entered is None else entered


def after(past: Past, at: int) -> float | None:
    """Weight after it, kg; None while it goes on."""
    treatment = past.treatments[at]
    if treatment.end_us is None:
        return None
    entered = _entered(past, Measured.WEIGHT_AFTER, treatment.end_us - _NEAR_US, treatment.end_us + _FAR_US)
    return treatment.weight_after_kg if entered is None else entered


def _entered(past: Past, what: Measured, from_us: int, to_us: int) -> float | None:
    found = [one.value for one in past.of(what) if from_us <= one.taken_us <= to_us]
    return found[-1] if found else None
