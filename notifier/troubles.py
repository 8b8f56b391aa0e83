"""Troubles of the system itself: each is one notice, opened when it begins and closed when it is over."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from alerts.responsibility import Move
from alerts.routing import CLOSED, LASTED, LASTED_LOW
from evaluation.notice_changes import word
from notifier.moving import Writes
from store import accounts, notices, silences
from store.notices import NewNotice, NoticeRow
from store.pool import Connection, transaction
from telemetry.alarms import Priority

# Units are numbered from 1: the lock of no home is that of the system.
_SYSTEM: Final = 0


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong now.

    Attributes:
        cause: which sort, `subject` which one of it: together they are what a notice is opened for once.
        clinic_id: whose it is; None: nobody's in particular. audience: who is asked first.
        reason: what, where, what to do; nothing about a patient.
    """

    cause: str
    subject: str
    clinic_id: int | None
    audience: str
    priority: Priority
    reason: str


def standing(conn: Connection, causes: Collection[str]) -> list[Trouble]:
    """The open troubles of these causes, as they stand: for who cannot look, and so knows of none that it is over."""
    rows = silences.standing(conn, causes) if causes else []
    return [
        Trouble(cause, subject, clinic_id, audience, Priority(priority), reason)
        for cause, subject, clinic_id, audience, priority, reason in rows
    ]


def settle(conn: Connection, present: Iterable[Trouble], now_us: int) -> int:
    """Ask about what is new, ask again about what has become worse or whose acceptance has lasted its time, close what
    is over; how many moves that was.
    """
    wanted = {(one.clinic_id, one.cause, one.subject): one for one in present}
    moves = 0
    with transaction(conn, "tell of troubles"):
        notices.lock_homes(conn, [_SYSTEM])
        writes = Writes()
        standing = {(row.clinic_id, row.cause, row.subject): row for row in notices.lock_open_troubles(conn)}
        for key, row in standing.items():
            if key not in wanted:
                moves += writes.move(row, Move.RESOLVE, now_us, "it is over") is not row
        closed = accounts.closed(conn, [row.accepted_by for row in standing.values()])
        for key, one in wanted.items():
            stands = standing.get(key)
            if stands is not None and (why := _given_back(stands, now_us, closed=stands.accepted_by in closed)):
                stands = _give_back(writes, stands, now_us, why)
                moves += 1
            told = _tell(conn, writes, stands, one, now_us)
            moves += told is not stands
            writes.again_us[told.notice_id] = told.accepted_until_us
        writes.flush(conn, now_us)
    return moves


def _given_back(row: NoticeRow, now_us: int, *, closed: bool) -> str:
    """Why an acceptance ends; empty where it holds or there is none."""
    if closed:
        return CLOSED
    if row.accepted_until_us is None or row.accepted_until_us > now_us:
        return ""
    return LASTED_LOW if row.priority == Priority.LOW else LASTED


def _give_back(writes: Writes, row: NoticeRow, now_us: int, why: str) -> NoticeRow:
    move = Move.HOLD if row.priority == Priority.LOW else Move.EXPIRE
    return writes.move(row, move, now_us, why, priority=Priority(row.priority))


def _tell(conn: Connection, writes: Writes, row: NoticeRow | None, one: Trouble, now_us: int) -> NoticeRow:
    """The notice of it, opened where there is none, asked about where it is worse than before; else as it was."""
    if row is None:
        new = NewNotice(None, None, one.clinic_id, one.audience, one.cause, one.subject, one.priority)
        (row,) = notices.open_all(conn, [new], now_us)
        if one.priority is Priority.LOW:
            writes.events.append(word(row, now_us, one.reason))  # for the work list
    elif one.priority.rank <= Priority(row.priority).rank:
        return row
    if one.priority is Priority.LOW:
        return row
    return writes.move(row, Move.ASK, now_us, one.reason, priority=one.priority)
