"""Alerts as people see them: what stands, one alert, its steps; and acknowledging one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

from psycopg import sql

from store.announcements import Announcement, Topic
from store.errors import translate
from store.pool import AsyncConnection
from store.queries import arun, query
from store.shelvings import ENDED
from store.values import storable_text, storable_us
from telemetry.alarms import ConditionState, Priority


@dataclass(frozen=True, slots=True)
class SetAside:
    """A rule of a unit that was set aside; whether it still counts is for `alerts.shelving` to say.

    Attributes:
        kind, priority, alert_id, until_us: as in `store.shelvings.Shelving`. by: the person's name.
    """

    kind: str
    priority: str
    alert_id: int
    until_us: int
    by: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class CurrentAlert:
    """An alert as it stands.

    Attributes:
        unit: the unit's wire id.
        since_us: sample time of its first event. time_us: of its last finding.
        changed_us: server time of its last event.
        inputs, limits: of its last finding; None where the number was not finite.
        acknowledged_by: a person's user id, `acknowledged_name` that person's name.
        notice_id: of the notice it belongs to, None while nobody has decided about it; `notice_state`, `notice_reason`:
            where that stands and why. notice_round: how often people were asked from the start.
        answerable_name: who has accepted it, until `accepted_until_us`.
        told_stage, told_reason: whether anybody is asked because of this very alert, and why not.
        notice_event_id, shelf_event_id: the last of each that may have changed how it stands, None without.
        shelf: what was set aside last of its unit and rule, None where a person or the notifier has ended that.
        handled_us: since when somebody at the home says they are dealing with it; handled_event_id: its number.
        owner_id: whose it is, None: the unit served nobody; owner_clinic_id: that patient's.
    """

    alert_id: int
    unit_id: int
    unit: str
    clinic_id: int | None
    rule: str
    rule_version: str
    priority: Priority
    state: ConditionState
    since_us: int
    time_us: int
    changed_us: int
    reason: str
    inputs: Mapping[str, float | None]
    limits: Mapping[str, float | None]
    late: bool
    acknowledged_by: int | None
    acknowledged_name: str | None
    acknowledged_us: int | None
    last_event_id: int
    notice_id: int | None
    notice_state: str | None
    notice_round: int | None
    answerable_name: str | None
    accepted_until_us: int | None
    notice_reason: str | None
    told_stage: str | None
    told_reason: str | None
    notice_event_id: int | None
    shelf_event_id: int | None
    shelf: SetAside | None
    handled_event_id: int | None = None
    handled_us: int | None = None
    owner_id: int | None = None
    owner_clinic_id: int | None = None


class Version(NamedTuple):
    """Of an alert: the last event of its own, of its notice, of its rule's shelf, and at home; None without."""

    alert_id: int
    last_event_id: int
    notice_event_id: int | None
    shelf_event_id: int | None
    handled_event_id: int | None = None


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """One step of an alert; `actor_name` is None where the rules did it."""

    event_id: int
    alert_id: int
    rule_version: str
    priority: Priority
    state: ConditionState
    time_us: int
    recorded_us: int
    reason: str
    inputs: Mapping[str, float | None]
    limits: Mapping[str, float | None]
    late: bool
    actor: int | None
    actor_name: str | None
    note: str


