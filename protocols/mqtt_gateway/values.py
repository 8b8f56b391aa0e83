"""What a message says, in our signal names and units. Nothing is scaled but by `terms.CONVERSIONS`; a value that cannot
be used is named with its reason, and the others stay."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from protocols.events import WEIGHT
from protocols.mqtt_gateway.messages import Quantity
from protocols.mqtt_gateway.terms import BODY_MASS, CONVERSIONS, SIGNAL_OF
from protocols.plausibility import separate
from telemetry.signals import BY_NAME, Kind, Signal
from telemetry.treatment import Modality


class _UnusableError(Exception):
    """A value that is none of its signal's; the text is the reason."""


@dataclass(slots=True)
class Said:
    """What is left of a message's values.

    Attributes:
        values, invalid: as in `protocols.events.Observation`.
        unknown: keys that are no signal, or none this kind of message may carry.
    """

    values: dict[str, float] = field(default_factory=dict)
    invalid: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)


def read(quantities: Mapping[str, Quantity], usable: AbstractSet[str]) -> Said:
    """The values of the signals in `usable`; body mass without before or after is `WEIGHT` where weights are."""
    said = Said()
    raw: dict[str, str] = {}
    for key, quantity in quantities.items():
        name, signal = _signal(key)
        if signal is None or signal.name not in usable:
            said.unknown.append(key)
        elif name in raw or name in said.invalid:
            said.values.pop(name, None)
            said.invalid[name] = "said twice"
        else:
            try:
                said.values[name] = _number(signal, quantity)
                raw[name] = f"{quantity.value} {quantity.unit}".rstrip()
            except _UnusableError as error:
                said.invalid[name] = str(error)
    weight = said.values.pop(WEIGHT, None)
    said.values, implausible = separate(said.values, raw)
    said.invalid |= implausible
    if weight is not None:
        _separate_weight(said, weight, raw[WEIGHT])
    return said


def _signal(key: str) -> tuple[str, Signal | None]:
    if key in BODY_MASS:
        return WEIGHT, BY_NAME["weight_before"]
    signal = SIGNAL_OF.get(key)
    return (signal.name if signal else key), signal


def _separate_weight(said: Said, weight: float, raw: str) -> None:
    # The same range holds before and after.
    plausible, invalid = separate({"weight_before": weight}, {"weight_before": raw})
    if plausible:
        said.values[WEIGHT] = weight
    else:
        said.invalid[WEIGHT] = invalid["weight_before"]


def _number(signal: Signal, quantity: Quantity) -> float:
    """The value in the catalogue's unit; _UnusableError with the reason, which quotes nothing but numbers and units."""
    value, unit = quantity.value, quantity.unit
    if signal.kind is not Kind.NUMERIC:
        return _word(signal, value, unit)
    if isinstance(value, bool | str):
        raise _UnusableError("not a number")
    if unit == signal.ucum or (signal.ucum == "1" and not unit):
        return value
    convert = CONVERSIONS.get((unit, signal.ucum))
    if convert is None:
        raise _UnusableError(f"{value:.6g} {unit or 'without a unit'}: wanted {signal.ucum}")
    return convert(value)


def _word(signal: Signal, value: float | bool | str, unit: str) -> float:
    if unit:
        raise _UnusableError(f"has the unit {unit}, wanted none")
    if signal.kind is Kind.BOOLEAN:
        if not isinstance(value, bool):
            raise _UnusableError("neither true nor false")
        return float(value)
    if not isinstance(value, str) or value not in Modality.__members__:
        raise _UnusableError(f"not one of {', '.join(Modality.__members__)}")
    return float(Modality[value])
