"""The machine's alarms as PCD-04 tells them: start, continue every few seconds, end."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from protocols.hl7_dialysis.encode import SaidAlarm
from simulators import guard
from simulators.machine import Machine

# Seconds between two `continue`; the guide allows 10 to 30.
KEEP_ALIVE_S: Final = 10.0
_SIGNALS: Final = {
    guard.TEMPERATURE: "dialysate_temperature",
    guard.CONDUCTIVITY: "dialysate_conductivity",
    guard.VENOUS: "venous_pressure",
    guard.TRANSMEMBRANE: "transmembrane_pressure",
    guard.BLOOD_PRESSURE: "systolic",
    guard.ARTERIAL: "arterial_pressure",
}
_EVENTS: Final = {
    guard.AIR: "MDC_EVT_HDIALY_SAFETY_VEN_AIR_DETECT",
    guard.BLOOD_LEAK: "MDC_EVT_HDIALY_BLOOD_LEAK",
    guard.PUMP: "MDC_EVT_HDIALY_BLD_PUMP_STOP",
    # The guide has no term for the dialysate's pressure.
    guard.DIALYSATE_PRESSURE: "MDC_EVT_HDIALY_SAFETY_SYSTEM_GENERAL",
}
# Events that every PCD-01 says T or F of.
REPORTED: Final = (
    "MDC_EVT_HDIALY_BLD_PUMP_STOP",
    "MDC_EVT_HDIALY_BLOOD_LEAK",
    "MDC_EVT_HDIALY_SAFETY_ART_AIR_DETECT",
    "MDC_EVT_HDIALY_SAFETY_VEN_AIR_DETECT",
    "MDC_EVT_HDIALY_SAFETY_SYSTEM_GENERAL",
    "MDC_EVT_SELFTEST_FAILURE",
    "MDC_EVT_HDIALY_UF_RATE_RANGE",
)


@dataclass(slots=True)
class _Standing:
    said: SaidAlarm
    told_s: float


@dataclass(slots=True)
class AlarmTeller:
    """What is to be told next. `told_s` and `now_s` are seconds of the machine."""

    _standing: dict[str, _Standing] = field(default_factory=dict)

    def due(self, machine: Machine, now_s: float) -> list[SaidAlarm]:
        """Every alarm message due at `now_s`: what ended, what began, what has not been told for KEEP_ALIVE_S."""
        conditions = machine.guard.conditions
        over = [self._standing.pop(name).said for name in sorted(self._standing.keys() - conditions)]
        said = [_with_value(replace(one, phase="end"), machine) for one in over]
        for name in sorted(conditions):
            known = self._standing.get(name)
            if known is None:
                self._standing[name] = _Standing(_began(name, machine), now_s)
                said.append(self._standing[name].said)
            elif now_s - known.told_s >= KEEP_ALIVE_S:
                known.told_s = now_s
                said.append(_with_value(replace(known.said, phase="continue"), machine))
        return said

    @property
    def events(self) -> dict[str, bool]:
        """Event name -> whether it stands, for PCD-01."""
        standing = {entry.said.event for entry in self._standing.values()}
        return {name: name in standing for name in REPORTED}


def limits_of(machine: Machine) -> dict[str, str]:
    """The machine's own limits as OBX-7, of signals that have any."""
    p, window = machine.prescription, machine.guard.venous_window
    limits = {
        "arterial_pressure": f"{p.arterial_limit_mmhg:.0f}-0",
        "transmembrane_pressure": f"-60-{p.transmembrane_limit_mmhg:.0f}",
        "systolic": f"{p.systolic_low_mmhg:.0f}-{p.systolic_high_mmhg:.0f}",
    }
    if window:
        limits["venous_pressure"] = f"{window[0]:.0f}-{window[1]:.0f}"
    return limits


def _began(name: str, machine: Machine) -> SaidAlarm:
    if name in _EVENTS:
        return SaidAlarm(_EVENTS[name], "start")
    signal = _SIGNALS[name]
    event = "MDC_EVT_HI" if machine.values[signal] > _middle(signal, machine) else "MDC_EVT_LO"
    return _with_value(SaidAlarm(event, "start", signal), machine)


def _middle(signal: str, machine: Machine) -> float:
    """A value that lies between the low limit and the high one."""
    p, window = machine.prescription, machine.guard.venous_window
    return {
        "dialysate_temperature": p.dialysate_temperature_cel,
        "dialysate_conductivity": p.conductivity_ms_cm,
        "venous_pressure": sum(window) / 2.0 if window else 200.0,
        "transmembrane_pressure": 100.0,
        "systolic": (p.systolic_low_mmhg + p.systolic_high_mmhg) / 2.0,
        "arterial_pressure": -100.0,
    }[signal]


def _with_value(said: SaidAlarm, machine: Machine) -> SaidAlarm:
    if not said.signal:
        return said
    return replace(said, value=machine.values.get(said.signal), limits=limits_of(machine).get(said.signal, ""))
