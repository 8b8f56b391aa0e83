"""The schema: apply what is missing, verify, report.

Migrations are files, applied in order of their names, each in one transaction and recorded in `schema_migration`. The
signal columns of `reading` are no migration: whatever the catalogue has and the table has not is added at the end, so
that a new signal needs no SQL. The first line of a migration says whether the release before can run on it
(store/compatibility.py).
"""

from __future__ import annotations

import logging
from functools import cache
from importlib.resources import files
from typing import Final, LiteralString

from psycopg import sql

from store import compatibility, timescale, walls
from store.errors import StoreError, Trouble, translate
from store.pool import Connection, connect
from telemetry import signals

log = logging.getLogger(__name__)

_told: set[str] = set()  # newer migrations that the log has been told of

COLUMN_TYPE: Final[dict[signals.Kind, LiteralString]] = {
    signals.Kind.NUMERIC: "real",
    signals.Kind.ENUMERATION: "smallint",
    signals.Kind.BOOLEAN: "boolean",
}


def migrate(url: str) -> list[str]:
    """Bring the database up to date; the names of what was applied, empty when it was up to date already.

    Safe to run twice and by several at once. StoreError when the database is newer than this program can live with.
    """
    with connect(url, name="homehd migrate") as conn, translate("migrate the database"):
        conn.execute("SET statement_timeout = 0")
        conn.execute("SELECT pg_advisory_lock(hashtext('homehd migrate'))")
        conn.execute(
            "CREATE TABLE IF NOT EXISTS schema_migration (name text PRIMARY KEY, applied_at timestamptz NOT NULL)"
        )
        conn.execute("ALTER TABLE schema_migration ADD COLUMN IF NOT EXISTS compatible boolean NOT NULL DEFAULT false")
        applied = _tell_newer(compatibility.recorded(conn))
        done = [name for name in _scripts() if name not in applied]
        for name in done:
            with conn.transaction():
                conn.execute(_scripts()[name])
                row = [name, compatibility.declared(_scripts()[name])]
                conn.execute("INSERT INTO schema_migration (name, applied_at, compatible) VALUES (%s, now(), %s)", row)
            log.info("migration applied", extra={"fields": {"migration": name}})
        done += [f"reading.{name}" for name in _add_signal_columns(conn)]
        done += timescale.use(conn)
        return done + walls.raise_walls(conn)


def schema_version(conn: Connection) -> str:
    """The name of the newest migration applied, or empty when there is no schema of ours."""
    with translate("read the schema's version"):
        return max(compatibility.recorded(conn), default="")


def newer(conn: Connection) -> list[str]:
    """Migrations applied that this program does not know and can live with; StoreError when it cannot."""
    with translate("check the schema"):
        return compatibility.ahead(compatibility.recorded(conn), _scripts())


def check(conn: Connection) -> None:
    """StoreError unless the schema is what this program was written for, or newer and declared to serve it too."""
    with translate("check the schema"):
        applied = _tell_newer(compatibility.recorded(conn))
        missing = [name for name in _scripts() if name not in applied]
        missing = missing or [f"reading.{name}" for name in _missing_signals(conn)]
    if missing:
        what = f"{', '.join(missing[:3])} missing" if applied else "there is no schema of ours"
        raise StoreError("check the schema", what, trouble=Trouble.SCHEMA, hint="run `homehd migrate`")


def build(conn: Connection) -> None:
    """The schema straight from schema.sql: what the migrations must come to. For comparison, not for use."""
    with conn.transaction():
        conn.execute(files("store").joinpath("sql/schema.sql").read_text("utf-8"))
    _add_signal_columns(conn)
    walls.raise_walls(conn)


@cache
def _scripts() -> dict[str, LiteralString]:
    folder = files("store").joinpath("sql/migrations")
    scripts = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    return {f.name.removesuffix(".sql"): f.read_text("utf-8") for f in scripts}


def _tell_newer(applied: dict[str, bool]) -> dict[str, bool]:
    ahead = set(compatibility.ahead(applied, _scripts()))
    if ahead - _told:
        _told.update(ahead)
        log.warning("database is newer; running on", extra={"fields": {"migrations": ", ".join(sorted(ahead))}})
    return applied


def _missing_signals(conn: Connection) -> list[str]:
    rows = conn.execute("SELECT attname FROM pg_attribute WHERE attrelid = 'reading'::regclass AND attnum > 0")
    there = {row[0] for row in rows}
    return [signal.name for signal in signals.CATALOGUE if signal.name not in there]


def _add_signal_columns(conn: Connection) -> list[str]:
    missing = _missing_signals(conn)
    if missing:
        additions = [
            sql.SQL("ADD COLUMN {} ").format(sql.Identifier(name)) + sql.SQL(COLUMN_TYPE[signals.BY_NAME[name].kind])
            for name in missing
        ]
        with conn.transaction():
            conn.execute(sql.SQL("ALTER TABLE reading ") + sql.SQL(", ").join(additions))
    return missing
