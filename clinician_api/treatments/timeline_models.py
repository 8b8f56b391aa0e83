"""Bodies about what lies beside the readings on one time line."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from clinician_api.live.messages import AlertView, Model
from clinician_api.notes.models import PatientEventView


class TimelineAlert(Model):
    """An alert as it stands now, and how long its cause lasted."""

    alert: AlertView
    until: datetime | None = Field(description="When its cause went; null while it lasts")
    before: bool = Field(
        description="Found anew since of the patient whom the unit served next: the alert is theirs, and this is how it"
        " stood before, as over. Nothing more of it is told by its id"
    )


class TimelineAlarm(Model):
    """An alarm of the machine."""

    name: str
    label: str = Field(description="In English")
    signal: str = Field(description="That it is about; empty where it names none")
    since: datetime
    until: datetime | None = Field(description="Null: nobody has seen it end")


class Timeline(Model):
    """What happened to one patient in a span of time, each in order of time."""

    server_time: datetime
    patient_id: str | None = Field(description="Null: the unit serves nobody, so nothing is anybody's")
    start: datetime
    end: datetime
    alerts: list[TimelineAlert]
    alarms: list[TimelineAlarm]
    events: list[PatientEventView] = Field(description="Notes, symptoms, calls; those that were corrected, too")
    more: bool = Field(description="There are more than are told: the last ones are")
