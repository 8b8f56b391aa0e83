from __future__ import annotations

import pytest

from simulators.faults import (
    NOTHING,
    AccessStenosis,
    Air,
    BloodLeak,
    Clotting,
    Hypotension,
    NeedleOut,
    PowerCut,
    PumpStop,
    StuckSensor,
    effects_at,
    is_active,
)


def test_nothing_happens_before_the_onset_nor_after_the_end() -> None:
    faults = [NeedleOut(after_s=10.0, duration_s=5.0)]
    assert effects_at(faults, -1.0) is NOTHING
    assert effects_at(faults, 9.9) is NOTHING
    assert effects_at(faults, 10.0).needle_out
    assert effects_at(faults, 14.9).needle_out
    assert effects_at(faults, 15.0) is NOTHING


def test_no_duration_means_to_the_end() -> None:
    assert is_active(Air(), 1e9)


def test_ramps_grow_to_their_full_size_and_stay() -> None:
    faults = [AccessStenosis(venous_mmhg=100.0, arterial_mmhg=50.0, ramp_s=200.0)]
    assert effects_at(faults, 100.0).venous_stenosis_mmhg == pytest.approx(50.0)
    assert effects_at(faults, 100.0).arterial_stenosis_mmhg == pytest.approx(25.0)
    assert effects_at(faults, 900.0).venous_stenosis_mmhg == pytest.approx(100.0)


def test_a_step_is_a_ramp_of_no_length() -> None:
    assert effects_at([Hypotension(ramp_s=0.0, vasodilation=0.3)], 0.0).vasodilation == pytest.approx(0.3)


def test_faults_add_up() -> None:
    effects = effects_at(
        [
            Clotting(per_hour=0.5),
            Clotting(per_hour=0.25),
            StuckSensor(signal="venous_pressure"),
            StuckSensor(signal="blood_flow"),
            PumpStop(),
            BloodLeak(),
            PowerCut(port_gone=False),
        ],
        1.0,
    )
    assert effects.clot_per_h == pytest.approx(0.75)
    assert effects.stuck == {"venous_pressure", "blood_flow"}
    assert effects.pump_fault and effects.blood_leak and effects.power_off
    assert not effects.port_gone


def test_a_power_cut_takes_the_port_with_it_unless_told_otherwise() -> None:
    assert effects_at([PowerCut()], 0.0).port_gone
