"""Bodies about who is at the screen, and who looked."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from clinician_api.access import Action, Role
from clinician_api.live.messages import Model


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
    language: Literal["en", "zh"] | None = Field(default=None, description="Null: they have not said")


class Me(Model):
    """The session of this cookie."""

    user: User
    may: list[Action] = Field(description="What the role may do, so that a page offers nothing else")
    expires_at: datetime
    hidden: bool = Field(
        description="There may be patients who are hidden from this person and whom they may open by breaking the glass"
    )
    hospital_sign_out: str | None = Field(
        default=None, description="Where the session at the hospital's provider ends, after signing out here"
    )


class DemoAccount(Model):
    """An account of a demonstration: never present on a real system."""

    email: str
    password: str
    name: str
    role: Role


class DemoAccounts(Model):
    """Accounts the sign-in page may offer."""

    accounts: list[DemoAccount]
