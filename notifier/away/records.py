"""What the journal keeps, and what notifiers say to each other: steps that were taken, pages, and what came of them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

import msgspec

from alerts.escalation import StepKind
from telemetry.alarms import Priority
from telemetry.errors import WireError

# Of a page: three numbers, a few words. More is not ours.
MAX_BYTES: Final = 8192
# The unit of what is no home's: that the database is away.
NO_HOME: Final = 0

Key = tuple[int, str]
"""Unit and cause."""


# A day and night of high ones are some 180.
Round = Annotated[int, msgspec.Meta(ge=1, le=10_000)]


class Tried(StrEnum):
    """What comes of a try."""

    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"  # for good
    AGAIN = "again"  # not yet


class PageOf(msgspec.Struct, frozen=True):
    """A page of a step. Its receipt names it, here and in the database (`delivery.receipt`). `screen`: not for us."""

    channel_id: int
    user_id: int
    receipt: str
    screen: bool = False


class Step(msgspec.Struct, frozen=True, tag="step"):
    """A step that was taken; on disk before any page of it is sent.

    Attributes:
        by: the notifier that took it, empty for the one whose journal it is in. number: of the step in its plan.
        began_us: when its round began. at_us: when it was taken. reason: whom it asks, in words.
    """

    by: str
    unit_id: int
    cause: str
    round: Round
    number: int
    kind: StepKind
    priority: Priority
    began_us: int
    at_us: int
    reason: str
    pages: list[PageOf]

    @property
    def key(self) -> Key:
        """Whom it is about."""
        return self.unit_id, self.cause


class Came(msgspec.Struct, frozen=True, tag="came"):
    """What came of a try of a page; `again_us`: when it is tried again; `failed`: tries that did."""

    receipt: str
    state: Tried
    detail: str
    at_us: int
    failed: int = 0
    again_us: int = 0


class Reported(msgspec.Struct, frozen=True, tag="reported"):
    """The first so many steps of a home and cause that the journal has are on record in the database."""

    unit_id: int
    cause: str
    steps: int


Record = Step | Came | Reported


class Said(msgspec.Struct, frozen=True):
    """What a notifier (`by`) says to the others: this page of this step is with its channel."""

    by: str
    step: Step
    came: Came


_RECORD: Final[msgspec.json.Decoder[Record]] = msgspec.json.Decoder(Record)
_SAID: Final = msgspec.json.Decoder(Said)


def encode(record: Record | Said) -> bytes:
    """One line, without its end."""
    return msgspec.json.encode(record)


def decode_record(line: bytes) -> Record:
    """WireError for a line that is none."""
    try:
        return _RECORD.decode(line)
    except (msgspec.MsgspecError, ValueError) as error:
        raise WireError("read the journal of pages", "a line of it", hint=str(error)) from error


def decode_said(data: bytes) -> Said:
    """WireError for what no notifier says."""
    if len(data) > MAX_BYTES:
        raise WireError("read what another notifier says", "notify/1/sent", hint=f"{len(data)} bytes")
    try:
        return _SAID.decode(data)
    except (msgspec.MsgspecError, ValueError) as error:
        raise WireError("read what another notifier says", "notify/1/sent", hint=str(error)) from error
