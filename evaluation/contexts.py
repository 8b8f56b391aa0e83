"""What the rules know of a patient: prescription, target weight, limits of their own, the needle's own pressure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from alerts.records import Context
from alerts.schema import CONTEXT_KEYS
from store import care, patient_events, patients
from store.patients import Prescription
from store.pool import Connection
from telemetry.care import Access, Limits
from telemetry.past import Past


def contexts(conn: Connection, unit_ids: Sequence[int], now_us: int) -> dict[int, Context]:
    """By unit id, as it holds now, without units that serve nobody.

    What is arranged goes before what the patient was entered with.
    """
    weights = care.target_weights_in_force(conn, unit_ids, now_us)
    prescribed = care.prescribed_in_force(conn, unit_ids, now_us)
    limits = care.limits_in_force(conn, unit_ids, now_us)
    accesses = care.accesses_in_force(conn, unit_ids, now_us)
    symptoms = patient_events.newest_symptoms(conn, unit_ids, now_us)
    return {
        unit_id: _context(
            known,
            prescribed.get(unit_id, {}),
            weights.get(unit_id, known.target_weight_kg),
            limits.get(unit_id, {}),
            accesses.get(unit_id),
            symptoms.get(unit_id),
        )
        for unit_id, known in patients.prescriptions(conn, unit_ids).items()
    }


def context_then(conn: Connection, patient_id: int, known: Prescription, then_us: int) -> Context:
    """As it was arranged at an earlier time; `known`: what the patient was entered with."""
    arranged = tuple(entry.arranged for entry in care.entries(conn, patient_id))
    past = Past(then_us, then_us, arranged=arranged, target_weight_kg=known.target_weight_kg)
    rules = {one.content.rule for one in arranged if isinstance(one.content, Limits)}
    own = {rule: past.own_limits(rule, then_us) for rule in sorted(rules)}
    weight_kg, access = past.target_kg(then_us), past.holding(Access, then_us)
    symptom_us = patient_events.newest_symptom(conn, patient_id, then_us)
    return _context(known, past.prescribed(then_us), weight_kg, own, access, symptom_us)


def _context(
    known: Prescription,
    prescribed: Mapping[str, float | None],
    weight_kg: float | None,
    limits: Mapping[str, Mapping[str, float]],
    access: Access | None,
    symptom_us: int | None,
) -> Context:
    # An item that only a later release knows is no reason to judge nothing.
    now = replace(known, **{item: value for item, value in prescribed.items() if item in CONTEXT_KEYS})
    return Context(
        weight_kg,
        now.pre_systolic_mmhg,
        now.prescribed_conductivity_ms_cm,
        now.transmembrane_limit_mmhg,
        now.prescribed_spktv,
        now.prescribed_heparin_ml_h,
        now.heparin_stop_min,
        {f"{rule} {name}": value for rule, own in limits.items() for name, value in own.items()},
        # A catheter has no needle, whatever was calibrated.
        access.needle if access is not None and access.kind != "catheter" else (),
        symptom_us,
    )
