"""Bodies of HTTP requests and answers that are not also socket messages."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from clinician_api.access import Action, Role
from clinician_api.messages import AlertView, Link, Model, UnitId, UnitView


class ErrorDetail(Model):
    """What went wrong, with what, and what to do about it."""

    what: str
    where: str
    hint: str


class ErrorBody(Model):
    """Every answer of 4xx and 5xx."""

    error: ErrorDetail


class Login(Model):
    """Local account."""

    email: str = Field(min_length=3, max_length=254)
    password: str = Field(min_length=1, max_length=1024)


class User(Model):
    """Whose session it is."""

    email: str
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


class History(Model):
    """Readings reduced to equal buckets. Bucket n covers `times[n]` … `times[n]` + `bucket_s`."""

    unit: UnitId
    start: datetime
    end: datetime
    bucket_s: float
    times: list[float] = Field(description="Start of each bucket, seconds since 1970 UTC")
    series: dict[str, Series]


class Alerts(Model):
    """Alerts, high priority first, then newest first."""

    server_time: datetime
    alerts: list[AlertView]


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

    server_time: datetime
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


class Health(Model):
    """Whether this server can do its work; details only in the metrics and the log."""

    status: Literal["ok", "degraded"]
