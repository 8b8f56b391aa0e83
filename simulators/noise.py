"""Seeded disturbances with a memory: real signals wander, they do not only jitter."""

from __future__ import annotations

from math import exp, sqrt
from random import Random


class Drift:
    """An Ornstein–Uhlenbeck process: wanders round zero, forgets over `tau_s`, spreads to `sigma` (same unit out)."""

    def __init__(self, rng: Random, sigma: float, tau_s: float) -> None:
        self.value = rng.gauss(0.0, sigma)
        self._gauss = rng.gauss
        self._sigma = sigma
        self._tau_s = tau_s
        self._dt = -1.0
        self._keep = self._spread = 0.0

    def step(self, dt: float) -> float:
        """The value `dt` seconds later; exact for any step, so a coarse step has the same spread as a fine one."""
        if dt != self._dt:
            self._dt, self._keep = dt, exp(-dt / self._tau_s)
            self._spread = self._sigma * sqrt(1.0 - self._keep * self._keep)
        self.value = self.value * self._keep + self._gauss(0.0, self._spread)
        return self.value


def towards(value: float, target: float, dt: float, tau_s: float) -> float:
    """`value` after `dt` seconds of first-order approach to `target` with time constant `tau_s` (> 0)."""
    return target + (value - target) * exp(-dt / tau_s)
