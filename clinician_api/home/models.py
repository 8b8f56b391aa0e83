"""Bodies of the patient's own page."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from clinician_api.live.messages import AlertView, PhaseName, UnitId
from clinician_api.web.model import Model
from clinician_api.web.times import Moment
from telemetry.alarms import ConditionState, Priority

Symptom = Literal[
    "cramps", "dizzy", "nausea", "headache", "chest pain", "short of breath", "bleeding", "cold", "itching", "other"
]
Way = Literal["working", "machine", "box", "server", "no unit"]


class Watcher(Model):
    """Somebody whose screen shows this treatment, by the screen's own word."""

    name: str
    role: str
    attended: bool = Field(description="Whether a person had touched that screen in the last minutes; a wall's is not")
    age_s: float = Field(ge=0, description="Seconds since the screen last said so; count on from there")


class HomeReading(Model):
    """The newest values, as the nurse sees them."""

    time: datetime
    age_s: float = Field(ge=0)
    phase: PhaseName
    values: dict[str, float] = Field(description="Signal name -> value in the catalogue's unit")


class HomeAlarm(Model):
    """What the machine says, in the words that the clinic sees."""

    name: str = Field(description="MDC name of the alarm")
    label: str
    since: datetime


class HomeAlert(Model):
    """An alert about this treatment that is open."""

    alert_id: str
    rule: str
    title: str
    priority: Priority
    state: ConditionState
    since: datetime
    help: bool = Field(description="The patient's own call")
    answered_by: str | None = Field(description="Name of who has accepted or acknowledged it")
    handled_at: datetime | None = Field(description="Since when somebody at home says they are dealing with it")


class Home(Model):
    """All that the patient's page shows."""

    server_time: datetime
    connected: bool = Field(description="Whether this account belongs to a patient; if not, the rest is empty")
    patient: str | None
    clinic: str | None
    phone: str | None = Field(description="The clinic's, for when nothing else goes")
    way: Way = Field(
        description="How far what the machine sends gets: working: to the clinic's screens; machine: the box hears no "
        "machine; box: the box is not heard; server: the clinic's server is in trouble; no unit: there is none"
    )
    way_since: datetime | None
    reading: HomeReading | None
    alarms: list[HomeAlarm]
    alerts: list[HomeAlert]
    watching: list[Watcher]
    on_call: list[str] = Field(description="Names of who is on call for the clinic now")


class Said(BaseModel):
    """What is said from home. `said` makes it once: sent again over a bad line it is the same."""

    model_config = ConfigDict(extra="forbid")

    said: UUID = Field(description="A random number of the page's own")


class AskForHelp(Said):
    """A press of the button."""


class TellSymptom(Said):
    """How somebody feels."""

    what: Symptom
    words: str = Field(default="", max_length=500, description="In their own words")
    at: Moment | None = Field(default=None, description="When it began, with zone; null: now. At most 12 hours ago")


class Heard(Model):
    """What became of it."""

    done: bool = Field(description="False: it was done already, or there was nothing left to do")


class HelpAsked(Model):
    """The call that stands now."""

    alert_id: str
    done: bool = Field(description="False: the same call stood already")


class Helped(Model):
    """The alert as it is now."""

    alert: AlertView


class OpenHome(BaseModel):
    """Whose treatment an account is shown from now on."""

    model_config = ConfigDict(extra="forbid")

    unit: UnitId | None = Field(
        description="The home whose patient it is, also after they get another unit; null: nobody"
    )


class HomeOpened(Model):
    """Whose it is shown now."""

    patient: str | None = Field(description="Their name")
