"""Moves of notices, written: in a transaction of the caller's that has locked the rows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from alerts.responsibility import Move
from evaluation.notice_changes import change
from store import notice_steps, notices
from store.notices import Judged, NoticeEvent, NoticeRow
from store.pool import Connection
from telemetry.alarms import Priority


@dataclass(slots=True)
class Writes:
    """What a transaction has decided, kept until `flush`: in a storm a statement for each would be the most of it."""

    events: list[NoticeEvent] = field(default_factory=list)
    judged: list[Judged] = field(default_factory=list)
    again_us: dict[int, int | None] = field(default_factory=dict)
    _called_off: list[tuple[int, int, str]] = field(default_factory=list)
    _rounds: list[tuple[int, int, tuple[tuple[str, int], ...]]] = field(default_factory=list)

    def move(
        self, row: NoticeRow, what: Move, now_us: int, reason: str, *, priority: Priority | None = None
    ) -> NoticeRow:
        """The notice after a move of ours; as it was where the table refuses it."""
        made = change(row, what, now_us, reason, priority=priority)
        if made is None:
            return row
        event = made.event
        self.events.append(event)
        if made.calls_off:
            self._called_off.append((event.notice_id, event.at_us, made.calls_off))
        if made.steps:
            self._rounds.append((event.notice_id, event.round, made.steps))
        return replace(
            row, state=event.state, priority=event.priority, round=event.round, accepted_by=event.answerable,
            accepted_until_us=event.until_us, reason=reason,
        )  # fmt: skip

    def flush(self, conn: Connection, now_us: int) -> None:
        """Write it: what is called off before the rounds that begin, what happened before when to look again."""
        for called_off in self._called_off:
            notice_steps.cancel(conn, *called_off)
        notice_steps.plan(conn, *self._rounds)
        notices.note_judgements(conn, self.judged, now_us)
        notices.append(conn, *self.events)
        notices.recheck(conn, self.again_us)
