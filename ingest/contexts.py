"""What the rules know of the patient whom each unit serves: prescription, target weight, limits of their own."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.records import Context
from store import care, patients
from store.pool import Connection


def contexts(conn: Connection, unit_ids: Sequence[int], now_us: int) -> dict[int, Context]:
    """By unit id, as it holds now, without units that serve nobody. An arranged weight goes before a prescribed one."""
    weights = care.target_weights_in_force(conn, unit_ids, now_us)
    limits = care.limits_in_force(conn, unit_ids, now_us)
    return {
        unit_id: Context(
            weights.get(unit_id, known.target_weight_kg),
            known.pre_systolic_mmhg,
            known.prescribed_conductivity_ms_cm,
            known.transmembrane_limit_mmhg,
            known.prescribed_spktv,
            known.prescribed_heparin_ml_h,
            known.heparin_stop_min,
            {f"{rule} {name}": value for rule, own in limits.get(unit_id, {}).items() for name, value in own.items()},
        )
        for unit_id, known in patients.prescriptions(conn, unit_ids).items()
    }
