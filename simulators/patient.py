"""A patient's fluids and blood pressure, stepped in simulated seconds; pure and seeded.

Ultrafiltration takes plasma water; the tissue refills it by Starling's balance (oncotic pressure rises as proteins are
concentrated, tissue pressure falls as the excess is removed). Blood volume sets cardiac output, the baroreflex answers
within its reserve, and a patient it can no longer hold collapses. Magnitudes are those of textbooks, chosen so that a
usual treatment loses 4–8 % of blood volume and 5–20 mmHg; no patient's data were fitted. See docs/simulators.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Annotated, Final

import msgspec

from simulators.faults import Effects
from simulators.noise import Drift, towards

ONCOTIC_MMHG: Final = 25.0
_ONCOTIC_POWER: Final = 1.7  # local slope of Landis–Pappenheimer round 70 g/L of protein
_TISSUE_MMHG_PER_L: Final = 1.5
_CAPILLARY_MMHG: Final = 10.0  # capillary pressure given up as the whole blood volume goes
_OUTPUT_PER_VOLUME: Final = 2.2  # relative fall of cardiac output for a relative fall of blood volume
_BAROREFLEX_GAIN: Final = 0.6
_BAROREFLEX_S: Final = 45.0
_COLLAPSE_AT: Final = 0.13  # uncompensated fall at which tone is lost (Bezold–Jarisch) …
_RECOVER_AT: Final = 0.08  # … and below which it comes back
_COLLAPSE_DEPTH: Final = 0.20
_COLLAPSE_S: Final = 200.0


class PatientParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One patient on one day.

    Attributes:
        reserve: largest relative fall of output the baroreflex can make good.
        refill_ml_min_mmhg: filtration coefficient of the capillaries.
        access_arterial_mmhg, access_venous_mmhg: pressure in the vessel at each needle, at rest.
    """

    target_weight_kg: Annotated[float, msgspec.Meta(ge=20, le=200)] = 72.0
    overload_ml: Annotated[float, msgspec.Meta(ge=0)] = 2000.0
    haematocrit: Annotated[float, msgspec.Meta(ge=0.1, le=0.6)] = 0.33
    systolic_mmhg: float = 138.0
    diastolic_mmhg: float = 78.0
    pulse_bpm: float = 72.0
    reserve: float = 0.15
    refill_ml_min_mmhg: float = 5.0
    access_arterial_mmhg: float = 38.0
    access_venous_mmhg: float = 34.0


def draw_patient(rng: Random) -> PatientParameters:
    """A plausible patient; one whose ordinary treatment stays inside every default limit of the rules."""
    weight = min(110.0, max(48.0, rng.gauss(74.0, 11.0)))
    systolic = rng.uniform(124.0, 154.0)
    return PatientParameters(
        target_weight_kg=round(weight, 1),
        overload_ml=round(weight * rng.uniform(22.0, 34.0)),
        haematocrit=round(rng.uniform(0.30, 0.37), 3),
        systolic_mmhg=round(systolic),
        diastolic_mmhg=round(systolic * rng.uniform(0.54, 0.60)),
        pulse_bpm=round(rng.uniform(60.0, 82.0)),
        reserve=round(rng.uniform(0.12, 0.18), 3),
        refill_ml_min_mmhg=round(rng.uniform(4.2, 6.0), 2),
        access_arterial_mmhg=round(rng.uniform(32.0, 46.0)),
        access_venous_mmhg=round(rng.uniform(28.0, 42.0)),
    )


@dataclass(frozen=True, slots=True)
class BloodPressure:
    """One cuff reading: mmHg, mmHg, beats a minute."""

    systolic: float
    diastolic: float
    pulse: float


