"""The gateway's side: what the simulator publishes, and what the examples in the documentation are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from protocols.events import WEIGHT, Alarm, Delivery
from protocols.mqtt_gateway.messages import Alive, Cuff, Message, PhaseWord, Quantity, Readings, Scale, StandingAlarm
from protocols.mqtt_gateway.terms import BODY_MASS, keys_of
from telemetry.signals import BY_NAME, Kind
from telemetry.treatment import Modality, Phase

_DECIMALS = 3


def encode(message: Message) -> bytes:
    """A message as an MQTT payload."""
    return msgspec.json.encode(message)


def readings(
    which: Delivery, values: Mapping[str, float], phase: Phase, alarms: Iterable[Alarm] | None, time: str | None = None
) -> Readings:
    """All a machine shows, from values in the catalogue's units, rounded to thousandths."""
    standing = None if alarms is None else [StandingAlarm(alarm.name, _about(alarm)) for alarm in alarms]
    return Readings(
        contract=1, source=which.source, session=which.session, seq=which.seq, time=time,
        phase=PhaseWord(phase.name), alarms=standing, values=_quantities(values),
    )  # fmt: skip


def cuff(which: Delivery, values: Mapping[str, float], time: str | None = None) -> Cuff:
    """One blood pressure measurement."""
    return Cuff(
        contract=1, source=which.source, session=which.session, seq=which.seq, time=time, values=_quantities(values)
    )


def scale(which: Delivery, values: Mapping[str, float], time: str | None = None) -> Scale:
    """One weighing: `weight_before`, `weight_after`, or `WEIGHT` for a scale that does not know which."""
    return Scale(
        contract=1, source=which.source, session=which.session, seq=which.seq, time=time, values=_quantities(values)
    )


def alive(which: Delivery, machine: Literal["connected", "silent", "none"], time: str | None = None) -> Alive:
    """The gateway lives."""
    return Alive(contract=1, source=which.source, session=which.session, seq=which.seq, time=time, machine=machine)


def _about(alarm: Alarm) -> str | None:
    return keys_of(BY_NAME[alarm.signal])[0] if alarm.signal else None


def _quantities(values: Mapping[str, float]) -> dict[str, Quantity]:
    return dict(_quantity(name, value) for name, value in values.items())


def _quantity(name: str, value: float) -> tuple[str, Quantity]:
    if name == WEIGHT:
        return BODY_MASS[0], Quantity(round(value, _DECIMALS), BY_NAME["weight_before"].ucum)
    signal = BY_NAME[name]
    key = keys_of(signal)[0]
    if signal.kind is Kind.BOOLEAN:
        return key, Quantity(bool(value))
    if signal.kind is Kind.ENUMERATION:
        return key, Quantity(Modality(int(value)).name)
    return key, Quantity(round(value, _DECIMALS), signal.ucum)
