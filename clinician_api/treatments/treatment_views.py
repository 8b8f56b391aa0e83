"""A stored treatment to what a screen is told. Pure; the shapes are those of `clinician_api.treatments.models`."""

from __future__ import annotations

from clinician_api.live.views import View, moment, tidy
from store.treatment_queries import FoundTreatment, KeptSummary
from store.treatments import Interruption


def treatment_view(found: FoundTreatment) -> View:
    """A `TreatmentView`."""
    treatment = found.treatment
    named = found.patient_id is not None
    return {
        "treatment_id": str(found.treatment_id),
        "unit": found.unit,
        "patient": {"patient_id": str(found.patient_id), "name": found.patient} if named else None,
        "start": moment(treatment.start_us),
        "end": None if treatment.end_us is None else moment(treatment.end_us),
        "end_known": treatment.end_known,
        "derived": treatment.derived,
        "unusual": treatment.unusual,
        "interruptions": [_interruption(pause) for pause in treatment.interruptions],
        "revision": found.revision,
        "changed_at": moment(found.changed_us),
        # One that turned out to go on has no end to sum up to, whatever was thought before.
        "summary": _summary(found.summary) if found.summary and treatment.end_us is not None else None,
    }


def _interruption(pause: Interruption) -> View:
    return {
        "since": moment(pause.since_us),
        "until": None if pause.until_us is None else moment(pause.until_us),
        "cause": pause.cause,
        "phase": pause.phase or None,
    }


def _summary(kept: KeptSummary) -> View:
    summary = kept.summary
    numbers = {
        name: None if value is None else tidy(value)
        for name, value in (
            ("machine_time_min", summary.machine_time_min), ("volume_removed_ml", summary.volume_removed_ml),
            ("blood_processed_l", summary.blood_processed_l), ("spktv", summary.spktv), ("ektv", summary.ektv),
        )
    }  # fmt: skip
    spans = {
        name: {
            "count": span.count, "median": tidy(span.median), "min": tidy(span.minimum), "max": tidy(span.maximum),
        }
        for name, span in summary.signals.items()
    }  # fmt: skip
    return {
        "computed_at": moment(kept.computed_us),
        "version": kept.version,
        "is_current": kept.is_current,
        "readings": summary.readings,
        "treated_s": summary.treated_s,
        "unseen_s": summary.unseen_s,
        **numbers,
        "signals": spans,
    }
