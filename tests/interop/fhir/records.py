"""A treatment's record with something of everything in it."""

from __future__ import annotations

import numpy as np

from interop.fhir.datatypes import Json
from interop.fhir.export import resources
from store.alert_queries import AlertEvent, CurrentAlert
from store.care import Entry
from store.patients import Prescription
from store.treatment_queries import FoundTreatment, KeptSummary
from store.treatment_record import Told, TreatmentRecord
from store.treatment_summaries import Summary
from store.treatments import Interruption, Treatment
from telemetry.alarms import ConditionState, Priority
from telemetry.care import Arranged, Prescribed, Schedule, TargetWeight
from telemetry.signals import CATALOGUE, Kind
from telemetry.treatment import Cause, EndKnown

START = 1_750_000_000_000_000
MINUTE = 60_000_000
SECRET = "Ada Example"
NURSE = "Nurse Bo"
TYPED = "called Mrs Example"
TITLES = {"R10": "Venous pressure fell"}

ACTIVE, SEEN = ConditionState.ACTIVE_UNACKNOWLEDGED, ConditionState.ACTIVE_ACKNOWLEDGED


def event(number: int, state: ConditionState, minute: int, actor: int | None = None) -> AlertEvent:
    at = START + minute * MINUTE
    name = None if actor is None else NURSE
    return AlertEvent(
        number, 5, "3", Priority.HIGH, state, at, at + 5, "fell", {"venous_pressure": 21.5}, {"drop": 20.0}, False,
        actor, name, "" if actor is None else TYPED,
    )  # fmt: skip


def alert(state: ConditionState = SEEN, priority: Priority = Priority.HIGH) -> CurrentAlert:
    return CurrentAlert(
        5, 1, "h0000000a", 2, "R10", "3", priority, state, START + MINUTE, START + MINUTE, START + 9 * MINUTE,
        "Venous pressure fell by 25 mmHg", {"venous_pressure": 21.5, "other": None}, {"drop": 20.0}, False, None, None,
        None, 9, None, None, None, None, None, None, None, None, None, None, None,
    )  # fmt: skip


def told(state: str = "read", sent: int | None = 1, arrived: int | None = 2) -> Told:
    return Told(
        8, 3, "venous access", "high", 4, NURSE, "apprise", state, START, START + 9,
        None if sent is None else START + sent * MINUTE, None if arrived is None else START + arrived * MINUTE, [5],
    )  # fmt: skip


def found(patient_id: int | None = 7, end: int | None = 4, current: bool = True) -> FoundTreatment:
    known = None if end is None else EndKnown.DERIVED
    pause = Interruption(START + MINUTE, START + 2 * MINUTE, Cause.NO_READINGS)
    return FoundTreatment(
        12, "h0000000a", 2, patient_id, None if patient_id is None else SECRET, 3, START + 9 * MINUTE,
        Treatment(START, None if end is None else START + end * MINUTE, known, (pause,), True),
        KeptSummary(Summary(99, 240.0, 60.0, 240.0, 1500.0, 60.5, 1.4, None, {}), 1, START + 9 * MINUTE, current, 3),
    )  # fmt: skip


def record(patient_id: int | None = 7, end: int | None = 4) -> TreatmentRecord:
    schedule = Schedule(days=("mon",), at="08:00", zone="UTC", duration_min=240)
    course = np.array([150.25, np.nan, 149.0, -0.000123])
    return TreatmentRecord(
        found(patient_id, end), "North",
        {signal.name: course for signal in CATALOGUE if signal.kind is Kind.NUMERIC},
        [alert()], {5: [event(1, ACTIVE, 1), event(2, SEEN, 2, actor=4)]}, [told()],
        Prescription(target_weight_kg=70.0, transmembrane_limit_mmhg=300.0, prescribed_spktv=1.2),
        [
            Entry(Arranged(START - 5, TargetWeight(kg=68.5)), NURSE, TYPED, START - 5),
            Entry(Arranged(START + 5, TargetWeight(kg=1.0e2)), NURSE, TYPED, START - 5),
            Entry(Arranged(START - 5, Prescribed(item="prescribed_spktv", value=None)), NURSE, TYPED, START),
            Entry(Arranged(START - 5, schedule), NURSE, TYPED, 0),
        ],
    )  # fmt: skip


def made(of: TreatmentRecord | None = None, *, names: bool = False) -> list[Json]:
    return resources(of or record(), TITLES, "9.9", START + 99 * MINUTE, names=names)


def of_type(kind: str, among: list[Json]) -> list[Json]:
    return [one for one in among if one["resourceType"] == kind]
