"""What the rules need to know of a patient, from what is prescribed."""

from __future__ import annotations

from alerts.records import Context
from store.patients import Prescription


def context_of(known: Prescription) -> Context:
    """The same, in the rules' words."""
    return Context(
        known.target_weight_kg,
        known.pre_systolic_mmhg,
        known.prescribed_conductivity_ms_cm,
        known.transmembrane_limit_mmhg,
        known.prescribed_spktv,
        known.prescribed_heparin_ml_h,
        known.heparin_stop_min,
    )
