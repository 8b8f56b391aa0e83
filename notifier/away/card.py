"""The card: what has to be known to page people while the database is away, in one file.

It holds the secrets of channels, so it is nobody else's to read. It says nothing of patients.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Final

import msgspec

from alerts.escalation import People, Way
from alerts.rota.roster import roster
from telemetry.errors import HomehdError
from telemetry.rota import Audience, Book

VERSION: Final = 1
# 5 000 homes are some 0.6 MB. What is larger is not ours.
MAX_BYTES: Final = 64 * 1024 * 1024
# Whom it is taken to when those whose it is have not answered. What is about a patient goes to nobody else, and
# operations have heard that the database is away.
PATHWAY: Final = {Audience.TECHNICAL: Audience.OPERATIONS, Audience.OPERATIONS: Audience.CLINICAL}


class CardUnit(msgspec.Struct, frozen=True):
    """A unit, as `alerts.routing.Home` knows it, and its name on the wire."""

    unit_id: int
    name: str
    clinic_id: int | None
    in_treatment: bool
    out_of_service: str
    out_until_us: int | None
    is_test: bool


class CardChannel(msgspec.Struct, frozen=True):
    """A channel in use of somebody with an account; `address` is a secret."""

    channel_id: int
    user_id: int
    kind: str
    address: str
    host: str
    tier: int
    language: str


class CardShelf(msgspec.Struct, frozen=True):
    """What is set aside (`alerts.shelving.Shelf`)."""

    unit_id: int
    rule: str
    kind: str
    priority: str
    alert_id: int
    until_us: int


class CardAlert(msgspec.Struct, frozen=True):
    """An alert of an open notice. `again`: its rule has told it anew since it was set aside."""

    alert_id: int
    rule: str
    priority: str
    state: str
    late: bool
    seen_before: bool
    again: bool = False


class CardUsed(msgspec.Struct, frozen=True):
    """A channel that a notice's round has used."""

    channel_id: int
    user_id: int
    received: bool
    rejected: bool


class CardNotice(msgspec.Struct, frozen=True):
    """An open notice of a home: where it stands, and how far its round has gone.

    Attributes:
        began_us: when the first step of the round was due; 0 where it has none. done: kinds of its steps that are done.
    """

    notice_id: int
    unit_id: int
    cause: str
    state: str
    priority: str
    round: int
    accepted_by: int | None
    accepted_until_us: int | None
    began_us: int
    done: list[str]
    used: list[CardUsed]
    alerts: list[CardAlert]


class Card(msgspec.Struct, frozen=True):
    """All of it, as the database had it at `written_us` (microseconds since 1970 UTC, the notifier's clock).

    Attributes:
        notifiers: whose hearts beat, in order of their names: they page in turn.
        book: rotas and people, without names and addresses.
    """

    version: int
    written_us: int
    notifiers: list[str]
    units: list[CardUnit]
    channels: list[CardChannel]
    shelves: list[CardShelf]
    notices: list[CardNotice]
    book: Book

    def people(self, clinic_id: int | None, audience: Audience, now_us: int) -> People:
        """Whom something is taken to, in the order of the steps."""
        own = roster(self.book, clinic_id, audience, now_us)
        other = PATHWAY.get(audience)
        pathway = () if other is None else roster(self.book, clinic_id, other, now_us).everyone
        return People(_line(own.primary), _line(own.backup), own.everyone, pathway)

    def ways(self, people: People) -> list[Way]:
        """The channels of these people."""
        asked = {*people.first, *people.backup, *people.everyone, *people.pathway}
        return [Way(one.channel_id, one.user_id, one.tier) for one in self.channels if one.user_id in asked]


def write(path: Path, card: Card) -> None:
    """Replace the file as a whole, on disk before it returns; HomehdError when it cannot be written."""
    data = msgspec.json.encode(card)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # 0600 from the start
        try:
            with os.fdopen(number, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
    except OSError as error:
        raise HomehdError("write the card for when the database is away", str(path), hint=str(error)) from error


def read(path: Path) -> Card | None:
    """What was written last; None where nothing was. HomehdError for what is no card of ours, or not ours alone."""
    what = "read the card for when the database is away"
    try:
        status = path.stat()
        if status.st_mode & 0o077 or status.st_size > MAX_BYTES:
            raise HomehdError(what, str(path), hint="it holds secrets: only its owner may read it (0600)")
        card = msgspec.json.decode(path.read_bytes(), type=Card)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise HomehdError(what, str(path), hint=str(error)) from error
    except (msgspec.MsgspecError, ValueError) as error:
        hint = "delete it: it is written anew once the database answers"
        raise HomehdError(what, f"{path}: {type(error).__name__}", hint=hint) from error
    if card.version != VERSION:
        hint = f"version {card.version}, not {VERSION}: it is written anew once the database answers"
        raise HomehdError(what, str(path), hint=hint)
    return card


def sync_folder(folder: Path) -> None:
    """A name in it is on disk; OSError."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _line(user_id: int | None) -> tuple[int, ...]:
    return () if user_id is None else (user_id,)
