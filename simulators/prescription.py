"""What one machine is set to do, and how its day runs."""

from __future__ import annotations

from random import Random
from typing import Annotated, Final

import msgspec

from simulators.patient import PatientParameters

# Needle gauge -> pressure drop relative to 15 G (needle and line together).
GAUGES: Final[dict[int, float]] = {14: 0.75, 15: 1.0, 16: 1.35, 17: 1.85}


class Prescription(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of one treatment and of the machine's own limits.

    Attributes:
        membrane_ml_h_mmhg: ultrafiltration coefficient of a fresh dialyser.
        venous_window_mmhg: the machine alarms when venous pressure leaves its learnt value by this much.
        carer_response_s: how long an alarm stands before somebody at home resets it.
        idle_s … disinfect_s: how long each stage lasts, in seconds; a quick morning, a real machine takes longer.
    """

    treatment_minutes: Annotated[float, msgspec.Meta(ge=5, le=600)] = 240.0
    blood_flow_ml_min: Annotated[float, msgspec.Meta(ge=50, le=600)] = 300.0
    needle_gauge: int = 15
    dialysate_flow_ml_min: float = 500.0
    dialysate_temperature_cel: float = 36.5
    conductivity_ms_cm: Annotated[float, msgspec.Meta(ge=12, le=16)] = 14.0
    ultrafiltration_ml: float = 2000.0
    heparin_ml_h: float = 1.0
    heparin_stop_minutes: float = 30.0
    membrane_ml_h_mmhg: Annotated[float, msgspec.Meta(ge=1)] = 12.0
    cuff_interval_s: float = 900.0
    venous_window_mmhg: float = 60.0
    arterial_limit_mmhg: float = -280.0
    transmembrane_limit_mmhg: float = 350.0
    systolic_low_mmhg: float = 90.0
    systolic_high_mmhg: float = 180.0
    carer_response_s: float = 40.0
    idle_s: float = 15.0
    self_test_s: float = 60.0
    priming_s: float = 180.0
    connecting_s: Annotated[float, msgspec.Meta(ge=1)] = 90.0
    rinse_back_s: float = 240.0
    drain_s: float = 180.0
    disinfect_s: float = 1200.0


def draw_prescription(rng: Random, patient: PatientParameters) -> Prescription:
    """Settings that suit the patient: needle by flow, ultrafiltration by what there is to remove."""
    flow, gauge = rng.choice(((230.0, 16), (250.0, 16), (270.0, 15), (280.0, 15), (300.0, 15), (320.0, 15)))
    return Prescription(
        blood_flow_ml_min=flow,
        needle_gauge=gauge,
        dialysate_temperature_cel=rng.choice((36.0, 36.5, 37.0)),
        conductivity_ms_cm=rng.choice((13.8, 14.0, 14.2)),
        ultrafiltration_ml=round(patient.overload_ml, -2),
        heparin_ml_h=rng.choice((0.8, 1.0, 1.2, 1.5)),
        membrane_ml_h_mmhg=round(rng.uniform(10.0, 14.0), 1),
    )
