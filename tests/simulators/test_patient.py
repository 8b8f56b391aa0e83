from __future__ import annotations

from random import Random

import pytest

from simulators.faults import NOTHING, Effects
from simulators.patient import Patient, PatientParameters, draw_patient


def run(
    minutes: float, *, taken: float = 0.0, bled: float = 0.0, effects: Effects = NOTHING, **parameters: float
) -> Patient:
    patient = Patient(PatientParameters(**parameters), Random(3))
    for _ in range(round(minutes * 60)):
        patient.step(1.0, taken, bled, effects)
    return patient


def test_blood_volume_falls_with_ultrafiltration_and_is_refilled() -> None:
    after_4_h = run(240, taken=10.0)
    assert -0.12 < after_4_h.relative_blood_volume < -0.03
    # 2.4 L were taken; most of them came out of the tissue.
    assert after_4_h.removed_ml == pytest.approx(2400.0, rel=0.2)


def test_twice_the_rate_costs_more_blood_volume() -> None:
    assert run(120, taken=16.0).relative_blood_volume < 1.5 * run(120, taken=8.0).relative_blood_volume


def test_blood_volume_recovers_when_ultrafiltration_stops() -> None:
    patient = run(60, taken=15.0)
    low = patient.relative_blood_volume
    for _ in range(1200):
        patient.step(1.0, 0.0, 0.0, NOTHING)
    assert patient.relative_blood_volume > low + 0.01


def test_ultrafiltration_concentrates_blood_and_bleeding_does_not() -> None:
    filtered, bled = run(60, taken=12.0), run(3, bled=300.0)
    assert filtered.haematocrit > 0.335
    assert filtered.oncotic_mmhg > 25.5
    assert 0.315 < bled.haematocrit < 0.33  # refilling dilutes what is left
    assert bled.relative_blood_volume < -0.12


def test_the_baroreflex_holds_the_pressure_up_while_it_can() -> None:
    held = run(30, taken=60.0)
    helpless = run(30, taken=60.0, effects=Effects(reserve_factor=0.0))
    assert held.pressure.systolic > helpless.pressure.systolic + 8.0
    assert held.pressure.pulse > helpless.pressure.pulse


def test_failing_reflexes_and_refilling_end_in_hypotension_with_a_narrow_pulse_pressure() -> None:
    effects = Effects(refill_factor=0.2, reserve_factor=0.2, vasodilation=0.22)
    before, after = run(0).pressure, run(20, taken=10.0, effects=effects).pressure
    assert before.systolic > 130.0
    assert after.systolic < 90.0
    assert after.systolic - after.diastolic < before.systolic - before.diastolic


def test_a_collapse_passes_when_its_cause_does() -> None:
    patient = run(20, effects=Effects(vasodilation=0.25))
    low = patient.pressure.systolic
    for _ in range(1800):
        patient.step(1.0, 0.0, 0.0, NOTHING)
    assert patient.pressure.systolic > low + 30.0


def test_nobody_is_drained_below_half() -> None:
    assert run(30, bled=400.0).relative_blood_volume >= -0.5001


def test_the_cuff_errs_by_a_few_mmhg_and_prints_whole_numbers() -> None:
    patient = run(0)
    readings = [patient.measure_pressure() for _ in range(200)]
    mean = sum(r.systolic for r in readings) / 200
    assert mean == pytest.approx(patient.pressure.systolic, abs=1.0)
    assert all(r.systolic == int(r.systolic) and r.systolic > r.diastolic for r in readings)
    assert 3 < len({r.systolic for r in readings}) < 20


def test_drawn_patients_differ_and_are_plausible() -> None:
    drawn = [draw_patient(Random(seed)) for seed in range(50)]
    assert len({p.target_weight_kg for p in drawn}) > 30
    assert all(48.0 <= p.target_weight_kg <= 110.0 and p.systolic_mmhg < 160.0 for p in drawn)
    assert draw_patient(Random(7)) == draw_patient(Random(7))
