"""Toray TR-8000: version 1 with an extension, the only profile with an arterial pressure and with the machine's limits.

Source grade O for order and widths. I: the unit of what is passed on as text, which of two limits is the high one (so
the larger is taken), and everything about the flags without a name.
"""

from __future__ import annotations

from typing import Final

from protocols.jsdt.profile import Field, Profile
from protocols.jsdt.profiles import base
from protocols.jsdt.profiles.base import extra, flag, measured


def unnamed(letter: str) -> Field:
    """A one-character field nobody has explained: passed on under its letter."""
    return extra(letter, f"field_{letter}", 1, absent="0")


FIELDS: Final[tuple[Field, ...]] = (
    *base.FIELDS,
    measured("L", "dialysate_flow"),
    extra("M", "blood_pressure_count"),
    measured("N", "systolic"),
    measured("O", "diastolic"),
    measured("P", "pulse_rate"),
    extra("Q", "systolic_alarm_high"),
    extra("R", "systolic_alarm_low"),
    extra("S", "cuff_pressure"),
    extra("T", "blood_pressure_interval"),
    extra("U", "processed_blood"),
    extra("V", "venous_pressure_alarm_high"),
    extra("W", "venous_pressure_alarm_low"),
    extra("X", "total_injected"),
    extra("Y", "dialysate_pressure_alarm_high"),
    extra("Z", "dialysate_pressure_alarm_low"),
    extra("i", "sodium_chloride"),
    *map(unnamed, "jklm"),
    extra("n", "serial_number", 8, free_text=True),
    measured("o", "arterial_pressure"),
    unnamed("p"),
    extra("q", "arterial_pressure_alarm_high"),
    extra("r", "arterial_pressure_alarm_low"),
    extra("s", "transmembrane_pressure_alarm_high"),
    extra("t", "transmembrane_pressure_alarm_low"),
    extra("u", "substitution_rate"),
    extra("v", "substitution_target"),
    extra("w", "substitution_volume"),
    *map(unnamed, "xyz!"),
    extra("#", "dialysate_temperature_setting"),
    flag("$", "Water short"),
)

TORAY_TR8000: Final = Profile(
    "toray-tr8000",
    1,
    FIELDS,
    limits={
        "venous_pressure": ("V", "W"),
        "dialysate_pressure": ("Y", "Z"),
        "transmembrane_pressure": ("s", "t"),
    },
)
