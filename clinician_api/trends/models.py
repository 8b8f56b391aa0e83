"""Bodies about one patient's treatments as a whole."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from alerts.between.adherence import DayState, Why
from clinician_api.live.messages import Model, UnitId
from clinician_api.treatments.models import TreatedPatient
from telemetry.alarms import Priority

Course = Literal["treated", "treated short", "length unknown", "under way"]


class TrendTreatment(Model):
    """One treatment in figures; null = not measured, not computed yet, or implausible."""

    treatment_id: str
    unit: UnitId | None = Field(description="Null: another clinic's now")
    start: datetime
    end: datetime | None = Field(description="Null while it goes on")
    course: Course = Field(description="Against the time prescribed when it began, as rule R25 judges it")
    planned_min: float | None = Field(description="Prescribed when it began; null: no schedule held")
    treated_min: float | None
    unseen_min: float | None = Field(description="As much of it nobody saw")
    goal_ml: float | None = Field(description="Ultrafiltration as set on the machine most of the time")
    prescribed_ml: float | None = Field(description="Ultrafiltration as prescribed when it began; null: none was")
    removed_ml: float | None
    spktv: float | None
    ektv: float | None
    prescribed_spktv: float | None = Field(description="As it held when it began")
    weight_before_kg: float | None
    weight_after_kg: float | None
    target_weight_kg: float | None = Field(description="As it held when it began")
    systolic_before: float | None
    systolic_after: float | None
    systolic_low: float | None
    diastolic: float | None = Field(description="Median of the cuff's readings")
    pulse_rate: float | None = Field(description="Likewise")
    blood_flow: float | None = Field(description="Median; the pressures are medians at about this flow")
    venous_pressure: float | None
    arterial_pressure: float | None
    access_ratio: float | None = Field(description="Venous access pressure over mean arterial pressure, as of rule R30")
    signed: bool = Field(description="False also when something came after the signature")


class TrendDay(Model):
    """One day by the clock of the schedule's zone; exactly one state, the gravest."""

    date: date
    state: DayState
    why: Why | None = Field(description="Why it is not known; null otherwise")
    planned: datetime | None = Field(description="When a treatment was to begin")
    treatments: list[str] = Field(description="Those that belong to this day")


class RecentCounts(Model):
    """Planned starts and treatments of the last four weeks, or since there is a schedule."""

    since: datetime
    planned: int = Field(ge=0, description="Starts whose time is over")
    missed: int = Field(ge=0)
    unknown: int = Field(ge=0, description="Of so many nothing could have been seen")
    treated: int = Field(ge=0, description="Treatments that are over")
    short: int = Field(ge=0)
    unmeasured: int = Field(ge=0, description="Of so many it is not known whether they were short")


class TrendFinding(Model):
    """What a rule between treatments found."""

    rule: str
    title: str
    priority: Priority
    time: datetime
    treatment_id: str | None = Field(description="Of the treatment it is about; null: about something else")
    reason: str


class Trends(Model):
    """A patient's treatments as a whole, oldest first, and every day of the time asked for."""

    server_time: datetime
    patient: TreatedPatient
    unit: UnitId | None = Field(description="That serves the patient now")
    zone: str = Field(description="Whose clock the days follow; UTC where no schedule names another")
    start: datetime
    end: datetime
    recent: RecentCounts | None = Field(description="Null: no schedule holds, so nothing can be missed or kept")
    access_ratio_limit: float = Field(description="Rule R30's, the patient's own where there is one")
    treatments: list[TrendTreatment]
    days: list[TrendDay]
    findings: list[TrendFinding]
