"""What `homehd migrate` makes of TimescaleDB where an operator has created the extension; without it, nothing.

Both editions: `reading` is a hypertable of daily chunks. Community edition: chunks are compressed when they are old,
and `reading_minute`, a continuous aggregate, holds least, greatest and mean of every unit's every minute.
"""

from __future__ import annotations

from typing import Final, LiteralString

from psycopg import sql

from store.editions import Edition, edition
from store.errors import translate
from store.pool import Connection
from store.queries import query, run
from telemetry import signals

TO_NUMBER: Final[dict[signals.Kind, LiteralString]] = {
    signals.Kind.NUMERIC: "{}", signals.Kind.ENUMERATION: "{}::real", signals.Kind.BOOLEAN: "{}::int::real",
}  # fmt: skip
# Of every signal; `count` is of its valid values, so that means of minutes can be weighed.
SUMMARIES: Final[dict[str, LiteralString]] = {
    "min": "min({})", "max": "max({})", "mean": "avg({})::real", "count": "count({})::int",
}  # fmt: skip


def use(conn: Connection) -> list[str]:
    """Make what this edition has and the database has not; the names of what was made. Repeatable."""
    before = edition(conn)
    with conn.transaction():
        run(conn, "make_hypertable")
    now = edition(conn)
    made = ["hypertable"] if now is not before else []
    if now is not Edition.COMMUNITY:
        return made
    run(conn, "compress_readings")
    if not _minutes_are_whole(conn):
        with conn.transaction():
            _make_minutes(conn)
        made.append("reading_minute")
    return made


def _minutes_are_whole(conn: Connection) -> bool:
    there = {row[0] for row in run(conn, "minute_columns")}
    return there >= {f"{signal.name}_{summary}" for signal in signals.CATALOGUE for summary in SUMMARIES}


def _make_minutes(conn: Connection) -> None:
    # All of it anew when a signal is added: older versions cannot add a column to an aggregate, and history reads the
    # rows until it has been computed again.
    run(conn, "drop_minutes")
    columns = [
        sql.SQL(", ") + sql.SQL(form).format(sql.SQL(TO_NUMBER[signal.kind]).format(sql.Identifier(signal.name)))
        + sql.SQL(" AS {}").format(sql.Identifier(f"{signal.name}_{summary}"))
        for signal in signals.CATALOGUE
        for summary, form in SUMMARIES.items()
    ]  # fmt: skip
    with translate("make the minutes"):
        conn.execute(sql.SQL(query("make_minutes")).format(aggregates=sql.Composed(columns)))
    run(conn, "minutes_by_the_day")
    run(conn, "minutes_begin")
