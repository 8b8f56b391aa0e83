"""A person sets an alert aside, or brings it back. In a transaction of the caller's."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from alerts import shelving
from alerts.shelving import ShelfKind
from store import alert_queries, notice_answers, shelvings
from store.alert_queries import CurrentAlert
from store.pool import AsyncConnection
from store.shelvings import ENDED, Shelving
from telemetry.alarms import ConditionState


class Outcome(StrEnum):
    """What came of it."""

    DONE = "done"
    OVER = "already over"
    NOTHING = "nothing is set aside"
    UNKNOWN = "no such alert"


# Looks at an alert as it stands, locked, before anything is done with it; raises when it is not as was thought.
Look = Callable[[CurrentAlert], None]


async def shelve(
    conn: AsyncConnection, alert_id: int, kind: ShelfKind, minutes: float | None, reason: str, user_id: int,
    now_us: int, unchanged: Look | None = None,
) -> Outcome:  # fmt: skip
    """Set the alert's rule aside for its unit; ValueError says what is wrong with kind, minutes or reason."""
    notice_id, alert = await _locked(conn, alert_id, unchanged)
    if alert is None:
        return Outcome.UNKNOWN
    if alert.state is ConditionState.NORMAL:
        return Outcome.OVER
    shelf = shelving.shelf(kind, alert.priority, alert_id, now_us, minutes, reason)
    row = Shelving(kind, alert.priority, alert_id, shelf.until_us, user_id, reason.strip())
    await shelvings.add(conn, alert.unit_id, alert.rule, row, now_us)
    if notice_id is not None:
        await notice_answers.look_again(conn, notice_id, now_us)
    return Outcome.DONE


async def bring_back(
    conn: AsyncConnection, alert_id: int, user_id: int, now_us: int, unchanged: Look | None = None
) -> Outcome:
    """What is set aside of the alert's rule and unit counts again."""
    notice_id, alert = await _locked(conn, alert_id, unchanged)
    if alert is None:
        return Outcome.UNKNOWN
    newest = await shelvings.newest(conn, alert.unit_id, alert.rule)
    if newest is None or newest.kind == ENDED or newest.until_us <= now_us:
        return Outcome.NOTHING
    row = Shelving(ENDED, newest.priority, newest.alert_id, newest.until_us, user_id, "brought back")
    await shelvings.add(conn, alert.unit_id, alert.rule, row, now_us)
    if notice_id is not None:
        await notice_answers.look_again(conn, notice_id, now_us)
    return Outcome.DONE


async def _locked(
    conn: AsyncConnection, alert_id: int, unchanged: Look | None
) -> tuple[int | None, CurrentAlert | None]:
    notice_id = await notice_answers.notice_of_alert(conn, alert_id)
    if notice_id is not None:
        await notice_answers.lock(conn, notice_id)
    elif unchanged is not None:
        # No notice yet that two could wait for.
        await alert_queries.lock(conn, alert_id)
    alert = await alert_queries.by_id(conn, alert_id)
    if unchanged is not None and alert is not None:
        unchanged(alert)
    return notice_id, alert
