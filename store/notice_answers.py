"""What people do with notices and alerts, each in a transaction of the caller's that has locked the notice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import sql

from store import notice_steps, notices
from store.errors import translate
from store.notices import NoticeEvent, NoticeRow
from store.pool import AsyncConnection
from store.queries import arun, query
from store.values import storable_text


async def database_us(conn: AsyncConnection) -> int:
    """The database's clock, by which every step is timed: servers may be several, on several machines."""
    row = await (await arun(conn, "database_time")).fetchone()
    assert row is not None
    return int(row[0])


async def lock(conn: AsyncConnection, notice_id: int) -> NoticeRow | None:
    """One notice, locked; None where there is none."""
    statement = sql.SQL(query("lock_notice")).format(columns=sql.SQL(query("notice_columns")))
    with translate("lock notice"):
        row = await (await conn.execute(statement, {"notice": notice_id}, binary=True)).fetchone()
    return None if row is None else notices.notice_rows([row])[0]


async def notice_of_alert(conn: AsyncConnection, alert_id: int) -> int | None:
    """The notice an alert belongs to; None while nothing has been decided about it."""
    row = await (await arun(conn, "notice_of_alert", {"alert": alert_id})).fetchone()
    return None if row is None else int(row[0])


async def open_alerts(conn: AsyncConnection, notice_id: int) -> list[int]:
    """Its alerts that nobody has acknowledged."""
    return [row[0] async for row in await arun(conn, "open_alerts_of_notice", {"notice": notice_id})]


async def append(conn: AsyncConnection, event: NoticeEvent) -> None:
    """Put it on record; the notice follows, listeners hear of it at commit."""
    await arun(conn, "append_notice_event", notices.event_parameters(event))


async def cancel(conn: AsyncConnection, notice_id: int, now_us: int, why: str) -> None:
    """No step of it is to come, and nothing of it is sent any more."""
    await arun(conn, "cancel_steps", {"notice": notice_id, "now": now_us, "outcome": storable_text(why)})
    await arun(conn, "withdraw_deliveries", {"notice": notice_id})


async def plan(conn: AsyncConnection, notice_id: int, number: int, steps: Sequence[tuple[str, int]]) -> None:
    """The steps of round `number`: kind and when due."""
    await arun(conn, "plan_steps", notice_steps.plan_parameters(notice_id, number, steps))


async def hurry(conn: AsyncConnection, notice_id: int, number: int, now_us: int) -> None:
    """The next step of round `number` that takes it to other people is due now."""
    await arun(conn, "hurry_next_step", {"notice": notice_id, "round": number, "now": now_us})


async def answer_deliveries(conn: AsyncConnection, row: NoticeRow, user_id: int, state: str, now_us: int) -> None:
    """What was sent to this person in the notice's round has its answer: accepted or rejected."""
    parameters: dict[str, Any] = {
        "notice": row.notice_id, "round": row.round, "user": user_id, "state": state, "now": now_us,
    }  # fmt: skip
    await arun(conn, "answer_deliveries", parameters)


async def look_again(conn: AsyncConnection, notice_id: int, now_us: int) -> None:
    """The notifier is to decide anew about a notice, at once."""
    await arun(conn, "look_again", {"notice": notice_id, "now": now_us})
