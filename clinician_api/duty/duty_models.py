"""Who is on call and whether the way to people works: bodies of HTTP and, of `Duty`, part of the socket's messages.

Times of a rota are in the rota's own zone, with their offset: a hand-over is at 08:00 by the clinic's clock.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from alerts.rota.coverage import State
from clinician_api.web.model import Model
from clinician_api.web.times import Moment
from store.selftests import Broken
from telemetry.rota import Audience, Source

LineName = Literal["primary", "backup"]
Does = Literal["accept", "decline", "override", "swap"]
Reason = Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")]


class HoleView(Model):
    """A stretch that nobody answers."""

    start: datetime
    end: datetime | None = Field(description="Null: it goes on for as far as is looked ahead, 14 days")
    reason: str
    person: str | None = Field(description="Who is named and cannot answer; null: nobody is named")


class LineView(Model):
    """Who has a line of duty now."""

    person: str | None = Field(description="Who is named, also where they cannot answer")
    until: datetime | None = Field(description="When it is handed over; null: never, or nobody is named")
    why_not: str = Field(description="Why nobody answers; empty: somebody does")
    accepted: bool = Field(description="That person has accepted this shift")
    tested: bool = Field(description="A channel of that person was seen to work within seven days")
    next_hole: HoleView | None = Field(description="The next within 14 days, this moment's included")


class CoverageView(Model):
    """Whether alerts of a clinic for an audience have somebody who answers."""

    audience: Audience
    state: State = Field(description="Of the primary line; a backup is asked, too, and is no cover")
    primary: LineView
    backup: LineView | None = Field(description="Null: there is no such line")


class ClinicDuty(Model):
    """One clinic."""

    clinic: str
    revision: int = Field(description="Changes whenever anything on its rotas does: ask GET /api/rota anew")
    coverage: list[CoverageView] = Field(
        description="None of an audience that has no rota; clinical where patients are"
    )


class SelftestLine(Model):
    """The last self-test in a line."""

    state: Literal["passed", "failed", "running", "overdue", "never"] = Field(
        description="overdue: the last one began more than 26 hours ago"
    )
    at: datetime | None = Field(description="When it began, UTC; null: never")
    broken: Broken = Field(description="The first part that did not work; empty: all did")
    taken: int = Field(ge=0, description="Channels that took its page, of the people the session sees")
    channels: int = Field(ge=0, description="Those it went to")


class Duty(Model):
    """Who is on call in the clinics the session sees."""

    known: bool = Field(description="False: the database does not answer, nobody knows; the rest is empty")
    clinics: list[ClinicDuty]
    selftest: SelftestLine | None = Field(description="Null: not known")


class Coverage(Duty):
    """The same, asked for."""

    server_time: datetime


class ShiftView(Model):
    """A stretch in which one person has a line of duty."""

    shift_id: str = Field(description="Of this shift as it is here: one that was changed meanwhile has another")
    start: datetime | None = Field(description="Null: since ever")
    end: datetime | None = Field(description="Null: until further notice")
    person: str | None = Field(description="Null: nobody")
    yours: bool
    source: Source
    covered: bool
    why_not: str
    accepted: bool
    waits: bool = Field(description="For a word of whoever has it: it begins within 24 hours, or runs")
    may: list[Does] = Field(description="What you may do about it")


class OverrideView(Model):
    """What was written over the rotation by hand."""

    override_id: str
    source: Source
    start: datetime
    end: datetime
    person: str | None
    may_withdraw: bool = Field(description="Of a swap both halves are withdrawn")


class Colleague(Model):
    """Somebody who can answer for a rota."""

    person_id: str
    name: str


class RotaView(Model):
    """One line of duty."""

    rota_id: str
    clinic: str | None = Field(description="Null: of all clinics without one of their own")
    audience: Audience
    line: LineName
    zone: str
    trouble: str = Field(description="Why there are no shifts to show; empty: there are")
    shifts: list[ShiftView] = Field(description="Ascending, without hole or overlap; whole ones")
    overrides: list[OverrideView]
    people: list[Colleague] = Field(description="Who could have a shift; only for whoever may change it")


class Rotas(Model):
    """The rotas that concern the session over a stretch."""

    server_time: datetime
    start: datetime
    end: datetime
    rotas: list[RotaView]


class AcceptShift(Model):
    """Body of an acceptance."""

    note: str = Field(default="", max_length=500)


class DeclineShift(Model):
    """Body of a refusal: somebody else has to be found, so why is asked for."""

    reason: Reason


class OverrideShift(Model):
    """Somebody else has a shift, or what is left of it."""

    person_id: str | None = Field(pattern=r"^[0-9]{1,9}$", description="Null: nobody, on purpose")
    reason: Reason
    start: Moment | None = Field(default=None, description="Within the shift; its beginning, or now")
    end: Moment | None = Field(default=None, description="Within the shift; its end")


class SwapShifts(Model):
    """The people of two shifts of one rota exchange them."""

    other: str = Field(max_length=80, description="The other `shift_id`")
    reason: Reason


class Withdraw(Model):
    """Body of taking an override or a swap back."""

    reason: Reason


class RotaChanged(Model):
    """What a change has come to: the rota's shifts over the two weeks from now on."""

    rota: RotaView


class SelftestChannel(Model):
    """What became of the test's page to one channel."""

    person: str
    kind: str
    label: str = Field(description="What the person calls the channel")
    state: str = Field(description="sent: a service has it; delivered, read: the device says so")
    taken: bool
    seconds: float = Field(description="From the notice until then")
    detail: str = Field(description="What the channel said")


class SelftestRun(Model):
    """The last run."""

    begun: datetime
    ended: datetime | None
    daily: bool = Field(description="False: by hand")
    broken: Broken
    detail: str = Field(description="In words; empty where it would name other clinics' channels")
    alert_s: float | None = Field(description="From the broker to the alert")
    notice_s: float | None = Field(description="From the alert to the pages")
    channels_s: float | None = Field(description="Until the last channel that took one had it")
    channels: list[SelftestChannel] = Field(description="Of the people the session sees")


class Selftest(Model):
    """Whether the way to people works."""

    server_time: datetime
    line: SelftestLine
    run: SelftestRun | None = Field(description="Null: there was none")
    untested: list[str] = Field(description="People who may have a shift and no channel seen to work for seven days")
