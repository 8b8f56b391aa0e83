"""Bodies of HTTP requests and answers that are not also socket messages."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from alerts.delivery import DeliveryState
from alerts.escalation import StepKind
from alerts.responsibility import Answerable
from alerts.shelving import LONGEST_S, REASON_AT_LEAST
from clinician_api import problems
from clinician_api.access import Action, Role
from clinician_api.gaps import Reason
from clinician_api.messages import AlertView, Link, Model, PhaseName, UnitId, UnitView
from telemetry.alarms import ConditionState, Priority
from telemetry.treatment import Cause, EndKnown

LONGEST_MIN: Final = max(LONGEST_S.values()) / 60
_INSTANCE = "urn:uuid:6f2e3a52-9d0b-4f44-9f5c-0d8c8a1f3b7e"


class WrongValue(Model):
    """One thing that is wrong with a request."""

    where: str = Field(description="path, query, header or body, and the way to it: body.limits.R13")
    why: str


class Problem(BaseModel):
    """Every answer of 4xx and 5xx (RFC 9457): see docs/errors.md. Further members may be there."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=False)

    type: str = Field(description="Which kind, for ever the same", examples=[problems.of_status(404).type])
    title: str = Field(description="The kind in words")
    status: int = Field(ge=400, le=599)
    detail: str = Field(description="This case in one sentence: what, where, what to do")
    instance: str = Field(description="This one answer; the log has it where it is our fault", examples=[_INSTANCE])
    what: str
    where: str = Field(description="What it is about; may be empty")
    hint: str = Field(description="What to do; may be empty")
    errors: list[WrongValue] | None = Field(default=None, description="Of 422: everything that is wrong")
    retry_after_s: int | None = Field(default=None, ge=0, description="Seconds, as in Retry-After")
    current: dict[str, Any] | None = Field(default=None, description="Of 409 and 412: how things stand now")


class ProblemKind(Model):
    """One kind of error."""

    type: str
    title: str
    status: int = Field(ge=400, le=599)
    meaning: str = Field(description="When it is answered")
    remedy: str = Field(description="What to do about it")


class Login(Model):
    """Local account."""

    email: str = Field(min_length=3, max_length=254)
    password: str = Field(min_length=1, max_length=1024)


class Look(Model):
    """A row of the record about a patient."""

    row: str
    at: datetime
    who: str = Field(description="Name of the person or the screen, or the account at the command line")
    role: str = Field(description="Empty where it is no person's")
    what: str = Field(description="look at page, history, treatments, alerts, notices, wall, ...; or what was done")


class WhoLooked(Model):
    """Who looked at a patient, newest first."""

    rows: list[Look]
    next: str | None = Field(description="`before` of the page behind this one; null: there is none")


class KioskCode(Model):
    """A one-time code of `homehd kiosk add`."""

    code: str = Field(min_length=8, max_length=40)


class User(Model):
    """Whose session it is."""

    email: str = Field(description="Empty for a kiosk")
    name: str
    role: Role
    clinic: str | None = Field(description="Null: not bound to one clinic")


class Me(Model):
    """The session of this cookie."""

    user: User
    may: list[Action] = Field(description="What the role may do, so that a page offers nothing else")
    expires_at: datetime


class DemoAccount(Model):
    """An account of a demonstration: never present on a real system."""

    email: str
    password: str
    name: str
    role: Role


class DemoAccounts(Model):
    """Accounts the sign-in page may offer."""

    accounts: list[DemoAccount]


class SignalView(Model):
    """One signal of the catalogue."""

    name: str
    label: str
    kind: Literal["numeric", "enumeration", "boolean"]
    unit: str = Field(description="As printed on a screen")
    ucum: str
    plausible: tuple[float, float] | None = Field(description="Outside it a value is a sensor fault")
    usual: tuple[float, float] | None = Field(description="A display hint, not a limit")


class Signals(Model):
    """The catalogue."""

    signals: list[SignalView]


class Units(Model):
    """All units the session may see."""

    server_time: datetime
    units: list[UnitView]
    next: str | None = Field(description="`cursor` of what comes after these; null: that was all")
    ingest: Link
    live_feed: Link
    alert_feed: Link


class UnitAnswer(Model):
    """One unit."""

    server_time: datetime
    unit: UnitView


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


class Alerts(Model):
    """Alerts, high priority first, then newest first."""

    server_time: datetime
    alerts: list[AlertView]
    next: str | None = Field(description="`cursor` of what comes after these; null: that was all")


