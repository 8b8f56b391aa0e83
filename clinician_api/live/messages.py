"""What the API says about units, readings and alerts, and the messages of `/ws`.

These models are the contract: they make `openapi.json` (the socket's messages are its webhooks), the schema beside
`docs/websocket.md` and the dashboard's TypeScript types. The live frames themselves are built by
`clinician_api.live.views` and encoded with msgspec; a test holds every frame against these models.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field, RootModel

from alerts.responsibility import Answerable
from clinician_api.duty.duty_models import Duty
from clinician_api.web.model import Model as Model
from evaluation.links import LinkTrouble
from telemetry.alarms import ConditionState, Priority
from telemetry.messages import MachineLink

MAX_SUBSCRIBED_UNITS: Final = 1000

UnitId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,31}$", description="Short id of a unit; no personal data")]
PhaseName = Literal["UNKNOWN", "IDL", "PRETX", "TX", "POSTTX", "DIS", "SVC"]
FlagName = Literal["clock_synchronised", "phase_derived", "late", "time_corrected", "time_uncertain"]


class ReadingView(Model):
    """The newest values of one unit."""

    unit: UnitId
    time: datetime = Field(description="When it was taken (UTC), corrected by the estimated clock offset")
    age_s: float = Field(ge=0, description="Seconds old when sent, by the server's clock; count on from there")
    seq: int = Field(description="Number within the agent's epoch")
    phase: PhaseName
    flags: list[FlagName]
    invalid: list[str] = Field(description="Signals the machine sent that are implausible; they are not in `values`")
    values: dict[str, float] = Field(description="Signal name -> value in the catalogue's unit; absent = not measured")


class UnitStatus(Model):
    """How a box and its machine are."""

    unit: UnitId
    online: bool = Field(description="Whether the box is connected to the broker, as last heard")
    machine: MachineLink = Field(description="How the box gets on with its machine")
    outbox_rows: int = Field(ge=0, description="Rows kept on the box and not yet acknowledged")
    outbox_oldest: datetime | None = Field(description="Time of the oldest such row")
    synchronised: bool = Field(description="Whether the box's clock is known to be right")
    thinned: int = Field(ge=0, description="Old rows given up because the outbox was full")
    rejected: int = Field(
        ge=0, description="Rows set aside on the box: refused by ingest, unsendable, or damaged on its disk"
    )
    trouble: str = Field(description="What keeps the box from keeping readings (disk full); empty when all is well")
    config_serial: int = Field(ge=0, description="Settings from afar that are in force; 0: the box's own file alone")
    config_trouble: str = Field(description="Why the newest settings from afar are not in force; empty when they are")
    certificate_until: datetime | None = Field(description="When the box's certificate ends; null: it has none")
    agent_version: str
    protocol: str
    profile: str
    since: datetime = Field(description="Since when `online` and `machine` have been so")
    heard_at: datetime | None = Field(
        description="Server time at which the box itself last spoke; null: never, this is what the broker remembers. "
        "A box speaks every 30 s: older than 90 s, nothing above is known to be so"
    )


class Patient(Model):
    """Who dialyses on a unit, for those who may know."""

    name: str


class NotEvaluated(Model):
    """A rule that has no valid input: it is never taken for normal."""

    rule: str
    reason: str
    at_rest: bool = Field(description="Only because the unit is in no phase that this rule is for: nothing is missing")
    between: bool = Field(
        description="Of a rule between treatments: it is about those that are over, not about this one"
    )


class SparkView(Model):
    """The last minutes of one signal in equal steps: least and greatest value of each, null where there was none."""

    signal: str
    end: datetime = Field(description="End of the last step")
    step_s: int
    low: list[float | None]
    high: list[float | None]


class OpenedView(Model):
    """Access to a patient that this very person has opened, and until when."""

    glass_id: str
    until: datetime


class UnitView(Model):
    """One unit as a screen shows it. `reading` is null where nothing was received or the role may not see it."""

    unit: UnitId
    label: str
    patient: Patient | None
    clinic: str | None
    opened: OpenedView | None = Field(description="Seen because this person has broken the glass")
    status: UnitStatus | None
    reading: ReadingView | None
    spark: SparkView | None = Field(description="Null as `reading` is, and where the signal has not been seen lately")
    not_evaluated: list[NotEvaluated]


class AnswerView(Model):
    """What became of an alert with people: the notice it belongs to, and whether anybody is asked because of it."""

    notice_id: str = Field(description="The open alerts of one patient and one cause are told as one notice")
    state: Answerable = Field(
        description="Of the notice. nobody: nobody is asked, it is for the work list or held back; asking: people are "
        "asked one after the other; unanswered: everybody was, and nobody has accepted; over: every alert of it is over"
    )
    round: int = Field(ge=0, description="How often people were asked from the start; 0: never")
    accepted_by: str | None = Field(description="Name of who is answerable now")
    accepted_until: datetime | None = Field(description="When it is asked anew while the cause lasts")
    reason: str = Field(description="Why the notice is in this state")
    stage: str = Field(description="The stage that decided about this very alert")
    told: str = Field(description="Why anybody is asked because of this very alert, or why not")


class AlertView(Model):
    """Where an alert stands now, with what made it."""

    alert_id: str = Field(
        description="Of an unsaved alert: only until it is saved, then AlertMessage.replaces names it"
    )
    unit: UnitId
    rule: str
    rule_version: str
    title: str
    priority: Priority
    state: ConditionState
    since: datetime = Field(description="When it began, in sample time")
    time: datetime = Field(description="Sample time of the finding that `reason`, `inputs` and `limits` are of")
    changed_at: datetime = Field(
        description="Server time of its last step: when it cleared while it is held, when it ended once it is over"
    )
    reason: str
    inputs: dict[str, float | None] = Field(description="What the rule saw")
    limits: dict[str, float | None] = Field(description="What it compared with")
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    late: bool = Field(description="Found in data that arrived late: recorded, never paged")
    unsaved: bool = Field(
        description="It stands so, but the database has not taken it yet: it is on no record and cannot be acknowledged"
    )
    answer: AnswerView | None = Field(description="Null until the notifier has decided about it")
    handled_at: datetime | None = Field(
        description="Since when somebody at the home says they are dealing with it; it silences nothing"
    )
    shelved_until: datetime | None = Field(
        description="Set aside until then at most, so nobody is asked because of it; past that time it no longer is"
    )
    shelved_by: str | None = Field(description="Name of who has set it aside")
    shelved_reason: str | None


class Link(Model):
    """Whether a part of the way to this screen works, and since when it does or does not."""

    alive: bool
    since: datetime
    reason: LinkTrouble | None = Field(
        description="Null while alive. unsaved: the database takes nothing; readings and alerts are live, not saved; "
        "silent: nothing is heard from it; database: the database does not answer; "
        "broker: ingest does not hear the homes, or some of them; incomplete: some homes have no ingest; "
        "silence not judged: a home that falls silent raises no alert"
    )


class Snapshot(Model):
    """First message after a subscription: all there is. Replace everything held before by it."""

    type: Literal["snapshot"]
    server_time: datetime
    units: list[UnitView]
    alerts: list[AlertView] = Field(description="Open alerts: active or latched")
    ingest: Link = Field(description="Whether readings are being stored and rules evaluated")
    live_feed: Link = Field(description="Whether new readings can reach this server")
    alert_feed: Link = Field(description="Whether new alerts can reach this server")
    duty: Duty = Field(description="Who is on call, and the last self-test")


class Readings(Model):
    """New values: at most one per unit, only what changed since the last message."""

    type: Literal["readings"]
    server_time: datetime
    readings: list[ReadingView]


class AlertMessage(Model):
    """An alert began, changed, was acknowledged or ended. Newest state of that alert_id."""

    type: Literal["alert"]
    server_time: datetime
    alert: AlertView = Field(description='State "normal" and unsaved: it is gone, or not on record yet; forget it')
    replaces: str | None = Field(
        description="The alert_id under which the same was shown until now: take that away in the same step"
    )


class StatusMessage(Model):
    """Statuses that changed, and a heartbeat at least every five seconds. Ten seconds of silence: no connection."""

    type: Literal["status"]
    server_time: datetime
    statuses: list[UnitStatus]
    not_evaluated: dict[str, list[NotEvaluated]] = Field(
        description="Unit -> its whole list, for units where it changed"
    )
    ingest: Link
    live_feed: Link
    alert_feed: Link
    duty: Duty | None = Field(description="Whole, where it changed; null: as told before")


class PageMessage(Model):
    """You are asked about a notice: comes to all screens of one person, who is to accept or reject it."""

    type: Literal["page"]
    server_time: datetime
    delivery: str = Field(description="To be named in the receipt")
    notice_id: str = Field(description="GET /api/notices/{notice_id} tells what it is about; nothing of it is in here")
    priority: Priority
    queued_at: datetime


ServerMessage = Annotated[Snapshot | Readings | AlertMessage | StatusMessage | PageMessage, Field(discriminator="type")]


class Subscription(Model):
    """Which units: "all" that the role and clinic allow, or a list; units one may not see are left out silently."""

    units: Literal["all"] | Annotated[list[UnitId], Field(max_length=MAX_SUBSCRIBED_UNITS)]


class Subscribe(Model):
    """Sent again, it replaces the subscription and brings a new snapshot."""

    subscribe: Subscription


class Watch(Model):
    """Of which units the values are shown: those of others are not told from now on. Brings no new snapshot.

    What is watched anew is told at once. Alerts, statuses and the links go on for every unit of the subscription.
    """

    watch: Literal["all"] | Annotated[list[UnitId], Field(max_length=MAX_SUBSCRIBED_UNITS)]


class PageReceipt(Model):
    """That this screen has a page, or that it was opened. Not the answer: that is POST /api/notices/{id}/accept."""

    receipt: str = Field(
        pattern=r"^[0-9]{1,18}$", description="`delivery` of the page; of another person's it is ignored"
    )
    state: Literal["delivered", "read"]


class ScreenSound(Model):
    """Whether this screen would be heard, as far as it knows: it cannot hear itself."""

    sound: Literal["off", "blocked", "paused", "armed"] = Field(
        description="off: nobody turned it on, or nobody heard its test; blocked: the browser wants a press first; "
        "paused: silenced for two minutes; armed: a person has heard it on this browser"
    )


class InView(Model):
    """Which homes a person could have seen on this screen in the last seconds: newly painted, in view, page in front.

    Said every few seconds; the patient's page tells by it who sees them.
    """

    in_view: Annotated[list[UnitId], Field(max_length=MAX_SUBSCRIBED_UNITS)]
    attended: bool = Field(description="Whether somebody has touched this screen in the last minutes")


class ClientMessage(RootModel[Subscribe | Watch | PageReceipt | ScreenSound | InView]):
    """What a client says: a subscription, whose values it shows, receipts of pages, its sound, what can be seen."""
