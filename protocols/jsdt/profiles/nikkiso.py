"""Version 2 as Nikkiso DBB machines send it. Source grade O; '/' as *not measured* and the use of M are I."""

from __future__ import annotations

from typing import Final

from protocols.jsdt.profile import Field, Profile, Role, inserting
from protocols.jsdt.profiles import base
from protocols.jsdt.profiles.base import extra, flag, measured

FIELDS: Final[tuple[Field, ...]] = (
    *inserting(base.FIELDS, "K", measured("L", "dialysate_flow")),
    Field("M", 1, Role.TREATING, "treating", absent="0"),
    Field("N", 1, Role.MODALITY, "modality"),
    extra("O", "substitution_target"),
    extra("P", "substitution_volume"),
    extra("Q", "substitution_rate"),
    extra("R", "substitution_temperature"),
    extra("S", "blood_pressure_time", 6, absent="000/00"),
    measured("T", "systolic"),
    measured("U", "diastolic"),
    measured("V", "pulse_rate"),
    flag("i", "Blood pressure"),
)

NIKKISO_V2: Final = Profile("nikkiso-v2", 2, FIELDS)
