"""Procedure and Observation: a treatment, what it came to, and its course.

A course is SampledData: one value a bucket, `E` where nothing valid was measured, so a gap stays a gap. What a
treatment came to is one Observation for each total; nothing is written down that nobody measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Final

from interop.fhir.codes import code_of, id_of
from interop.fhir.datatypes import (
    Json,
    coding,
    concept,
    instant,
    meta,
    own,
    period,
    plain,
    quantity,
    reference,
    tidy,
)
from interop.fhir.devices import OURSELVES, metric_id
from store.treatment_queries import FoundTreatment
from store.treatment_summaries import Summary
from telemetry.signals import BY_NAME, Signal
from telemetry.treatment import EndKnown

_SNOMED: Final = "http://snomed.info/sct"
_CATEGORY: Final = concept(
    "Procedure", coding("http://terminology.hl7.org/CodeSystem/observation-category", "procedure", "Procedure")
)
_HEMODIALYSIS: Final = concept("Home hemodialysis", coding(_SNOMED, "302497006", "Hemodialysis (procedure)"))
# How a number came about, for whoever wants the one and not the other.
_METHODS: Final = {
    "total": own("method", "total", "As it stood at the end of the treatment"),
    "course": own("method", "course", "Mean of each minute"),
}
OF_SIGNAL: Final = {
    "treatment_elapsed": "machine_time_min", "ultrafiltration_volume": "volume_removed_ml",
    "blood_processed": "blood_processed_l", "online_spktv": "spktv", "online_ektv": "ektv",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Course:
    """One signal by bucket of a treatment.

    Attributes:
        start_us: of the first bucket. width_us: of each.
        values: means, in the signal's unit; NaN where nothing valid was measured.
    """

    signal: Signal
    start_us: int
    width_us: int
    values: Sequence[float]


def procedure(found: FoundTreatment) -> Json:
    """Procedure: the treatment, with all that is doubtful about its times as notes."""
    treatment = found.treatment
    unsaid = treatment.end_known is not None and treatment.end_known is not EndKnown.MACHINE
    notes = [f"How its end is known: {treatment.end_known}"] if unsaid else []
    notes += ["The machine does not say its phase: the beginning was inferred"] if treatment.derived else []
    notes += [_pause(one.since_us, one.until_us, one.cause) for one in treatment.interruptions]
    return tidy(
        {
            "resourceType": "Procedure",
            "id": str(found.treatment_id),
            "meta": meta(found.changed_us, found.revision),
            "status": "in-progress" if treatment.end_us is None else "completed",
            "code": _HEMODIALYSIS,
            # FHIR has procedures on people only.
            "subject": {"display": "nobody was bound to the unit"} if found.patient_id is None else _subject(found),
            "performedPeriod": period(treatment.start_us, treatment.end_us),
            "usedReference": [reference("Device", found.unit)],
            "note": [{"text": note} for note in notes],
        }
    )


def totals(found: FoundTreatment) -> list[Json]:
    """An Observation for each thing the treatment came to, as far as the machine told it."""
    if found.summary is None:
        return []
    summary, treatment = found.summary.summary, found.treatment
    status = "final" if found.summary.is_current else "preliminary"
    made = []
    for name in OF_SIGNAL:
        value = total_of(summary, name)
        if value is None:
            continue
        signal = BY_NAME[name]
        made.append(
            tidy(
                {
                    **_observation(found, signal, "total", found.summary.computed_us),
                    "status": status,
                    "effectivePeriod": period(treatment.start_us, treatment.end_us),
                    "issued": instant(found.summary.computed_us),
                    "valueQuantity": quantity(value, signal.ucum),
                }
            )
        )
    if treatment.end_us is not None:
        made.append(_unseen(found, summary.unseen_s, status, found.summary.computed_us))
    return made


def total_of(summary: Summary, name: str) -> float | None:
    """What the machine said a signal of `OF_SIGNAL` came to; None where it did not."""
    value = getattr(summary, OF_SIGNAL[name])
    return float(value) if value is not None and isfinite(value) else None


def course(found: FoundTreatment, of: Course) -> Json:
    """An Observation with one value a bucket."""
    data = " ".join(plain(value) if isfinite(value) else "E" for value in of.values)
    return tidy(
        {
            **course_head(found, of.signal),
            "effectivePeriod": period(of.start_us, of.start_us + of.width_us * len(of.values)),
            "valueSampledData": {
                "origin": quantity(0, of.signal.ucum),
                "period": of.width_us / 1000,
                "dimensions": 1,
                "data": data,
            },
        }
    )


def course_head(found: FoundTreatment, signal: Signal) -> Json:
    """All of it but its values and to which minute they reach: whether it is wanted is known by that, unread."""
    span = found.treatment
    return {
        **_observation(found, signal, "course", found.changed_us),
        "status": "final" if span.end_us is not None else "preliminary",
        "effectivePeriod": period(span.start_us, span.end_us),
    }


def observation_id(treatment_id: int, signal: Signal, kind: str) -> str:
    """`12.arterial-pressure.course`."""
    return f"{treatment_id}.{id_of(signal)}.{kind}"


def _observation(found: FoundTreatment, signal: Signal, kind: str, changed_us: int) -> Json:
    return {
        "resourceType": "Observation",
        "id": observation_id(found.treatment_id, signal, kind),
        "meta": meta(changed_us, found.revision),
        "partOf": [reference("Procedure", str(found.treatment_id))],
        "category": [_CATEGORY],
        "code": code_of(signal),
        "subject": _subject(found),
        "method": _METHODS[kind],
        "device": reference("DeviceMetric", metric_id(found.unit, signal)),
    }


def _unseen(found: FoundTreatment, unseen_s: float, status: str, computed_us: int) -> Json:
    """How much of the treatment nobody saw: without it the other numbers look better founded than they are."""
    return tidy(
        {
            "resourceType": "Observation",
            "id": f"{found.treatment_id}.unseen.total",
            "meta": meta(computed_us, found.revision),
            "partOf": [reference("Procedure", str(found.treatment_id))],
            "status": status,
            "category": [_CATEGORY],
            "code": own("treatment", "unseen", "Time of the treatment without readings"),
            "subject": _subject(found),
            "effectivePeriod": period(found.treatment.start_us, found.treatment.end_us),
            "issued": instant(computed_us),
            "method": _METHODS["total"],
            "device": reference("Device", OURSELVES),
            "valueQuantity": quantity(unseen_s, "s"),
        }
    )


def _subject(found: FoundTreatment) -> Json:
    """The patient; of a unit that served nobody, the unit."""
    return reference("Device", found.unit) if found.patient_id is None else reference("Patient", str(found.patient_id))


def _pause(since_us: int, until_us: int | None, cause: str) -> str:
    return f"Not seen to go on from {instant(since_us)} to {'now' if until_us is None else instant(until_us)}: {cause}"
