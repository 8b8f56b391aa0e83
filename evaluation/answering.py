"""What a person says to a notice: accept, reject, give back, take over. One outcome, and everybody's word on record.

In a transaction of the caller's. The notice is locked first, then its alerts, as everywhere: whoever comes second sees
what the first has done.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from alerts.responsibility import Answerable, Move
from evaluation.notice_changes import Change, change, word
from store import alert_queries, notice_answers
from store.notices import NoticeRow
from store.pool import AsyncConnection
from telemetry.alarms import Priority

BY_PEOPLE: Final = frozenset({Move.ACCEPT, Move.REJECT, Move.RELEASE, Move.TAKE_OVER})


class Outcome(StrEnum):
    """What came of it; of several who accept at once, for exactly one it is DONE."""

    DONE = "done"
    ACCEPTED_BY_OTHER = "somebody else has accepted"
    NOT_YOURS = "you have not accepted it"
    YOURS = "you have accepted it already"
    OVER = "already over"
    UNKNOWN = "no such notice"


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome, and the notice as it stands now (None: there is none)."""

    outcome: Outcome
    notice: NoticeRow | None


async def answer(
    conn: AsyncConnection, notice_id: int, move: Move, user_id: int, now_us: int, note: str = ""
) -> Answer:
    """Let a person move a notice. Accepting acknowledges its alerts, too; rejecting takes it to the next at once."""
    assert move in BY_PEOPLE
    row = await notice_answers.lock(conn, notice_id)
    if row is None:
        return Answer(Outcome.UNKNOWN, None)
    reason = note or {Move.RELEASE: "given back", Move.TAKE_OVER: "taken over"}.get(move, f"{move}ed")
    made = change(row, move, now_us, reason, actor=user_id)
    if made is None:
        outcome = _refused(row, user_id)
        said = replace(word(row, now_us, f"wanted to {move}: {outcome}"), actor=user_id)
        await notice_answers.append(conn, said)
        return Answer(outcome, row)
    await _write(conn, made)
    if move in (Move.ACCEPT, Move.TAKE_OVER):
        await notice_answers.answer_deliveries(conn, row, user_id, "accepted", now_us)
        await _acknowledge(conn, notice_id, user_id, now_us, note)
    elif move is Move.REJECT:
        await notice_answers.answer_deliveries(conn, row, user_id, "rejected", now_us)
        await notice_answers.hurry(conn, notice_id, row.round, now_us)
    return Answer(Outcome.DONE, await notice_answers.lock(conn, notice_id))


async def acknowledge(
    conn: AsyncConnection, alert_id: int, user_id: int, now_us: int, note: str = ""
) -> alert_queries.Acknowledgement:
    """Acknowledge an alert, and with it accept its notice where nobody has: whoever has seen it is asked no more."""
    notice_id = await notice_answers.notice_of_alert(conn, alert_id)
    row = None if notice_id is None else await notice_answers.lock(conn, notice_id)
    result = await alert_queries.acknowledge(conn, alert_id, user_id, now_us, note)
    if result.outcome is alert_queries.Outcome.ACKNOWLEDGED and row is not None:
        await _accept_with(conn, row, user_id, now_us)
    return result


class Bulk(StrEnum):
    """What came of one alert of many that were acknowledged with one press."""

    ACKNOWLEDGED = "acknowledged"
    ALREADY = "already acknowledged"
    OVER = "over"
    NOT_LOW = "not low"
    UNKNOWN = "unknown"


_OF_ONE: Final = {
    alert_queries.Outcome.ACKNOWLEDGED: Bulk.ACKNOWLEDGED,
    alert_queries.Outcome.ALREADY: Bulk.ALREADY,
    alert_queries.Outcome.OVER: Bulk.OVER,
    alert_queries.Outcome.UNKNOWN: Bulk.UNKNOWN,
}


async def acknowledge_low(conn: AsyncConnection, alert_id: int, user_id: int, now_us: int, note: str = "") -> Bulk:
    """The same of one of many, where nothing but low priority is at stake: neither of it nor of what it is told with.

    To acknowledge an alert accepts its notice; a list that was ticked must never call off people who are asked about
    something worse that has joined the notice meanwhile. Both are looked at locked.
    """
    notice_id = await notice_answers.notice_of_alert(conn, alert_id)
    row = None if notice_id is None else await notice_answers.lock(conn, notice_id)
    await alert_queries.lock(conn, alert_id)
    alert = await alert_queries.by_id(conn, alert_id)
    if alert is None:
        return Bulk.UNKNOWN
    asked = row is not None and row.state not in (Answerable.ACCEPTED, Answerable.OVER)
    if alert.priority is not Priority.LOW or (asked and row is not None and row.priority != Priority.LOW):
        return Bulk.NOT_LOW
    return _OF_ONE[(await acknowledge(conn, alert_id, user_id, now_us, note)).outcome]


async def _accept_with(conn: AsyncConnection, row: NoticeRow, user_id: int, now_us: int) -> None:
    made = change(row, Move.ACCEPT, now_us, "acknowledged an alert of it", actor=user_id)
    if made is None:
        return
    await _write(conn, made)
    await notice_answers.answer_deliveries(conn, row, user_id, "accepted", now_us)


async def _write(conn: AsyncConnection, made: Change) -> None:
    event = made.event
    await notice_answers.append(conn, event)
    if made.calls_off:
        await notice_answers.cancel(conn, event.notice_id, event.at_us, made.calls_off)
    if made.steps:
        await notice_answers.plan(conn, event.notice_id, event.round, made.steps)


async def _acknowledge(conn: AsyncConnection, notice_id: int, user_id: int, now_us: int, note: str) -> None:
    for alert_id in await notice_answers.open_alerts(conn, notice_id):
        await alert_queries.acknowledge(conn, alert_id, user_id, now_us, note)


def _refused(row: NoticeRow, user_id: int) -> Outcome:
    if row.state == Answerable.OVER:
        return Outcome.OVER
    if row.state == Answerable.ACCEPTED and row.accepted_by == user_id:
        return Outcome.YOURS
    return Outcome.ACCEPTED_BY_OTHER if row.state == Answerable.ACCEPTED else Outcome.NOT_YOURS
