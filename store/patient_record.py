"""What is on record of a patient apart from treatments, in parts and newest first: alerts, pages about them, homes.

An alert is its owner's (decision 58); what is given of it is the part that is the owner's alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from store import alert_queries
from store.alert_parts import Part, Span, part_of
from store.pool import AsyncConnection
from store.queries import arun
from store.treatment_record import Told


@dataclass(frozen=True, slots=True)
class Person:
    """A patient; `clinic_id` None: bound to no clinic."""

    patient_id: int
    clinic_id: int | None
    name: str


@dataclass(frozen=True, slots=True)
class ToldPatient:
    """A page to somebody, and whom it is about: `patient_id` of `clinic_id`."""

    patient_id: int
    clinic_id: int | None
    told: Told


async def people(conn: AsyncConnection, after: int, limit: int) -> list[Person]:
    """Patients of higher numbers than `after`, by number."""
    return [Person(*row) async for row in await arun(conn, "people_after", {"after": after, "limit": limit})]


async def clinics(conn: AsyncConnection) -> list[tuple[int, str]]:
    """Clinics, number and name, of the homes and patients there are to be seen, by number."""
    return [(row[0], row[1]) async for row in await arun(conn, "clinics_in_sight")]


async def alert_ids(conn: AsyncConnection, patient_id: int, before: int, limit: int) -> list[int]:
    """Alerts of a patient with numbers below `before`, the highest first."""
    wanted = {"patient": patient_id, "before": before, "limit": limit}
    return [row[0] async for row in await arun(conn, "alerts_of_patient", wanted)]


async def alerts(conn: AsyncConnection, ids: Sequence[int]) -> list[Part]:
    """Of these alerts those that are somebody's, each as far as it is that patient's, the highest number first."""
    rows = await arun(conn, "owner_spans", {"alerts": list(ids)})
    spans = {row[0]: Span(None, None) if row[1] else Span(row[2], row[3]) async for row in rows}
    found = []
    for alert in await alert_queries.by_ids(conn, list(spans)):
        part = part_of(alert, await alert_queries.events_of(conn, alert.alert_id), spans[alert.alert_id])
        if part is not None:
            found.append(part)
    return sorted(found, key=lambda part: -part.alert.alert_id)


async def told(
    conn: AsyncConnection, patient_id: int | None, before: int, limit: int, delivery_id: int | None = None
) -> tuple[list[ToldPatient], int | None]:
    """Pages about a patient's alerts with numbers below `before`, the highest first; or the one of that number.

    Each with those alerts only that were the patient's when it was queued; a page about none of them is left out. The
    lowest number that was looked at; None: there are no more.
    """
    wanted = {"patient": patient_id, "delivery": delivery_id, "before": before, "limit": limit}
    rows = await (await arun(conn, "told_of_patient", wanted)).fetchall()
    parts = {part.alert.alert_id: part for part in await alerts(conn, sorted({n for row in rows for n in row[-1]}))}
    found = []
    for owner, clinic, *row in rows:
        told = Told(*row)
        of = [number for number in told.alert_ids if number in parts and _is_about(parts[number], owner, told)]
        if of:
            found.append(ToldPatient(owner, clinic, replace(told, alert_ids=of)))
    return found, rows[-1][2] if len(rows) == limit else None


def _is_about(part: Part, owner: int, told: Told) -> bool:
    return part.alert.owner_id == owner and part.has(told.queued_us)
