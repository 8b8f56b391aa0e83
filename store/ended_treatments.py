"""Treatments that are over, with all it takes to put them through the rules once more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from store.patients import Prescription
from store.pool import Connection
from store.queries import run
from store.values import storable_us


@dataclass(frozen=True, slots=True)
class Ended:
    """A treatment that is over.

    Attributes:
        revision: as it was when it was asked for. start_us, end_us: its first and last moment.
        patient_id: whom the unit served when it began, None when nobody is known. prescription: theirs, as it is now.
    """

    unit_id: int
    unit: str
    treatment_id: int
    revision: int
    start_us: int
    end_us: int
    patient_id: int | None
    prescription: Prescription


def of_unit(conn: Connection, unit_id: int, start_us: int, end_us: int, limit: int) -> list[Ended]:
    """Those of a unit, of whomever, that began at start ≤ time < end, oldest first; of more than `limit` the oldest."""
    return _find(conn, {"unit": unit_id, "patient": None}, start_us, end_us, limit)


def of_patient(conn: Connection, patient_id: int, start_us: int, end_us: int, limit: int) -> list[Ended]:
    """Those of a patient, on whatever unit, likewise."""
    return _find(conn, {"unit": None, "patient": patient_id}, start_us, end_us, limit)


def ended_of(row: Sequence[Any]) -> Ended:
    """One row: unit and its name, treatment, revision, start, end, patient, and what is prescribed."""
    unit_id, unit, number, revision, start_us, end_us, patient_id, *prescribed = row
    return Ended(unit_id, unit, number, revision, start_us, end_us, patient_id, Prescription(*prescribed))


def _find(conn: Connection, whose: dict[str, int | None], start_us: int, end_us: int, limit: int) -> list[Ended]:
    span = {"start": storable_us(start_us), "end": storable_us(end_us), "limit": limit}
    return [ended_of(row) for row in run(conn, "ended_treatments", {**whose, **span})]
