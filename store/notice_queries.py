"""Notices as people see them: what stands, one notice's history, its steps and deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from store.alert_queries import ALL, RECENT_LIMIT, Clinic
from store.errors import translate
from store.pool import AsyncConnection
from store.queries import arun, query


@dataclass(frozen=True, slots=True)
class StandingNotice:
    """A notice as it stands, for people.

    Attributes:
        unit: the unit's wire id; None of a trouble of the system, whose `subject` says which one.
        clinic_id: the unit's clinic now; of a trouble: whose trouble it is, None when it is everybody's.
        accepted_by: user id of who is answerable, `accepted_name` that person's name.
        owner_id: whose it is, None: the unit served nobody; owner_clinic_id: that patient's.
        stands: the condition of one of its alerts lasts.
    """

    notice_id: int
    unit: str | None
    clinic_id: int | None
    audience: str
    cause: str
    subject: str
    opened_us: int
    state: str
    priority: str
    round: int
    accepted_by: int | None
    accepted_name: str | None
    accepted_until_us: int | None
    reason: str
    changed_us: int
    owner_id: int | None = None
    owner_clinic_id: int | None = None
    stands: bool = False


@dataclass(frozen=True, slots=True)
class AlertOfNotice:
    """An alert of a notice, and what the stages last said of it: whether anybody is asked because of it.

    `owner_id`, `owner_clinic_id`: whose it is, as of a `StandingNotice`.
    """

    notice_id: int
    alert_id: int
    rule: str
    priority: str
    state: str
    stage: str
    said: str
    owner_id: int | None = None
    owner_clinic_id: int | None = None


@dataclass(frozen=True, slots=True)
class HistoryStep:
    """One event of a notice; `actor_name` is None where the notifier did it."""

    event_id: int
    at_us: int
    move: str
    state: str
    priority: str
    round: int
    actor: int | None
    actor_name: str | None
    alert_id: int | None
    stage: str
    reason: str


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step of a round: when it is due, when it was done, what came of it."""

    round: int
    number: int
    kind: str
    due_us: int
    done_us: int | None
    outcome: str


@dataclass(frozen=True, slots=True)
class SentTo:
    """A delivery: to whom, by which channel, how far it went. `detail`: what the channel said last."""

    delivery_id: int
    round: int
    step: int
    user_id: int
    user_name: str
    kind: str
    label: str
    state: str
    attempts: int
    queued_us: int
    changed_us: int
    detail: str | None


async def standing(conn: AsyncConnection, of: Clinic = ALL) -> list[StandingNotice]:
    """All that are open, of those homes or of no home, high priority first, then newest."""
    return await _standing(conn, "open_notices", of._asdict())


async def recent(
    conn: AsyncConnection, since_us: int, limit: int = RECENT_LIMIT, of: Clinic = ALL
) -> list[StandingNotice]:
    """Those that are open or have changed since, of those homes or of no home, changed last first."""
    return await _standing(conn, "recent_notices", {"since": since_us, "limit": limit, **of._asdict()})


async def by_id(conn: AsyncConnection, notice_id: int) -> StandingNotice | None:
    """One notice as it stands, over or not."""
    return next(iter(await _standing(conn, "notice_by_id", {"notice": notice_id})), None)


async def of_delivery(conn: AsyncConnection, delivery_id: int) -> int | None:
    """The notice a delivery is of; None: there is no such delivery, or it was a person's own test of a channel."""
    row = await (await arun(conn, "notice_of_delivery", {"delivery": delivery_id})).fetchone()
    return None if row is None else int(row[0])


async def is_addressed(conn: AsyncConnection, notice_id: int, user_id: int) -> bool:
    """Whether anything of a notice was ever for this person."""
    row = await (await arun(conn, "is_addressed", {"notice": notice_id, "user": user_id})).fetchone()
    return row is not None and bool(row[0])


async def alerts_of(conn: AsyncConnection, notice_ids: Sequence[int], *, also_over: bool) -> list[AlertOfNotice]:
    """The alerts of these notices, each one's most important first; `also_over`: those that have ended, too."""
    parameters = {"notices": list(notice_ids), "over": also_over}
    return [AlertOfNotice(*row) async for row in await arun(conn, "alerts_of_notices", parameters)]


async def history(conn: AsyncConnection, notice_id: int) -> list[HistoryStep]:
    """Every event of a notice, in order."""
    return [HistoryStep(*row) for row in await _rows(conn, "notice_history", notice_id)]


async def steps(conn: AsyncConnection, notice_id: int) -> list[PlannedStep]:
    """Every step of every round, in order."""
    return [PlannedStep(*row) for row in await _rows(conn, "notice_steps", notice_id)]


async def deliveries(conn: AsyncConnection, notice_id: int) -> list[SentTo]:
    """Everything that was sent, in order."""
    return [SentTo(*row) for row in await _rows(conn, "deliveries_of_notice", notice_id)]


async def _rows(conn: AsyncConnection, name: str, notice_id: int) -> list[tuple[Any, ...]]:
    return [row async for row in await arun(conn, name, {"notice": notice_id})]


async def _standing(conn: AsyncConnection, name: str, parameters: dict[str, Any]) -> list[StandingNotice]:
    statement = sql.SQL(query(name)).format(columns=sql.SQL(query("standing_notice_columns")))
    with translate(name.replace("_", " ")):
        return [StandingNotice(*row) async for row in await conn.execute(statement, parameters, binary=True)]
