"""Notices: what people are told, who is answerable, and which step is due: the notifier's side.

States, moves, verdicts and kinds are words of `alerts.responsibility`, `alerts.routing` and `alerts.escalation`; here
they are text. A notice's row is locked by whoever moves it, always before any alert of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from psycopg import sql

from store.errors import translate
from store.pool import Connection
from store.queries import query, run
from store.values import storable_text, storable_us

AT_ONCE: Final = 250  # due rows of one transaction: more cost less each, but the heart beats between two

Key = tuple[int, int, str]  # unit, patient of a rule between treatments or 0, cause


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A notice as it stands.

    Attributes:
        unit_id: None of a trouble of the system, whose `subject` says which one.
        patient_id: of rules between treatments, whose it is; else None, and the unit says it.
        accepted_by: user id, until `accepted_until_us`.
    """

    notice_id: int
    unit_id: int | None
    patient_id: int | None
    clinic_id: int | None
    audience: str
    cause: str
    subject: str
    opened_us: int
    state: str
    priority: str
    round: int
    accepted_by: int | None
    accepted_until_us: int | None
    reason: str
    changed_us: int | None
    last_event_id: int | None


@dataclass(frozen=True, slots=True)
class NewNotice:
    """What opens one."""

    unit_id: int | None
    patient_id: int | None
    clinic_id: int | None
    audience: str
    cause: str
    subject: str
    priority: str


@dataclass(frozen=True, slots=True)
class NoticeEvent:
    """One step of a notice's life: as it stands afterwards, and why.

    Attributes:
        move: empty where it only puts a word on record, like that of a stage on one alert.
        actor: user id of who did it, None for the notifier. answerable, until_us: who has accepted, and for how long.
    """

    notice_id: int
    at_us: int
    move: str
    state: str
    priority: str
    round: int
    reason: str
    actor: int | None = None
    answerable: int | None = None
    until_us: int | None = None
    alert_id: int | None = None
    stage: str = ""


@dataclass(frozen=True, slots=True)
class AlertToJudge:
    """An alert, the last word on it, and what is set aside of its unit and rule.

    Attributes:
        between: whether a rule between treatments found it. seen_before: whether a person ever acknowledged it.
        notice_id: None when nothing was decided about it yet.
        shelf: kind, priority, alert and end (microseconds since 1970 UTC) of the newest shelf, None without.
        since_us: when it was raised.
        again: its rule has told it anew since it was set aside.
    """

    alert_id: int
    unit_id: int
    patient_id: int
    rule: str
    priority: str
    state: str
    late: bool
    between: bool
    seen_before: bool
    notice_id: int | None
    said: tuple[str, str, str]
    since_us: int
    shelf: tuple[str, str, int, int] | None
    again: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """The last word on an alert: to which notice it belongs, verdict, stage and reason."""

    alert_id: int
    notice_id: int
    verdict: str
    stage: str
    reason: str


@dataclass(frozen=True, slots=True)
class HomeRow:
    """What is known of a unit: `out_of_service` is the reason, empty when it serves; `is_test`: it serves nobody."""

    unit_id: int
    clinic_id: int | None
    in_treatment: bool
    out_of_service: str
    out_until_us: int | None
    is_test: bool


def database_us(conn: Connection) -> int:
    """The database's clock, by which every step is timed: notifiers may be several, on several machines."""
    row = run(conn, "database_time").fetchone()
    assert row is not None
    return int(row[0])


def take_due(conn: Connection, limit: int = AT_ONCE) -> list[int]:
    """Alerts something happened to that nobody has decided about; taken off the list with this transaction."""
    return sorted({row[0] for row in run(conn, "take_alerts_to_route", {"limit": limit})})


def due_rechecks(conn: Connection, now_us: int, limit: int = AT_ONCE) -> list[tuple[int, int]]:
    """(notice, unit) of those to be looked at again.

    Not locked: homes are locked first, in one order, or two notifiers could wait for each other in a circle.
    """
    return [(row[0], row[1]) for row in run(conn, "notices_to_recheck", {"now": now_us, "limit": limit})]


def lock_homes(conn: Connection, unit_ids: Sequence[int]) -> None:
    """One notifier at a time decides about a home, to the end of the transaction."""
    run(conn, "lock_home_notices", {"units": list(unit_ids)})


def homes_of(conn: Connection, alert_ids: Sequence[int]) -> list[tuple[int, int, int, str]]:
    """(alert, unit, patient or 0, rule)."""
    return run(conn, "alert_homes", {"alerts": list(alert_ids)}).fetchall()


def lock_open(conn: Connection, unit_ids: Sequence[int]) -> list[NoticeRow]:
    """The open notices of these units, locked."""
    return locked(conn, "lock_open_notices", {"units": list(unit_ids)})


def lock_open_troubles(conn: Connection) -> list[NoticeRow]:
    """The open notices of troubles of the system, locked."""
    return locked(conn, "lock_open_trouble", {})


def lock(conn: Connection, notice_id: int) -> NoticeRow | None:
    """One notice, locked; None where there is none."""
    return next(iter(locked(conn, "lock_notice", {"notice": notice_id})), None)


