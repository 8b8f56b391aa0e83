"""Bodies about units and signals as they are now."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from clinician_api.live.messages import Link, Model, UnitView


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


class ScreenView(Model):
    """A screen that is open now."""

    name: str = Field(description="Of a screen on a wall; empty: a person's browser")
    sound: Literal["off", "blocked", "paused", "armed"]


class ScreensAnswer(Model):
    """The screens that show alerts of all the session's patients, and how many of them would be heard.

    As this server process holds them open.
    """

    screens: list[ScreenView]
    armed: int = Field(ge=0, description="A person heard them, and they are neither blocked nor paused")


class UnitAnswer(Model):
    """One unit."""

    server_time: datetime
    unit: UnitView
