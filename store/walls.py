"""The role the API works as, and what it may: the second wall, behind the API's table of who may what (decision 40).

A row of another clinic is not shown to it, whatever a query forgot; a table that is not listed here it cannot read at
all. The policies are in the schema; here are the grants, made by every `homehd migrate` that finds something to do.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from typing import Final

from psycopg import errors, sql

from store.errors import translate
from store.pool import ROLE, VIEWS, Connection
from store.queries import query, run

log = logging.getLogger(__name__)

# What the API does with a table. Nothing is ever deleted by it but a session, and notes of what waits for a signature;
# what is append-only has no UPDATE.
GRANTS: Final[dict[str, str]] = {
    # Of a clinic: each of them has a policy.
    "unit": "SELECT", "patient": "SELECT", "binding": "SELECT", "unit_status": "SELECT", "engine_state": "SELECT",
    "machine_event": "SELECT", "unit_service_event": "SELECT", "treatment": "SELECT", "treatment_summary": "SELECT",
    "between_finding": "SELECT", "treatment_comparison": "SELECT", "arrangement": "SELECT, INSERT",
    "measurement": "SELECT", "sign_off": "SELECT, INSERT", "sign_off_mark": "SELECT, DELETE",
    "prescription_replay": "SELECT, INSERT", "prescription_proposal": "SELECT, INSERT",
    "prescription_outcome": "SELECT, INSERT",
    "patient_event": "SELECT, INSERT", "handling": "SELECT", "patient_account": "SELECT",
    "alert": "SELECT, UPDATE", "alert_event": "SELECT, INSERT", "shelving_event": "SELECT, INSERT",
    "notice": "SELECT, UPDATE", "notice_alert": "SELECT", "notice_event": "SELECT, INSERT",
    "notice_step": "SELECT, INSERT, UPDATE", "delivery": "SELECT, UPDATE", "delivery_event": "SELECT, INSERT",
    "audit_event": "SELECT, INSERT", "audit_patient": "SELECT",
    "team_patient": "SELECT", "break_glass": "SELECT",
    # Views of such tables, which ask for themselves whose a row is.
    "alert_current": "SELECT", "treatment_report": "SELECT", "tenure": "SELECT",
    # Of nobody: accounts are asked for before it is known who asks.
    "clinic": "SELECT", "user_account": "SELECT", "session": "SELECT, INSERT, UPDATE, DELETE",
    "kiosk": "SELECT, UPDATE", "care_team": "SELECT", "team_member": "SELECT",
    "rota": "SELECT", "rota_rotation": "SELECT", "rota_override": "SELECT", "rota_acceptance": "SELECT",
    "routing_due": "SELECT, INSERT", "reading_minute_state": "SELECT", "reading_minute_due": "SELECT",
    "service_heartbeat": "SELECT, INSERT, UPDATE", "operations_event": "SELECT", "selftest_run": "SELECT",
}  # fmt: skip
_MOMENTS: Final = {"reading": "time", "reading_minute": "minute"}
# Addresses hold secrets: the API sees that there is a way to somebody, not which.
_CHANNEL: Final = "SELECT (channel_id, user_id, kind, host, label, tier, language, created_at, tested_at, disabled_at)"


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether the second wall stands; `why` not, and what to do about it, in words for an operator."""

    stands: bool
    why: str = ""
    hint: str = ""


def raise_walls(conn: Connection) -> list[str]:
    """Make the role where there is none, its views and its grants; what was made, by name. Repeatable.

    Where the database's user may not do so, nothing is made and the log says what is to be done: the API then has its
    first wall only.
    """
    with translate("raise the second wall"):
        if not _has_role(conn):
            return []
        mark = _mark(conn)
        if run(conn, "walls_mark").fetchall()[0][0] == mark:
            return []
        try:
            with conn.transaction():
                _raise(conn, mark)
        except errors.InsufficientPrivilege as error:
            _tell(str(error).splitlines()[0])
            return []
    return ["walls"]


def standing(conn: Connection) -> Standing:
    """Whether the user of this connection can work as the API's role, and its views are there."""
    with translate("look at the second wall"):
        exists, member, views = run(conn, "walls_standing", {"role": ROLE, "view": f"{VIEWS}.reading"}).fetchall()[0]
    if not exists:
        return Standing(False, f"there is no role {ROLE}", f"as administrator: CREATE ROLE {ROLE}, then homehd migrate")
    if not member:
        return Standing(False, f"the database user may not work as {ROLE}", f"GRANT {ROLE} TO that user")
    if not views:
        return Standing(False, f"{ROLE} has nothing granted here", "run `homehd migrate` as the owner of the tables")
    return Standing(True)


def _has_role(conn: Connection) -> bool:
    if run(conn, "walls_role", {"role": ROLE}).fetchall()[0][0]:
        return True
    try:
        with conn.transaction():
            conn.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(ROLE)))
            run(conn, "walls_member", {"role": ROLE})
    except (errors.DuplicateObject, errors.UniqueViolation):
        pass  # roles are of the whole server: another database's migration was quicker
    except errors.InsufficientPrivilege as error:
        _tell(str(error).splitlines()[0])
        return False
    return True


def _raise(conn: Connection, mark: str) -> None:
    role, views = sql.Identifier(ROLE), sql.Identifier(VIEWS)
    schema = sql.Identifier(run(conn, "walls_schema").fetchall()[0][0])
    conn.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(views))
    conn.execute(sql.SQL("CREATE SCHEMA {}").format(views))
    for table in _tables_of_readings(conn):
        name, moment = sql.Identifier(table), sql.Identifier(_MOMENTS[table])
        conn.execute(sql.SQL(query("walls_view")).format(views=views, table=name, moment=moment))
        conn.execute(sql.SQL("GRANT SELECT ON {}.{} TO {}").format(views, name, role))
    conn.execute(sql.SQL("GRANT USAGE ON SCHEMA {}, {} TO {}").format(schema, views, role))
    conn.execute(sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA {} FROM {}").format(schema, role))
    for table, what in GRANTS.items():
        conn.execute(sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(what), sql.Identifier(table), role))
    conn.execute(sql.SQL("GRANT {} ON channel TO {}").format(sql.SQL(_CHANNEL), role))
    conn.execute(sql.SQL("COMMENT ON SCHEMA {} IS {}").format(views, sql.Literal(mark)))


def _tables_of_readings(conn: Connection) -> list[str]:
    return [row[0] for row in run(conn, "walls_tables_of_readings")]


def _mark(conn: Connection) -> str:
    """Of everything that decides what is granted: another one, and it is all made anew."""
    columns = run(conn, "walls_columns").fetchall()[0][0]
    said = repr((sorted(GRANTS.items()), _CHANNEL, query("walls_view"), columns))
    return hashlib.sha256(said.encode()).hexdigest()


def _tell(why: str) -> None:
    hint = f"as administrator: CREATE ROLE {ROLE} NOLOGIN; GRANT {ROLE} TO the database user; then homehd migrate"
    log.warning("second wall not raised", extra={"fields": {"why": why, "hint": hint}})
