"""Steps whose time has come: whom they ask, by which channels, and what follows where they reach nobody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Final

from alerts import escalation
from alerts.delivery import DeliveryState, has_reached_a_device
from alerts.escalation import Addressed, People, StepKind, Told, Way
from alerts.responsibility import Answerable, Move
from evaluation.notice_changes import word
from notifier.moving import move
from store import deliveries, notices
from store.notices import DueStep, NoticeRow
from store.pool import Connection, transaction
from telemetry.alarms import Priority

_STILL_ASKED: Final = frozenset({Answerable.ASKING, Answerable.UNANSWERED})

WhoIsOnCall = Callable[[Connection, NoticeRow, int], People]


def advance(conn: Connection, who: WhoIsOnCall, now_us: int) -> int:
    """Take the steps that are due; how many notices that was. StoreError: nothing has changed, all is due still."""
    with transaction(conn, "take the steps that are due"):
        rows = notices.lock_with_due_steps(conn, now_us)
        steps: defaultdict[int, list[DueStep]] = defaultdict(list)
        for step in notices.due_steps(conn, [row.notice_id for row in rows], now_us):
            steps[step.notice_id].append(step)
        for row in rows:
            _take_all(conn, row, steps[row.notice_id], who, now_us)
        return len(rows)


def _take_all(conn: Connection, row: NoticeRow, steps: Sequence[DueStep], who: WhoIsOnCall, now_us: int) -> None:
    for step in steps:
        if row.state not in _STILL_ASKED or row.round != step.round:
            notices.end_step(conn, step, now_us, f"no longer needed: {row.reason}")
        elif step.kind == StepKind.REPEAT:
            notices.end_step(conn, step, now_us, "nobody has accepted: all over again")
            row = move(conn, row, Move.ASK, now_us, "nobody has accepted", priority=Priority(row.priority))
        else:
            row = _take(conn, row, step, who(conn, row, now_us), now_us)


def _take(conn: Connection, row: NoticeRow, step: DueStep, people: People, now_us: int) -> NoticeRow:
    kind = StepKind(step.kind)
    found = _addressed(conn, row, kind, people)
    channels = [way.channel_id for way in found.ways]
    queued = deliveries.queue(conn, row.notice_id, row.round, step.number, channels, row.priority, now_us)
    notices.end_step(conn, step, now_us, found.reason)
    notices.append(conn, word(row, now_us, found.reason, stage=f"step {kind}"))
    if kind is StepKind.PATHWAY:
        return move(conn, row, Move.RUN_OUT, now_us, "everybody was asked and nobody has accepted")
    if not queued and kind is not StepKind.SECOND_CHANNEL:
        notices.hurry(conn, row.notice_id, row.round, now_us)
    return row


def _addressed(conn: Connection, row: NoticeRow, kind: StepKind, people: People) -> Addressed:
    used = deliveries.used(conn, row.notice_id, row.round)
    told = Told(
        frozenset(c.channel_id for c in used),
        frozenset(c.user_id for c in used if has_reached_a_device(DeliveryState(c.state))),
        frozenset(c.user_id for c in used if c.rejected),
    )
    everybody = {*people.first, *people.backup, *people.everyone, *people.pathway}
    ways = [Way(*way) for way in deliveries.ways(conn, sorted(everybody))]
    return escalation.addressed(kind, Priority(row.priority), people, ways, told)
