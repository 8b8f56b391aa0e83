"""Scenarios: TOML files that say which patient, which settings, and what goes wrong when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from pathlib import Path
from random import Random
from typing import Final, TypeVar

import msgspec

from simulators import stages
from simulators.faults import Fault, StuckSensor
from simulators.machine import Machine
from simulators.patient import Patient, PatientParameters, draw_patient
from simulators.prescription import GAUGES, Prescription, draw_prescription
from telemetry import settings, signals
from telemetry.errors import SettingsError

FOLDER: Final = Path(__file__).parent / "scenarios"
STEP_S: Final = 0.5
S = TypeVar("S", PatientParameters, Prescription)
_SHORTEST_MIN: Final = 5.0
_LONGEST_MIN: Final = 600.0
_LEAST_VOLUME_ML: Final = 100.0  # below it the target would not be plausible
_FAST_STEP_S: Final = 2.0  # to skip what nobody watches


class LinkDown(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The home's uplink is down from `after_s` seconds after the onset, for `duration_s`."""

    after_s: float
    duration_s: float


class ClockJump(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The box's wall clock is set by `seconds`, `after_s` seconds after the onset."""

    after_s: float
    seconds: float


class BoxFaults(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What happens to the box and its uplink; the machine runs on. For a demo or a test to act on."""

    link_down: list[LinkDown] = []
    clock_jump: list[ClockJump] = []


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One scenario file.

    Attributes:
        about: what happens and what there is to see.
        onset_minute: minute of treatment at which the clock of faults starts.
        patient, machine: values that replace the drawn ones.
    """

    name: str = ""
    about: str
    onset_minute: float = 20.0
    patient: dict[str, float] = {}
    machine: dict[str, float] = {}
    fault: list[Fault] = []
    box: BoxFaults = BoxFaults()


def names() -> list[str]:
    """The scenarios that come with the package."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load_scenario(name: str) -> Scenario:
    """A scenario by name, or by path when it ends in .toml; SettingsError with file and line, or the known names."""
    path = Path(name) if name.endswith(".toml") else FOLDER / f"{name}.toml"
    if not name.endswith(".toml") and name not in names():
        raise SettingsError("choose scenario", repr(name), hint=f"known: {', '.join(names())}")
    scenario = settings.load(Scenario, path, {"name": path.stem})
    _check_keys(path, "patient", scenario.patient, PatientParameters)
    _check_keys(path, "machine", scenario.machine, Prescription)
    for fault in scenario.fault:
        if isinstance(fault, StuckSensor) and fault.signal not in signals.BY_NAME:
            raise SettingsError("read scenario", str(path), hint=f"no such signal: {fault.signal}")
    if scenario.machine.get("needle_gauge", 15) not in GAUGES:
        raise SettingsError("read scenario", str(path), hint=f"needle_gauge is one of {sorted(GAUGES)}")
    return scenario


def _check_keys(path: Path, table: str, values: Mapping[str, float], schema: type[msgspec.Struct]) -> None:
    unknown = sorted(values.keys() - set(schema.__struct_fields__))
    if unknown:
        raise SettingsError("read scenario", str(path), hint=f"[{table}] has no {', '.join(unknown)}")


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where in the day a run begins.

    Attributes:
        minute: minute of treatment to begin at; None = switching on.
        onset_s: seconds after the beginning at which faults start; None = at the scenario's own minute.
        treatment_minutes: length of treatment instead of the scenario's (the filtration rate is kept).
    """

    minute: float | None = None
    onset_s: float | None = None
    treatment_minutes: float | None = None


def build(scenario: Scenario, seed: int, beginning: Beginning = Beginning()) -> Machine:
    """The bedside of a scenario: one seed, one patient and noise. SettingsError for values that make none."""
    rng = Random(seed)
    patient = _replaced(scenario, draw_patient(rng), scenario.patient)
    prescription = _replaced(scenario, draw_prescription(rng, patient), scenario.machine)
    if beginning.treatment_minutes is not None:
        prescription = _lasting(prescription, beginning.treatment_minutes)
    minute = beginning.minute
    if minute is not None and not 0.0 <= minute < prescription.treatment_minutes:
        limit = f"the treatment lasts {prescription.treatment_minutes:g} minutes"
        raise SettingsError("begin treatment", f"at minute {minute:g}", hint=limit)
    onset = stages.preparation_s(prescription) + 60.0 * scenario.onset_minute
    if beginning.onset_s is not None:
        onset = inf  # until the beginning is reached
    machine = Machine(Patient(patient, rng), prescription, scenario.fault, onset, rng)
    if minute is not None:
        while machine.stage in _BEFORE_TREATMENT or machine.elapsed_s < 60.0 * minute:
            machine.step(_FAST_STEP_S)
    if beginning.onset_s is not None:
        machine.onset_s = machine.time_s + beginning.onset_s
    return machine


def _lasting(prescription: Prescription, minutes: float) -> Prescription:
    if not _SHORTEST_MIN <= minutes <= _LONGEST_MIN:
        raise SettingsError("set treatment", f"{minutes:g} minutes", hint=f"{_SHORTEST_MIN:g} … {_LONGEST_MIN:g}")
    volume = prescription.ultrafiltration_ml * minutes / prescription.treatment_minutes
    return msgspec.structs.replace(
        prescription, treatment_minutes=minutes, ultrafiltration_ml=max(_LEAST_VOLUME_ML, round(volume, -1))
    )


_BEFORE_TREATMENT: Final = frozenset({
    stages.Stage.IDLE, stages.Stage.SELF_TEST, stages.Stage.PRIMING, stages.Stage.CONNECTING,
})  # fmt: skip


def _replaced(scenario: Scenario, parameters: S, values: Mapping[str, float]) -> S:
    try:
        return msgspec.convert(msgspec.structs.asdict(parameters) | dict(values), type(parameters), strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError("read scenario", scenario.name, hint=str(error)) from error
