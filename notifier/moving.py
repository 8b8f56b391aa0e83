"""Moves of notices, written: in a transaction of the caller's that has locked the row."""

from __future__ import annotations

from dataclasses import replace

from alerts.responsibility import Move
from evaluation.notice_changes import Change, change
from store import notices
from store.notices import NoticeRow
from store.pool import Connection
from telemetry.alarms import Priority


def move(
    conn: Connection, row: NoticeRow, what: Move, now_us: int, reason: str, *, priority: Priority | None = None
) -> NoticeRow:
    """The notice after a move of ours; as it was where the table refuses it."""
    made = change(row, what, now_us, reason, priority=priority)
    if made is None:
        return row
    write(conn, made)
    event = made.event
    return replace(
        row, state=event.state, priority=event.priority, round=event.round, accepted_by=event.answerable,
        accepted_until_us=event.until_us, reason=reason,
    )  # fmt: skip


def write(conn: Connection, made: Change) -> None:
    """Event, what is called off, the steps of a new round."""
    event = made.event
    notices.append(conn, event)
    if made.calls_off:
        notices.cancel(conn, event.notice_id, event.at_us, made.calls_off)
    if made.steps:
        notices.plan(conn, event.notice_id, event.round, made.steps)
