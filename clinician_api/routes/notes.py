"""Notes about a patient: read, write, correct by another."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query

from clinician_api.live.views import microseconds, moment
from clinician_api.notes.models import NoteWritten, PatientEvents, PatientEventView, WriteNote
from clinician_api.notes.note_data import Refused
from clinician_api.people.looks import What
from clinician_api.people.sessions import SessionDep
from clinician_api.routes.treatments import NumberPath, no_patient
from clinician_api.routes.units import UnitPath, no_unit
from clinician_api.services import Services, ServicesDep, note_look
from clinician_api.web.cursors import CursorQuery, LimitQuery, read, written
from clinician_api.web.errors import ApiError, responses
from clinician_api.web.times import Moment
from store.patient_events import PatientEvent

router = APIRouter(tags=["notes"])

LONGEST: Final = timedelta(days=1)
# A clock beside ours may be a little ahead; and nobody writes about what is to come.
SOON: Final = timedelta(minutes=5)
BACK: Final = timedelta(days=400)
MAX_PATIENT: Final = 2**31 - 1

Start = Annotated[Moment | None, Query(description="Only what is about this time or later, with zone")]
End = Annotated[Moment | None, Query(description="Only what is about an earlier time, with zone")]


@router.get("/api/units/{unit}/notes", responses=responses(401, 403, 404, 422, 503))
async def notes_of_unit(
    unit: UnitPath,
    session: SessionDep,
    services: ServicesDep,
    start: Start = None,
    end: End = None,
    limit: LimitQuery = 100,
    cursor: CursorQuery = None,
) -> PatientEvents:
    """What was written about the patient whom a unit serves now, corrected entries too, newest first."""
    entry = services.room.entry(session.scope, unit)
    if entry is None:
        raise no_unit(unit)
    if entry.patient_id is None:
        return PatientEvents(patient_id=None, events=[], next=None)
    start_us = 0 if start is None else round(start.timestamp() * 1e6)
    end_us = 2**62 if end is None else round(end.timestamp() * 1e6)
    if start_us >= end_us:
        raise ApiError(422, "span out of range", where="query.start, query.end", hint="start < end")
    after = read(cursor, int, int)
    before = None if after is None else (int(after[0]), int(after[1]))
    found = await services.data.written.events(entry.patient_id, start_us, end_us, limit + 1, before)
    note_look(services, session, What.NOTES, patients=[entry.patient_id])
    last = found[limit - 1] if len(found) > limit else None
    return PatientEvents(
        patient_id=str(entry.patient_id),
        events=[event_view(one) for one in found[:limit]],
        next=None if last is None else written((last.start_us, last.event_id)),
    )


@router.post("/api/patients/{patient_id}/notes", responses=responses(401, 403, 404, 408, 409, 413, 415, 422, 503))
async def write_note(
    patient_id: NumberPath, note: WriteNote, session: SessionDep, services: ServicesDep
) -> NoteWritten:
    """Write a note about a patient; it is never changed. 409: the one it corrects was corrected already."""
    number = int(patient_id)
    clinic = await services.data.record.clinic_of_patient(number) if number <= MAX_PATIENT else None
    if clinic is None or not session.scope.sees(clinic[0], number):
        raise no_patient(patient_id)
    corrects = None if note.corrects is None else int(note.corrects)
    kept = await services.data.written.write(
        number, _span(note, services), note.text.strip(), session.user_id, corrects
    )
    if kept is Refused.NO_SUCH_NOTE:
        raise ApiError(422, "no such note", where="body.corrects", hint="the patient's notes have their numbers")
    if kept is Refused.CORRECTED:
        hint = "correct the newest: read the notes again"
        raise ApiError(409, "corrected already", where="body.corrects", hint=hint)
    return NoteWritten(event_id=str(kept))


def _span(note: WriteNote, services: Services) -> tuple[int, int | None]:
    now = moment(services.clock.now_us())
    last = note.start if note.end is None else note.end
    if not now - BACK <= note.start or last > now + SOON:
        hint = "not more than 400 days ago, and nothing that is to come"
        raise ApiError(422, "no time to write about", where="body.start, body.end", hint=hint)
    if note.end is not None and not timedelta(0) < note.end - note.start <= LONGEST:
        raise ApiError(422, "span out of range", where="body.start, body.end", hint="start < end ≤ start + 1 day")
    return microseconds(note.start), None if note.end is None else microseconds(note.end)


def event_view(one: PatientEvent) -> PatientEventView:
    """An entry as people are told of it."""
    return PatientEventView(
        event_id=str(one.event_id), kind=one.kind, start=moment(one.start_us),
        end=None if one.end_us is None else moment(one.end_us), text=one.text, author=one.author,
        corrects=None if one.corrects is None else str(one.corrects),
        corrected_by=None if one.corrected_by is None else str(one.corrected_by), entered_at=moment(one.entered_us),
    )  # fmt: skip
