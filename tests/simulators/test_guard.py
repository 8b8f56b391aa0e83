from __future__ import annotations

import pytest

from simulators.guard import AIR, BLOOD_LEAK, BLOOD_PRESSURE, OTHER, TEMPERATURE, TRANSMEMBRANE, VENOUS, Guard
from simulators.prescription import Prescription

USUAL = {
    "blood_flow": 300.0,
    "venous_pressure": 170.0,
    "arterial_pressure": -110.0,
    "transmembrane_pressure": 70.0,
    "dialysate_pressure": 100.0,
    "dialysate_temperature": 36.5,
    "dialysate_conductivity": 14.0,
}


def watch(
    guard: Guard, seconds: int, *, air: bool = False, leak: bool = False, pump: bool = True, **seen: float
) -> None:
    for _ in range(seconds):
        values = USUAL | seen
        guard.step(
            1.0, values, treating=True, pump_should_run=pump, steady=values["blood_flow"] > 0.0, air=air, leak=leak
        )


@pytest.fixture
def guard() -> Guard:
    guard = Guard(Prescription(carer_response_s=60.0, venous_window_mmhg=40.0))
    watch(guard, 40)
    return guard


def test_it_learns_the_window_and_stays_quiet(guard: Guard) -> None:
    assert guard.venous_window == pytest.approx((130.0, 210.0))
    assert not guard.letters


def test_a_pressure_outside_the_window_stops_the_pump_until_the_carer_comes(guard: Guard) -> None:
    watch(guard, 1, venous_pressure=120.0)
    assert not guard.letters
    watch(guard, 3, venous_pressure=120.0)
    assert guard.letters == {VENOUS} and guard.stops_pump
    watch(guard, 50, blood_flow=0.0, venous_pressure=30.0, pump=False)
    assert guard.stops_pump
    watch(guard, 15, blood_flow=0.0, venous_pressure=30.0, pump=False)
    assert not guard.stops_pump and guard.venous_window is None


def test_a_drop_inside_the_window_goes_unnoticed(guard: Guard) -> None:
    watch(guard, 60, venous_pressure=135.0)
    assert not guard.letters


def test_air_stands_as_long_as_the_bubble_and_the_carer_takes(guard: Guard) -> None:
    watch(guard, 1, air=True)
    assert guard.letters == {AIR} and guard.stops_pump
    watch(guard, 100, air=True, blood_flow=0.0, pump=False)
    assert guard.stops_pump
    watch(guard, 1, blood_flow=0.0, pump=False)
    assert not guard.letters


def test_a_blood_leak_stops_the_pump_and_bypasses(guard: Guard) -> None:
    watch(guard, 3, leak=True)
    assert guard.letters == {BLOOD_LEAK} and guard.stops_pump and guard.bypasses


def test_wrong_dialysate_is_bypassed_without_stopping_the_pump(guard: Guard) -> None:
    watch(guard, 30, dialysate_temperature=38.5)
    assert guard.letters == {TEMPERATURE} and guard.bypasses and not guard.stops_pump
    watch(guard, 1)
    assert not guard.letters


def test_limits_without_a_letter_of_their_own_show_as_other(guard: Guard) -> None:
    watch(guard, 5, arterial_pressure=-300.0)
    assert guard.letters == {OTHER} and guard.stops_pump
    guard.clear()
    watch(guard, 20, blood_flow=0.0)
    assert guard.letters == {OTHER} and not guard.stops_pump


def test_transmembrane_and_blood_pressure_only_announce(guard: Guard) -> None:
    watch(guard, 20, transmembrane_pressure=380.0, systolic=85.0)
    assert guard.letters == {TRANSMEMBRANE, BLOOD_PRESSURE}
    assert not guard.stops_pump and not guard.bypasses
