"""Bodies about history and treatments."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from clinician_api.live.messages import Model, PhaseName, UnitId
from clinician_api.treatments.gaps import Reason
from telemetry.treatment import Cause, EndKnown


class Series(Model):
    """One signal by bucket; null = no valid value in the bucket, so gaps stay gaps and extremes stay."""

    min: list[float | None]
    max: list[float | None]
    mean: list[float | None]


class GapView(Model):
    """No readings from `start` to `end`, in seconds since 1970 UTC."""

    start: float
    end: float
    reason: Reason
    signal: str | None = Field(description="The only signal concerned; null: there is no reading at all")
    detail: str = Field(description="What the box said of it; empty when it said nothing")


class MarkView(Model):
    """Readings from `start` to `end` that are not as others, in seconds since 1970 UTC."""

    start: float
    end: float
    kind: Literal["backfilled", "time corrected", "thinned"] = Field(
        description="Came late, so no rule saw them live; time put right; some are missing and extremes stayed"
    )
    rows: int = Field(description="How many are so, of thinned ones: how many are missing")
    detail: str


class History(Model):
    """Readings reduced to equal buckets. Bucket n covers `times[n]` … `times[n]` + `bucket_s`."""

    unit: UnitId
    start: datetime
    end: datetime
    bucket_s: float
    times: list[float] = Field(description="Start of each bucket, seconds since 1970 UTC")
    readings: list[int] = Field(description="Rows in each bucket")
    series: dict[str, Series] = Field(description="Of all signals, when all were asked for: those there are")
    gaps: list[GapView]
    marks: list[MarkView]


class InterruptionView(Model):
    """A stretch within a treatment in which it was not seen to go on."""

    since: datetime
    until: datetime | None = Field(description="Null while it lasts")
    cause: Cause
    phase: PhaseName | None = Field(description="The phase the machine was seen in, where that is the cause")


class SignalSummary(Model):
    """One signal over a treatment: its valid values while the machine was in treatment."""

    count: int
    median: float | None
    min: float | None
    max: float | None


class TreatmentSummary(Model):
    """What a treatment came to, from the rows stored of it; null = the machine does not say."""

    computed_at: datetime
    version: int = Field(description="Of the way it is computed")
    is_current: bool = Field(description="False: late readings have come since, and it will be computed again")
    readings: int
    treated_s: float = Field(description="From beginning to end, less the pauses in another phase")
    unseen_s: float = Field(description="As much of it nobody saw: machine lost, or no readings")
    machine_time_min: float | None = Field(description="The machine's own treatment clock, at the end")
    volume_removed_ml: float | None
    blood_processed_l: float | None
    spktv: float | None = Field(description="Delivered dose by the machine's own measurement, single pool")
    ektv: float | None = Field(description="The same, equilibrated")
    signals: dict[str, SignalSummary]


class TreatedPatient(Model):
    """Whom a unit served when a treatment began."""

    patient_id: str
    name: str


class TreatmentView(Model):
    """One treatment, as the phases of the machine tell."""

    treatment_id: str
    unit: UnitId
    patient: TreatedPatient | None = Field(description="Null: the unit served nobody when it began")
    start: datetime
    end: datetime | None = Field(description="Null while it goes on")
    end_known: EndKnown | None = Field(description="How the end is known; late readings may still change it")
    derived: bool = Field(description="The machine does not say its phase: the beginning was inferred")
    unusual: int = Field(ge=0, description="Changes of phase around and in it that were out of the ordinary")
    interruptions: list[InterruptionView]
    revision: int = Field(description="Rises when the treatment or the readings under it change")
    changed_at: datetime
    summary: TreatmentSummary | None = Field(description="Null until it is over and has been computed")


class Treatments(Model):
    """Treatments, newest first."""

    server_time: datetime
    treatments: list[TreatmentView]
    next: str | None = Field(description="`cursor` of what comes after these; null: that was all")


class TreatmentAnswer(Model):
    """One treatment."""

    server_time: datetime
    treatment: TreatmentView
