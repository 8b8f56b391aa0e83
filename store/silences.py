"""Homes from which nothing comes, with what box, broker and treatments have told of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from psycopg import sql

from store.errors import translate
from store.pool import Connection
from store.queries import query, run

AT_ONCE: Final = 1000  # homes away between treatments that are looked at; the longest away first


@dataclass(frozen=True, slots=True)
class SilenceRow:
    """What is known of a home's silence; times are microseconds since 1970 UTC.

    Attributes:
        online: as the box or its last will said last; None, like all that follows: it has never said anything.
        since_us: when that, or `machine`, changed. heard_us: when the box last spoke. sent_us: when, by its own clock.
        data_us: of the newest reading before it went offline, within ten minutes. troubled: it tells of trouble.
        started_us, ended_us, end_known: of the newest treatment.
    """

    online: bool | None
    since_us: int | None
    heard_us: int | None
    sent_us: int | None
    data_us: int | None
    machine: str | None
    troubled: bool | None
    started_us: int | None
    ended_us: int | None
    end_known: str | None


@dataclass(frozen=True, slots=True)
class SilentHome:
    """A home nobody hears. `alert_since_us`, `alert_state`: of the alert about it, None without one."""

    unit: str
    clinic_id: int | None
    alert_since_us: int | None
    alert_state: str | None
    known: SilenceRow


def of_units(conn: Connection, unit_ids: Sequence[int]) -> dict[int, SilenceRow]:
    """By unit id."""
    rows = _rows(conn, "silences_of", {"units": list(unit_ids)}) if unit_ids else []
    return {row[0]: SilenceRow(*row[1:]) for row in rows}


def silent_homes(conn: Connection, rules: Collection[str], now_us: int, away_before_us: int) -> list[SilentHome]:
    """Homes with an alert of one of these rules above low, and those whose box is offline since before then.

    Not those of units for tests, revoked ones, and between treatments those out of service.
    """
    parameters = {"rules": list(rules), "now": now_us, "before": away_before_us, "limit": AT_ONCE}
    rows = _rows(conn, "silent_homes", parameters)
    return [SilentHome(row[0], row[1], row[2], row[3], SilenceRow(*row[4:])) for row in rows]


def standing(conn: Connection, causes: Collection[str]) -> list[tuple[str, str, int | None, str, str, str]]:
    """(cause, subject, clinic, audience, priority, reason) of the open troubles of these causes."""
    return run(conn, "standing_troubles", {"causes": list(causes)}).fetchall()


def _rows(conn: Connection, name: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    statement = sql.SQL(query(name)).format(columns=sql.SQL(query("silence_columns")))
    with translate(name.replace("_", " ")):
        return conn.execute(statement, parameters).fetchall()
