"""What the API asks of the store about notes: a part of `clinician_api.data`."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from store import audit, notice_answers, patient_events, pool
from store.audit import Deed
from store.patient_events import EventKind, PatientEvent


class Refused(Enum):
    """Why a note was not kept."""

    NO_SUCH_NOTE = "no such note"
    CORRECTED = "corrected already"


class NoteData:
    """Beside `Data`, on its pool. Every method may raise StoreError, which becomes a 503."""

    def __init__(self, opened: Callable[[], pool.Pool]) -> None:
        self._opened = opened

    async def events(
        self, patient_id: int, start_us: int, end_us: int, limit: int, before: tuple[int, int] | None
    ) -> list[PatientEvent]:
        """What was written about a patient in a span, newest first."""
        async with self._opened().connection() as conn:
            return await patient_events.events(conn, patient_id, start_us, end_us, limit, before)

    async def write(
        self, patient_id: int, span: tuple[int, int | None], text: str, user_id: int, corrects: int | None
    ) -> int | Refused:
        """Keep a note of a person's, with its row in the record of deeds; its number."""
        async with self._opened().transaction() as conn:
            now_us = await notice_answers.database_us(conn)
            if corrects is not None and not await patient_events.exists(conn, patient_id, corrects, EventKind.NOTE):
                return Refused.NO_SUCH_NOTE
            number = await patient_events.add(conn, patient_id, EventKind.NOTE, span, text, user_id, corrects, now_us)
            if number is None:
                return Refused.CORRECTED
            # What it says is kept where it was written; the record says nothing about a patient.
            action = "write note" if corrects is None else "correct note"
            deed = Deed(now_us, audit.person(user_id), action, f"patient:{patient_id}", {"event": number})
            await audit.aappend(conn, deed)
            return number
