"""Bodies about coming in: ways, second steps, one's own passkeys and sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from clinician_api.live.messages import Model

Token = Field(min_length=20, max_length=100, description="`step` of what was asked")
Label = Field(min_length=1, max_length=100, pattern=r"\S", description="What its owner calls it")
Credential = Field(description="`PublicKeyCredential.toJSON()`")


class SignInWays(Model):
    """By what one can sign in here."""

    hospital: str | None = Field(description="Name of the hospital whose provider can be used; null: none is set up")


class SecondStep(Model):
    """The password was right; a passkey is needed, too. Nobody is signed in yet."""

    kind: Literal["passkey", "first passkey"]
    step: str = Field(description="Good once, for five minutes")
    options: dict[str, Any] = Field(description="For `navigator.credentials.get`, or `.create` of a first passkey")


class PasskeyAnswer(Model):
    """A passkey's signature."""

    step: str = Token
    credential: dict[str, Any] = Credential


class FirstPasskey(Model):
    """A first passkey, without which the account's role may not sign in."""

    step: str = Token
    credential: dict[str, Any] = Credential
    label: str = Label


class PasskeyOptions(Model):
    """What to make a passkey of one's own from."""

    step: str
    options: dict[str, Any]


class PasskeyView(Model):
    """One of one's own."""

    passkey_id: str
    label: str
    added_at: datetime
    used_at: datetime | None
    suspected_at: datetime | None = Field(description="Since when there may be a copy of it, so that it is not taken")


class OwnPasskeys(Model):
    """One's own, oldest first."""

    passkeys: list[PasskeyView]
    needed: bool = Field(description="The role must have one, so the last cannot be taken away")


class AddedPasskey(Model):
    """The new one."""

    passkey: PasskeyView


class SessionView(Model):
    """One of one's own sessions."""

    session_id: str
    this: bool = Field(description="The one that asks")
    how: Literal["password", "passkey", "hospital"] | None = Field(description="Null: it was not noted")
    begun_at: datetime
    seen_at: datetime | None = Field(description="To the minute; null: not yet")
    expires_at: datetime
    address: str
    browser: str = Field(description="As it calls itself")


class OwnSessions(Model):
    """One's own, the newest first."""

    sessions: list[SessionView]
