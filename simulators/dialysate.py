"""Dialysate preparation: a heater and a proportioning pump, each held by its control loop; pure and seeded."""

from __future__ import annotations

from random import Random
from typing import Final

from simulators.noise import Drift, towards

_WATER_CEL: Final = 22.0
_FULL_HEAT_CEL: Final = 26.0  # warming at full power and 500 mL/min
_TANK_S: Final = 25.0
_MIXING_S: Final = 12.0


class Dialysate:
    """Temperature (°C) and conductivity (mS/cm) at the dialyser's inlet, under control.

    Attributes:
        temperature, conductivity: what the sensors see now, noise included.
    """

    def __init__(self, rng: Random) -> None:
        self.temperature = self._warm = 30.0
        self.conductivity = self._mixed = 12.5
        self._heat = 0.5
        self._dose = 1.0
        self._rng = rng
        self._water = Drift(rng, sigma=0.5, tau_s=300.0)
        self._concentrate = Drift(rng, sigma=0.004, tau_s=60.0)

    def step(self, dt: float, temperature_cel: float, conductivity_ms_cm: float, *, powered: bool = True) -> None:
        """`dt` seconds towards the two set values; without power it cools and mixes nothing."""
        if powered:
            error = temperature_cel - self._warm
            self._heat = min(1.0, max(0.0, self._heat + 0.0006 * error * dt))
            power = min(1.0, max(0.0, self._heat + 0.15 * error))
            inlet = _WATER_CEL + self._water.step(dt) + _FULL_HEAT_CEL * power
            self._warm = towards(self._warm, inlet, dt, _TANK_S)
            miss = conductivity_ms_cm - self._mixed
            self._dose = min(1.1, max(0.85, self._dose + 0.0008 * miss * dt))
            dosed = conductivity_ms_cm * self._dose * (1.0 + self._concentrate.step(dt))
            self._mixed = towards(self._mixed, dosed, dt, _MIXING_S)
        else:
            self._warm = towards(self._warm, _WATER_CEL, dt, 900.0)
        self.temperature = self._warm + self._rng.gauss(0.0, 0.03)
        self.conductivity = self._mixed + self._rng.gauss(0.0, 0.02)
