"""Whom `bench.rules` treats: mixed patients, what happens on any evening, and faults that carry a label.

No number here was changed to please the rules; what was changed after a look stands in the page. Nothing was fitted to
patients: who is drawn here is wider than the simulator's own patients, who stay inside every limit by design.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, inf
from random import Random
from typing import Final

from alerts.records import Context
from simulators import stages
from simulators.circuit import needle_drop
from simulators.faults import (
    AccessStenosis,
    Air,
    BloodLeak,
    Clotting,
    Fault,
    Hypotension,
    NeedleOut,
    PowerCut,
    PumpStop,
    StuckSensor,
)
from simulators.prescription import Prescription
from simulators.scenario import Scenario

# Flow and the needle that goes with it; of these a nurse takes none whose pressures come near R13 and R14.
_FLOWS: Final = ((200, 17), (230, 16), (250, 16), (280, 15), (300, 15), (320, 15), (350, 15), (400, 14))
_LENGTHS_MIN: Final = (180, 210, 240, 270)
_THICKENING: Final = 0.04  # of haematocrit in the course of a treatment
_MASS_TRANSFER_ML_MIN: Final = 900.0
_WATER_SHARE: Final = 0.56
_ANSWERED_AFTER_S: Final = 22.0  # published mean time to resolve a home machine's alarm (R22)
_ARM_RAMP_S: Final = 3.0
LATE_S: Final = 30.0  # an alert up to so long after a fault is over has still found it
_QUIET_BEFORE_S: Final = 120.0  # no everyday event from here on where a fault is to be found

MachineSettings = dict[str, float]


@dataclass(frozen=True, slots=True)
class Label:
    """A fault and who may claim to have found it.

    Attributes:
        name: as in the report.
        rules: ids of our rules that name this fault or its danger.
        naive: names of the naive set's limits that do.
        draw: the faults from their onset on, the machine's settings they need, and how long they can be found, s.
        unheard_s: how long the uplink is down from the onset.
    """

    name: str
    rules: frozenset[str]
    naive: frozenset[str]
    draw: Callable[[Random], tuple[list[Fault], MachineSettings, float]]
    unheard_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Case:
    """One treatment.

    Attributes:
        label: None = nothing is wrong. group: the label's name, for needles with the pressure in the access.
        onset_s, until_s: machine time from which and until which the fault can be found.
        low_mmhg: systolic pressure below which hypotension is real (R01's limit).
        everyday: (what happened that is no fault, from, until), machine time.
    """

    seed: int
    scenario: Scenario
    context: Context
    label: Label | None = None
    group: str = ""
    onset_s: float = inf
    until_s: float = inf
    low_mmhg: float = 90.0
    everyday: tuple[tuple[str, float, float], ...] = ()

    def is_heard(self, now_s: float) -> bool:
        """Whether the uplink works."""
        return self.label is None or not self.onset_s <= now_s < self.onset_s + self.label.unheard_s


def _needle(rng: Random) -> tuple[list[Fault], MachineSettings, float]:
    # The machine's window is wide, as in the scenario: what the machine finds itself needs none of us.
    noticed_s = rng.uniform(120.0, 240.0)
    faults: list[Fault] = [NeedleOut(duration_s=noticed_s), PumpStop(after_s=noticed_s, duration_s=240.0)]
    # Found before the pump is stopped, or not at all: a pressure that falls with the pump has found no needle.
    return faults, {"venous_window_mmhg": 200.0}, noticed_s - LATE_S - 1.0


def _hypotension(rng: Random) -> tuple[list[Fault], MachineSettings, float]:
    fault = Hypotension(duration_s=2700.0, vasodilation=rng.uniform(0.2, 0.3), ramp_s=rng.uniform(180.0, 600.0))
    return [fault], {}, 2700.0


def _clotting(rng: Random) -> tuple[list[Fault], MachineSettings, float]:
    return [Clotting(per_hour=rng.uniform(0.8, 1.2))], {"venous_window_mmhg": 250.0}, inf


def _stenosis(rng: Random) -> tuple[list[Fault], MachineSettings, float]:
    fault = AccessStenosis(
        venous_mmhg=rng.uniform(110.0, 180.0), arterial_mmhg=rng.uniform(100.0, 160.0), ramp_s=rng.uniform(300.0, 900.0)
    )
    return [fault], {"venous_window_mmhg": 250.0, "arterial_limit_mmhg": -400.0}, inf


def _air(rng: Random) -> tuple[list[Fault], MachineSettings, float]:
    return [Air(duration_s=rng.uniform(10.0, 60.0))], {"carer_response_s": 150.0}, 150.0


def _leak(rng: Random) -> tuple[list[Fault], MachineSettings, float]:
    return [BloodLeak(duration_s=rng.uniform(30.0, 90.0))], {"carer_response_s": 180.0}, 180.0


def _pump(rng: Random) -> tuple[list[Fault], MachineSettings, float]:
    lasts_s = rng.uniform(150.0, 400.0)
    return [PumpStop(duration_s=lasts_s)], {}, lasts_s


def _power(rng: Random) -> tuple[list[Fault], MachineSettings, float]:
    lasts_s = rng.uniform(90.0, 400.0)
    return [PowerCut(duration_s=lasts_s)], {}, lasts_s


def _stuck(rng: Random) -> tuple[list[Fault], MachineSettings, float]:
    signal = rng.choice(("venous_pressure", "arterial_pressure", "transmembrane_pressure"))
    return [StuckSensor(signal=signal)], {}, inf


def _uplink(_rng: Random) -> tuple[list[Fault], MachineSettings, float]:
    return [], {}, 300.0


LABELS: Final[tuple[Label, ...]] = (
    Label("needle dislodgement", frozenset({"R10", "R11"}), frozenset({"venous pressure low"}), _needle),
    Label("hypotension", frozenset({"R01", "R02", "R03", "R04"}), frozenset({"systolic low"}), _hypotension),
    Label("clotting", frozenset({"R13", "R15", "R16"}),
          frozenset({"transmembrane pressure high", "venous pressure high"}), _clotting),
    Label("access stenosis", frozenset({"R13", "R14", "R16"}),
          frozenset({"venous pressure high", "arterial pressure low"}), _stenosis),
    Label("air", frozenset({"R20"}), frozenset({"machine alarm, safety"}), _air),
    Label("blood leak", frozenset({"R19"}), frozenset({"machine alarm, safety"}), _leak),
    Label("blood pump stopped", frozenset({"R21", "R22"}),
          frozenset({"blood pump stopped", "machine alarm, safety"}), _pump),
    Label("power cut", frozenset({"R33"}), frozenset({"silence"}), _power),
    Label("uplink down", frozenset({"R33"}), frozenset({"silence"}), _uplink, unheard_s=300.0),
    Label("stuck sensor", frozenset({"R34"}), frozenset({"value implausible"}), _stuck),
)  # fmt: skip


def draw(seed: int, label: Label | None, minutes: float | None = None) -> Case:
    """One treatment, the same for the same seed and label; `minutes` instead of a drawn length."""
    rng = Random(f"bench.rules {seed} {label.name if label else ''}")
    patient = _patient(rng)
    machine = _machine(rng, patient, minutes)
    onset_s, until_s, faults = inf, inf, list[Fault]()
    treated_s = 60.0 * machine["treatment_minutes"]
    if label:
        after_s = rng.uniform(0.12, 0.45) * treated_s
        own, settings, found_s = label.draw(rng)
        faults = [_later(fault, after_s) for fault in own]
        machine |= settings
        onset_s = stages.preparation_s(Prescription()) + after_s
        until_s = onset_s + found_s
    calm_from_s = treated_s if label is None else after_s - _QUIET_BEFORE_S
    everyday = _everyday(rng, calm_from_s)
    scenario = Scenario(about="drawn", onset_minute=0.0, patient=patient, machine=machine, fault=[*everyday, *faults])
    pre = patient["systolic_mmhg"] + rng.gauss(0.0, 4.0)
    return Case(
        seed=seed, scenario=scenario, context=_context(patient, machine, pre), label=label,
        group=_group(label, patient), onset_s=onset_s, until_s=until_s, low_mmhg=100.0 if pre >= 160.0 else 90.0,
        everyday=tuple(_told(fault) for fault in everyday),
    )  # fmt: skip


def _patient(rng: Random) -> dict[str, float]:
    weight = min(125.0, max(42.0, rng.gauss(74.0, 15.0)))
    systolic = rng.uniform(112.0, 165.0)
    return {
        "target_weight_kg": round(weight, 1),
        "overload_ml": round(weight * rng.uniform(15.0, 9.5 * 3.0)),
        "haematocrit": round(rng.uniform(0.27, 0.42), 3),
        "systolic_mmhg": round(systolic),
        "diastolic_mmhg": round(systolic * rng.uniform(0.50, 0.60)),
        "pulse_bpm": round(rng.uniform(54.0, 92.0)),
        "reserve": round(rng.uniform(0.10, 0.19), 3),
        "refill_ml_min_mmhg": round(rng.uniform(4.0, 6.5), 2),
        "access_arterial_mmhg": round(rng.uniform(15.0, 60.0)),
        "access_venous_mmhg": round(rng.uniform(10.0, 55.0)),
    }


def _machine(rng: Random, patient: dict[str, float], minutes: float | None) -> MachineSettings:
    flow, gauge = rng.choice([pair for pair in _FLOWS if _suits(patient, *pair)])
    length = minutes or float(rng.choice(_LENGTHS_MIN))
    return {
        "treatment_minutes": length,
        "blood_flow_ml_min": flow,
        "needle_gauge": gauge,
        # Three hours are the shortest: nobody is planned above 9.5 mL/kg/h (R07 asks from 10 on).
        "ultrafiltration_ml": round(patient["overload_ml"] * min(1.0, length / 180.0), -1),
        "dialysate_temperature_cel": rng.choice((35.5, 36.0, 36.5, 37.0)),
        "conductivity_ms_cm": rng.choice((13.6, 13.8, 14.0, 14.2, 14.4)),
        "heparin_ml_h": rng.choice((0.8, 1.0, 1.2, 1.5)),
        "membrane_ml_h_mmhg": round(rng.uniform(9.0, 16.0), 1),
        "venous_window_mmhg": 100.0,
    }


def _suits(patient: dict[str, float], flow: float, gauge: int) -> bool:
    drop = needle_drop(flow, gauge, patient["haematocrit"] + _THICKENING)
    return patient["access_arterial_mmhg"] - drop > -180.0 and patient["access_venous_mmhg"] + drop < 225.0


def _context(patient: dict[str, float], machine: MachineSettings, pre: float) -> Context:
    flow, fluid = machine["blood_flow_ml_min"], Prescription().dialysate_flow_ml_min
    grown = exp(_MASS_TRANSFER_ML_MIN / flow * (1.0 - flow / fluid))  # counter-current dialyser
    clearance = flow * (grown - 1.0) / (grown - flow / fluid)
    dose = clearance * machine["treatment_minutes"] / (1000.0 * _WATER_SHARE * patient["target_weight_kg"])
    return Context(
        target_weight_kg=patient["target_weight_kg"],
        pre_systolic_mmhg=round(pre),
        prescribed_conductivity_ms_cm=machine["conductivity_ms_cm"],
        prescribed_spktv=round(0.95 * dose, 2),  # what a careful prescriber expects to reach
        prescribed_heparin_ml_h=machine["heparin_ml_h"],
        heparin_stop_min=Prescription().heparin_stop_minutes,
    )


def _everyday(rng: Random, until_s: float) -> list[Fault]:
    """Events of any evening before `until_s` that are nobody's fault and pass by themselves."""
    hours = max(0.0, until_s) / 3600.0
    events: list[Fault] = [
        AccessStenosis(  # a line lain upon, a cough, a bent arm
            after_s=rng.uniform(0.0, until_s), duration_s=min(90.0, max(2.0, rng.expovariate(1.0 / 10.0))),
            venous_mmhg=rng.uniform(15.0, 70.0), arterial_mmhg=rng.uniform(10.0, 60.0), ramp_s=2.0,
        )
        for _ in range(_poisson(rng, 1.0 * hours))
    ]  # fmt: skip
    for _ in range(_poisson(rng, 0.5 * hours)):  # the arm up or down by at most 20 cm: both pressures go the same way
        up = rng.uniform(-15.0, 15.0)
        events.append(AccessStenosis(
            after_s=rng.uniform(0.0, until_s), duration_s=rng.uniform(60.0, 900.0),
            venous_mmhg=-up, arterial_mmhg=up, ramp_s=_ARM_RAMP_S,
        ))  # fmt: skip
    events += [
        PumpStop(  # somebody stops the pump and starts it again
            after_s=rng.uniform(0.0, until_s), duration_s=min(110.0, max(3.0, rng.expovariate(1.0 / _ANSWERED_AFTER_S)))
        )
        for _ in range(_poisson(rng, 0.25 * hours))
    ]
    return events


def _told(fault: Fault) -> tuple[str, float, float]:
    start = stages.preparation_s(Prescription()) + fault.after_s
    arm = isinstance(fault, AccessStenosis) and fault.ramp_s == _ARM_RAMP_S
    word = "pump stopped by hand" if isinstance(fault, PumpStop) else "arm moved" if arm else "line lain upon, cough"
    return word, start, start + fault.duration_s


def _poisson(rng: Random, mean: float) -> int:
    left, count = rng.expovariate(1.0), 0
    while left < mean:
        left += rng.expovariate(1.0)
        count += 1
    return count


def _later(fault: Fault, by_s: float) -> Fault:
    fields = {name: getattr(fault, name) for name in fault.__struct_fields__}
    return type(fault)(**fields | {"after_s": fault.after_s + by_s})


def _group(label: Label | None, patient: dict[str, float]) -> str:
    if label is None or label.draw is not _needle:
        return label.name if label else ""
    access = patient["access_venous_mmhg"]
    band = "below 20" if access < 20 else "20 to 29" if access < 30 else "30 or more"
    return f"{label.name}, access {band} mmHg"