class Patient:
    """State of one patient; `step` is the only way it changes.

    Attributes:
        plasma_ml, cells_ml: the two parts of blood. removed_ml: what left the tissue so far.
    """

    def __init__(self, parameters: PatientParameters, rng: Random) -> None:
        self.parameters = parameters
        volume = 65.0 * parameters.target_weight_kg + 0.15 * parameters.overload_ml
        self.cells_ml = self._cells_0 = volume * parameters.haematocrit
        self.plasma_ml = self._plasma_0 = volume - self.cells_ml
        self._volume_0 = volume
        self.removed_ml = 0.0
        self._reflex = 0.0
        self._collapse = 0.0
        self._vasodilation = 0.0
        self._rng = rng
        self._tone = Drift(rng, sigma=0.018, tau_s=600.0)

    @property
    def relative_blood_volume(self) -> float:
        """Change of blood volume since the start, as a fraction (−0.08 = eight per cent lost)."""
        return (self.plasma_ml + self.cells_ml) / self._volume_0 - 1.0

    @property
    def haematocrit(self) -> float:
        """Share of cells in blood, 0…1."""
        return self.cells_ml / (self.plasma_ml + self.cells_ml)

    @property
    def oncotic_mmhg(self) -> float:
        """Oncotic pressure of plasma; rises as it is concentrated."""
        return ONCOTIC_MMHG * (self._plasma_0 / self.plasma_ml) ** _ONCOTIC_POWER  # type: ignore[no-any-return]

    def step(self, dt: float, ultrafiltration_ml_min: float, bleeding_ml_min: float, effects: Effects) -> None:
        """Let `dt` seconds pass with that much plasma water and that much whole blood being taken."""
        self._move_fluid(dt / 60.0, ultrafiltration_ml_min, bleeding_ml_min, effects.refill_factor)
        lost = self._lost
        reserve = self.parameters.reserve * effects.reserve_factor
        self._reflex = towards(self._reflex, min(_BAROREFLEX_GAIN * lost, reserve), dt, _BAROREFLEX_S)
        self._vasodilation = effects.vasodilation
        bare = lost + self._vasodilation - self._reflex
        if bare > _COLLAPSE_AT:
            self._collapse = towards(self._collapse, _COLLAPSE_DEPTH, dt, _COLLAPSE_S)
        elif bare < _RECOVER_AT:
            self._collapse = towards(self._collapse, 0.0, dt, 2.0 * _COLLAPSE_S)
        self._tone.step(dt)

    def _move_fluid(self, minutes: float, taken: float, bled: float, refill_factor: float) -> None:
        p = self.parameters
        pull = self.oncotic_mmhg - ONCOTIC_MMHG - _CAPILLARY_MMHG * self.relative_blood_volume
        tissue_fall = _TISSUE_MMHG_PER_L * self.removed_ml / 1000.0
        refill = p.refill_ml_min_mmhg * refill_factor * (pull - tissue_fall)
        self.removed_ml += refill * minutes
        hct = self.haematocrit
        # Nobody bleeds below half here: by then somebody has stopped the pump.
        self.plasma_ml = max(0.5 * self._plasma_0, self.plasma_ml + (refill - taken - bled * (1.0 - hct)) * minutes)
        self.cells_ml = max(0.5 * self._cells_0, self.cells_ml - bled * hct * minutes)

    @property
    def pressure_level(self) -> float:
        """Mean pressure relative to the start of the treatment, 1 = unchanged."""
        level = (1.0 - self._lost + self._reflex) * (1.0 - self._vasodilation) * (1.0 - self._collapse)
        return max(0.35, level + self._tone.value)

    @property
    def _lost(self) -> float:
        return _OUTPUT_PER_VOLUME * max(0.0, -self.relative_blood_volume)

    @property
    def pressure(self) -> BloodPressure:
        """True pressure now, without the cuff's error."""
        p, level, lost = self.parameters, self.pressure_level, self._lost
        mean = (p.systolic_mmhg + 2.0 * p.diastolic_mmhg) / 3.0 * level
        pulse_pressure = (p.systolic_mmhg - p.diastolic_mmhg) * (1.0 - 0.6 * min(lost, 0.6)) * (0.4 + 0.6 * level)
        # Reflex tachycardia; a collapse is often bradycardic, so it takes some of it back.
        pulse = p.pulse_bpm * (1.0 + 1.6 * self._reflex + 0.5 * self._vasodilation - 0.6 * self._collapse)
        return BloodPressure(mean + pulse_pressure * 2.0 / 3.0, mean - pulse_pressure / 3.0, pulse)

    def measure_pressure(self) -> BloodPressure:
        """A cuff reading: the true pressure with the method's error (about 3 mmHg), whole numbers."""
        true, gauss = self.pressure, self._rng.gauss
        common = gauss(0.0, 2.0)
        systolic = round(true.systolic + common + gauss(0.0, 1.5))
        diastolic = round(true.diastolic + 0.6 * common + gauss(0.0, 1.5))
        return BloodPressure(systolic, min(diastolic, systolic - 10), round(true.pulse + gauss(0.0, 1.5)))
