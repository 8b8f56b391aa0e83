"""What a move comes to in rows: the event, the steps of a new round, and what is called off. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from alerts import escalation, responsibility
from alerts.responsibility import Answerable, Move, Standing
from store.notices import NoticeEvent, NoticeRow
from telemetry.alarms import Priority

_SECOND_US: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Change:
    """Rows of one move.

    Attributes:
        calls_off: why nothing of the round before is to be done any more, empty where it goes on.
        steps: kind and time of each step of a new round; empty where none begins.
    """

    event: NoticeEvent
    calls_off: str = ""
    steps: tuple[tuple[str, int], ...] = ()


def standing(row: NoticeRow) -> Standing:
    """Where a stored notice stands."""
    return Standing(Answerable(row.state), Priority(row.priority), row.round, row.accepted_by, row.accepted_until_us)


def change(
    row: NoticeRow, move: Move, now_us: int, reason: str, *, actor: int | None = None, priority: Priority | None = None
) -> Change | None:
    """What a move makes of a notice, None where it is refused. `actor`: the person who makes it."""
    before = standing(row)
    after = responsibility.after(before, move, now_us, by=actor, priority=priority)
    if after is None:
        return None
    event = NoticeEvent(
        row.notice_id, now_us, move, after.state, after.priority, after.round, reason, actor, after.by, after.until_us
    )
    if after.state is not Answerable.ASKING:
        return Change(event, "" if move is Move.RUN_OUT else reason)
    if after.round == before.round:
        return Change(event)
    plan = escalation.PLANS[after.priority]
    # Of the first round there is none before.
    return Change(
        event, reason if before.round else "", tuple((step.kind, now_us + step.after_s * _SECOND_US) for step in plan)
    )


def word(row: NoticeRow, now_us: int, reason: str, *, alert_id: int | None = None, stage: str = "") -> NoticeEvent:
    """Something put on record that moves nothing."""
    return NoticeEvent(
        row.notice_id, now_us, "", row.state, row.priority, row.round, reason, None, row.accepted_by,
        row.accepted_until_us, alert_id, stage,
    )  # fmt: skip
