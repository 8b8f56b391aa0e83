"""What the database server says of itself and of how it keeps readings, for an operator."""

from __future__ import annotations

from dataclasses import dataclass

from store import retention
from store.editions import Edition, edition
from store.pool import Connection
from store.queries import run


@dataclass(frozen=True, slots=True)
class Server:
    """A server's version, and TimescaleDB's, None where this database does not have the extension."""

    version: str
    timescale: str | None


@dataclass(frozen=True, slots=True)
class Keeping:
    """How readings are kept.

    Attributes:
        compressed_after: PostgreSQL's words for an interval ("16 days"); None: never. compressed, days: how many of the
            stored days are.
        minutes: whether least, greatest and mean of every minute are kept. minutes_until_us: up to when; None: not yet.
        retention_days: None = for ever. failed_jobs: names of jobs whose last run failed.
    """

    edition: Edition
    compressed_after: str | None = None
    compressed: int = 0
    days: int = 0
    minutes: bool = False
    minutes_until_us: int | None = None
    retention_days: int | None = None
    failed_jobs: tuple[str, ...] = ()


def server(conn: Connection) -> Server:
    """Ask the server behind this connection."""
    return Server(*run(conn, "server_facts").fetchall()[0])


def keeping(conn: Connection) -> Keeping:
    """Ask how readings are kept; there must be a schema."""
    found = edition(conn)
    if found is not Edition.COMMUNITY:
        return Keeping(found)
    after, compressed, days, failed = run(conn, "compression_facts").fetchall()[0]
    until = run(conn, "minutes_until").fetchone()
    return Keeping(
        found, after, compressed, days, until is not None, until[0] if until else None, retention.policy(conn),
        tuple(failed),
    )  # fmt: skip
