"""Who did what: an append-only table whose rows are chained by their hashes, and the walk along the chain.

The chain is made by the database, under a lock, whoever writes (store/sql/schema.sql); it is checked here, by another
program text: a trigger that was switched off or changed shows in what it left behind.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from psycopg.types.json import Json

from store.errors import translate
from store.pool import AsyncConnection, Connection
from store.queries import arun, query, run
from store.values import storable_text, storable_us

_ROWS_AT_ONCE: Final = 2000


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody did.

    Attributes:
        actor: `person`, `kiosk`, `operator` or `service`. action: a verb and its object ("revoke unit"). subject: which
            one.
        detail: what else is worth keeping; JSON, and nothing about a patient.
    """

    at_us: int
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Link:
    """A row as it is stored; `detail` to the letter."""

    event_id: int
    at_us: int
    actor: str
    action: str
    subject: str
    detail: str
    previous: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class Walk:
    """What a walk along the chain found.

    Attributes:
        count: rows that hold, from the first one on. head: hash of the last of these, empty when there is none.
        broken: the number of the first row that does not hold, None when all do; `why` says what is wrong with it.
    """

    count: int
    head: bytes
    broken: int | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Looked:
    """A row of the record that is about a patient.

    Attributes:
        name: of the person or screen; the actor itself where it is at the command line. role: empty where it has none.
    """

    event_id: int
    at_us: int
    actor: str
    name: str
    role: str
    action: str


def person(user_id: int) -> str:
    """The actor behind an account."""
    return f"user:{user_id}"


def kiosk(kiosk_id: int) -> str:
    """A screen on a wall."""
    return f"kiosk:{kiosk_id}"


def service(name: str) -> str:
    """One of ours, that did it by itself."""
    return f"service:{name}"


def operator(name: str) -> str:
    """The actor at the command line, by the name the operating system knows."""
    return f"os:{name}"


def append(conn: Connection, deed: Deed) -> None:
    """Write it down, last in the transaction of what was done: all others who write wait until that one ends."""
    run(conn, "append_audit_event", _parameters(deed))


async def aappend(conn: AsyncConnection, deed: Deed) -> None:
    """The same for a task."""
    await arun(conn, "append_audit_event", _parameters(deed))


async def who_looked(conn: AsyncConnection, patient_id: int, before: int | None, limit: int) -> list[Looked]:
    """Rows about a patient before the row of that number (None: all), at most `limit`, the newest first."""
    rows = await arun(conn, "who_looked", {"patient": patient_id, "before": before, "limit": limit})
    return [Looked(row[0], row[1], row[2], row[3] or row[2], row[4], row[5]) async for row in rows]


def verify(conn: Connection, known: tuple[int, bytes] | None = None) -> Walk:
    """Walk the whole chain. `known`: number and hash of a row noted earlier, which must still be there.

    Without it, a chain cut off at its end looks like a shorter one; with it, like what it is.
    """
    with translate("walk the audit chain"), conn.transaction(), conn.cursor("audit_chain") as cursor:
        cursor.itersize = _ROWS_AT_ONCE
        cursor.execute(query("audit_chain"), binary=True)
        return walk((Link(*row) for row in cursor), known)


def walk(links: Iterable[Link], known: tuple[int, bytes] | None = None) -> Walk:
    """Check rows in the order of their numbers, up to the first that does not hold. Pure."""
    count, head = 0, b""
    for link in links:
        why = _trouble(link, count, head)
        if not why and known is not None and known[0] == link.event_id and known[1] != link.hash:
            why = "another one was noted under this number"
        if why:
            return Walk(count, head, count + 1, why)
        count, head = link.event_id, link.hash
    if known is not None and known[0] > count:
        return Walk(count, head, count + 1, f"missing, and so are all up to {known[0]} at least")
    return Walk(count, head)


def digest(link: Link) -> bytes:
    """The hash a row must have, by its content and its predecessor's hash."""
    pieces = [str(link.event_id), str(link.at_us)]
    for text in (link.actor, link.action, link.subject):
        pieces += [str(len(text)), text]
    return hashlib.sha256(link.previous + "\n".join([*pieces, link.detail]).encode()).digest()


def _trouble(link: Link, count: int, head: bytes) -> str:
    if link.event_id != count + 1:
        return "missing"
    if link.previous != head:
        return "does not follow the row before it"
    if link.hash != digest(link):
        return "its content is not what was written"
    return ""


def _parameters(deed: Deed) -> dict[str, Any]:
    return {
        "at": storable_us(deed.at_us), "actor": storable_text(deed.actor, 200),
        "action": storable_text(deed.action, 200), "subject": storable_text(deed.subject, 200),
        "detail": Json(dict(deed.detail), dumps=_plain),
    }  # fmt: skip


def _plain(detail: object) -> str:
    # Escaped throughout: a NUL or half a character of somebody's text is no reason to lose the entry.
    return json.dumps(detail, ensure_ascii=True, sort_keys=True)
