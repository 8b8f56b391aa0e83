"""Device and DeviceMetric: the machine at a home, what it can measure, and ourselves."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from interop.fhir.codes import code_of, id_of
from interop.fhir.datatypes import MDC, UCUM, Json, coding, concept, identifier, reference, tidy
from telemetry.signals import Kind, Signal

# The system that watches; author of alerts and of every summary.
OURSELVES: Final = "homehd"

# What the Dialysis Machine HL7 Implementation Guide calls the machine as a whole.
MACHINE: Final = ("70929", "MDC_DEV_HDIALY_MDS")
_MACHINE: Final = coding(MDC, *MACHINE)
_SETTINGS: Final = frozenset({"blood_flow_setting", "ultrafiltration_target"})
_DERIVED: Final = frozenset({"online_spktv", "online_ektv", "relative_blood_volume"})


class Category(StrEnum):
    """How a metric's value is come by (IEEE 11073, FHIR `metric-category`)."""

    MEASUREMENT = "measurement"
    SETTING = "setting"
    CALCULATION = "calculation"


def category(signal: Signal) -> Category:
    """Which of them a signal's value is."""
    if signal.name in _SETTINGS:
        return Category.SETTING
    return Category.CALCULATION if signal.name in _DERIVED else Category.MEASUREMENT


def device(unit: str, clinic_id: int | None, patient_id: int | None, *, in_use: bool = True) -> Json:
    """Device: the unit at a home. Its name says nothing about anybody."""
    return tidy(
        {
            "resourceType": "Device",
            "id": unit,
            "identifier": [identifier("unit", unit)],
            "status": "active" if in_use else "inactive",
            "deviceName": [{"name": unit, "type": "user-friendly-name"}],
            "type": concept("Home hemodialysis machine", _MACHINE),
            "patient": None if patient_id is None else reference("Patient", str(patient_id)),
            "owner": None if clinic_id is None else reference("Organization", str(clinic_id)),
        }
    )


def ourselves(version: str) -> Json:
    """Device: the watching system, in the version that wrote this."""
    return {
        "resourceType": "Device",
        "id": OURSELVES,
        "identifier": [identifier("system", OURSELVES)],
        "status": "active",
        "deviceName": [{"name": "homehd remote monitoring", "type": "model-name"}],
        "type": {"text": "Remote monitoring system (secondary notifier)"},
        "version": [{"value": version}],
    }


def metric_id(unit: str, signal: Signal) -> str:
    """The id of a machine's metric. A unit has no dot in its name."""
    return f"{unit}.{id_of(signal)}"


def metric(unit: str, signal: Signal) -> Json:
    """DeviceMetric: one signal of a machine."""
    ucum = concept(signal.ucum, coding(UCUM, signal.ucum)) if signal.kind is Kind.NUMERIC else None
    return tidy(
        {
            "resourceType": "DeviceMetric",
            "id": metric_id(unit, signal),
            "identifier": [identifier("metric", metric_id(unit, signal))],
            "type": code_of(signal),
            "unit": ucum,
            "source": reference("Device", unit),
            "category": str(category(signal)),
        }
    )
