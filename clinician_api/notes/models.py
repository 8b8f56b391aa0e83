"""Bodies about notes."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from clinician_api.live.messages import Model
from clinician_api.web.times import Moment
from store.patient_events import MAX_TEXT, EventKind


class PatientEventView(Model):
    """What somebody wrote about a patient. It is never changed: a further one corrects it."""

    event_id: str
    kind: EventKind
    start: datetime
    end: datetime | None = Field(description="Null: it is about a moment")
    text: str = Field(description="Plain text, to be shown as text")
    author: str | None = Field(description="Name of the person; null: the patient")
    corrects: str | None = Field(description="The entry in whose place this one stands")
    corrected_by: str | None = Field(description="The entry that stands in its place; null: it counts")
    entered_at: datetime


class PatientEvents(Model):
    """What was written about one patient, newest first by what it is about."""

    patient_id: str | None = Field(description="Null: the unit serves nobody")
    events: list[PatientEventView]
    next: str | None = Field(description="`cursor` of what comes after these; null: that was all")


class WriteNote(Model):
    """Body of a note."""

    start: Moment = Field(description="The moment it is about, or from when, with zone")
    end: Moment | None = Field(default=None, description="Until when; null: a moment. At most a day after start")
    text: str = Field(min_length=1, max_length=MAX_TEXT, pattern=r"\S", examples=["Called: feels well"])
    corrects: str | None = Field(
        default=None, pattern=r"^[0-9]{1,18}$", description="The note in whose place it stands"
    )


class NoteWritten(Model):
    """The note as it was kept."""

    event_id: str
