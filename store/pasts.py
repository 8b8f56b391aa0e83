"""A patient's past as rules between treatments see it."""

from __future__ import annotations

from typing import Final

from store import care
from store.pool import Connection
from store.queries import run
from store.values import EARLIEST_US
from telemetry.care import DAY_US
from telemetry.past import Past, PastTreatment
from telemetry.treatment import EndKnown

# Of every second day five years, so that a baseline stays where it was.
TREATMENTS: Final = 1000
# Weights of the treatments that are looked at, and the longest comparison of values.
MEASURED_US: Final = 400 * DAY_US


def load(conn: Connection, patient_id: int, unit_id: int, bound_us: int, now_us: int) -> Past:
    """What is known of a patient now; `unit_id` serves them since `bound_us`."""
    ((target_weight_kg, heard_us),) = run(conn, "patient_now", {"patient": patient_id, "unit": unit_id}).fetchall()
    rows = run(conn, "past_treatments", {"patient": patient_id, "since": EARLIEST_US, "limit": TREATMENTS})
    return Past(
        now_us=now_us,
        bound_us=bound_us,
        treatments=tuple(past_treatment(*row) for row in rows),
        arranged=tuple(entry.arranged for entry in care.entries(conn, patient_id)),
        measured=tuple(care.measurements(conn, patient_id, unit_id, now_us - MEASURED_US)),
        target_weight_kg=target_weight_kg,
        heard_us=heard_us,
    )


def past_treatment(
    treatment_id: int, revision: int, start_us: int, end_us: int | None, known: str | None,
    summarised: bool, *measured: float | None,
) -> PastTreatment:  # fmt: skip
    """A treatment from the columns of `past_treatments`."""
    end_known = None if known is None else EndKnown(known)
    return PastTreatment(treatment_id, revision, start_us, end_us, end_known, summarised, *measured)
