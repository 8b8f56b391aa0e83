"""Whom a unit served, from when to when: what decides whose its readings and events are (decision 58)."""

from __future__ import annotations

from dataclasses import dataclass

from store.pool import AsyncConnection
from store.queries import arun


@dataclass(frozen=True, slots=True)
class Tenure:
    """A unit served this patient at since ≤ time < until, in microseconds since 1970.

    Attributes:
        clinic_id: the patient's, None without one.
        until_us: None: it goes on, if only to the end of a treatment that ran when the patient was taken off the unit.
        stands: the unit serves this patient now.
    """

    patient_id: int
    clinic_id: int | None
    since_us: int
    until_us: int | None
    stands: bool


@dataclass(frozen=True, slots=True)
class Past:
    """A unit and all it served, in order of time; never two at once."""

    unit_id: int
    tenures: tuple[Tenure, ...]


async def of_unit(conn: AsyncConnection, name: str) -> Past | None:
    """By the unit's wire id; None when there is no such unit. For a connection that sees everything."""
    rows = await (await arun(conn, "tenures_of_unit", {"unit": name})).fetchall()
    if not rows:
        return None
    return Past(rows[0][0], tuple(Tenure(*row[1:]) for row in rows if row[1] is not None))
