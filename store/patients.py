"""Patients, what is prescribed for them, and which unit serves whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from store.pool import Connection
from store.queries import run
from store.values import storable_text


@dataclass(frozen=True, slots=True)
class Prescription:
    """What the rules measure a patient's readings against; None = not known, so its rules are not evaluated.

    As a patient was entered with it. Never changed: what is arranged later goes before it (`store.care`).

    Attributes:
        target_weight_kg: weight without surplus water. pre_systolic_mmhg: usual systolic pressure before treatment.
        prescribed_conductivity_ms_cm: of the dialysate. transmembrane_limit_mmhg: of the dialyser in use.
        prescribed_spktv: single-pool Kt/V of a treatment. prescribed_heparin_ml_h: the pump's rate, 0 = no heparin.
        heparin_stop_min: so many minutes before the end the heparin pump is to be stopped.
    """

    target_weight_kg: float | None = None
    pre_systolic_mmhg: float | None = None
    prescribed_conductivity_ms_cm: float | None = None
    transmembrane_limit_mmhg: float | None = None
    prescribed_spktv: float | None = None
    prescribed_heparin_ml_h: float | None = None
    heparin_stop_min: float | None = None


def add_patient(conn: Connection, display_name: str, clinic_id: int | None, prescription: Prescription) -> int:
    """A new patient's id; StoreError for a prescription no patient can have."""
    parameters = {
        "name": storable_text(display_name, 200), "clinic": clinic_id, "weight": prescription.target_weight_kg,
        "systolic": prescription.pre_systolic_mmhg, "conductivity": prescription.prescribed_conductivity_ms_cm,
        "transmembrane": prescription.transmembrane_limit_mmhg, "spktv": prescription.prescribed_spktv,
        "heparin": prescription.prescribed_heparin_ml_h, "heparin_stop": prescription.heparin_stop_min,
    }  # fmt: skip
    return int(run(conn, "add_patient", parameters).fetchall()[0][0])


def bind(conn: Connection, unit_id: int, patient_id: int, now_us: int) -> None:
    """From now on the unit serves this patient; what either was bound to before ends now."""
    parameters = {"unit": unit_id, "patient": patient_id, "now": now_us}
    run(conn, "end_bindings", parameters)
    run(conn, "bind", parameters)


def unbind(conn: Connection, unit_id: int, now_us: int) -> None:
    """From now on the unit serves nobody."""
    run(conn, "end_bindings", {"unit": unit_id, "patient": None, "now": now_us})


def prescriptions(conn: Connection, unit_ids: Sequence[int]) -> dict[int, Prescription]:
    """By unit id, of the patient each serves now; a unit that serves nobody is left out."""
    rows = run(conn, "prescriptions", {"units": list(unit_ids)})
    return {row[0]: Prescription(*row[1:]) for row in rows}
