from __future__ import annotations

from random import Random
from statistics import fmean

import pytest

from simulators.circuit import Circuit, Pressures, needle_drop
from simulators.faults import NOTHING, Effects
from simulators.patient import Patient, PatientParameters
from simulators.prescription import Prescription


def settled(
    flow: float, *, gauge: int = 15, effects: Effects = NOTHING, rate: float = 500.0, haematocrit: float = 0.33
) -> Pressures:
    """Pressures averaged over two minutes after a minute of settling."""
    circuit = Circuit(Prescription(needle_gauge=gauge), Random(2))
    patient = Patient(PatientParameters(haematocrit=haematocrit), Random(2))
    seen = [
        circuit.step(0.5, flow=flow, ultrafiltration_ml_h=rate, patient=patient, effects=effects) for _ in range(360)
    ][120:]
    return Pressures(*(fmean(getattr(p, name) for p in seen) for name in Pressures.__slots__))


def test_more_flow_makes_arterial_more_negative_and_venous_higher() -> None:
    slow, fast = settled(200.0), settled(350.0)
    assert fast.arterial < slow.arterial - 40.0
    assert fast.venous > slow.venous + 40.0
    assert fast.prefilter > fast.venous


@pytest.mark.parametrize(("wide", "narrow"), [(14, 15), (15, 16), (16, 17)])
def test_a_thinner_needle_and_thicker_blood_cost_pressure(wide: int, narrow: int) -> None:
    assert needle_drop(300.0, narrow, 0.33) > needle_drop(300.0, wide, 0.33)
    assert needle_drop(300.0, wide, 0.40) > needle_drop(300.0, wide, 0.30)


def test_usual_pressures_at_usual_flow() -> None:
    seen = settled(300.0)
    assert -160.0 < seen.arterial < -80.0
    assert 140.0 < seen.venous < 210.0
    assert 40.0 < seen.transmembrane < 100.0


def test_a_standing_pump_leaves_the_pressure_of_the_access() -> None:
    seen = settled(0.0, rate=0.0)
    assert seen.arterial == pytest.approx(38.0, abs=6.0)
    assert seen.venous == pytest.approx(34.0, abs=6.0)


def test_transmembrane_pressure_follows_the_rate_and_sets_dialysate_pressure() -> None:
    slow, fast = settled(300.0, rate=300.0), settled(300.0, rate=900.0)
    assert fast.transmembrane - slow.transmembrane == pytest.approx(600.0 / 12.0, rel=0.15)
    assert fast.dialysate == pytest.approx(fast.venous - fast.transmembrane, abs=3.0)


def test_a_lost_needle_takes_the_access_pressure_away() -> None:
    assert 25.0 < settled(300.0).venous - settled(300.0, effects=Effects(needle_out=True)).venous < 60.0


def test_a_lost_needle_bleeds_as_fast_as_the_pump_turns() -> None:
    circuit = Circuit(Prescription(), Random(2))
    patient = Patient(PatientParameters(), Random(2))
    circuit.step(0.5, flow=280.0, ultrafiltration_ml_h=0.0, patient=patient, effects=Effects(needle_out=True))
    assert circuit.bleeding_ml_min == 280.0


def test_stenosis_moves_both_pressures_away() -> None:
    seen, healthy = (
        settled(300.0, effects=Effects(venous_stenosis_mmhg=90.0, arterial_stenosis_mmhg=70.0)),
        settled(300.0),
    )
    assert seen.venous - healthy.venous == pytest.approx(90.0, abs=5.0)
    assert seen.arterial - healthy.arterial == pytest.approx(-70.0, abs=5.0)


def test_clotting_costs_permeability_and_raises_transmembrane_and_venous_pressure() -> None:
    circuit = Circuit(Prescription(), Random(2))
    patient = Patient(PatientParameters(), Random(2))

    def hour(effects: Effects) -> tuple[float, float]:
        for _ in range(3600):
            seen = circuit.step(1.0, flow=300.0, ultrafiltration_ml_h=500.0, patient=patient, effects=effects)
        return seen.transmembrane, seen.venous

    fresh = hour(NOTHING)
    clotted = hour(Effects(clot_per_h=1.0))
    assert circuit.permeability < 0.4
    assert clotted[0] > fresh[0] + 30.0
    assert clotted[1] > fresh[1] + 30.0


def test_saline_in_the_lines_before_the_patient() -> None:
    circuit = Circuit(Prescription(), Random(2))
    seen = circuit.step(0.5, flow=150.0, ultrafiltration_ml_h=0.0, patient=None, effects=Effects(needle_out=True))
    assert -15.0 < seen.arterial < 0.0
    assert circuit.bleeding_ml_min == 0.0
