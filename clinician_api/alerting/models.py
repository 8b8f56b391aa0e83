"""Bodies about alerts and what was made of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field

from alerts.delivery import DeliveryState
from alerts.escalation import StepKind
from alerts.responsibility import Answerable
from alerts.shelving import LONGEST_S, REASON_AT_LEAST
from clinician_api.live.messages import AlertView, Model, UnitId
from telemetry.alarms import ConditionState, Priority

# Each is a transaction of its own; a page sends the next hundred when these are done.
MOST_AT_ONCE: Final = 100
LONGEST_MIN: Final = max(LONGEST_S.values()) / 60


# Of what changed lately: how much of it is read.
BEYOND: Final = (
    "Of recent ones: more have changed than the thousand that are looked through, and the oldest are left out"
)


class Alerts(Model):
    """Alerts, high priority first, then newest first."""

    server_time: datetime
    alerts: list[AlertView]
    next: str | None = Field(description="`cursor` of what comes after these; null: that was all")
    beyond: bool = Field(description=BEYOND)


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


class AcknowledgeMany(Model):
    """Body of an acknowledgement of several low alerts."""

    alert_ids: list[Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,64}$")]] = Field(
        min_length=1, max_length=MOST_AT_ONCE, description="Each once; one that is named twice is done once"
    )
    note: str | None = Field(default=None, max_length=500)


class OneOfMany(Model):
    """What came of one alert."""

    alert_id: str
    outcome: Literal["acknowledged", "already acknowledged", "over", "not low", "unknown", "not recorded"] = Field(
        description="not low: it, or what it is told with, is more than low: to be answered by itself. unknown: there "
        "is none that you see. not recorded: the database did not take it, ask again"
    )


class AcknowledgedMany(Model):
    """What came of each, in the order asked. Asked again, what was done stays done."""

    outcomes: list[OneOfMany]
    done: int = Field(ge=0, description="How many are acknowledged now, by whomever")


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
    beyond: bool = Field(description=BEYOND)


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
