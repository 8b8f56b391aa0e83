"""Whether what is committed leaves the database server: streams of WAL to a backup or to a hot standby."""

from __future__ import annotations

from dataclasses import dataclass

from store.pool import Connection
from store.queries import run


@dataclass(frozen=True, slots=True)
class Stream:
    """Replication slots, all together.

    Attributes:
        active: how many are being read now.
        behind_bytes: how much the server keeps for the one that is furthest behind.
    """

    active: int
    behind_bytes: float


def stream(conn: Connection) -> Stream:
    """The streams there are now; StoreError when the database is away."""
    return Stream(*run(conn, "backup_streams").fetchall()[0])
