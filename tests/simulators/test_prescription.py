from __future__ import annotations

from random import Random

from simulators.patient import draw_patient
from simulators.prescription import GAUGES, draw_prescription


def test_a_drawn_prescription_suits_its_patient() -> None:
    for seed in range(100):
        rng = Random(seed)
        patient = draw_patient(rng)
        drawn = draw_prescription(rng, patient)
        rate = drawn.ultrafiltration_ml / (drawn.treatment_minutes / 60.0) / patient.target_weight_kg
        assert 4.0 < rate < 10.0  # mL/kg/h: below the rules' limits
        assert drawn.needle_gauge in GAUGES
        assert abs(drawn.ultrafiltration_ml - patient.overload_ml) <= 50.0
