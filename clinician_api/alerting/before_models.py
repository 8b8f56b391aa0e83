"""Bodies about what a rule had to look at before its alert."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from clinician_api.live.messages import Model
from clinician_api.treatments.models import History


class LimitLine(Model):
    """A limit that is a value of a signal."""

    signal: str
    name: str = Field(description="As in the alert's `limits`")
    value: float


class AlertBefore(Model):
    """What the rule of an alert read from ten minutes before it began to five minutes after."""

    alert_id: str
    since: datetime
    rule_in_force: bool = Field(
        description="False: the rule has changed since, or is none on readings; signals are today's and those on record"
    )
    signals: list[str] = Field(description="What the rule reads; empty: no readings")
    limits: list[LimitLine] = Field(description="As on record, where one is a value of the signal itself")
    history: History
