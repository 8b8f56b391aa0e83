"""Signals as HL7 names them: code, unit, how the value was come by, and the value itself.

The codes are the catalogue's, which FHIR's export uses, too. The guide's words for phases and modalities are ours.
"""

from __future__ import annotations

from typing import Final

from interop.fhir.devices import MACHINE, Category, category
from interop.hl7.er7 import components, number
from interop.hl7.header import OURS
from telemetry.signals import Kind, Signal
from telemetry.treatment import Modality, Phase

MACHINE_MDS: Final = components(*MACHINE, "MDC")
# The guide's virtual device below it. Of its channels we have no checked numbers: signals stand below this one.
MACHINE_VMD: Final = components("70934", "MDC_DEV_HDIALY_VMD", "MDC")
_METHOD: Final = {
    Category.MEASUREMENT: components("AMEAS", "auto-measurement", "MDC"),
    Category.CALCULATION: components("ACALC", "auto-calculation", "MDC"),
    Category.SETTING: components("ASET", "auto-setting", "MDC"),
}
_WORDS: Final = {"machine_mode": Phase, "modality": Modality}


def identifier(signal: Signal) -> str:
    """OBX-3."""
    if signal.mdc_code is None:
        return components(signal.name, signal.label, OURS)
    return components(str(signal.mdc_code), signal.mdc_reference or "", "MDC")


def place(signal: Signal) -> str:
    """OBX-4: below the machine's virtual device (MDS.VMD.channel.metric, channel 0)."""
    return f"1.1.0.{signal.number + 1}"


def unit(signal: Signal) -> str:
    """OBX-6; empty for what has none."""
    return components(signal.ucum, signal.ucum, "UCUM") if signal.kind is Kind.NUMERIC else ""


def method(signal: Signal) -> str:
    """OBX-17."""
    return _METHOD[category(signal)]


def written(signal: Signal, value: float) -> tuple[str, str]:
    """OBX-2 and OBX-5: a number, T or F, or the guide's word. ValueError for a word that there is not."""
    if signal.kind is Kind.NUMERIC:
        return "NM", number(value)
    if signal.kind is Kind.BOOLEAN:
        return "ST", "T" if value else "F"
    return "ST", _WORDS[signal.name](int(value)).name
