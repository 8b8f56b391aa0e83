"""Bodies about teams and broken glasses."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from clinician_api.live.messages import Model, UnitId
from clinician_api.web.times import Moment

MIN_REASON = 10

_Email = Annotated[str, Field(min_length=3, max_length=254)]


class TeamMember(Model):
    """Somebody of a team."""

    user_id: str
    name: str
    email: str
    role: str
    clinic: str | None = Field(description="The account's own")
    until: datetime | None = Field(description="Null: without an end")


class TeamPatient(Model):
    """A patient of a team."""

    patient_id: str
    name: str


class TeamView(Model):
    """A team, with those of its patients whom the session sees."""

    team_id: str
    name: str
    clinic: str
    members: list[TeamMember]
    patients: list[TeamPatient]
    may_change: bool


class Teams(Model):
    """The teams of the session's clinic, and those it belongs to elsewhere."""

    teams: list[TeamView]
    by_team: list[str] = Field(description="Clinics whose clinical accounts see the patients of their teams only")
    next: str | None = Field(description="`cursor` of what comes after these; null: that was all")


class AddTeam(Model):
    """A new team."""

    name: str = Field(min_length=1, max_length=100, pattern=r"\S", examples=["Team East"])
    clinic: str | None = Field(
        default=None, max_length=200, description="Only for whoever works across clinics: whose it is"
    )


class AddMember(Model):
    """Somebody who is to belong to a team, or until when."""

    email: _Email
    until: Moment | None = Field(default=None, description="With zone; null: until taken out")


class AddPatient(Model):
    """A patient who is to be of a team, by the home that serves them now."""

    unit: UnitId


class TeamAnswer(Model):
    """A team after what was done."""

    team: TeamView


class BreakGlass(Model):
    """To whom access is to be opened, and why: both are kept, and a person reads them afterwards."""

    whom: str = Field(
        min_length=1, max_length=200, pattern=r"\S", description="The patient's exact name, or the id of their home",
        examples=["u-1"],
    )  # fmt: skip
    reason: str = Field(
        min_length=MIN_REASON, max_length=2000, pattern=r"\S.{8,}\S", examples=["called by the family: feels faint"]
    )


class Opened(Model):
    """Access that was opened."""

    glass_id: str
    patient: str
    unit: str | None = Field(description="The home that serves the patient now, if any")
    until: datetime


class GlassView(Model):
    """Access somebody opened, for whoever looks at it afterwards."""

    glass_id: str
    who: str
    role: str
    clinic: str | None = Field(description="Of who opened it")
    patient_id: str
    patient: str
    reason: str
    opened_at: datetime
    until: datetime
    ended_at: datetime | None = Field(description="When it was ended before its time")
    open: bool
    deeds: int = Field(ge=0, description="Rows of the record that this person left about the patient meanwhile")
    overdue: bool = Field(description="Nobody has judged it for 72 hours")
    may_review: bool = Field(description="False: it is one's own, or was judged")
    reviewer: str | None
    reviewed_at: datetime | None
    right: bool | None
    note: str


class Glasses(Model):
    """What was opened to patients of the session's clinic: not judged first, then the newest."""

    server_time: datetime
    glasses: list[GlassView]
    next: str | None = Field(description="`cursor` of what comes after these; null: that was all")
    beyond: bool = Field(description="There are more than the 2000 that are looked through: judged ones are left out")


class Review(Model):
    """What somebody says of it afterwards."""

    right: bool = Field(strict=True)
    note: str = Field(default="", max_length=2000, description="Wanted where it was not right")


class Reviewed(Model):
    """Access as it stands after that."""

    glass: GlassView


class Ended(Model):
    """Access that is over."""

    ended_at: datetime