class AlertEventView(Model):
    """One step of an alert's life."""

    event_id: int
    time: datetime = Field(description="Sample time")
    recorded_at: datetime = Field(description="Server time")
    state: str
    priority: str | None
    reason: str
    inputs: dict[str, float | None]
    limits: dict[str, float | None]
    late: bool
    actor: str | None = Field(description="Name of the person, where a person did it")
    note: str | None


class AlertDetail(Model):
    """An alert and every step of it: why it fired."""

    alert: AlertView
    events: list[AlertEventView]


class Acknowledge(Model):
    """Body of an acknowledgement."""

    note: str | None = Field(default=None, max_length=500)


class Acknowledged(Model):
    """The outcome, the same for all who asked at once; `by_you` tells whether it was yours."""

    outcome: Literal["acknowledged", "already acknowledged"]
    by_you: bool
    alert: AlertView


class Shelve(Model):
    """Body of setting aside. How long at most depends on the priority; high is never set aside without minutes."""

    kind: Literal["timed", "one-shot"] = Field(description="one-shot: until this alert is over")
    minutes: float | None = Field(
        default=None, gt=0, le=LONGEST_MIN, strict=True, description="Of a timed one; of high priority at most 15",
        examples=[10],
    )  # fmt: skip
    reason: str = Field(min_length=REASON_AT_LEAST, max_length=500, description="A word at the least")


class Shelved(Model):
    """The alert as it stands now."""

    alert: AlertView


class AlertOfNotice(Model):
    """An alert of a notice, and whether anybody is asked because of it."""

    alert_id: str
    rule: str
    title: str
    priority: Priority
    state: ConditionState
    stage: str = Field(description="The stage that decided about it")
    told: str = Field(description="Why anybody is asked because of it, or why not")


class NoticeView(Model):
    """What people are told: the open alerts of one patient and one cause, or a trouble of the system itself."""

    notice_id: str
    unit: UnitId | None = Field(description="Null: a trouble of the system")
    audience: Literal["clinical", "technical", "operations"]
    cause: str = Field(description="Cause group of its rules, or the kind of trouble")
    subject: str = Field(description="Which trouble; empty of a unit's")
    opened_at: datetime
    state: Answerable
    priority: Priority
    round: int = Field(ge=0, description="How often people were asked from the start; 0: never")
    accepted_by: str | None = Field(description="Name of who is answerable now")
    accepted_until: datetime | None = Field(description="When it is asked anew while the cause lasts")
    yours: bool = Field(description="Whether it is you who is answerable")
    reason: str = Field(description="Why it is in this state")
    changed_at: datetime
    alerts: list[AlertOfNotice] = Field(description="The most important first; in a list of notices the open ones only")


class Notices(Model):
    """The work list: high priority first, then newest first."""

    server_time: datetime
    notices: list[NoticeView]
    next: str | None = Field(description="`cursor` of what comes after these; null: that was all")


class NoticeEventView(Model):
    """One step of a notice's life, or a word that was put on record."""

    event_id: int
    at: datetime
    move: str = Field(description="What moved it; empty: it stayed as it was")
    state: Answerable
    priority: Priority
    round: int
    actor: str | None = Field(description="Name of the person, where a person did it")
    alert_id: str | None = Field(description="The alert that the word is about")
    stage: str
    reason: str


class NoticeStep(Model):
    """A step of a round: whom it is taken to when."""

    round: int
    number: int
    kind: StepKind
    due_at: datetime
    done_at: datetime | None = Field(description="Null while it is to come")
    outcome: str = Field(description="What came of it, or why it was not needed")


class NoticeDelivery(Model):
    """One notice to one channel of one person in one round. Addresses are nobody's business."""

    delivery_id: str
    round: int
    step: int
    to: str = Field(description="Name of the person")
    kind: Literal["screen", "web push", "apprise"]
    label: str = Field(description="What the person calls the channel")
    state: DeliveryState
    attempts: int
    queued_at: datetime
    changed_at: datetime
    detail: str | None = Field(description="What the channel said last")


class NoticeDetail(Model):
    """Why was I (not) told: all there is about one notice."""

    server_time: datetime
    notice: NoticeView
    history: list[NoticeEventView]
    steps: list[NoticeStep]
    deliveries: list[NoticeDelivery]


class AnswerNotice(Model):
    """Body of an answer."""

    note: str | None = Field(default=None, max_length=500)


class Answered(Model):
    """The outcome. "you have accepted it already": what you wanted is so, by an earlier word of yours."""

    outcome: Literal["done", "you have accepted it already"]
    notice: NoticeView


class ReceiptState(Model):
    """What a device says of a delivery."""

    state: Literal["delivered", "read"]


class Health(Model):
    """Whether this server can do its work; details only in the metrics and the log."""

    status: Literal["ok", "degraded"]
