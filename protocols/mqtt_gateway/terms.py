"""Which keys a message may use, in which units: the catalogue by reference identifier, by numeric code, and by our own
name where the nomenclature has none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from telemetry import units
from telemetry.alarms import EVENTS, MachineEvent
from telemetry.signals import BY_NAME, CATALOGUE, Kind, Signal

# ISO/IEEE 11073-10415, weighing scale. The scale says a weight, not whether the treatment lies before or behind it.
BODY_MASS: Final = ("MDC_MASS_BODY_ACTUAL", "188736")
CUFF: Final = frozenset({"systolic", "diastolic", "mean_pressure", "pulse_rate"})
SCALE: Final = frozenset({"weight_before", "weight_after"})
# The phase has a place of its own in a message; a second one could only contradict it.
READINGS: Final = frozenset(BY_NAME) - {"machine_mode"}

# (unit in the message, unit of the catalogue) -> how. Everything else in another unit is invalid.
CONVERSIONS: Final[dict[tuple[str, str], Callable[[float], float]]] = {
    ("L", "mL"): units.litres_to_millilitres,
    ("L/h", "mL/h"): units.litres_to_millilitres,
}
GENERAL_ALARM: Final = next(event for event in EVENTS if event.name == "MDC_EVT_ALARM")


def keys_of(signal: Signal) -> tuple[str, ...]:
    """The keys a message may use for a signal."""
    if signal.mdc_reference is None:
        return (signal.name,)
    return (signal.mdc_reference, str(signal.mdc_code))


def units_of(signal: Signal) -> tuple[str, ...]:
    """The units a message may use for it, the catalogue's first; none for words and for true and false."""
    if signal.kind is not Kind.NUMERIC:
        return ()
    return (signal.ucum, *(given for given, wanted in CONVERSIONS if wanted == signal.ucum))


SIGNAL_OF: Final[dict[str, Signal]] = {key: signal for signal in CATALOGUE for key in keys_of(signal)}
EVENT_OF: Final[dict[str, MachineEvent]] = {key: event for event in EVENTS for key in (event.name, str(event.code))}
