"""Version 1: what every machine says. Source grade O (layout confirmed against captures); alarm meanings I."""

from __future__ import annotations

from typing import Final

from protocols.jsdt.profile import Field, Profile, Role


def measured(letter: str, signal: str, decimals: int = 0, *, litres: bool = False) -> Field:
    """A field of five characters that is a catalogue signal."""
    return Field(letter, 5, Role.SIGNAL, signal, decimals, litres)


def flag(letter: str, words: str, event: str = "MDC_EVT_ALARM", source: str = "") -> Field:
    """A one-character alarm flag. The direction of a numeric one is unknown: ALARM, not HI or LO."""
    return Field(letter, 1, Role.ALARM, words, event=event, source=source, absent="0")


def extra(letter: str, name: str, width: int = 5, *, absent: str = "", free_text: bool = False) -> Field:
    """A field beyond the catalogue, passed on as text."""
    return Field(letter, width, Role.EXTRA, name, absent=absent, free_text=free_text)


FIELDS: Final[tuple[Field, ...]] = (
    measured("A", "ultrafiltration_target", 2, litres=True),
    measured("B", "ultrafiltration_volume", 2, litres=True),
    measured("C", "ultrafiltration_rate", 2, litres=True),
    measured("D", "blood_flow"),
    measured("E", "heparin_rate", 1),
    measured("F", "dialysate_temperature", 1),
    measured("G", "dialysate_conductivity", 1),
    measured("H", "venous_pressure"),
    measured("I", "dialysate_pressure"),
    measured("J", "transmembrane_pressure"),
    measured("K", "treatment_elapsed"),
    flag("a", "Dialysate temperature", source="dialysate_temperature"),
    flag("b", "Dialysate conductivity", source="dialysate_conductivity"),
    flag("c", "Venous pressure", source="venous_pressure"),
    flag("d", "Dialysate pressure", source="dialysate_pressure"),
    flag("e", "Transmembrane pressure", source="transmembrane_pressure"),
    flag("f", "Air bubble", "MDC_EVT_HDIALY_SAFETY_VEN_AIR_DETECT"),
    flag("g", "Blood leak", "MDC_EVT_HDIALY_BLOOD_LEAK"),
    flag("h", "Other machine alarm", "MDC_EVT_HDIALY_SAFETY_SYSTEM_GENERAL"),
)

V1: Final = Profile("v1", 1, FIELDS)
