"""What can go wrong at the bedside, as data: each fault says what it does to patient and machine while it lasts.

A fault begins `after_s` seconds after the scenario's onset and lasts `duration_s` (0 = to the end of the run). A new
kind of fault is one class here, its name in `Fault` and its line in `_apply`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec


@dataclass(slots=True)
class Effects:
    """Everything the faults active at one moment do, added up. The defaults are a day on which nothing happens.

    Attributes:
        needle_out: the venous needle has left the vessel: blood runs on to the floor.
        clot_per_h: extra rate at which the filter's permeability is lost (natural logarithm an hour).
        venous_stenosis_mmhg, arterial_stenosis_mmhg: pressure lost in the access at 300 mL/min.
        refill_factor: share of vascular refilling that is left. reserve_factor: share of the baroreflex that is left.
        vasodilation: share of vascular resistance that is lost.
        power_off: the machine is dead; `port_gone` says whether its serial port is gone with it.
        stuck: catalogue names of signals that no longer move.
    """

    needle_out: bool = False
    clot_per_h: float = 0.0
    venous_stenosis_mmhg: float = 0.0
    arterial_stenosis_mmhg: float = 0.0
    refill_factor: float = 1.0
    reserve_factor: float = 1.0
    vasodilation: float = 0.0
    air: bool = False
    blood_leak: bool = False
    pump_fault: bool = False
    power_off: bool = False
    port_gone: bool = False
    stuck: frozenset[str] = frozenset()


class FaultBase(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", kw_only=True):
    """When a fault is active: seconds after the onset, and for how long (0 = to the end)."""

    after_s: float = 0.0
    duration_s: float = 0.0


class NeedleOut(FaultBase, frozen=True, tag="needle_out"):
    """The venous needle dislodges: the chamber loses the access's pressure, the patient loses the blood flow."""


class Clotting(FaultBase, frozen=True, tag="clotting"):
    """Fibres clot: permeability falls by e^−(per_hour · h), the venous chamber narrows with it."""

    per_hour: float = 0.9


class AccessStenosis(FaultBase, frozen=True, tag="access_stenosis"):
    """The access narrows over `ramp_s`: outflow raises the venous, inflow lowers the arterial pressure."""

    venous_mmhg: float = 0.0
    arterial_mmhg: float = 0.0
    ramp_s: float = 600.0


class Hypotension(FaultBase, frozen=True, tag="hypotension"):
    """Refilling and reflexes fail, then vessels widen, over `ramp_s`."""

    refill_factor: float = 0.2
    reserve_factor: float = 0.2
    vasodilation: float = 0.25
    ramp_s: float = 300.0


class Air(FaultBase, frozen=True, tag="air"):
    """Bubbles stand before the venous air detector."""


class BloodLeak(FaultBase, frozen=True, tag="blood_leak"):
    """A fibre has burst: blood reaches the leak detector."""


class PumpStop(FaultBase, frozen=True, tag="pump_stop"):
    """The blood pump does not turn: door open, line kinked, or stopped by hand."""


class PowerCut(FaultBase, frozen=True, tag="power_cut"):
    """No mains: everything stops and the serial line is silent; with `port_gone` the port itself disappears."""

    port_gone: bool = True


class StuckSensor(FaultBase, frozen=True, tag="stuck_sensor"):
    """One signal (catalogue name) keeps the value it had."""

    signal: str


Fault = (
    NeedleOut | Clotting | AccessStenosis | Hypotension | Air | BloodLeak | PumpStop | PowerCut | StuckSensor
)  # fmt: skip

NOTHING = Effects()


def effects_at(faults: Sequence[Fault], since_onset_s: float) -> Effects:
    """What the faults do together, `since_onset_s` seconds after the scenario's onset (negative = not yet)."""
    active = [f for f in faults if is_active(f, since_onset_s)]
    if not active:
        return NOTHING
    effects = Effects()
    for fault in active:
        _apply(fault, effects, since_onset_s - fault.after_s)
    return effects


def is_active(fault: Fault, since_onset_s: float) -> bool:
    """Whether the fault lasts at that moment; it begins with, and ends before, its bounds."""
    since = since_onset_s - fault.after_s
    return since >= 0.0 and (fault.duration_s == 0.0 or since < fault.duration_s)


def _apply(fault: Fault, effects: Effects, since_s: float) -> None:
    match fault:
        case NeedleOut():
            effects.needle_out = True
        case Clotting():
            effects.clot_per_h += fault.per_hour
        case AccessStenosis():
            share = _ramp(since_s, fault.ramp_s)
            effects.venous_stenosis_mmhg += share * fault.venous_mmhg
            effects.arterial_stenosis_mmhg += share * fault.arterial_mmhg
        case Hypotension():
            share = _ramp(since_s, fault.ramp_s)
            effects.refill_factor *= 1.0 - share * (1.0 - fault.refill_factor)
            effects.reserve_factor *= 1.0 - share * (1.0 - fault.reserve_factor)
            effects.vasodilation += share * fault.vasodilation
        case Air():
            effects.air = True
        case BloodLeak():
            effects.blood_leak = True
        case PumpStop():
            effects.pump_fault = True
        case PowerCut():
            effects.power_off = True
            effects.port_gone = effects.port_gone or fault.port_gone
        case StuckSensor():
            effects.stuck |= {fault.signal}


def _ramp(since_s: float, ramp_s: float) -> float:
    return 1.0 if since_s >= ramp_s else since_s / ramp_s
