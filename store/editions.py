"""What carries the table `reading`: PostgreSQL's own partitions, or a hypertable of one of TimescaleDB's editions."""

from __future__ import annotations

from enum import StrEnum

from store.pool import Connection
from store.queries import run


class Edition(StrEnum):
    """The same SQL reads all three; the editions differ in what they do with old readings."""

    NATIVE = "native"  # daily partitions
    APACHE = "apache"  # a hypertable, without compression, aggregates and policies
    COMMUNITY = "community"  # all of it


def edition(conn: Connection) -> Edition:
    """What the readings of this database are in; NATIVE where there is no schema yet."""
    found = run(conn, "edition").fetchone()
    return Edition(found[0]) if found else Edition.NATIVE
