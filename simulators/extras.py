"""What a machine says beyond the catalogue: the keys are those of the profiles' extra fields, the texts ours."""

from __future__ import annotations

from simulators.machine import Machine


def extras_of(machine: Machine) -> dict[str, str]:
    """Text for every extra field this machine has something to say in; a profile takes those it has."""
    p, cuff, window = machine.prescription, machine.cuff, machine.guard.venous_window
    extras = {
        "blood_pressure_count": _five(cuff.count),
        "blood_pressure_interval": _five(p.cuff_interval_s / 60.0),
        "systolic_alarm_high": _five(p.systolic_high_mmhg),
        "systolic_alarm_low": _five(p.systolic_low_mmhg),
        "processed_blood": f"{machine.values['blood_processed']:05.1f}",
        "total_injected": f"{machine.values['heparin_total']:05.1f}",
        "serial_number": "SIM00001",
        "arterial_pressure_alarm_high": _five(0.0),
        "arterial_pressure_alarm_low": _five(p.arterial_limit_mmhg),
        "transmembrane_pressure_alarm_high": _five(p.transmembrane_limit_mmhg),
        "transmembrane_pressure_alarm_low": _five(-60.0),
        "dialysate_temperature_setting": f"{p.dialysate_temperature_cel:05.1f}",
    }
    if window:
        extras["venous_pressure_alarm_low"], extras["venous_pressure_alarm_high"] = map(_five, window)
    if cuff.reading:
        # Minutes since the machine was switched on; what a real machine prints here is not known.
        extras["blood_pressure_time"] = f"{cuff.taken_at_s / 60.0:06.0f}"
    return extras


def _five(value: float) -> str:
    return f"{value:05.0f}"
