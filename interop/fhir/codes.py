"""Signals in the codes of others: ISO/IEEE 11073-10101 (MDC), LOINC where we have a checked number; and ours."""

from __future__ import annotations

from interop.fhir.datatypes import LOINC, MDC, OURS, Json, coding, concept
from telemetry.signals import Signal


def id_of(signal: Signal) -> str:
    """A signal's name as part of a resource's id, which takes letters, digits, hyphens and dots only."""
    return signal.name.replace("_", "-")


def code_of(signal: Signal) -> Json:
    """What the signal measures. Ours comes last, and alone where the nomenclature has no term."""
    mdc = None if signal.mdc_code is None else coding(MDC, str(signal.mdc_code), signal.mdc_reference)
    loinc = None if signal.loinc is None else coding(LOINC, signal.loinc)
    own = coding(OURS + "signal", signal.name, signal.label)
    return concept(signal.label, *(one for one in (mdc, loinc, own) if one is not None))
