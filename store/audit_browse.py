"""The record of deeds as people read it: a part of it by filters, and what walks along its chain have found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from store import audit
from store.audit import Link, Walk
from store.errors import translate
from store.pool import Connection
from store.queries import query, run
from store.session_ends import SIGN_INS
from store.values import storable_text

_ROWS_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows; None: whatever it is.

    Attributes:
        clinic_id: rows about something of that clinic only. actor, action, subject: these words exactly.
        patient_id: rows about this patient, among others or alone.
        kind: `looks` at patients, `sign-ins` (whatever is about coming in and going out), or `deeds`, everything else.
        start_us, end_us: from then on, and before then.
    """

    clinic_id: int | None = None
    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    patient_id: int | None = None
    kind: str | None = None
    start_us: int | None = None
    end_us: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the record. `who`: name behind the actor; `about`: of the account or home; empty where there is none.

    `detail`: JSON to the letter.
    """

    event_id: int
    at_us: int
    actor: str
    who: str
    action: str
    subject: str
    about: str
    detail: str


@dataclass(frozen=True, slots=True)
class Check:
    """A walk along the whole chain that came to its end. `broken`: the first row that does not hold, `why` not."""

    begun_us: int
    ended_us: int
    asked_by: str
    held: int
    head: bytes
    broken: int | None
    why: str


def page(conn: Connection, wanted: Wanted, before: int | None, limit: int) -> list[Row]:
    """At most `limit` rows before the row of that number (None: from the newest on), newest first."""
    parameters: dict[str, Any] = {
        "clinic": wanted.clinic_id, "patient": wanted.patient_id, "kind": wanted.kind, "sign_ins": list(SIGN_INS),
        "start": wanted.start_us, "end": wanted.end_us, "before": before, "limit": limit,
    }  # fmt: skip
    for name in ("actor", "action", "subject"):
        word = getattr(wanted, name)
        parameters[name] = None if word is None else storable_text(word, 200)
    return [Row(*row) for row in run(conn, "audit_page", parameters)]


def actions(conn: Connection) -> list[str]:
    """Every kind of deed there is in the record."""
    return [row[0] for row in run(conn, "audit_actions")]


def newest(conn: Connection) -> int:
    """The number of the newest row; 0 without one."""
    return int(run(conn, "audit_newest").fetchall()[0][0])


def last_check(conn: Connection, *, intact: bool = False) -> Check | None:
    """The last walk, or the last that found every row in its place; None: there was none."""
    row = run(conn, "last_audit_check", {"intact": intact}).fetchone()
    return None if row is None else Check(row[0], row[1], row[2], row[3], bytes(row[4]), row[5], row[6])


def check(
    conn: Connection, asked_by: str, clock_us: Callable[[], int], progress: Callable[[int], None]
) -> Check | None:
    """Walk along the whole chain and write down what was found; None while another does it.

    What the last intact walk ended with must still be there: a record cut off at its end is found, too. `progress` is
    told how many rows were looked at, now and then.
    """
    begun_us = clock_us()
    with translate("walk the audit chain"), conn.transaction():
        if not run(conn, "audit_check_alone").fetchall()[0][0]:
            return None
        known = last_check(conn, intact=True)
        with conn.cursor("audit_check") as cursor:
            cursor.itersize = _ROWS_AT_ONCE
            cursor.execute(query("audit_chain"), binary=True)
            links = (_told(Link(*row), progress) for row in cursor)
            found: Walk = audit.walk(links, (known.held, known.head) if known and known.held else None)
    done = Check(begun_us, clock_us(), asked_by, found.count, found.head, found.broken, found.why)
    parameters = {
        "begun": done.begun_us, "ended": done.ended_us, "asked_by": storable_text(asked_by, 200), "held": done.held,
        "head": done.head, "broken": done.broken, "why": done.why,
    }  # fmt: skip
    run(conn, "add_audit_check", parameters)
    return replace(done, ended_us=max(done.begun_us, done.ended_us))


def _told(link: Link, progress: Callable[[int], None]) -> Link:
    if link.event_id % _ROWS_AT_ONCE == 0:
        progress(link.event_id)
    return link
