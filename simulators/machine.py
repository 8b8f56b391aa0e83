"""A dialysis machine with a patient on it, stepped in simulated seconds; pure and seeded.

`Machine.step` moves everything on; `values`, `phase` and `alarms` are what it would show. Only pumping time counts as
treatment; ultrafiltration is steered so that the target is met when the time is up.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from random import Random
from typing import Final

from simulators import stages
from simulators.circuit import Circuit
from simulators.cuff import Cuff
from simulators.dialysate import Dialysate
from simulators.faults import NOTHING, Effects, Fault, effects_at
from simulators.guard import Guard
from simulators.noise import towards
from simulators.patient import Patient
from simulators.prescription import Prescription
from simulators.stages import Stage
from telemetry.treatment import Modality, Phase

_SLEW_ML_MIN_S: Final = 25.0
_MOST_OVER_PLAN: Final = 1.3  # how much faster than planned a machine filters to catch up
_MASS_TRANSFER_ML_MIN: Final = 900.0
_WATER_SHARE: Final = 0.56
_FLUID_STAGES: Final = frozenset({
    Stage.SELF_TEST, Stage.PRIMING, Stage.CONNECTING, Stage.TREATING, Stage.RINSE_BACK, Stage.DISINFECT,
})  # fmt: skip


class Machine:
    """One machine and its patient from switching on to the end of disinfection.

    Attributes:
        time_s: simulated seconds since switching on. elapsed_s: of them, treated.
        onset_s: machine time at which the faults' clock starts.
        values: catalogue name -> value in the catalogue's unit, as measured now.
        effects: what the faults do at this moment.
    """

    def __init__(
        self, patient: Patient, prescription: Prescription, faults: Sequence[Fault], onset_s: float, rng: Random
    ) -> None:
        self.patient, self.prescription, self.onset_s = patient, prescription, onset_s
        self.stage = Stage.IDLE
        self.time_s = self.elapsed_s = 0.0
        self.effects: Effects = NOTHING
        self.guard = Guard(prescription)
        self.cuff = Cuff(prescription.cuff_interval_s)
        self._faults = tuple(faults)
        self._rng = rng
        self._circuit = Circuit(prescription, rng)
        self._dialysate = Dialysate(rng)
        self._stage_s = 0.0
        self._flow = self._filtration_ml_h = self._fluid = 0.0
        self._filtered_ml = self._heparin_ml = self._processed_l = self._cleared_ml = 0.0
        self._frozen: dict[str, float] = {}
        self.values: dict[str, float] = {}
        self.step(0.0)

    @property
    def phase(self) -> Phase:
        """The phase in the vocabulary's words."""
        return stages.PHASE_OF[self.stage]

    @property
    def alarms(self) -> frozenset[str]:
        """JSDT letters of the machine's alarms that stand now."""
        return self.guard.letters

    @property
    def answers(self) -> bool:
        """False while the machine has no power: its serial line is silent."""
        return not self.effects.power_off

    def step(self, dt: float) -> None:
        """Let `dt` simulated seconds pass (0 … 5; coarser steps blur alarms and cuff)."""
        self.time_s += dt
        self.effects = effects_at(self._faults, self.time_s - self.onset_s)
        if self.effects.power_off:
            self._stand_still(dt)
        else:
            self._advance(dt)
            self._pump_blood(dt)
            self._filter(dt)
        blood_side = self.patient if self.phase is Phase.TX else None
        pressures = self._circuit.step(
            dt, flow=self._flow, ultrafiltration_ml_h=self._filtration_ml_h, patient=blood_side, effects=self.effects
        )
        if blood_side:
            self.patient.step(dt, self._filtration_ml_h / 60.0, self._circuit.bleeding_ml_min, self.effects)
        if self.effects.power_off:
            return
        if blood_side:
            self.cuff.step(dt, self.time_s, self.patient)
        p = self.prescription
        self._dialysate.step(dt, p.dialysate_temperature_cel, self._wanted_conductivity())
        self._show(
            arterial_pressure=pressures.arterial,
            venous_pressure=pressures.venous,
            prefilter_pressure=pressures.prefilter,
            transmembrane_pressure=pressures.transmembrane,
            dialysate_pressure=pressures.dialysate,
        )
        self._protect(dt)

    def _stand_still(self, dt: float) -> None:
        self._flow = self._filtration_ml_h = self._fluid = 0.0
        p = self.prescription
        self._dialysate.step(dt, p.dialysate_temperature_cel, p.conductivity_ms_cm, powered=False)
        self.guard.relearn()

    def _advance(self, dt: float) -> None:
        self._stage_s += dt
        length = stages.length_s(self.stage, self.prescription)
        if self.stage is Stage.TREATING:
            over = self.elapsed_s >= 60.0 * self.prescription.treatment_minutes
        else:
            over = length is not None and self._stage_s >= length
        if over:
            self.stage, self._stage_s = stages.AFTER[self.stage], 0.0

    def _pump_blood(self, dt: float) -> None:
        wanted = stages.wanted_flow(self.stage, self._stage_s, self.prescription)
        if self.guard.stops_pump or self.effects.pump_fault:
            wanted = 0.0
        if wanted > self._flow:
            self._flow = min(wanted, self._flow + _SLEW_ML_MIN_S * dt)
        else:
            self._flow = 0.0 if wanted == 0.0 else max(wanted, self._flow - _SLEW_ML_MIN_S * dt)
        if self.phase is Phase.TX:
            self._processed_l += self._flow * dt / 60_000.0
        fluid = self.prescription.dialysate_flow_ml_min if self.stage in _FLUID_STAGES else 0.0
        self._fluid = towards(self._fluid, fluid, dt, 5.0)

    def _filter(self, dt: float) -> None:
        p, bypass = self.prescription, self.guard.bypasses
        treats = self.stage is Stage.TREATING and self._flow > 0.0
        if not treats or bypass:
            self._filtration_ml_h = towards(self._filtration_ml_h, 0.0, dt, 3.0)
        if not treats:
            return
        self.elapsed_s += dt
        left_h = max(dt, 60.0 * p.treatment_minutes - self.elapsed_s) / 3600.0
        if not bypass:
            plan = p.ultrafiltration_ml / (p.treatment_minutes / 60.0)
            wanted = min(max(0.0, p.ultrafiltration_ml - self._filtered_ml) / left_h, _MOST_OVER_PLAN * plan)
            self._filtration_ml_h = towards(self._filtration_ml_h, wanted, dt, 3.0)
            self._cleared_ml += self._clearance() * dt / 60.0
        self._filtered_ml += self._filtration_ml_h * dt / 3600.0
        self._heparin_ml += self._heparin_rate() * dt / 3600.0

    def _clearance(self) -> float:
        """Urea clearance (mL/min) of a counter-current dialyser."""
        blood, fluid = self._flow, max(50.0, self._fluid)
        if abs(blood - fluid) < 1.0:
            fluid = blood + 1.0
        area = _MASS_TRANSFER_ML_MIN * self._circuit.permeability
        grown = exp(area / blood * (1.0 - blood / fluid))
        return blood * (grown - 1.0) / (grown - blood / fluid)

    def _heparin_rate(self) -> float:
        p = self.prescription
        runs = self.stage is Stage.TREATING and self._flow > 0.0
        return p.heparin_ml_h if runs and self._minutes_left() > p.heparin_stop_minutes else 0.0

    def _minutes_left(self) -> float:
        return max(0.0, self.prescription.treatment_minutes - self.elapsed_s / 60.0)

    def _wanted_conductivity(self) -> float:
        # Cleaning fluid, thin: real disinfection leaves the sensors' range, which would only show as invalid values.
        return 11.5 if self.stage is Stage.DISINFECT else self.prescription.conductivity_ms_cm

    def _show(self, **pressures: float) -> None:
        p, flow = self.prescription, self._flow
        shown_flow = max(1.0, flow + self._rng.gauss(0.0, 0.9)) if flow > 0.0 else 0.0
        dose = self._cleared_ml / (1000.0 * _WATER_SHARE * self.patient.parameters.target_weight_kg)
        left = self._minutes_left()
        self.values = pressures | {
            "blood_flow": shown_flow,
            "blood_flow_setting": p.blood_flow_ml_min,
            "dialysate_flow": max(0.0, self._fluid + self._rng.gauss(0.0, 2.0)) if self._fluid > 10.0 else 0.0,
            "dialysate_conductivity": self._dialysate.conductivity,
            "dialysate_temperature": self._dialysate.temperature,
            "ultrafiltration_rate": self._filtration_ml_h,
            "ultrafiltration_volume": self._filtered_ml,
            "ultrafiltration_target": p.ultrafiltration_ml,
            "ultrafiltration_time_left": left,
            "treatment_elapsed": self.elapsed_s / 60.0,
            "treatment_remaining": left,
            "heparin_rate": self._heparin_rate(),
            "heparin_total": self._heparin_ml,
            "blood_processed": self._processed_l,
            "relative_blood_volume": 100.0 * self.patient.relative_blood_volume,
            "online_spktv": dose,
            "machine_mode": float(self.phase),
            "modality": float(Modality.HD),
            "blood_pump_running": float(flow > 0.0),
            "fluid_bypass": float(self.guard.bypasses),
        }
        reading = self.cuff.reading
        if reading:
            self.values["systolic"], self.values["diastolic"] = reading.systolic, reading.diastolic
            self.values["mean_pressure"] = (reading.systolic + 2.0 * reading.diastolic) / 3.0
            self.values["pulse_rate"] = reading.pulse
        self._freeze()

    def _freeze(self) -> None:
        stuck = self.effects.stuck & self.values.keys()
        self._frozen = {name: self._frozen.get(name, self.values[name]) for name in stuck}
        self.values |= self._frozen

    def _protect(self, dt: float) -> None:
        if self.phase is not Phase.TX:
            self.guard.clear()
            return
        p, treating = self.prescription, self.stage is Stage.TREATING
        self.guard.step(
            dt,
            self.values,
            treating=treating,
            pump_should_run=not self.guard.stops_pump,
            steady=treating and abs(self._flow - p.blood_flow_ml_min) < 1.0,
            air=self.effects.air,
            leak=self.effects.blood_leak,
        )