def alerts_to_judge(conn: Connection, alert_ids: Sequence[int], notice_ids: Sequence[int]) -> list[AlertToJudge]:
    """These alerts, and those of these notices that are not over or were not last time."""
    rows = run(conn, "alerts_to_judge", {"alerts": list(alert_ids), "notices": list(notice_ids)})
    return [_to_judge(row) for row in rows]


def homes(conn: Connection, unit_ids: Sequence[int], now_us: int) -> dict[int, HomeRow]:
    """What is known of these units."""
    rows = run(conn, "homes_of_notices", {"units": list(unit_ids), "now": now_us})
    return {row[0]: HomeRow(*row) for row in rows}


def open_notice(conn: Connection, new: NewNotice, now_us: int) -> int:
    """Its number; StoreError (CONFLICT) when one of this home and cause is open."""
    parameters = {
        "unit": new.unit_id, "patient": new.patient_id, "clinic": new.clinic_id, "audience": new.audience,
        "cause": storable_text(new.cause), "subject": storable_text(new.subject), "priority": new.priority,
        "now": now_us,
    }  # fmt: skip
    row = run(conn, "open_notice", parameters).fetchone()
    assert row is not None
    return int(row[0])


def open_all(conn: Connection, new: Sequence[NewNotice], now_us: int) -> list[NoticeRow]:
    """New notices, each of a home and cause of which none is open; StoreError (CONFLICT) where one is."""
    parameters = {
        "units": [one.unit_id for one in new], "patients": [one.patient_id for one in new],
        "clinics": [one.clinic_id for one in new], "audiences": [one.audience for one in new],
        "causes": [storable_text(one.cause) for one in new], "subjects": [storable_text(one.subject) for one in new],
        "priorities": [one.priority for one in new], "now": now_us,
    }  # fmt: skip
    return locked(conn, "add_notices", parameters) if new else []


def note_judgements(conn: Connection, judged: Sequence[Judged], now_us: int) -> None:
    """The last words on alerts, one of each."""
    parameters = {
        "alerts": [one.alert_id for one in judged], "notices": [one.notice_id for one in judged],
        "verdicts": [one.verdict for one in judged], "stages": [one.stage for one in judged],
        "reasons": [one.reason for one in judged], "now": now_us,
    }  # fmt: skip
    if judged:
        run(conn, "judge_alerts", parameters)


def append(conn: Connection, *events: NoticeEvent) -> None:
    """Put them on record in this order; the notices follow, listeners hear of each at commit."""
    rows = [event_parameters(event) for event in events]
    if rows:
        run(conn, "append_notice_events", {name: [row[name] for row in rows] for name in rows[0]})


def event_parameters(event: NoticeEvent) -> dict[str, Any]:
    """Of `append_notice_event`."""
    return {
        "notice": event.notice_id, "at": storable_us(event.at_us), "move": event.move, "state": event.state,
        "priority": event.priority, "round": event.round, "actor": event.actor, "answerable": event.answerable,
        "until": event.until_us, "alert": event.alert_id, "stage": event.stage, "reason": storable_text(event.reason),
    }  # fmt: skip


def recheck(conn: Connection, again_us: Mapping[int, int | None]) -> None:
    """When to look again at which notice although nothing has happened; None: never."""
    if again_us:
        run(conn, "recheck_notices", {"notices": list(again_us), "again": list(again_us.values())})


def listen(conn: Connection) -> None:
    """From now on `wait` ends early when an alert event or an answer is committed."""
    with translate("listen for alerts"):
        conn.execute("LISTEN alert_event")
        conn.execute("LISTEN notice_event")


def wait(conn: Connection, seconds: float) -> bool:
    """For so long, or until something is committed that may make something due; whether it was."""
    with translate("wait for alerts"):
        return any(True for _ in conn.notifies(timeout=seconds, stop_after=1))


def unreached(conn: Connection, now_us: int) -> list[tuple[int, int | None, str]]:
    """(notice, clinic, priority) of those asked about for a minute of which nothing was taken by any channel."""
    rows = run(conn, "unreached_notices", {"now": now_us})
    return [(row[0], row[1], row[2]) for row in rows]


def notice_rows(rows: Sequence[tuple[Any, ...]]) -> list[NoticeRow]:
    """From `notice_columns`."""
    return [NoticeRow(*row) for row in rows]


def _to_judge(row: tuple[Any, ...]) -> AlertToJudge:
    said, shelf, again = tuple(text or "" for text in row[10:13]), row[14:18], row[18]
    fields: list[Any] = [*row[:10], said, row[13], shelf if shelf[0] else None, again]
    return AlertToJudge(*fields)


def locked(conn: Connection, name: str, parameters: dict[str, Any]) -> list[NoticeRow]:
    """The notices that a query of `notice_columns` finds, locked where it locks them."""
    statement = sql.SQL(query(name)).format(columns=sql.SQL(query("notice_columns")))
    with translate(name.replace("_", " ")):
        return notice_rows(conn.execute(statement, parameters, binary=True).fetchall())
