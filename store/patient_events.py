"""What people wrote about a patient at a moment or a stretch of time: entered once, corrected by a further entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from store.pool import AsyncConnection, Connection
from store.queries import arun, run
from store.values import storable_text, storable_us

MAX_TEXT: Final = 2000


class EventKind(StrEnum):
    """What sort of entry; these words are stored."""

    NOTE = "note"
    SYMPTOM = "symptom"
    CALL = "call"


@dataclass(frozen=True, slots=True)
class PatientEvent:
    """An entry.

    Attributes:
        end_us: None of a moment. author: name of the person, None where it is the patient.
        corrects: the entry in whose place this one stands. corrected_by: the entry that stands in its place.
    """

    event_id: int
    kind: EventKind
    start_us: int
    end_us: int | None
    text: str
    author: str | None
    corrects: int | None
    corrected_by: int | None
    entered_us: int


async def exists(conn: AsyncConnection, patient_id: int, event_id: int, kind: EventKind) -> bool:
    """Whether the patient has such an entry."""
    found = await arun(conn, "patient_event_exists", {"patient": patient_id, "event": event_id, "kind": str(kind)})
    return await found.fetchone() is not None


async def add(
    conn: AsyncConnection, patient_id: int, kind: EventKind, span: tuple[int, int | None], text: str,
    user_id: int | None, corrects: int | None, now_us: int,
) -> int | None:  # fmt: skip
    """The number of the new entry; None when what it corrects has been corrected already."""
    start_us, end_us = span
    parameters = {
        "patient": patient_id, "kind": str(kind), "start": storable_us(start_us),
        "end": None if end_us is None else storable_us(end_us), "text": storable_text(text, MAX_TEXT), "user": user_id,
        "corrects": corrects, "now": storable_us(now_us),
    }  # fmt: skip
    row = await (await arun(conn, "add_patient_event", parameters)).fetchone()
    return None if row is None else int(row[0])


async def events(
    conn: AsyncConnection, patient_id: int, start_us: int, end_us: int, limit: int,
    before: tuple[int, int] | None = None,
) -> list[PatientEvent]:  # fmt: skip
    """Entries about start ≤ time < end, newest first; `before`: start and number of the last one known already."""
    parameters = {
        "patient": patient_id, "start": storable_us(start_us), "end": storable_us(end_us), "limit": limit,
        "before_us": None if before is None else storable_us(before[0]),
        "before": None if before is None else before[1],
    }  # fmt: skip
    rows = await arun(conn, "patient_events", parameters)
    return [PatientEvent(row[0], EventKind(row[1]), *row[2:]) async for row in rows]


def tell(conn: Connection, patient_id: int, kind: EventKind, start_us: int, text: str, now_us: int) -> int:
    """An entry of the patient's own; its number."""
    parameters = {
        "patient": patient_id, "kind": str(kind), "start": storable_us(start_us), "end": None,
        "text": storable_text(text, MAX_TEXT), "user": None, "corrects": None, "now": storable_us(now_us),
    }  # fmt: skip
    return int(run(conn, "add_patient_event", parameters).fetchall()[0][0])


def newest_symptoms(conn: Connection, unit_ids: Sequence[int], now_us: int) -> dict[int, int]:
    """By unit id: when the patient whom it serves last told of a symptom, within the twelve hours before `now_us`."""
    parameters = {"units": list(unit_ids), "now": storable_us(now_us)}
    return dict(run(conn, "newest_symptoms", parameters).fetchall())


def newest_symptom(conn: Connection, patient_id: int, then_us: int) -> int | None:
    """The same of one patient, as it was at an earlier time."""
    row = run(conn, "newest_symptom", {"patient": patient_id, "then": storable_us(then_us)}).fetchone()
    return None if row is None else row[0]
