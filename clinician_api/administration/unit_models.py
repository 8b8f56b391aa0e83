"""Bodies about units, as those who run them see and change them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from clinician_api.administration.models import Name
from clinician_api.web.model import Model


class Installation(Model):
    """A unit and how its box is. A figure that is null is not known."""

    unit: str
    label: str
    clinic: str | None
    standing: Literal["bad", "unknown", "attention", "good", "retired"]
    link: Literal["online", "offline", "never"]
    link_since: datetime | None
    heard_at: datetime | None = Field(description="When the box itself last spoke")
    machine: str | None
    agent_version: str | None
    synchronised: bool | None = Field(description="Whether the box's clock follows another")
    clock_offset_s: float | None = Field(
        description="How far the box's clock is ahead of ours; behind is negative, and the way here counts as behind"
    )
    outbox_rows: int | None = Field(description="Readings that wait in the box")
    outbox_oldest_s: float | None
    trouble: str
    certificate_until: datetime | None
    settings_in_force: int
    settings_newest: int
    settings_trouble: str
    quarantined: int = Field(description="Messages of the last day that could not be read")
    treating: bool = Field(description="Whether a treatment goes on")
    bound: bool = Field(description="Whether it serves a patient")
    patient: str | None = Field(description="For roles that see patients")
    retired_at: datetime | None
    tag: str = Field(description="For `If-Match` of a change")


class Installations(Model):
    """Units, the worst first. One whose standing changes between two parts may come twice, or not."""

    server_time: datetime
    units: list[Installation]
    next: str | None


class BindingView(Model):
    """Whom a unit served, and when; the patient for roles that see patients."""

    patient: str | None
    patient_id: str | None
    since: datetime
    until: datetime | None


class SettingsVersion(Model):
    """A version of settings from afar: who made it and why."""

    serial: int
    author: str
    reason: str
    at: datetime


class FreePatient(Model):
    """A patient of the unit's clinic whom no unit serves."""

    patient_id: str
    name: str


class InstallationAnswer(Model):
    """A unit, whom it served (the newest first), and all versions of its settings."""

    server_time: datetime
    unit: Installation
    bindings: list[BindingView] = Field(description="The newest 200")
    bindings_beyond: bool = Field(description="There are older ones")
    settings: list[SettingsVersion]
    free_patients: list[FreePatient] = Field(description="The newest 200, for whoever may bind them")
    free_beyond: bool = Field(description="There are more, who can be bound by their id")
    changeable: bool = Field(description="Whether whoever asks may change it")


class BindPatient(BaseModel):
    """Whom the unit is to serve."""

    model_config = ConfigDict(extra="forbid")

    patient_id: str = Field(pattern="^[0-9]{1,18}$")
    confirmed: bool = Field(default=False, strict=True, description="Also while a treatment goes on")


class Confirmed(BaseModel):
    """Whether it is meant also while a treatment goes on."""

    model_config = ConfigDict(extra="forbid")

    confirmed: bool = Field(default=False, strict=True)


class NewPatient(BaseModel):
    """A new patient, whom no unit serves yet."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    clinic: str | None = Field(default=None, max_length=200, description="By its name; null: of no clinic")


class PatientAdded(Model):
    """The new patient."""

    patient_id: str
    name: str
    clinic: str | None
