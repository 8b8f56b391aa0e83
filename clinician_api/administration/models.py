"""Bodies about accounts, the record of deeds, and how the services are."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from clinician_api.access import Role
from clinician_api.web.model import Model


def _readable(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise PydanticCustomError("name", "letters, digits, punctuation and spaces; not empty")
    return text.strip()


def _address(text: str) -> str:
    text = text.strip()
    name, _, host = text.rpartition("@")
    if not name or not host or not text.isprintable() or " " in text:
        raise PydanticCustomError("email", "not an e-mail address: name@host")
    return text


Name = Annotated[
    str, Field(min_length=1, max_length=200, pattern=r"\S", description="Printable"), AfterValidator(_readable)
]
Email = Annotated[
    str,
    Field(min_length=3, max_length=254, pattern=r"^\s*\S+@[^\s@]+\s*$", description="Printable"),
    AfterValidator(_address),
]


class UserAccount(Model):
    """An account. Never its password."""

    user_id: str
    email: str
    name: str
    role: str
    clinic: str | None = Field(description="Null: of all clinics")
    created_at: datetime
    disabled_at: datetime | None
    seen_at: datetime | None = Field(description="When a session that is still kept was last used; null: not known")
    sessions: int = Field(description="How many hold now")
    changeable: bool = Field(description="Whether whoever asks may change it")
    tag: str = Field(description="For `If-Match` of a change")


class Users(Model):
    """Accounts in the order they were made, and what whoever asks may give."""

    users: list[UserAccount]
    clinics: list[str]
    roles: list[Role] = Field(description="Those that whoever asks may give")
    all_clinics: bool = Field(description="Whether an account without a clinic may be made")
    next: str | None


class AddUser(BaseModel):
    """A new account."""

    model_config = ConfigDict(extra="forbid")

    email: Email
    name: Name
    role: Role
    clinic: str | None = Field(default=None, max_length=200, description="By its name; null: all, where allowed")


class ChangeUser(BaseModel):
    """What is to be different; all three are said."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    role: Role
    clinic: str | None = Field(max_length=200)


class UserChanged(Model):
    """The account as it is now."""

    user: UserAccount


class UserWithPassword(Model):
    """The account, and a password that is shown this once and kept nowhere."""

    user: UserAccount
    password: str


class DeedView(Model):
    """A row of the record."""

    row: str
    at: datetime
    actor: str = Field(description="user:N, kiosk:N or os:NAME")
    who: str = Field(description="Name behind the actor; empty where there is none")
    action: str
    subject: str
    about: str = Field(description="Name of the account or home that it is about; empty for others")
    detail: dict[str, Any] = Field(description="Whatever is kept beside it; without patients of other clinics")


class Deeds(Model):
    """A part of the record, newest first."""

    rows: list[DeedView]
    next: str | None


class DeedKinds(Model):
    """Every kind of deed there is in the record."""

    actions: list[str]


class ChainView(Model):
    """How it stands with the chain of the record."""

    state: Literal["never", "intact", "broken"]
    rows: int = Field(description="In the record now")
    verified_rows: int = Field(description="That held when it was last walked")
    verified_at: datetime | None
    broken_row: int | None = Field(description="The first that does not hold")
    why: str
    running: bool
    looked_at: int = Field(description="Of a walk that goes on: rows looked at so far")


Standing = Literal["bad", "unknown", "attention", "good"]


class SystemPart(Model):
    """One part of the system, in one finding."""

    part: Literal[
        "ingest", "notifier", "api", "registrar", "hl7", "versions", "database", "disk", "backup", "broker", "lag",
        "selftest", "channels", "certificates", "quarantine", "clocks", "audit",
    ]  # fmt: skip
    name: str = Field(
        description="Of the instance or the kind of channel, the folder on the disk, the versions that run; empty where"
        " there is one"
    )
    standing: Standing
    at: datetime | None = Field(description="When this was last so, where it has a time")
    version: str | None = Field(description="Of an instance of a service; null: of none, or it is of a release before")
    figures: dict[str, float | None] = Field(description="What was measured; null: not known")


class SystemAnswer(Model):
    """How the services are, worst first. Holds no secret and nothing of a patient."""

    server_time: datetime
    version: str
    parts: list[SystemPart]