class Outcome(StrEnum):
    """What came of an acknowledgement; of several at once exactly one is ACKNOWLEDGED."""

    ACKNOWLEDGED = "acknowledged"
    ALREADY = "already acknowledged"
    OVER = "already over"
    UNKNOWN = "no such alert"


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The outcome, and who acknowledged and when (None where nobody did)."""

    outcome: Outcome
    by_user_id: int | None = None
    by_name: str | None = None
    at_us: int | None = None


# What acknowledging makes of a condition; elsewhere there is nothing to acknowledge.
AFTER_ACKNOWLEDGEMENT: Final = {
    ConditionState.ACTIVE_UNACKNOWLEDGED: ConditionState.ACTIVE_ACKNOWLEDGED,
    ConditionState.LATCHED_CLEAR: ConditionState.NORMAL,
}


class Clinic(NamedTuple):
    """Whose alerts are wanted: of the clinic of that number (None: of no clinic at all), or of all."""

    clinic: int | None = None
    all: bool = False


ALL: Final = Clinic(all=True)
RECENT_LIMIT: Final = 1000


async def current(conn: AsyncConnection, of: Clinic = ALL) -> list[CurrentAlert]:
    """Alerts that are not over, high priority first, then newest first; none of the unit for tests."""
    return await _alerts(conn, "current_alerts", of._asdict())


async def recent(
    conn: AsyncConnection, since_us: int, limit: int = RECENT_LIMIT, of: Clinic = ALL
) -> list[CurrentAlert]:
    """Alerts that are not over, or that changed since then (server time); the last changed first.

    None of the unit for tests.
    """
    return await _alerts(conn, "recent_alerts", {"since": storable_us(since_us), "limit": limit, **of._asdict()})


async def open_versions(conn: AsyncConnection) -> list[Version]:
    """What changes when one of the alerts of `current` stands differently; a tenth of the time that those take."""
    return [Version(*row) for row in await (await arun(conn, "open_alert_versions")).fetchall()]


async def by_id(conn: AsyncConnection, alert_id: int) -> CurrentAlert | None:
    """One alert as it stands, over or not."""
    return next(iter(await by_ids(conn, [alert_id])), None)


async def by_ids(conn: AsyncConnection, alert_ids: Sequence[int]) -> list[CurrentAlert]:
    """Those of these alerts that there are, over or not."""
    return await _alerts(conn, "alerts_by_id", {"alerts": list(alert_ids)})


async def changed(conn: AsyncConnection, announcements: Iterable[Announcement]) -> list[CurrentAlert]:
    """The alerts that stand differently since these were committed, each once; deliveries change none."""
    numbers: dict[Topic, list[int]] = {topic: [] for topic in Topic}
    for announcement in announcements:
        numbers[announcement.topic].append(announcement.number)
    parameters = {
        "alert_events": numbers[Topic.ALERT], "notice_events": numbers[Topic.NOTICE],
        "shelving_events": numbers[Topic.SHELVING],
    }  # fmt: skip
    return await _alerts(conn, "changed_alerts", parameters)


async def events_of(conn: AsyncConnection, alert_id: int) -> list[AlertEvent]:
    """Every step of an alert, in order."""
    rows = await arun(conn, "alert_events_of", {"alert": alert_id})
    return [_event(row) async for row in rows]


async def acknowledge(
    conn: AsyncConnection, alert_id: int, user_id: int, at_us: int, note: str = ""
) -> Acknowledgement:
    """Acknowledge an alert for a person, in a transaction of the caller's; `at_us` is server time.

    Locks the alert: of several at once one succeeds, and rules that end the condition meanwhile wait for it.
    """
    # Two statements: the one that waited for the lock would still join what it saw before it waited.
    await lock(conn, alert_id)
    row = await (await arun(conn, "acknowledgement", {"alert": alert_id})).fetchone()
    if row is None:
        return Acknowledgement(Outcome.UNKNOWN)
    state, *who = row
    after = AFTER_ACKNOWLEDGEMENT.get(ConditionState(state))
    if after is None:
        acknowledged = state == ConditionState.ACTIVE_ACKNOWLEDGED or who[0] is not None
        return Acknowledgement(Outcome.ALREADY if acknowledged else Outcome.OVER, *who)
    parameters = {
        "alert": alert_id, "state": str(after), "at": storable_us(at_us), "user": user_id, "note": storable_text(note),
    }  # fmt: skip
    name = await (await arun(conn, "append_acknowledgement", parameters)).fetchone()
    return Acknowledgement(Outcome.ACKNOWLEDGED, user_id, name[0] if name else None, at_us)


async def lock(conn: AsyncConnection, alert_id: int) -> None:
    """Nobody else changes the alert until this transaction ends."""
    await arun(conn, "lock_alerts", {"alerts": [alert_id]})


async def _alerts(conn: AsyncConnection, name: str, parameters: dict[str, Any]) -> list[CurrentAlert]:
    source, columns = sql.SQL(query("alert_source")), sql.SQL(query("alert_columns"))
    statement = sql.SQL(query(name)).format(columns=columns, source=source)
    with translate(name.replace("_", " ")):
        return [_current(row) async for row in await conn.execute(statement, parameters, binary=True)]


def _event(row: tuple[Any, ...]) -> AlertEvent:
    fields: list[Any] = [*row[:3], Priority(row[3]), ConditionState(row[4]), *row[5:]]
    return AlertEvent(*fields)


def _current(row: tuple[Any, ...]) -> CurrentAlert:
    shelf, shelf_event, owner = row[29:35], row[28], row[35:]
    aside = None if shelf[0] in (None, ENDED) else SetAside(*shelf)
    fields: list[Any] = [*row[:6], Priority(row[6]), ConditionState(row[7]), *row[8:28], shelf_event, aside, *owner]
    return CurrentAlert(*fields)
