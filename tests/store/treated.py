"""A patient on a unit, with treatments of readings and their summaries."""

from __future__ import annotations

import numpy as np

from store import patients, pool, readings, treatment_summaries, treatments
from store.patients import Prescription
from store.pool import Connection
from store.readings import ReadingColumns
from store.registry import Unit
from store.treatments import Treatment
from telemetry.signals import BY_NAME, COUNT
from telemetry.treatment import EndKnown, Phase

NOW_US = 1_750_000_000_000_000
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE


def patient_of(conn: Connection, unit: Unit, since_us: int, weight_kg: float | None = None) -> int:
    """A new patient whom the unit serves from then on."""
    patient_id = patients.add_patient(conn, "Ann", unit.clinic_id, Prescription(target_weight_kg=weight_kg))
    patients.bind(conn, unit.unit_id, patient_id, since_us)
    return patient_id


def put_minutes(conn: Connection, unit: Unit, start_us: int, phases: list[Phase], **values: list[float]) -> None:
    """One row a minute; NaN = not measured."""
    put_rows(conn, unit, start_us, MINUTE, phases, **values)


def put_rows(
    conn: Connection, unit: Unit, start_us: int, step_us: int, phases: list[Phase], **values: list[float]
) -> None:
    """One row each `step_us`; NaN = not measured."""
    count = len(phases)
    cells = np.full((count, COUNT), np.nan, np.float32)
    for name, column in values.items():
        cells[:, BY_NAME[name].number] = column
    at = start_us + np.arange(count) * step_us
    columns = ReadingColumns(
        unit_id=np.full(count, unit.unit_id, np.int32), epoch=np.full(count, b"0123456789abcdef", "S16"),
        seq=at // step_us, time_us=at, mono_ms=np.zeros(count, np.int64), phase=np.array(phases, np.uint8),
        flags=np.ones(count, np.uint8), invalid=np.zeros(count, np.uint64), received_us=at, values=cells,
    )  # fmt: skip
    with pool.transaction(conn):
        readings.copy_readings(conn, columns)


def add_treatment(conn: Connection, unit: Unit, start_us: int, minutes: int) -> None:
    """A treatment that is over, to be summarised at once."""
    end_us = start_us + minutes * MINUTE
    treatments.add(conn, [(unit.unit_id, Treatment(start_us, end_us, EndKnown.MACHINE))], end_us, end_us)


def summarise_all(conn: Connection, now_us: int) -> int:
    """What ingest's summariser would do by then; how many."""
    found = treatment_summaries.due(conn, range(64), now_us, limit=1000)
    for wanted in found:
        treatment_summaries.save(conn, wanted, treatment_summaries.summarise(conn, wanted), now_us)
    return len(found)
