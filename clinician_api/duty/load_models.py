"""What alerts ask of people, and what a shift hands over: bodies of HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from clinician_api.web.model import Model
from telemetry.alarms import Priority

_SHARE = "0…1; null: there is nothing to share"


class FloodView(Model):
    """More than ten in ten minutes, until fewer than five."""

    begins: datetime
    ends: datetime
    count: int
    peak: int = Field(description="The most within ten minutes")


class FiguresView(Model):
    """Of one person, one rule, or all."""

    count: int
    per_10_min: float
    peak_minute: int
    peak_10_min: int
    peak_hour: int
    floods: list[FloodView]
    mix: dict[Priority, float]
    chattering: int
    stale: int = Field(description="Standing for more than a day at the end")
    top_ten: float | None = Field(description=f"Of the ten most frequent sources, {_SHARE}")
    actionable: float | None = Field(description=f"Taken on by somebody, of what people were asked about, {_SHARE}")


class PersonLoadView(Model):
    """What one person was asked."""

    person: str
    yours: bool
    figures: FiguresView
    pages: int = Field(description="Those that interrupted: not folded into another's page")
    most_high_in_shift: int = Field(description="Within any twelve hours")
    most_pages_in_shift: int
    beyond: list[str] = Field(description="The targets that were missed, in words")


class RuleLoadView(Model):
    """What one rule, or one rule in one home, raised."""

    rule: str
    title: str
    home: str | None = Field(description="Label of the unit; null: all homes")
    figures: FiguresView
    nuisance: float | None = Field(description=f"Alerts that were for nothing, {_SHARE}")
    word: Literal["useful", "mixed", "noisy", "no alerts"]


class LoadAnswer(Model):
    """Over a stretch; each list the most frequent first."""

    server_time: datetime
    start: datetime
    end: datetime
    all: FiguresView
    people: list[PersonLoadView] = Field(description="You alone, where others' load is not yours to see")
    rules: list[RuleLoadView]
    homes: list[RuleLoadView] = Field(description="The 50 most frequent")
    more_homes: int = Field(ge=0, description="How many were left out of that")


class OpenView(Model):
    """A notice that people were asked about, or that is held."""

    notice_id: str
    home: str | None = Field(description="Null: a trouble of the system")
    patient: str | None = Field(description="Only where names were asked for")
    priority: Priority
    cause: str
    subject: str
    rules: list[str]
    state: str
    holder: str | None = Field(description="Who has accepted it")
    until: datetime | None
    since: datetime
    reason: str


class SetAsideView(Model):
    """A rule of a home that is set aside."""

    home: str
    patient: str | None
    rule: str
    kind: str = Field(description="timed, or one-shot: until it is over")
    until: datetime
    by: str | None
    reason: str


class OutOfServiceView(Model):
    """A home that is out of service."""

    home: str
    patient: str | None
    until: datetime
    reason: str


class AnswersView(Model):
    """How fast alerts of one priority were answered."""

    priority: Priority
    count: int
    called: int = Field(description="Of these, those that people were asked about")
    answered: int
    median_s: float | None
    worst_s: float | None


class TurnView(Model):
    """Who has a line of duty next."""

    rota: str
    at: datetime
    person: str | None
    covered: bool
    why_not: str


class HandoverAnswer(Model):
    """What whoever goes tells whoever comes. What stands is told as it is now, whichever shift is asked for."""

    server_time: datetime
    start: datetime
    end: datetime
    clinic: str | None = Field(description="Null: of all")
    open: list[OpenView] = Field(description="The 200 most important")
    more_open: int = Field(ge=0)
    on_work_list: int = Field(ge=0, description="More that nobody is asked about")
    set_aside: list[SetAsideView]
    out_of_service: list[OutOfServiceView]
    answers: list[AnswersView]
    noisy: list[RuleLoadView]
    next: list[TurnView]
