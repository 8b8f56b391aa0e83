"""The blood circuit: pressures in front of the pump, in the venous chamber and across the membrane; pure and seeded."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from random import Random
from typing import Final

from simulators.faults import Effects
from simulators.noise import Drift, towards
from simulators.patient import Patient
from simulators.prescription import GAUGES, Prescription

# Pressure drop of line and 15 G needle in mmHg at Q mL/min: Poiseuille's term, and the one of a jet (does not care
# about viscosity). Chosen for about 145 mmHg at 300 and 215 at 400 mL/min.
_LINEAR: Final = 0.30
_JET: Final = 6.0e-4
_VISCOSITY_PER_HAEMATOCRIT: Final = 2.3
_REFERENCE_HAEMATOCRIT: Final = 0.33
_FIBRES: Final = 0.22  # mmHg per mL/min along the fibres, for the pre-filter pressure
_AGEING_PER_H: Final = 0.03  # a dialyser loses some permeability even when nothing goes wrong
_LEAST_PERMEABILITY: Final = 0.15
_AIR_DAMPING_S: Final = 0.8  # the venous chamber's air cushion


@dataclass(frozen=True, slots=True)
class Pressures:
    """mmHg, as the transducers see them."""

    arterial: float
    venous: float
    prefilter: float
    transmembrane: float
    dialysate: float


def needle_drop(flow_ml_min: float, gauge: int, haematocrit: float) -> float:
    """Pressure (mmHg, ≥ 0) lost in line and needle at a flow, for a gauge of `GAUGES` and a haematocrit 0…1."""
    viscosity = exp(_VISCOSITY_PER_HAEMATOCRIT * (haematocrit - _REFERENCE_HAEMATOCRIT))
    return GAUGES[gauge] * (_LINEAR * viscosity * flow_ml_min + _JET * flow_ml_min * flow_ml_min)


class Circuit:
    """Lines, needles and dialyser.

    Attributes:
        permeability: what is left of the membrane's, 1 = fresh.
        bleeding_ml_min: blood that runs out of a dislodged needle.
    """

    def __init__(self, prescription: Prescription, rng: Random) -> None:
        self.prescription = prescription
        self.permeability = 1.0
        self.bleeding_ml_min = 0.0
        self._rng = rng
        self._venous = 0.0
        self._posture_venous = Drift(rng, sigma=3.0, tau_s=150.0)
        self._posture_arterial = Drift(rng, sigma=3.0, tau_s=150.0)
        self._transmembrane = Drift(rng, sigma=1.5, tau_s=40.0)
        self._bend_s = 0.0
        self._bend_mmhg = 0.0

    def step(
        self, dt: float, *, flow: float, ultrafiltration_ml_h: float, patient: Patient | None, effects: Effects
    ) -> Pressures:
        """`dt` seconds at a pump flow (mL/min) and a filtration rate; without a patient the lines hold saline."""
        arterial, venous, oncotic = self._saline(flow) if patient is None else self._blood(dt, flow, patient, effects)
        self.bleeding_ml_min = flow if effects.needle_out and patient is not None else 0.0
        self._venous = towards(self._venous, venous, dt, _AIR_DAMPING_S)
        gauss = self._rng.gauss
        # A roller pump's strokes, seen at our sampling rate, look like noise that grows with the flow.
        pulse = 0.3 + 0.004 * flow
        shown_venous = self._venous + gauss(0.0, pulse)
        filtration = ultrafiltration_ml_h / (self.prescription.membrane_ml_h_mmhg * self.permeability)
        transmembrane = filtration + oncotic + self._transmembrane.step(dt) + gauss(0.0, 0.6)
        return Pressures(
            arterial=arterial + gauss(0.0, pulse),
            venous=shown_venous,
            prefilter=shown_venous + _FIBRES * flow / (0.4 + 0.6 * self.permeability) + gauss(0.0, pulse),
            transmembrane=transmembrane,
            dialysate=self._venous - transmembrane + gauss(0.0, 0.8),
        )

    def _saline(self, flow: float) -> tuple[float, float, float]:
        return -0.06 * flow, 0.08 * flow, 4.0

    def _blood(self, dt: float, flow: float, patient: Patient, effects: Effects) -> tuple[float, float, float]:
        p, share = patient.parameters, flow / 300.0
        loss = (_AGEING_PER_H + effects.clot_per_h) * dt / 3600.0 if flow > 0.0 else 0.0
        self.permeability = max(_LEAST_PERMEABILITY, self.permeability * exp(-loss))
        drop = needle_drop(flow, self.prescription.needle_gauge, patient.haematocrit)
        # The access follows the patient's pressure; posture and a bent arm come on top.
        tension = 0.5 + 0.5 * patient.pressure_level
        arterial = p.access_arterial_mmhg * tension - effects.arterial_stenosis_mmhg * share
        arterial += self._posture_arterial.step(dt) - drop
        chamber_clot = 1.0 + 0.3 * (1.0 / self.permeability - 1.0)
        venous = drop * chamber_clot + self._posture_venous.step(dt) * min(1.0, 0.2 + share)
        if not effects.needle_out:
            venous += p.access_venous_mmhg * tension + effects.venous_stenosis_mmhg * share + self._bend(dt) * share
        return arterial, venous, 0.8 * patient.oncotic_mmhg

    def _bend(self, dt: float) -> float:
        """Now and then (about every 40 min) the patient moves the arm or coughs: a few seconds of extra pressure."""
        self._bend_s -= dt
        if self._bend_s <= 0.0:
            self._bend_mmhg = 0.0
            if self._rng.random() < dt / 2400.0:
                self._bend_s, self._bend_mmhg = self._rng.uniform(3.0, 9.0), self._rng.uniform(8.0, 18.0)
        return self._bend_mmhg
