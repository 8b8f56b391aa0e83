"""Treatments for those who look back: of a unit, of a patient, one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from store.pool import AsyncConnection
from store.queries import arun
from store.treatment_summaries import Span, Summary
from store.treatments import Treatment, treatment_of
from store.values import storable_us


@dataclass(frozen=True, slots=True)
class KeptSummary:
    """A summary, when and how it was computed, and whether anything has changed since.

    Attributes:
        of_revision: the treatment's, of which it is.
    """

    summary: Summary
    version: int
    computed_us: int
    is_current: bool
    of_revision: int


@dataclass(frozen=True, slots=True)
class FoundTreatment:
    """A treatment, whose and where it was.

    Attributes:
        clinic_id: the patient's clinic, or the unit's where no patient was known; None = bound to no clinic.
        patient_id, patient: whom the unit served when it began.
    """

    treatment_id: int
    unit: str
    clinic_id: int | None
    patient_id: int | None
    patient: str | None
    revision: int
    changed_us: int
    treatment: Treatment
    summary: KeptSummary | None


async def of_unit(
    conn: AsyncConnection, unit_id: int, start_us: int, end_us: int, limit: int, before_id: int = 0
) -> list[FoundTreatment]:
    """Those of a unit that began at start ≤ time < end, newest first; at `end` itself those below `before_id`, too."""
    return await _find(conn, {"unit": unit_id, "start": start_us, "end": end_us, "limit": limit, "before": before_id})


async def of_patient(
    conn: AsyncConnection, patient_id: int, start_us: int, end_us: int, limit: int, before_id: int = 0
) -> list[FoundTreatment]:
    """The same of a patient, on whatever unit."""
    wanted = {"patient": patient_id, "start": start_us, "end": end_us, "limit": limit, "before": before_id}
    return await _find(conn, wanted)


async def by_id(conn: AsyncConnection, treatment_id: int) -> FoundTreatment | None:
    """One treatment, or None."""
    found = await _find(conn, {"id": treatment_id})
    return found[0] if found else None


async def clinic_of_patient(conn: AsyncConnection, patient_id: int) -> tuple[bool, int | None]:
    """Whether there is such a patient, and the clinic."""
    rows = [row async for row in await arun(conn, "clinic_of_patient", {"patient": patient_id})]
    return (True, rows[0][0]) if rows else (False, None)


async def _find(conn: AsyncConnection, wanted: dict[str, int]) -> list[FoundTreatment]:
    parameters: dict[str, int | None] = {"id": None, "unit": None, "patient": None, "start": None, "end": None}
    parameters |= {"limit": 1, **wanted}
    for name in ("start", "end"):
        if (time_us := parameters[name]) is not None:
            parameters[name] = storable_us(time_us)
    name = (
        "treatment_by_id" if "id" in wanted else "treatments_of_unit" if "unit" in wanted else "treatments_of_patient"
    )
    return [found_treatment(row) async for row in await arun(conn, name, parameters)]


def found_treatment(row: Sequence[Any]) -> FoundTreatment:
    """A treatment from the columns of `treatment_by_id`."""
    whose = row[:7]
    fields: list[Any] = [*whose, treatment_of(row[7:13]), _kept(row[13:], revision=whose[5])]
    return FoundTreatment(*fields)


def _kept(row: Sequence[Any], revision: int) -> KeptSummary | None:
    of_revision, version, computed_us, *numbers, spans = row
    if of_revision is None:
        return None
    signals = {name: Span(s["count"], s["median"], s["min"], s["max"]) for name, s in spans.items()}
    fields: list[Any] = [*numbers, signals]
    return KeptSummary(Summary(*fields), version, computed_us, of_revision == revision, of_revision)
